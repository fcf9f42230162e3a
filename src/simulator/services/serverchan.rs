//! Server酱, Turbo and 3. Sources: Server酱³'s documentation, and what Turbo answered to clients.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::Service;
use super::asked::Answer;
use super::asked::Asked;
use super::asked::text;
use super::desk::Desk;
use super::provoke::is_flood;
use super::provoke::is_lost;
use super::provoke::is_wrong;

pub(super) const SERVICE: Service = Service { kind: "serverchan", answer, hook: None };

/// What is taken: the title in characters, the body in bytes.
const TITLE: usize = 32;
const BODY: usize = 32 << 10;

/// Messages a day without membership.
const A_DAY: usize = 5;

/// How long the same content is refused.
const SAME: Duration = Duration::from_mins(5);

/// The first `pushid`.
const FIRST: u64 = 1_700_000;

fn answer(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    let steps = asked.steps();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    match steps.as_slice() {
        ["push"] if asked.method == "GET" => state(desk, asked),
        ["send", file] => match file.strip_suffix(".send") {
            Some(key) => three(desk, key, &asked.given()),
            None => Answer::page(404),
        },
        [file] => match file.strip_suffix(".send") {
            Some(key) => turbo(desk, key, &asked.given()),
            None => Answer::page(404),
        },
        _ => Answer::page(404),
    }
}

/// The keys of every no.
fn no(status: u16, area: &str, code: u32, info: &str) -> Answer {
    let message = format!("[{area}]{info}");
    Answer::json(status, &json!({"message": message, "code": code, "info": info, "args": [null]}))
}

fn unknown_key() -> Answer {
    no(400, "AUTH", 40001, "用户不存在或者权限不足")
}

fn said(given: &Value) -> (String, String) {
    let title = match text(given, "title") {
        title if title.is_empty() => text(given, "text"),
        title => title,
    };
    (title, text(given, "desp"))
}

fn turbo(desk: &mut Desk<'_>, key: &str, given: &Value) -> Answer {
    let key = desk.key(key);
    if is_flood(&key) {
        return Answer::text(429, "Too Many Requests");
    }
    if is_wrong(&key) || !key.starts_with("SCT") {
        return unknown_key();
    }
    let (title, body) = said(given);
    let fault = match () {
        () if title.is_empty() => "title 不能为空",
        () if title.chars().count() > TITLE || title.contains('\n') => "title 格式不正确",
        () if body.len() > BODY => "desp 长度超过限制",
        () => "",
    };
    if !fault.is_empty() {
        return no(400, "INPUT", 20001, fault);
    }
    if desk.count(&format!("{key}{title}\n{body}"), 1, SAME).is_err() {
        return no(200, "INPUT", 20001, "不要重复发送同样的内容");
    }
    // The count begins at midnight in China.
    let day = (desk.now.as_secs() + 8 * 3_600) / 86_400;
    if desk.count(&format!("{key} on day {day}"), A_DAY, Duration::from_hours(24)).is_err() {
        return no(400, "AUTH", 40001, "超过当天的发送次数限制[5]");
    }
    let id = FIRST + desk.number();
    let read_key = format!("{key}-{id}");
    let read_key = format!("SCT{}", &super::digest::sha256(read_key.as_bytes())[..12]);
    desk.take(id.to_string(), &text(given, "openid"), json!({"title": title, "readkey": read_key}));
    let data =
        json!({"pushid": id.to_string(), "readkey": read_key, "error": "SUCCESS", "errno": 0});
    Answer::good(&json!({"code": 0, "message": "", "data": data}))
}

fn three(desk: &mut Desk<'_>, key: &str, given: &Value) -> Answer {
    let key = desk.key(key);
    let rest = key.strip_prefix("sctp").unwrap_or_default();
    let is_of_user = rest.trim_start_matches(|it: char| it.is_ascii_digit()).starts_with('t');
    if is_wrong(&key) || !is_of_user || rest.starts_with('t') {
        return unknown_key();
    }
    let (title, body) = said(given);
    if title.is_empty() && body.is_empty() {
        return no(400, "INPUT", 20001, "title 和 desp 不能同时为空");
    }
    let id = desk.number();
    let data = json!({"pushid": id, "meta": {"android": null, "devices": []}});
    Answer::good(&json!({"code": 0, "message": "SUCCESS", "errno": 0, "data": data}))
}

/// What became of a message: JSON in a text, empty as long as it is on its way.
fn state(desk: &mut Desk<'_>, asked: &Asked) -> Answer {
    let (id, read_key) = (asked.param("id"), desk.key(asked.param("readkey")));
    let found = desk.taken(&id).filter(|it| text(&it.more, "readkey") == read_key);
    let Some(taken) = found else { return no(200, "INPUT", 20001, "消息不存在") };
    let status = match (desk.is_through(taken), is_lost(&taken.to)) {
        (false, _) => "",
        (true, false) => r#"{"errcode":0,"errmsg":"ok"}"#,
        (true, true) => r#"{"errcode":43004,"errmsg":"require subscribe"}"#,
    };
    let data =
        json!({"id": id, "title": taken.more["title"], "readkey": read_key, "wxstatus": status});
    Answer::good(&json!({"code": 0, "message": "", "data": data}))
}
