//! Server酱³: what is written to a bot in its app.
//!
//! Source: Server酱³, "Bot", webhook. A header proves it.

use std::time::Duration;

use serde_json::Value;

use super::Answer;
use super::Arrived;
use super::Heard;
use super::Hook;
use super::HookError;
use super::HookKind;
use super::Said;
use super::Upstream;
use super::json;
use super::proof;

pub(super) const HOOK: HookKind = HookKind {
    kind: "serverchan-bot",
    secret: "the webhook secret of the bot",
    other: "",
    tells: false,
    verify: |hook, arrived, _: Duration| proof::by_header(hook, arrived, "x-sc3bot-webhook-secret"),
    read,
    ready: Answer::EMPTY,
};

fn read(_: &Hook, arrived: &Arrived) -> Result<Heard, HookError> {
    let fields = json::object(arrived)?;
    let id = json::text(&fields, "update_id");
    let message = fields.get("message").and_then(Value::as_object);
    let message = message.ok_or(HookError::Unreadable)?;
    // `chat` may stand in place of `chat_id`.
    let chat = match json::text(message, "chat_id") {
        chat if chat.is_empty() => json::text(message, "chat.id"),
        chat => chat,
    };
    if id.is_empty() || chat.is_empty() {
        return Err(HookError::Unreadable);
    }
    let upstream = Upstream {
        said: Said::Text(json::text(message, "text")),
        from: chat.clone(),
        reply_to: chat,
        id,
        at: json::seconds(message, "date"),
        inline: None,
        fields: fields.clone(),
    };
    Ok(Heard::upstream(Answer::EMPTY, vec![upstream]))
}
