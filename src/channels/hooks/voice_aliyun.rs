//! Calls of Aliyun: whether they were answered, and which key was pressed.
//!
//! Source: Aliyun VMS, "VoiceReport". Nothing is signed.

use std::time::Duration;

use serde_json::Map;
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
use crate::channels::common;
use crate::channels::voice_aliyun::ANSWERED;
use crate::notification::Fate;
use crate::notification::Report;

pub(super) const HOOK: HookKind = HookKind {
    kind: "voice-aliyun",
    secret: "any word, which also stands behind ?secret= in the callback address",
    other: "",
    tells: true,
    verify: proof::by_query,
    read,
    ready: TAKEN,
};

const TAKEN: Answer = Answer::fixed(r#"{"code":0,"msg":"OK"}"#);

/// A key was pressed.
const PRESSED: &str = "300000";

/// It rings, is answered, goes on.
const UNDERWAY: [&str; 4] = ["200100", "200101", "200102", "200201"];

fn read(_: &Hook, arrived: &Arrived) -> Result<Heard, HookError> {
    let mut heard = Heard::nothing(TAKEN);
    for item in json::objects(arrived)? {
        let (id, code) = (json::text(&item, "call_id"), json::text(&item, "status_code"));
        match code.as_str() {
            "" => return Err(HookError::Unreadable),
            PRESSED => heard.upstream.push(pressed(id, item)),
            code if UNDERWAY.contains(&code) => {}
            code => {
                let is_heard = ANSWERED.contains(&code);
                let fate = if is_heard { Fate::Confirmed } else { Fate::Failed };
                let said = json::text(&item, "status_msg");
                let detail = common::line(&format!("{code} {said}"));
                heard.reports.push(Report { id, fate, detail });
            }
        }
    }
    Ok(heard)
}

/// The key as `event:voice_dtmf`, its number as the event's key.
fn pressed(id: String, item: Map<String, Value>) -> Upstream {
    let number = json::text(&item, "callee");
    Upstream {
        said: Said::Event { name: "voice_dtmf".to_owned(), key: json::text(&item, "dtmf") },
        from: number.clone(),
        reply_to: number,
        id,
        at: Duration::ZERO,
        inline: None,
        fields: item,
    }
}
