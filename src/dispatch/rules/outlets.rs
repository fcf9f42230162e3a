//! Which channels `push` may name, and for whom.

use crate::channels;
use crate::config::Config;
use crate::config::account::Account;
use crate::config::fault::did_you_mean;

/// The ways out that the config has.
#[derive(Clone, Debug, Default)]
pub struct Outlets {
    /// The names of its `[[channel]]`s.
    pub channels: Vec<String>,
    /// The accounts that may write to their users by themselves, through [`channels::OWN`].
    pub senders: Vec<String>,
}

impl From<&Config> for Outlets {
    fn from(config: &Config) -> Self {
        let senders = config.accounts.iter().filter(|it| Account::may_push(it));
        Self {
            channels: config.channels.iter().map(|it| it.name.clone()).collect(),
            senders: senders.map(|it| it.name.clone()).collect(),
        }
    }
}

impl Outlets {
    /// Why one of `accounts` cannot push through `channel`: what is wrong, and what to do.
    pub(super) fn fault(&self, channel: &str, accounts: &[&str]) -> Option<(String, String)> {
        if self.channels.iter().any(|it| it == channel) {
            return None;
        }
        if channel == channels::OWN {
            return self.fault_of_own(accounts);
        }
        let own = (!self.senders.is_empty()).then_some(channels::OWN);
        let names: Vec<&str> = self.channels.iter().map(String::as_str).chain(own).collect();
        let advice = did_you_mean(channel, names.iter().copied()).unwrap_or_else(|| {
            match names.as_slice() {
                [] => "the config has no `[[channel]]`".to_owned(),
                names => format!("the config has `{}`", names.join("`, `")),
            }
        });
        Some((format!("no channel is called `{channel}`"), advice))
    }

    fn fault_of_own(&self, accounts: &[&str]) -> Option<(String, String)> {
        let may_send = |name: &&str| self.senders.iter().any(|it| it == name);
        let (able, mute): (Vec<&str>, Vec<&str>) = accounts.iter().partition(|it| may_send(it));
        if mute.is_empty() {
            return None;
        }
        let message = format!("`{}` may not write to its users", mute.join("`, `"));
        let needs = format!(
            "`{}` needs an account with an `app_secret`, in 企业微信 also with an `agent_id`",
            channels::OWN
        );
        let advice = match able.as_slice() {
            [] => needs,
            able => {
                let names = able.join("\", \"");
                format!("{needs}; or bind the rule: `account = [\"{names}\"]`")
            }
        };
        Some((message, advice))
    }
}

#[cfg(test)]
mod tests {
    use super::Outlets;

    fn outlets(channels: &[&str], senders: &[&str]) -> Outlets {
        let owned = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
        Outlets { channels: owned(channels), senders: owned(senders) }
    }

    #[test]
    fn only_accounts_that_may_send_have_a_way_of_their_own() {
        let some = outlets(&["ops"], &["shop"]);
        assert_eq!(some.fault("wechat-customer", &["shop"]), None);
        assert_eq!(some.fault("ops", &["shop", "news"]), None);
        let needs = "`wechat-customer` needs an account with an `app_secret`, in 企业微信 also with \
                     an `agent_id`";
        let (message, advice) = some.fault("wechat-customer", &["shop", "news", "hr"]).unwrap();
        assert_eq!(message, "`news`, `hr` may not write to its users");
        assert_eq!(advice, format!("{needs}; or bind the rule: `account = [\"shop\"]`"));
        let (_, advice) = some.fault("wechat-customer", &["news"]).unwrap();
        assert_eq!(advice, needs);
        // One that the config calls so is there for all.
        assert_eq!(outlets(&["wechat-customer"], &[]).fault("wechat-customer", &["news"]), None);
    }

    #[test]
    fn a_name_that_no_channel_has_is_told_with_the_nearest() {
        let advice = |channels: &[&str], senders: &[&str], name| {
            outlets(channels, senders).fault(name, &["shop"]).unwrap().1
        };
        assert_eq!(advice(&["ops"], &[], "opps"), "did you mean `ops`?");
        assert_eq!(advice(&["ops"], &[], "sms"), "the config has `ops`");
        assert_eq!(advice(&[], &["shop"], "wechat-custom"), "did you mean `wechat-customer`?");
        assert_eq!(advice(&[], &[], "sms"), "the config has no `[[channel]]`");
    }
}
