//! One message for the channels of a key: those that speak the very service get what only it
//! understands, the others what everybody understands.

use std::collections::BTreeMap;

use super::message::Message;
use super::message::Own;
use super::message::Refusal;
use super::message::Through;
use crate::notification::Notification;

/// A channel that the key may send through.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Way {
    pub(super) name: String,
    pub(super) kind: String,
}

/// What the config calls several channels.
pub(super) type Topics = BTreeMap<String, Vec<String>>;

/// Which channels get which notification: one part or two, never none.
///
/// # Errors
///
/// [`Refusal::Channel`], if the key names no channel that the message asks for.
pub(super) fn spread(
    message: &Message,
    ways: &[Way],
    topics: &Topics,
) -> Result<Vec<(Vec<String>, Notification)>, Refusal> {
    let chosen = choose(&message.through, ways, topics)?;
    let Own { kinds, to, native } = &message.own;
    let is_own = |way: &&Way| !message.own.is_empty() && kinds.contains(&way.kind.as_str());
    let (own, others): (Vec<&Way>, Vec<&Way>) = chosen.iter().partition(|way| is_own(way));
    let names = |ways: Vec<&Way>| ways.iter().map(|way| way.name.clone()).collect::<Vec<_>>();
    let common = notification(message);
    let own_form = Notification { to: to.clone(), native: native.clone(), ..common.clone() };
    let parts = [(names(own), own_form), (names(others), common)];
    Ok(parts.into_iter().filter(|(names, _)| !names.is_empty()).collect())
}

fn choose<'w>(
    through: &Through,
    ways: &'w [Way],
    topics: &Topics,
) -> Result<Vec<&'w Way>, Refusal> {
    if ways.is_empty() {
        return Err(Refusal::Channel(
            "这个 key 没有可用的渠道：请在它的 may 中写上 send:渠道".to_owned(),
        ));
    }
    let filtered = |keep: &dyn Fn(&Way) -> bool| ways.iter().filter(|it| keep(it)).collect();
    let found: Vec<&Way> = match through {
        Through::All => filtered(&|_| true),
        Through::Named(name) | Through::NamedOrAll(name) => named(name, ways, topics),
        Through::Kinds(kinds) | Through::KindsOrAll(kinds) => {
            filtered(&|way| kinds.contains(&way.kind.as_str()))
        }
    };
    match (found.is_empty(), through) {
        (false, _) => Ok(found),
        (true, Through::All | Through::NamedOrAll(_) | Through::KindsOrAll(_)) => {
            Ok(ways.iter().collect())
        }
        (true, Through::Named(name)) => {
            Err(Refusal::Channel(format!("这个 key 没有名为 {name} 的渠道")))
        }
        (true, Through::Kinds(kinds)) => {
            Err(Refusal::Channel(format!("这个 key 没有 {} 类渠道", kinds.join("、"))))
        }
    }
}

/// The channel of this name, or those of the topic, if the key names all of them.
fn named<'w>(name: &str, ways: &'w [Way], topics: &Topics) -> Vec<&'w Way> {
    let find = |name: &str| ways.iter().find(|way| way.name == name);
    match (find(name), topics.get(name)) {
        (Some(way), _) => vec![way],
        (None, Some(channels)) => {
            channels.iter().map(|channel| find(channel)).collect::<Option<_>>().unwrap_or_default()
        }
        (None, None) => Vec::new(),
    }
}

/// What everybody understands.
fn notification(message: &Message) -> Notification {
    let Message { title, body, format, urgency, link, not_before, expires, .. } = message;
    Notification {
        title: title.clone(),
        body: body.clone(),
        link: (!link.is_empty()).then(|| link.clone()),
        format: *format,
        urgency: *urgency,
        not_before: *not_before,
        expires: *expires,
        ..Notification::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Topics;
    use super::Way;
    use super::spread as spread_over;
    use crate::dialects::Message;
    use crate::dialects::Own;
    use crate::dialects::Refusal;
    use crate::dialects::Through;
    use crate::notification::Notification;

    fn spread(
        message: &Message,
        ways: &[Way],
    ) -> Result<Vec<(Vec<String>, Notification)>, Refusal> {
        let topic = |channels: &[&str]| channels.iter().map(|it| (*it).to_owned()).collect();
        let topics = [("night", topic(&["mail", "ops"])), ("others", topic(&["mail", "none"]))];
        let topics: Topics = topics.map(|(name, all)| (name.to_owned(), all)).into();
        spread_over(message, ways, &topics)
    }

    fn ways() -> Vec<Way> {
        let way = |(name, kind): &(&str, &str)| Way { name: (*name).into(), kind: (*kind).into() };
        [("phone", "bark"), ("mail", "email"), ("ops", "webhook")].iter().map(way).collect()
    }

    #[test]
    fn only_a_channel_of_the_same_service_gets_receivers_and_settings() {
        let native = Some(json!({ "sound": "bell", "url": "https://a.example" }));
        let message = Message {
            body: "full".to_owned(),
            link: "https://a.example".to_owned(),
            own: Own { kinds: &["bark"], to: vec!["k2".to_owned()], native: native.clone() },
            ..Message::default()
        };
        let link = Some("https://a.example".to_owned());
        let others = Notification { body: "full".to_owned(), link, ..Notification::default() };
        let own = Notification { to: vec!["k2".to_owned()], native, ..others.clone() };
        let expected = vec![
            (vec!["phone".to_owned()], own),
            (vec!["mail".to_owned(), "ops".to_owned()], others.clone()),
        ];
        assert_eq!(spread(&message, &ways()).unwrap(), expected);
        let message = Message { own: Own::default(), ..message };
        let all = ways().iter().map(|way| way.name.clone()).collect();
        assert_eq!(spread(&message, &ways()).unwrap(), [(all, others)]);
    }

    #[test]
    fn a_message_may_choose_among_the_channels_of_its_key() {
        let through = |through| {
            let message = Message { through, ..Message::default() };
            let parts = spread(&message, &ways())?;
            Ok::<_, Refusal>(parts.into_iter().flat_map(|(names, _)| names).collect::<Vec<_>>())
        };
        assert_eq!(through(Through::Named("mail".into())).unwrap(), ["mail"]);
        assert_eq!(through(Through::NamedOrAll("ops".into())).unwrap(), ["ops"]);
        assert_eq!(through(Through::Named("night".into())).unwrap(), ["mail", "ops"]);
        assert_eq!(through(Through::NamedOrAll("x".into())).unwrap().len(), 3);
        assert_eq!(through(Through::Kinds(&["email", "bark"])).unwrap(), ["phone", "mail"]);
        assert_eq!(through(Through::KindsOrAll(&["slack"])).unwrap().len(), 3);
        for refused in [
            Through::Named("x".into()),
            Through::Named("others".into()),
            Through::Kinds(&["slack"]),
        ] {
            assert!(matches!(through(refused), Err(Refusal::Channel(_))));
        }
        assert!(matches!(spread(&Message::default(), &[]), Err(Refusal::Channel(_))));
    }
}
