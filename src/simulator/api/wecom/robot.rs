//! Robots of groups, which have a key instead of a token.
//!
//! Source: 企业微信 91770 "Group robot".

use std::collections::BTreeMap;

use serde_json::json;

use super::content;
use crate::simulator::api::call::Call;
use crate::simulator::api::call::Outcome;
use crate::simulator::api::call::done;
use crate::simulator::api::call::done_with;
use crate::simulator::api::call::text;
use crate::simulator::api::endpoint::Endpoint;
use crate::simulator::api::endpoint::WECOM;
use crate::simulator::api::endpoint::post;
use crate::simulator::api::refusal::Refusal;
use crate::simulator::api::refusal::refuse;
use crate::simulator::api::refusal::refuse_with;
use crate::simulator::api::upload;
use crate::simulator::world::user::Pushed;

#[rustfmt::skip]
pub(in crate::simulator::api) const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/webhook/send", WECOM, "write into a group as its robot", send).keyless(),
    post("/cgi-bin/webhook/upload_media", WECOM, "upload a file for a robot", upload_media).keyless(),
];

/// Messages a minute of one robot.
const A_MINUTE: usize = 20;

/// The most robots noticed.
const ROBOTS: usize = 1_000;

/// Times of the last minute by key.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Robots(BTreeMap<String, Vec<i64>>);

/// The robot's key: anything that looks like one.
fn key(call: &Call<'_>) -> Result<String, Refusal> {
    let key = call.query.get("key");
    match key.len() >= 8 && !key.contains(char::is_whitespace) {
        true => Ok(key.to_owned()),
        false => Err(refuse(93000)),
    }
}

fn send(call: &mut Call<'_>) -> Outcome {
    let key = key(call)?;
    let now = call.now;
    let robots = &mut call.world.nouns.robots.0;
    if robots.len() >= ROBOTS && !robots.contains_key(&key) {
        return Err(refuse(93000));
    }
    let times = robots.entry(key).or_default();
    times.retain(|at| now - at < 60);
    if times.len() >= A_MINUTE {
        return Err(refuse(45009));
    }
    times.push(now);
    let body = call.body.clone();
    let text = content::check(call, &body, content::ROBOT)?;
    let kind = self::text(&body, "msgtype").to_owned();
    let pushed = Pushed { seq: 0, at: now, via: call.path, kind, text, message: body };
    call.world.users.push_to_group(pushed);
    done()
}

fn upload_media(call: &mut Call<'_>) -> Outcome {
    key(call)?;
    let name = call.query.get("type");
    if !matches!(name, "file" | "voice") {
        return Err(refuse_with(40004, "invalid media type"));
    }
    let kind = upload::kind(call, name)?;
    let part = upload::take_file(call, kind)?;
    let (id, now) = (call.id(64), call.now);
    call.world.media.keep(&id, upload::file(kind.name, part, now));
    done_with(json!({"type": kind.name, "media_id": id, "created_at": now.to_string()}))
}
