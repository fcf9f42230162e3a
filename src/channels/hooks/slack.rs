//! Slack: what is written to an app, and its slash commands.
//!
//! Sources: docs.slack.dev, "Verifying requests from Slack", "Events API", "Slash commands".

use std::time::Duration;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::Answer;
use super::Arrived;
use super::Heard;
use super::Hook;
use super::HookError;
use super::HookKind;
use super::Inline;
use super::Said;
use super::Upstream;
use super::json;
use super::proof;
use crate::channels::common::hex;

pub(super) const HOOK: HookKind = HookKind {
    kind: "slack",
    secret: "the Signing Secret of the app",
    // With a bot's token an answer goes into the channel where it was asked.
    other: "token",
    tells: false,
    verify,
    read,
    ready: Answer::EMPTY,
};

fn verify(hook: &Hook, arrived: &Arrived, now: Duration) -> Result<(), HookError> {
    let timestamp = arrived.header("x-slack-request-timestamp");
    let expected = sign(hook.secret.expose(), timestamp, &arrived.body);
    if !proof::is_same(arrived.header("x-slack-signature"), &expected) {
        return Err(HookError::Signature);
    }
    proof::check_time(timestamp.parse().ok().map(Duration::from_secs), now)
}

fn sign(secret: &str, timestamp: &str, body: &[u8]) -> String {
    let parts = [b"v0:", timestamp.as_bytes(), b":", body];
    format!("v0={}", hex(&proof::mac(secret, &parts)))
}

fn read(hook: &Hook, arrived: &Arrived) -> Result<Heard, HookError> {
    if arrived.header("content-type").starts_with("application/x-www-form-urlencoded") {
        return command(arrived);
    }
    let mut fields = json::object(arrived)?;
    // The old way to prove itself; rules have no use for it.
    fields.shift_remove("token");
    match json::text(&fields, "type").as_str() {
        "url_verification" => {
            let challenge = json::text(&fields, "challenge");
            Ok(Heard::nothing(Answer::json(&json!({ "challenge": challenge }))))
        }
        "event_callback" => event(hook, fields),
        // Notices about the app itself.
        _ => Ok(Heard::nothing(Answer::EMPTY)),
    }
}

fn event(hook: &Hook, fields: Map<String, Value>) -> Result<Heard, HookError> {
    let event = fields.get("event").and_then(Value::as_object).ok_or(HookError::Unreadable)?;
    let kind = json::text(event, "type");
    // What bots write, ours among them, is answered by nobody; nor is that something was changed.
    let is_of_a_bot = event.contains_key("bot_id") || event.contains_key("subtype");
    if is_of_a_bot {
        return Ok(Heard::nothing(Answer::EMPTY));
    }
    let said = match kind.as_str() {
        "message" | "app_mention" => Said::Text(words(&json::text(event, "text"))),
        _ => Said::Event { key: String::new(), name: kind },
    };
    let (channel, ts) = (json::text(event, "channel"), json::text(event, "ts"));
    let id = match said {
        // A mention is a message too: an app that hears of both is told twice.
        Said::Text(_) => format!("{channel}/{ts}"),
        _ => json::text(&fields, "event_id"),
    };
    let upstream = Upstream {
        said,
        from: json::text(event, "user"),
        reply_to: if hook.other.is_some() { channel } else { String::new() },
        id,
        at: json::seconds(&fields, "event_time"),
        inline: None,
        fields,
    };
    Ok(Heard::upstream(Answer::EMPTY, vec![upstream]))
}

/// A slash command, `/yizhan restart web`: what stands behind the command is the text.
fn command(arrived: &Arrived) -> Result<Heard, HookError> {
    let pairs = url::form_urlencoded::parse(&arrived.body);
    let pairs = pairs.filter(|(name, _)| name != "token");
    let fields: Map<String, Value> =
        pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect();
    if json::text(&fields, "ssl_check") == "1" {
        return Ok(Heard::nothing(Answer::EMPTY));
    }
    if !fields.contains_key("command") {
        return Err(HookError::Unreadable);
    }
    let upstream = Upstream {
        said: Said::Text(json::text(&fields, "text").trim().to_owned()),
        from: json::text(&fields, "user_id"),
        reply_to: json::text(&fields, "channel_id"),
        id: json::text(&fields, "trigger_id"),
        at: Duration::ZERO,
        inline: Some(Inline { most: 4_000, say }),
        fields,
    };
    Ok(Heard::upstream(Answer::EMPTY, vec![upstream]))
}

/// The text as it was typed: without the mention of the app in front, its three escapes undone.
fn words(text: &str) -> String {
    let text = text.trim_start();
    let text = match text.strip_prefix("<@").and_then(|rest| rest.split_once('>')) {
        Some((_, rest)) => rest,
        None => text,
    };
    text.trim().replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The answer to a slash command, for everybody in the channel.
fn say(_: &str, text: &str) -> Answer {
    Answer::json(&json!({ "response_type": "in_channel", "text": text }))
}

#[cfg(test)]
mod tests {
    use super::sign;
    use super::words;

    #[test]
    fn the_signature_is_that_of_the_published_example() {
        let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&\
            channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&\
            command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands\
            %2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&\
            trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
        let signature = sign("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body.as_bytes());
        let expected = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
        assert_eq!(signature, expected);
    }

    #[test]
    fn a_mention_in_front_and_escapes_are_no_part_of_what_was_typed() {
        assert_eq!(words("<@U0LAN0Z89> restart web"), "restart web");
        assert_eq!(words("1 &lt; 2 &amp;lt; 3"), "1 < 2 &lt; 3");
        assert_eq!(words("restart <@U1>"), "restart <@U1>");
    }
}
