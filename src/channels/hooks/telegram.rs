//! Telegram: what is written to the bot.
//!
//! Source: core.telegram.org/bots/api, "setWebhook", "Update", and "Making requests when getting
//! updates". A header proves it.

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

pub(super) const HOOK: HookKind = HookKind {
    kind: "telegram",
    secret: "the `secret_token` of setWebhook",
    other: "",
    tells: false,
    verify: |hook, arrived, _: Duration| {
        proof::by_header(hook, arrived, "x-telegram-bot-api-secret-token")
    },
    read,
    ready: Answer::EMPTY,
};

/// What a message may hold beside a text, with the type that WeChat has for it.
const KINDS: &[(&str, &str)] = &[
    ("photo", "image"),
    ("voice", "voice"),
    ("video", "video"),
    ("location", "location"),
    ("document", "file"),
];

fn read(_: &Hook, arrived: &Arrived) -> Result<Heard, HookError> {
    let fields = json::object(arrived)?;
    let id = json::text(&fields, "update_id");
    if id.is_empty() {
        return Err(HookError::Unreadable);
    }
    let Some(Value::Object(message)) = fields.get("message") else {
        return Ok(Heard::nothing(Answer::EMPTY));
    };
    let text = match json::text(message, "text") {
        text if text.is_empty() => json::text(message, "caption"),
        text => text,
    };
    let said = match text.is_empty() {
        false => Said::Text(command(&text).into_owned()),
        true => Said::Other(kind(message)),
    };
    let upstream = Upstream {
        said,
        from: json::text(message, "from.id"),
        reply_to: json::text(message, "chat.id"),
        id,
        at: json::seconds(message, "date"),
        inline: Some(Inline { most: 4_096, say }),
        fields: fields.clone(),
    };
    Ok(Heard::upstream(Answer::EMPTY, vec![upstream]))
}

/// `/restart@yizhan_bot web` without the name of the bot, which groups with several bots want.
fn command(text: &str) -> std::borrow::Cow<'_, str> {
    let (first, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
    match first.split_once('@') {
        Some((command, _)) if command.starts_with('/') => format!("{command}{rest}").into(),
        _ => text.into(),
    }
}

fn kind(message: &Map<String, Value>) -> String {
    let found = KINDS.iter().find(|(name, _)| message.contains_key(*name));
    found.map_or("other", |(_, kind)| kind).to_owned()
}

/// A call of the bot's API, as the answer to the webhook.
fn say(chat: &str, text: &str) -> Answer {
    let chat = chat.parse::<i64>().map_or_else(|_| chat.into(), Value::from);
    Answer::json(&json!({ "method": "sendMessage", "chat_id": chat, "text": text }))
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn the_bots_name_is_no_part_of_a_command() {
        assert_eq!(command("/restart@yizhan_bot web"), "/restart web");
        assert_eq!(command("/restart"), "/restart");
        assert_eq!(command("mail a@b.example"), "mail a@b.example");
        assert_eq!(command("@anna hi"), "@anna hi");
    }
}
