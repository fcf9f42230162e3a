//! Bots in the app of Server酱³. Source: Server酱³, "Bot".

use serde_json::json;

use super::Service;
use super::asked::Answer;
use super::asked::Asked;
use super::asked::text;
use super::desk::Desk;
use super::letter::Letter;
use super::letter::Saying;
use super::letter::Teller;
use super::provoke::is_flood;
use super::provoke::is_nobody;
use super::provoke::is_wrong;

pub(super) const SERVICE: Service = Service { kind: "serverchan-bot", answer, hook: Some(&HOOK) };

/// What is written to the bot.
const HOOK: Teller = Teller { says, tells: None, is_yes: super::letter::anything };

fn says(saying: &Saying<'_>) -> Letter {
    let (number, date) = (saying.number, saying.now.as_secs());
    let message = json!({"message_id": number, "chat_id": saying.writer_number(7),
        "text": saying.text, "date": date});
    let update = json!({"ok": true, "update_id": number, "message": message});
    Letter::json(&update).with("X-Sc3Bot-Webhook-Secret", saying.secret)
}

/// The longest text, in characters.
const TEXT: usize = 4_000;

fn answer(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    let steps = asked.steps();
    let [bot, call] = steps.as_slice() else { return no(404, "not found") };
    let Some(token) = bot.strip_prefix("bot") else { return no(404, "not found") };
    let token = desk.key(token);
    if is_wrong(&token) {
        return no(401, "invalid bot token");
    }
    if is_flood(&token) {
        return no(429, "too many requests").with("retry-after", "30");
    }
    match (asked.method.as_str(), call.as_str()) {
        ("GET", "getMe") => yes(&json!({"id": 1, "is_bot": true, "first_name": "simulated"})),
        ("GET", "getUpdates") => yes(&json!([])),
        ("POST", "sendMessage") => send(desk, asked),
        _ => no(404, "not found"),
    }
}

fn yes(result: &serde_json::Value) -> Answer {
    Answer::good(&json!({"ok": true, "result": result}))
}

fn no(status: u16, error: &str) -> Answer {
    Answer::json(status, &json!({"ok": false, "error": error}))
}

fn send(desk: &mut Desk<'_>, asked: &Asked) -> Answer {
    let Some(message) = asked.object() else { return no(400, "the body is no JSON object") };
    let Some(chat) = message["chat_id"].as_u64() else { return no(400, "chat_id is no integer") };
    let said = text(&message, "text");
    match said.chars().count() {
        0 => return no(400, "text is empty"),
        count if count > TEXT => return no(400, "text is too long"),
        _ => {}
    }
    if is_nobody(&chat.to_string()) {
        return no(400, "chat not found");
    }
    let (id, date) = (desk.number(), desk.now.as_secs());
    yes(&json!({"message_id": id, "chat_id": chat, "text": said, "date": date}))
}
