//! One message for the channels of a key: those that speak the very service get what only it
//! understands, the others what everybody understands.

use std::collections::BTreeMap;

use super::message::Message;
use super::message::Own;
use super::message::Refusal;
use super::message::Through;
use crate::notification::Format;
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
    let common = notification(message, native.is_some());
    let own_form = Notification { to: to.clone(), native: native.clone(), ..common };
    let parts = [(names(own), own_form), (names(others), notification(message, false))];
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

/// What everybody understands. The link stands at the end of the text, unless the service's own
/// form has it.
fn notification(message: &Message, is_link_elsewhere: bool) -> Notification {
    let Message { title, body, format, urgency, link, not_before, expires, .. } = message;
    let is_there = link.is_empty() || is_link_elsewhere || body.contains(link.as_str());
    let body = if is_there { body.clone() } else { linked(body, *format, link) };
    Notification {
        title: title.clone(),
        body,
        format: *format,
        urgency: *urgency,
        not_before: *not_before,
        expires: *expires,
        ..Notification::default()
    }
}

/// The text with the link below it, written as the text is.
fn linked(body: &str, format: Format, link: &str) -> String {
    let gap = if body.is_empty() { "" } else { "\n" };
    match format {
        Format::Text => format!("{body}{gap}{link}"),
        Format::Markdown => {
            format!("{body}{gap}{gap}<{}>", link.replace(['<', '>', ' '], ""))
        }
        Format::Html => {
            let link = link.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
            format!("{body}<p><a href=\"{link}\">{link}</a></p>")
        }
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
    use crate::notification::Format;
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
        let text = |body: &str| Notification { body: body.to_owned(), ..Notification::default() };
        let own = Notification { to: vec!["k2".to_owned()], native, ..text("full") };
        let others = text("full\nhttps://a.example");
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
    fn a_link_is_written_as_the_text_is_read() {
        let shown = |format, body: &str| {
            let link = "https://a.example/?a=1&b=2".to_owned();
            let message = Message { body: body.to_owned(), format, link, ..Message::default() };
            spread(&message, &ways()).unwrap()[0].1.body.clone()
        };
        assert_eq!(shown(Format::Text, ""), "https://a.example/?a=1&b=2");
        assert_eq!(shown(Format::Markdown, "*x*"), "*x*\n\n<https://a.example/?a=1&b=2>");
        let html =
            "x<p><a href=\"https://a.example/?a=1&amp;b=2\">https://a.example/?a=1&amp;b=2</a></p>";
        assert_eq!(shown(Format::Html, "x"), html);
        let there = "see https://a.example/?a=1&b=2 now";
        assert_eq!(shown(Format::Text, there), there);
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
