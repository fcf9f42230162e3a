//! QR codes with parameters.
//!
//! Source: "Generate QR codes with parameters".

use std::collections::BTreeMap;

use serde_json::json;

use super::call::Answer;
use super::call::Call;
use super::call::Outcome;
use super::call::answer;
use super::call::number;
use super::call::text;
use super::endpoint::Endpoint;
use super::endpoint::OFFICIAL;
use super::endpoint::get;
use super::endpoint::post;
use super::refusal::Refusal;
use super::refusal::refuse;
use super::refusal::refuse_with;
use crate::clock::Clock as _;
use crate::simulator::Simulator;

#[rustfmt::skip]
pub(super) const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/qrcode/create", OFFICIAL, "make a code with a scene", create).daily(100_000),
    get("/cgi-bin/showqrcode", OFFICIAL, "the picture of a code", show).keyless(),
];

/// Seconds a temporary code lives at most, and where nothing is said.
const LONGEST: i64 = 2_592_000;
const USUAL: i64 = 60;

/// The most codes remembered; permanent ones are limited by the platform, to 100,000.
const CODES: usize = 100_000;

/// Scene and end by ticket; a permanent code has no end.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Codes(BTreeMap<String, (String, Option<i64>)>);

fn create(call: &mut Call<'_>) -> Outcome {
    let action = text(&call.body, "action_name").to_owned();
    let scene = &call.body["action_info"]["scene"];
    let is_permanent = action.starts_with("QR_LIMIT_");
    let scene = match action.as_str() {
        "QR_SCENE" | "QR_LIMIT_SCENE" => scene_id(number(scene, "scene_id"), is_permanent)?,
        "QR_STR_SCENE" | "QR_LIMIT_STR_SCENE" => scene_str(text(scene, "scene_str"))?,
        _ => return Err(refuse_with(40035, "invalid parameter: action_name")),
    };
    let seconds = number(&call.body, "expire_seconds").unwrap_or(USUAL).clamp(1, LONGEST);
    let codes = &mut call.world.nouns.codes.0;
    let now = call.now;
    codes.retain(|_, (_, end)| end.is_none_or(|end| end > now));
    if codes.len() >= CODES {
        return Err(refuse(45029));
    }
    let ticket = format!("gQ{}==", call.entropy.alphanumeric(92));
    codes.insert(ticket.clone(), (scene, (!is_permanent).then_some(now + seconds)));
    let url = format!("http://weixin.qq.com/q/{}", call.entropy.alphanumeric(22));
    let mut found = json!({"ticket": ticket, "url": url});
    if !is_permanent {
        found["expire_seconds"] = seconds.into();
    }
    answer(found)
}

fn scene_id(id: Option<i64>, is_permanent: bool) -> Result<String, Refusal> {
    let most = if is_permanent { 100_000 } else { i64::from(u32::MAX) };
    match id {
        Some(id) if (1..=most).contains(&id) => Ok(id.to_string()),
        _ => Err(refuse_with(40035, "invalid parameter: scene_id")),
    }
}

fn scene_str(scene: &str) -> Result<String, Refusal> {
    match scene.len() {
        1..=64 => Ok(scene.to_owned()),
        _ => Err(refuse_with(40035, "invalid parameter: scene_str")),
    }
}

/// One grey dot: whoever scans does so through `/sim/scan`, by the ticket.
const PICTURE: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\x80\x80\x80\0\0\0!\xf9\x04\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

fn show(call: &mut Call<'_>) -> Outcome {
    match find(&call.world.nouns.codes, call.query.get("ticket"), call.now) {
        None => Err(refuse_with(40035, "invalid parameter: ticket")),
        Some(_) => Ok(Answer::File {
            content_type: "image/gif".to_owned(),
            name: "qrcode.gif".to_owned(),
            bytes: PICTURE.to_vec(),
        }),
    }
}

fn find<'c>(codes: &'c Codes, ticket: &str, now: i64) -> Option<&'c str> {
    let (scene, end) = codes.0.get(ticket)?;
    end.is_none_or(|end| end > now).then_some(scene.as_str())
}

impl Simulator {
    /// The scene of a code that is not over.
    pub(in crate::simulator) fn scene_of(&self, ticket: &str) -> Option<String> {
        let now = self.virtual_clock.unix();
        find(&self.world().nouns.codes, ticket, now).map(str::to_owned)
    }
}
