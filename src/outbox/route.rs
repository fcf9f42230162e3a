//! Which channel follows one that gave up. Pure.

use super::ways::Ways;
use crate::notification::Notification;

/// The lane that follows `lane` on the `hop`s that were made: of the channels that the notification
/// was accepted with or, if that was none, of those its first channel has now. Channels that are
/// not there are passed over, so it may be further on in the list than the hops say.
pub(super) fn stand_in(
    ways: &Ways,
    notification: &Notification,
    (lane, hop): (&str, u32),
) -> Option<String> {
    let account = notification.account.as_deref();
    let usual = || {
        let first = ways.channels.lane(&notification.channel, account);
        first.and_then(|it| ways.lanes.get(&it)).map(|it| it.way().terms.fallback.clone())
    };
    let listed = match notification.fallback.is_empty() {
        true => usual().unwrap_or_default(),
        false => notification.fallback.clone(),
    };
    let made = usize::try_from(hop).ok()?;
    let is_here = |name: &String| {
        let own = account.map(|account| format!("{name}/{account}"));
        name == lane || own.as_deref() == Some(lane)
    };
    let next = match made.checked_sub(1) {
        None => 0,
        Some(least) => {
            let here = listed.iter().skip(least).position(is_here);
            here.map_or(made, |at| least + at + 1)
        }
    };
    listed.iter().skip(next).find_map(|name| ways.channels.lane(name, account))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::stand_in;
    use crate::channels::Channel;
    use crate::channels::Channels;
    use crate::channels::Parcel;
    use crate::channels::Sending;
    use crate::notification::Notification;
    use crate::notification::Receipt;
    use crate::notification::Terms;
    use crate::outbox::ways::Ways;

    struct Silent(Terms);

    impl Channel for Silent {
        fn terms(&self) -> Terms {
            self.0.clone()
        }

        fn send<'a>(&'a self, _: &'a Parcel) -> Sending<'a> {
            Box::pin(async { Ok(Receipt::default()) })
        }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// The way that a notification goes which lists `own`, where the channels in `there` are there
    /// and `ops` has `usual`.
    fn route(there: &[&str], usual: &[&str], own: &[&str]) -> Vec<String> {
        let mut channels = Channels::default();
        for name in there {
            let fallback = if *name == "ops" { names(usual) } else { Vec::new() };
            channels.insert(*name, Arc::new(Silent(Terms { fallback, ..Terms::default() })));
        }
        let ways = Ways::new(channels);
        let fallback = names(own);
        let account = Some("shop".to_owned());
        let notification = Notification { account, fallback, ..Notification::text("ops", "x") };
        let mut route = names(&["ops"]);
        for hop in 0.. {
            let next = stand_in(&ways, &notification, (&route[route.len() - 1], hop));
            let Some(next) = next else { break };
            route.push(next);
        }
        route
    }

    #[test]
    fn a_notification_goes_through_its_list_once_and_past_what_is_gone() {
        let all = ["ops", "mail", "sms/shop", "chat"];
        assert_eq!(route(&all, &[], &["mail", "sms", "chat"]), ["ops", "mail", "sms/shop", "chat"]);
        assert_eq!(route(&["ops", "sms/shop", "chat"], &[], &["mail", "sms", "chat"]).len(), 3);
        assert_eq!(route(&["ops", "chat"], &[], &["mail", "sms", "chat"]), ["ops", "chat"]);
        assert_eq!(route(&["ops"], &[], &["mail", "sms"]), ["ops"]);
    }

    #[test]
    fn one_that_lists_nothing_takes_what_its_channel_lists_now() {
        assert_eq!(route(&["ops", "mail"], &["mail"], &[]), ["ops", "mail"]);
        assert_eq!(route(&["ops", "mail", "chat"], &["mail"], &["chat"]), ["ops", "chat"]);
    }

    #[test]
    fn a_list_that_names_a_channel_twice_ends() {
        assert_eq!(route(&["ops", "mail"], &[], &["mail", "mail"]), ["ops", "mail", "mail"]);
        assert_eq!(route(&["ops", "mail"], &[], &["gone", "mail", "ops"]), ["ops", "mail", "ops"]);
    }
}
