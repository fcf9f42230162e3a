//! One message to many followers.
//!
//! Source: "Mass sending interface and original verification".

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::call::Call;
use super::call::Outcome;
use super::call::answer;
use super::call::done;
use super::call::done_with;
use super::call::items;
use super::call::number;
use super::call::text;
use super::endpoint::Endpoint;
use super::endpoint::OFFICIAL;
use super::endpoint::any;
use super::endpoint::post;
use super::refusal::Refusal;
use super::refusal::refuse;
use super::refusal::refuse_with;

#[rustfmt::skip]
pub(super) const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/message/mass/sendall", OFFICIAL, "send to all, or to a tag; ends in MASSSENDJOBFINISH", send_all),
    post("/cgi-bin/message/mass/send", OFFICIAL, "send to 2 to 10,000 followers; ends in MASSSENDJOBFINISH", send),
    post("/cgi-bin/message/mass/preview", OFFICIAL, "send to one follower, to look at", preview).daily(100),
    post("/cgi-bin/message/mass/get", OFFICIAL, "how a mass message goes", status),
    post("/cgi-bin/message/mass/delete", OFFICIAL, "delete a mass message that was sent", remove).daily(10),
    any("/cgi-bin/message/mass/speed/get", OFFICIAL, "how fast mass messages go", speed),
    post("/cgi-bin/message/mass/speed/set", OFFICIAL, "set how fast mass messages go", set_speed),
];

/// Mass messages a day; source: "service accounts: 100 calls a day".
const DAILY: u64 = 100;

/// Recipients of one call.
const RECIPIENTS: std::ops::RangeInclusive<usize> = 2..=10_000;

/// How long a mass message is on its way.
const SENDING: Duration = Duration::from_millis(500);

/// Seconds within which the same `clientmsgid` is too fast.
const TOO_FAST: i64 = 60;

/// The longest `clientmsgid`, in bytes.
const CLIENT_ID: usize = 64;

/// The most mass messages remembered.
const REMEMBERED: usize = 1_000;

/// Messages a minute by the five speeds.
const SPEEDS: [i64; 5] = [80, 60, 45, 30, 10];

/// What was sent.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Masses {
    sent: BTreeMap<i64, Mass>,
    speed: usize,
}

#[derive(Debug)]
struct Mass {
    client_id: String,
    at: i64,
    due: tokio::time::Instant,
    is_deleted: bool,
}

fn send_all(call: &mut Call<'_>) -> Outcome {
    let filter = &call.body["filter"];
    let tag = match filter["is_to_all"].as_bool().unwrap_or(false) {
        true => None,
        false => {
            let missing = || refuse_with(40035, "invalid parameter: filter.tag_id");
            Some(number(filter, "tag_id").ok_or_else(missing)?)
        }
    };
    let following = call.world.users.all.iter().filter(|(_, user)| user.is_following);
    let to = following.filter(|(_, user)| tag.is_none_or(|tag| user.tags.contains(&tag)));
    let to: Vec<String> = to.map(|(id, _)| id.clone()).collect();
    start(call, &to, to.len())
}

fn send(call: &mut Call<'_>) -> Outcome {
    let to = call.texts("touser", 40003)?;
    if !RECIPIENTS.contains(&to.len()) {
        return Err(refuse_with(40035, "invalid parameter: touser"));
    }
    let total = to.len();
    let users = &call.world.users.all;
    let known = to.into_iter().filter(|id| users.get(id).is_some_and(|user| user.is_following));
    let known: Vec<String> = known.collect();
    match known.is_empty() {
        true => Err(refuse(40003)),
        false => start(call, &known, total),
    }
}

/// Sends to those in `to`, out of `total` that were meant.
fn start(call: &mut Call<'_>, to: &[String], total: usize) -> Outcome {
    let shown = check(call)?;
    let client_id = text(&call.body, "clientmsgid").to_owned();
    check_client_id(call, &client_id)?;
    let now = call.now;
    let masses = &call.world.nouns.masses.sent;
    let today = masses.values().filter(|it| now - it.at < 86_400).count();
    if u64::try_from(today).is_ok_and(|today| today >= DAILY) {
        return Err(refuse(45028));
    }
    let id = 1_000_001_624 + call.world.number();
    let kind = text(&call.body, "msgtype").to_owned();
    for user in to {
        let body = call.body.clone();
        call.push(user, &kind, &shown, body);
    }
    let due = tokio::time::Instant::now() + SENDING;
    let masses = &mut call.world.nouns.masses.sent;
    if masses.len() >= REMEMBERED {
        masses.pop_first();
    }
    masses.insert(id, Mass { client_id, at: now, due, is_deleted: false });
    let event = json!({
        "MsgType": "event", "Event": "MASSSENDJOBFINISH", "MsgID": id, "Status": "send success",
        "TotalCount": total, "FilterCount": total, "SentCount": to.len(),
        "ErrorCount": total - to.len(),
    });
    call.world.later(SENDING, super::ANYBODY, event);
    let text = "send job submission success";
    done_with(json!({"errmsg": text, "msg_id": id, "msg_data_id": 2_247_483_648 + id}))
}

fn check_client_id(call: &Call<'_>, id: &str) -> Result<(), Refusal> {
    if id.len() > CLIENT_ID {
        return Err(refuse(45067));
    }
    let sent = &call.world.nouns.masses.sent;
    match sent.iter().find(|(_, it)| !id.is_empty() && it.client_id == id) {
        None => Ok(()),
        Some((_, it)) if call.now - it.at < TOO_FAST => Err(refuse(45066)),
        Some((number, _)) => Err(refuse(45065).with("msg_id", *number)),
    }
}

/// What can be read of the message, if it may be sent.
fn check(call: &Call<'_>) -> Result<String, Refusal> {
    let kind = text(&call.body, "msgtype");
    let content = &call.body[kind];
    match kind {
        "text" if text(content, "content").is_empty() => Err(refuse(44004)),
        "text" => Ok(text(content, "content").to_owned()),
        "wxcard" if text(content, "card_id").is_empty() => Err(refuse(40035)),
        "wxcard" => Ok(text(content, "card_id").to_owned()),
        "images" => {
            let ids = items(content, "media_ids");
            let ids: Vec<&str> = ids.iter().filter_map(Value::as_str).collect();
            if ids.is_empty() {
                return Err(refuse(41006));
            }
            ids.iter().try_for_each(|id| call.check_media(id, &["image"]))?;
            Ok(ids.join(" "))
        }
        "mpnews" | "voice" | "mpvideo" | "image" => {
            let kinds: &[&str] = match kind {
                "mpnews" => &["news"],
                "mpvideo" => &["video"],
                "voice" => &["voice"],
                _ => &["image"],
            };
            call.check_media(text(content, "media_id"), kinds)?;
            Ok(text(content, "media_id").to_owned())
        }
        _ => Err(refuse(40008)),
    }
}

fn preview(call: &mut Call<'_>) -> Outcome {
    let shown = check(call)?;
    if text(&call.body, "towxname").is_empty() {
        let to = call.text("touser", 40003)?;
        call.follower(&to)?;
        let (kind, body) = (text(&call.body, "msgtype").to_owned(), call.body.clone());
        call.push(&to, &kind, &shown, body);
    }
    let id = 34_181 + call.world.number();
    done_with(json!({"errmsg": "preview success", "msg_id": id}))
}

fn status(call: &mut Call<'_>) -> Outcome {
    let id = call.number("msg_id", 40035)?;
    let found = call.world.nouns.masses.sent.get(&id);
    let it = found.ok_or_else(|| refuse_with(40035, "invalid parameter: msg_id"))?;
    let status = match it.due <= tokio::time::Instant::now() {
        _ if it.is_deleted => "DELETE",
        true => "SEND_SUCCESS",
        false => "SENDING",
    };
    answer(json!({"msg_id": id, "msg_status": status}))
}

fn remove(call: &mut Call<'_>) -> Outcome {
    let id = call.number("msg_id", 40035)?;
    let found = call.world.nouns.masses.sent.get_mut(&id);
    found.ok_or_else(|| refuse_with(40035, "invalid parameter: msg_id"))?.is_deleted = true;
    done()
}

fn speed(call: &mut Call<'_>) -> Outcome {
    let speed = call.world.nouns.masses.speed;
    answer(json!({"speed": speed, "realspeed": SPEEDS[speed]}))
}

fn set_speed(call: &mut Call<'_>) -> Outcome {
    // 45083: outside of 0 to 4. Source: "Set mass sending speed".
    let speed = usize::try_from(call.number("speed", 45083)?).map_err(|_| refuse(45083))?;
    if speed >= SPEEDS.len() {
        return Err(refuse(45083));
    }
    call.world.nouns.masses.speed = speed;
    done()
}
