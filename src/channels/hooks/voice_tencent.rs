//! Calls of Tencent Cloud: whether they were answered, and which key was pressed.
//!
//! Source: Tencent Cloud VMS, "Callbacks". Nothing is signed.

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
use super::sms_tencent::TAKEN;
use crate::channels::common;
use crate::notification::Fate;
use crate::notification::Report;

pub(super) const HOOK: HookKind = HookKind {
    kind: "voice-tencent",
    secret: "any word, which also stands behind ?secret= in the callback addresses",
    other: "",
    tells: true,
    verify: proof::by_query,
    read,
    ready: TAKEN,
};

fn read(_: &Hook, arrived: &Arrived) -> Result<Heard, HookError> {
    let fields = json::object(arrived)?;
    let (name, call) = match fields.iter().next() {
        Some((name, Value::Object(call))) => (name.as_str(), call),
        _ => return Err(HookError::Unreadable),
    };
    let answer: Answer = TAKEN;
    Ok(match name {
        "voiceprompt_callback" | "voicecode_callback" => Heard::reports(answer, vec![ended(call)]),
        "voice_failure_callback" => {
            let parts = ["failure_code", "failure_reason"].map(|name| json::text(call, name));
            let report = (Fate::Failed, parts.join(" "));
            Heard::reports(answer, vec![report_of(call, report)])
        }
        "voicekey_callback" => {
            let upstream = pressed(call, fields.clone());
            Heard::upstream(answer, vec![upstream])
        }
        _ => Heard::nothing(answer),
    })
}

fn ended(call: &Map<String, Value>) -> Report {
    let what = match json::text(call, "result").as_str() {
        "0" => (Fate::Confirmed, "answered".to_owned()),
        "1" => (Fate::Failed, "nobody answered".to_owned()),
        other => (Fate::Failed, format!("the call failed ({other})")),
    };
    report_of(call, what)
}

fn report_of(call: &Map<String, Value>, (fate, detail): (Fate, String)) -> Report {
    Report { id: json::text(call, "callid"), fate, detail: common::line(&detail) }
}

/// The key as `event:voicekey_callback`, its number as the event's key.
fn pressed(call: &Map<String, Value>, fields: Map<String, Value>) -> Upstream {
    let number = format!("+{}{}", json::text(call, "nationcode"), json::text(call, "mobile"));
    let key = json::text(call, "keypress");
    Upstream {
        said: Said::Event { name: "voicekey_callback".to_owned(), key },
        from: number.clone(),
        reply_to: number,
        id: String::new(),
        at: std::time::Duration::ZERO,
        inline: None,
        fields,
    }
}
