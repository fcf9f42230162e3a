//! Short messages of Aliyun: whether they arrived, and what people answer.
//!
//! Sources: Aliyun SMS, "SmsReport" and "SmsUp". Nothing is signed. What is not acknowledged in
//! these words comes again after 1, 5 and 10 minutes.

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
use crate::notification::Fate;
use crate::notification::Report;

pub(super) const HOOK: HookKind = HookKind {
    kind: "sms-aliyun",
    secret: "any word, which also stands behind ?secret= in both callback addresses",
    other: "",
    tells: true,
    verify: proof::by_query,
    read,
    ready: TAKEN,
};

const TAKEN: Answer = Answer::fixed(r#"{"code":0,"msg":"接收成功"}"#);

fn read(_: &Hook, arrived: &Arrived) -> Result<Heard, HookError> {
    let mut heard = Heard::nothing(TAKEN);
    for item in json::objects(arrived)? {
        match (item.contains_key("biz_id"), item.contains_key("content")) {
            (true, _) => heard.reports.push(told(&item)?),
            (_, true) => heard.upstream.push(written(item)),
            _ => return Err(HookError::Unreadable),
        }
    }
    Ok(heard)
}

/// One `biz_id` may stand for many numbers: the detail says which.
fn told(item: &Map<String, Value>) -> Result<Report, HookError> {
    let fate = match item.get("success") {
        Some(Value::Bool(true)) => Fate::Confirmed,
        Some(Value::Bool(false)) => Fate::Failed,
        _ => return Err(HookError::Unreadable),
    };
    let parts = ["phone_number", "err_code", "err_msg"].map(|name| json::text(item, name));
    let detail = common::line(&parts.join(" "));
    Ok(Report { id: json::text(item, "biz_id"), fate, detail })
}

fn written(item: Map<String, Value>) -> Upstream {
    let number = json::text(&item, "phone_number");
    Upstream {
        said: Said::Text(json::text(&item, "content")),
        from: number.clone(),
        reply_to: number,
        id: json::text(&item, "sequence_id"),
        at: Duration::ZERO,
        inline: None,
        fields: item,
    }
}
