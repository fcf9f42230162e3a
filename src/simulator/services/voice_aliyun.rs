//! Calls of Aliyun that read a template aloud. Source: Aliyun, "SingleCallByTts",
//! "QueryCallDetailByCallId".

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::Service;
use super::aliyun;
use super::aliyun::Said;
use super::asked::text;
use super::desk::Desk;
use super::desk::Taken;
use super::letter::Letter;
use super::letter::Saying;
use super::letter::Teller;
use super::provoke::is_lost;
use super::provoke::is_nobody;
use super::provoke::is_poor;
use super::provoke::is_wrong;

pub(super) const SERVICE: Service = Service {
    kind: "voice-aliyun",
    answer: |asked, desk| aliyun::answer(asked, desk, "dyvmsapi.aliyuncs.com", act),
    hook: Some(&HOOK),
};

/// Which key was pressed, and how calls went (VoiceReport).
const HOOK: Teller = Teller { says: presses, tells: Some(tells), is_yes: aliyun::is_yes };

fn presses(saying: &Saying<'_>) -> Letter {
    let call = format!("1163{:08}^1004", saying.number);
    let number = saying.writer("13800000000");
    Letter::by_word(
        saying,
        &json!([{"call_id": call, "callee": number, "status_code": "300000",
        "status_msg": "按键", "dtmf": saying.text}]),
    )
}

fn tells(saying: &Saying<'_>, taken: &Taken, is_through: bool) -> Letter {
    let (code, words) = if is_through { ("200000", "用户接听") } else { ("200010", "关机") };
    Letter::by_word(
        saying,
        &json!([{"call_id": taken.id, "callee": taken.to, "status_code": code,
        "status_msg": words, "duration": "12"}]),
    )
}

fn act(desk: &mut Desk<'_>, action: &str, given: &Value, id: &str) -> Said {
    match action {
        "SingleCallByTts" => call(desk, given, id),
        "QueryCallDetailByCallId" => detail(desk, &text(given, "CallId")),
        _ => Err(("InvalidAction.NotFound", "Specified api is not found.")),
    }
}

fn call(desk: &mut Desk<'_>, given: &Value, id: &str) -> Said {
    let number = text(given, "CalledNumber");
    let digits = number.strip_prefix('+').unwrap_or(&number);
    let is_number = digits.len() >= 8 && digits.bytes().all(|it| it.is_ascii_digit());
    let times = text(given, "PlayTimes").parse::<u8>().unwrap_or(3);
    let no = |code, message| Err((code, message));
    match () {
        () if is_poor(id) => return no("isv.AMOUNT_NOT_ENOUGH", "账户余额不足"),
        () if !is_number || is_nobody(&number) => {
            return no("isv.MOBILE_NUMBER_ILLEGAL", "非法手机号");
        }
        () if is_wrong(&text(given, "TtsCode")) => {
            return no("isv.TTS_TEMPLATE_ILLEGAL", "TTS模板不合法");
        }
        () if !(1..=3).contains(&times) => return no("isv.INVALID_PARAMETERS", "参数异常"),
        () if desk.count(&number, 1, Duration::from_mins(1)).is_err() => {
            return no("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1");
        }
        () => {}
    }
    let call = format!("1163{:08}^1004", desk.number());
    desk.take(call.as_str(), &number, Value::Null);
    Ok(json!({"CallId": call}))
}

/// JSON in a text: how the call went, once it has ended.
fn detail(desk: &Desk<'_>, call: &str) -> Said {
    let taken = desk.taken(call).ok_or(("isv.CALL_ID_NOT_EXIST", "呼叫记录不存在"))?;
    let data = match (desk.is_through(taken), is_lost(&taken.to)) {
        (false, _) => json!({"state": "200100", "stateDesc": "呼叫中"}),
        (true, false) => json!({"state": "200000", "stateDesc": "用户接听", "endDate": END}),
        (true, true) => json!({"state": "200010", "stateDesc": "关机", "endDate": END}),
    };
    Ok(json!({"Data": data.to_string()}))
}

/// When every call has ended.
const END: &str = "2026-11-26 23:00:03";
