//! Whether what users write and show may be shown.
//!
//! Sources: "msgSecCheck", "mediaCheckAsync", both version 2.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::call::Call;
use super::call::Outcome;
use super::call::done_with;
use super::call::number;
use super::call::text;
use super::endpoint::Endpoint;
use super::endpoint::MP;
use super::endpoint::post;
use super::refusal::Refusal;
use super::refusal::refuse;
use super::refusal::refuse_with;

#[rustfmt::skip]
pub(super) const ENDPOINTS: &[Endpoint] = &[
    post("/wxa/msg_sec_check", MP, "check a text", check_text).per_minute(4_000),
    post("/wxa/media_check_async", MP, "check a picture or sound; ends in wxa_media_check", check_media).per_minute(2_000),
];

/// Characters of a text.
const TEXT_CHARS: usize = 2_500;

/// How long the check of a file takes; on the real platform up to 30 minutes.
const CHECKING: Duration = Duration::from_millis(300);

/// The words that are risky here: WeChat's own example, and one a test can read.
const RISKY: [&str; 2] = ["特3456书yuuo莞6543李zxcz蒜7782法fgnv级", "RISKY"];

/// `suggest` and `label` of what holds `text`.
fn verdict(text: &str) -> (&'static str, i64) {
    match RISKY.iter().any(|word| text.contains(word)) {
        true => ("risky", 20_006),
        false => ("pass", 100),
    }
}

fn check_common(call: &mut Call<'_>) -> Result<String, Refusal> {
    if number(&call.body, "version") != Some(2) {
        return Err(refuse_with(40035, "invalid parameter: version"));
    }
    if !number(&call.body, "scene").is_some_and(|scene| (1..=4).contains(&scene)) {
        return Err(refuse_with(40035, "invalid parameter: scene"));
    }
    let user = call.text("openid", 40003)?;
    call.user(&user)?;
    Ok(user)
}

fn check_text(call: &mut Call<'_>) -> Outcome {
    check_common(call)?;
    let content = text(&call.body, "content");
    if content.is_empty() {
        return Err(refuse(44004));
    }
    if content.chars().count() > TEXT_CHARS {
        return Err(refuse(45002));
    }
    let (suggest, label) = verdict(content);
    let detail = detail(suggest, label);
    let trace = call.id(24);
    done_with(json!({
        "result": {"suggest": suggest, "label": label}, "detail": detail, "trace_id": trace,
    }))
}

fn detail(suggest: &str, label: i64) -> Value {
    json!([{"strategy": "content_model", "errcode": 0, "suggest": suggest, "label": label, "prob": 90}])
}

fn check_media(call: &mut Call<'_>) -> Outcome {
    let user = check_common(call)?;
    let url = call.text("media_url", 40035)?;
    if !matches!(number(&call.body, "media_type"), Some(1 | 2)) {
        return Err(refuse_with(40035, "invalid parameter: media_type"));
    }
    let (suggest, label) = verdict(&url);
    let trace = call.id(24);
    let event = json!({
        "MsgType": "event", "Event": "wxa_media_check", "appid": call.account.app_id.as_str(),
        "trace_id": trace, "version": 2, "detail": detail(suggest, label),
        "errcode": 0, "errmsg": "ok", "result": {"suggest": suggest, "label": label},
    });
    call.world.later(CHECKING, &user, event);
    done_with(json!({"trace_id": trace}))
}
