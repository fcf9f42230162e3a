//! Bots of Telegram. Source: core.telegram.org/bots/api, "Making requests", "sendMessage",
//! "Formatting options"; core.telegram.org/bots/faq, "My bot is hitting limits".

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::Service;
use super::asked::Answer;
use super::asked::Asked;
use super::asked::text;
use super::asked::whole_seconds;
use super::desk::Desk;
use super::letter::Letter;
use super::letter::Saying;
use super::letter::Teller;
use super::provoke::is_nobody;
use super::provoke::is_wrong;

pub(super) const SERVICE: Service = Service { kind: "telegram", answer, hook: Some(&HOOK) };

/// What is written to the bot.
const HOOK: Teller = Teller { says, tells: None, is_yes: super::letter::anything };

fn says(saying: &Saying<'_>) -> Letter {
    let (number, who) = (saying.number, saying.writer_number(1001));
    let message = json!({"message_id": number, "from": {"id": who, "first_name": "Anna"},
        "chat": {"id": who, "type": "private"}, "date": saying.now.as_secs(),
        "text": saying.text});
    let update = json!({"update_id": number, "message": message});
    Letter::json(&update).with("X-Telegram-Bot-Api-Secret-Token", saying.secret)
}

/// The longest text in UTF-16, once its tags are read.
const TEXT: usize = 4_096;

/// Messages a minute into one group.
const A_MINUTE: usize = 20;

/// Tags that HTML may have.
const TAGS: &[&str] = &[
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "span",
    "tg-spoiler",
    "a",
    "tg-emoji",
    "code",
    "pre",
    "blockquote",
];

fn answer(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    let steps = asked.steps();
    let [bot, call] = steps.as_slice() else { return no(404, "Not Found", None) };
    let token = desk.key(bot.strip_prefix("bot").unwrap_or_default());
    match token.split_once(':') {
        None => return no(404, "Not Found", None),
        Some(_) if is_wrong(&token) => return no(401, "Unauthorized", None),
        Some(_) => {}
    }
    match call.as_str() {
        "getMe" => yes(&json!({"id": 7, "is_bot": true, "first_name": "simulated"})),
        "sendMessage" => send(desk, &asked.given()),
        _ => no(404, "Not Found", None),
    }
}

fn yes(result: &Value) -> Answer {
    Answer::good(&json!({"ok": true, "result": result}))
}

fn no(code: u16, description: &str, parameters: Option<Value>) -> Answer {
    let mut said = json!({"ok": false, "error_code": code, "description": description});
    if let Some(parameters) = parameters {
        said["parameters"] = parameters;
    }
    Answer::json(code, &said)
}

fn send(desk: &mut Desk<'_>, given: &Value) -> Answer {
    let (chat, said) = (text(given, "chat_id"), text(given, "text"));
    let bad = |why: &str| no(400, &format!("Bad Request: {why}"), None);
    match () {
        () if chat.is_empty() => return bad("chat_id is empty"),
        () if is_nobody(&chat) => return bad("chat not found"),
        () if chat.ends_with("403") => {
            return no(403, "Forbidden: bot was blocked by the user", None);
        }
        () if chat.ends_with("302") => {
            let why = "Bad Request: group chat was upgraded to a supergroup chat";
            let moved = json!({"migrate_to_chat_id": -1_001_234_567_890_i64});
            return no(400, why, Some(moved));
        }
        () => {}
    }
    let shown = match text(given, "parse_mode").as_str() {
        "HTML" => match without_tags(&said) {
            Ok(shown) => shown,
            Err(why) => return bad(&format!("can't parse entities: {why}")),
        },
        _ => said,
    };
    match shown.encode_utf16().count() {
        0 => return bad("message text is empty"),
        length if length > TEXT => return bad("message is too long"),
        _ => {}
    }
    if chat.starts_with('-')
        && let Err(wait) = desk.count(&chat, A_MINUTE, Duration::from_mins(1))
    {
        let seconds = whole_seconds(wait);
        let why = format!("Too Many Requests: retry after {seconds}");
        return no(429, &why, Some(json!({"retry_after": seconds})));
    }
    let (id, date) = (desk.number(), desk.now.as_secs());
    let chat = chat.parse::<i64>().map_or_else(|_| Value::from(chat.as_str()), Value::from);
    yes(&json!({"message_id": id, "chat": {"id": chat}, "date": date, "text": shown}))
}

/// What is shown of HTML; in words what is wrong with it.
fn without_tags(html: &str) -> Result<String, String> {
    let (mut shown, mut open, mut at) = (String::new(), Vec::new(), 0);
    while let Some(found) = html[at..].find('<') {
        shown.push_str(&html[at..at + found]);
        let begin = at + found;
        let end = html[begin..].find('>').map(|it| begin + it);
        let end = end.ok_or_else(|| format!("Unclosed start tag at byte offset {begin}"))?;
        let tag = &html[begin + 1..end];
        match tag.strip_prefix('/') {
            Some(name) if open.pop() == Some(name.trim()) => {}
            Some(_) => return Err(format!("Unexpected end tag at byte offset {begin}")),
            None => {
                let name = tag.split_whitespace().next().unwrap_or_default();
                if !TAGS.contains(&name) {
                    let why = format!("Unsupported start tag \"{name}\" at byte offset {begin}");
                    return Err(why);
                }
                open.push(name);
            }
        }
        at = end + 1;
    }
    shown.push_str(&html[at..]);
    match open.pop() {
        Some(name) => Err(format!("Can't find end tag corresponding to start tag {name}")),
        None => Ok(shown
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&amp;", "&")),
    }
}

#[cfg(test)]
mod tests {
    use super::without_tags;

    #[test]
    fn tags_are_read_and_what_is_wrong_with_them_is_told() {
        let read = |html: &str| without_tags(html).unwrap_or_else(|why| format!("no: {why}"));
        for (html, told) in [
            ("<b>a</b> &lt;<a href=\"x\">c</a>", "a <c"),
            ("<b>a", "no: Can't find end tag corresponding to start tag b"),
            ("<b>a</i>", "no: Unexpected end tag at byte offset 4"),
            ("a<p>", "no: Unsupported start tag \"p\" at byte offset 1"),
            ("1 < 2", "no: Unclosed start tag at byte offset 2"),
        ] {
            assert_eq!(read(html), told);
        }
    }
}
