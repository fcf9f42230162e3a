//! Short messages of Tencent Cloud: whether they arrived, and what people answer.
//!
//! Sources: Tencent Cloud SMS, "Status callback" and "Reply callback". Nothing is signed.

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
use crate::notification::Fate;
use crate::notification::Report;

pub(super) const HOOK: HookKind = HookKind {
    kind: "sms-tencent",
    secret: "any word, which also stands behind ?secret= in both callback addresses",
    other: "",
    tells: true,
    verify: proof::by_query,
    read,
    ready: TAKEN,
};

pub(super) const TAKEN: Answer = Answer::fixed(r#"{"result":0,"errmsg":"OK"}"#);

fn read(_: &Hook, arrived: &Arrived) -> Result<Heard, HookError> {
    let mut heard = Heard::nothing(TAKEN);
    for item in json::objects(arrived)? {
        match (item.contains_key("sid"), item.contains_key("text")) {
            (true, _) => heard.reports.extend(told(&item)),
            (_, true) => heard.upstream.push(written(item)),
            _ => return Err(HookError::Unreadable),
        }
    }
    Ok(heard)
}

fn told(item: &Map<String, Value>) -> Option<Report> {
    let fate = match json::text(item, "report_status").as_str() {
        "SUCCESS" => Fate::Confirmed,
        "FAIL" => Fate::Failed,
        _ => return None,
    };
    let parts = ["errmsg", "description"].map(|name| json::text(item, name));
    let detail = common::line(&parts.join(" "));
    Some(Report { id: json::text(item, "sid"), fate, detail })
}

fn written(item: Map<String, Value>) -> Upstream {
    let number = format!("+{}{}", json::text(&item, "nationcode"), json::text(&item, "mobile"));
    Upstream {
        said: Said::Text(json::text(&item, "text")),
        from: number.clone(),
        reply_to: number,
        id: String::new(),
        at: json::seconds(&item, "time"),
        inline: None,
        fields: item,
    }
}
