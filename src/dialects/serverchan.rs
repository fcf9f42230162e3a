//! Server酱: Turbo, Server酱³, the old service, and PushBear.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz;
use serde_json::Value;
use serde_json::json;

use super::Answer;
use super::Call;
use super::Dialect;
use super::Fate;
use super::FateState;
use super::Message;
use super::Own;
use super::Question;
use super::Reading;
use super::Refusal;
use super::Told;
use super::ids;
use crate::notification::Format;

/// The dialect.
pub(super) const DIALECT: Dialect = Dialect {
    name: "serverchan",
    doc: "Server酱: Turbo, Server酱³ and the old one.",
    base: "/as/serverchan",
    read,
    answer,
    ..Dialect::USUAL
};

/// The time that its pages show. Source: its servers stand in China.
const BEIJING: tz::Offset = tz::offset(8);

fn read(call: &Call) -> Reading {
    match call.segments().as_slice() {
        ["push"] => Reading::Ask(question(call)),
        ["sub"] => message(call, &call.text(&["sendkey"]), false),
        ["send", name] => message(call, key(name).unwrap_or(name), true),
        [name] => match key(name) {
            Some(key) => message(call, key, false),
            None => not_found().into(),
        },
        _ => not_found().into(),
    }
}

/// The key of `KEY.send`.
fn key(name: &str) -> Option<&str> {
    let at = name.len().checked_sub(".send".len())?;
    let (key, end) = name.split_at_checked(at)?;
    end.eq_ignore_ascii_case(".send").then_some(key)
}

fn message(call: &Call, key: &str, is_three: bool) -> Reading {
    let title = call.text(&["title", "text"]);
    let (desp, short) = (call.text(&["desp"]), call.text(&["short"]));
    // Server酱³ takes a text without a title; the others do not.
    if title.is_empty() && (desp.is_empty() || !is_three) {
        return refused(20001, "INPUT", "title 不能为空").into();
    }
    let openid = call.text(&["openid"]);
    let to = super::call::split(&openid, &[',', '|']);
    let body = if desp.is_empty() { short } else { desp };
    Reading::send(
        key,
        Message {
            title,
            body,
            format: Format::Markdown,
            own: Own { kinds: &["serverchan"], to, native: None },
            ..Message::default()
        },
    )
}

fn question(call: &Call) -> Question {
    let id = ids::of_pair(&call.text(&["id"]), &call.text(&["readkey"]));
    id.map_or(Question::Nothing, Question::Id)
}

fn answer(call: &Call, told: &Told<'_>) -> Answer {
    match told {
        Told::Sent { outcomes, .. } => match outcomes.first() {
            Some(Ok(sent)) => {
                let (pushid, readkey) = ids::pair(sent.id);
                Answer::json(200, &success(call, &pushid, &readkey))
            }
            Some(Err(refusal)) => no(refusal),
            None => no(&Refusal::Key),
        },
        Told::Fate(Some(fate)) => Answer::json(200, &status(fate)),
        Told::Withdrawn(_) => not_found(),
        Told::Fate(None) => refused(40001, "AUTH", "消息不存在或者 readkey 错误"),
        Told::Key(Ok(_)) => Answer::json(200, &json!({ "code": 0, "message": "" })),
        Told::Key(Err(refusal)) => no(refusal),
    }
}

/// The answer of Turbo, with what scripts of the old service look for beside it.
fn success(call: &Call, pushid: &str, readkey: &str) -> Value {
    let data = json!({ "pushid": pushid, "readkey": readkey, "error": "SUCCESS", "errno": 0 });
    let mut answer = json!({
        "code": 0, "message": "", "data": data, "errno": 0, "errmsg": "success",
    });
    if !call.text(&["text"]).is_empty() {
        answer["dataset"] = "done".into();
    }
    answer
}

fn no(refusal: &Refusal) -> Answer {
    match refusal {
        Refusal::Key => refused(40001, "AUTH", "用户不存在或者权限不足"),
        Refusal::Message(_) => refused(20001, "INPUT", refusal.words()),
        Refusal::Unavailable => failure(500, 50001, "SERVER", refusal.words()),
        Refusal::TooMany => failure(429, 40001, "LIMIT", refusal.words()),
        Refusal::Channel(_) | Refusal::Upstream { .. } => refused(40001, "AUTH", refusal.words()),
    }
}

fn refused(code: u32, area: &str, words: &str) -> Answer {
    failure(400, code, area, words)
}

/// Every failure has all of these members; the old service's are `errno` and `errmsg`.
fn failure(status: u16, code: u32, area: &str, words: &str) -> Answer {
    let message = format!("[{area}]{words}");
    let old = if code == 40001 && words.starts_with("用户") { "bad pushtoken" } else { words };
    Answer::json(
        status,
        &json!({
            "message": message, "code": code, "info": words, "args": [null],
            "errno": 1024, "errmsg": old,
        }),
    )
}

fn not_found() -> Answer {
    failure(404, 40400, "ROUTE", "没有这个接口")
}

/// What became of a message: `wxstatus` is JSON within a string, and empty while it waits.
fn status(fate: &Fate) -> Value {
    let wxstatus = match &fate.state {
        FateState::Waiting => String::new(),
        FateState::Delivered => json!({ "errcode": 0, "errmsg": "ok" }).to_string(),
        FateState::Failed(why) => json!({ "errcode": -1, "errmsg": why }).to_string(),
    };
    let (pushid, readkey) = ids::pair(fate.id);
    let data = json!({
        "id": pushid.parse::<u64>().unwrap_or_default(),
        "uid": "1",
        "title": fate.title,
        "desp": fate.body,
        "encoded": "",
        "readkey": readkey,
        "wxstatus": wxstatus,
        "created_at": beijing(fate.id.time()),
        "updated_at": beijing(fate.changed),
    });
    json!({ "code": 0, "message": "", "data": data })
}

/// A time as its pages and those of its neighbours show it.
pub(super) fn beijing(time: Duration) -> String {
    let time = Timestamp::from_second(i64::try_from(time.as_secs()).unwrap_or_default());
    let zoned = time.unwrap_or_default().to_zoned(BEIJING.to_time_zone());
    zoned.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
