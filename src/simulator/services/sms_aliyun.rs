//! Short messages of Aliyun. Source: Aliyun, 419273 "SendSms", 419277 "QuerySendDetails".

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use super::Service;
use super::aliyun;
use super::aliyun::Said;
use super::asked::listed;
use super::asked::text;
use super::desk::Desk;
use super::desk::Taken;
use super::letter::Letter;
use super::letter::Saying;
use super::letter::Teller;
use super::provoke::is_lost;
use super::provoke::is_nobody;
use super::provoke::is_poor;
use super::provoke::is_risky;
use super::provoke::is_wrong;

pub(super) const SERVICE: Service = Service {
    kind: "sms-aliyun",
    answer: |asked, desk| aliyun::answer(asked, desk, "dysmsapi.aliyuncs.com", act),
    hook: Some(&HOOK),
};

/// What people answer (SmsUp), and what became of messages (SmsReport).
const HOOK: Teller = Teller { says, tells: Some(tells), is_yes: aliyun::is_yes };

fn says(saying: &Saying<'_>) -> Letter {
    let number = saying.writer("13800000000");
    Letter::by_word(
        saying,
        &json!([{"phone_number": number, "content": saying.text,
        "sign_name": "示例", "dest_code": "1001", "sequence_id": saying.number}]),
    )
}

fn tells(saying: &Saying<'_>, taken: &Taken, is_through: bool) -> Letter {
    let (code, words) = match is_through {
        true => ("DELIVERED", "用户接收成功"),
        false => ("UNDELIV", "用户不可达"),
    };
    Letter::by_word(
        saying,
        &json!([{"phone_number": taken.to, "success": is_through,
        "err_code": code, "err_msg": words, "sms_size": "1", "biz_id": taken.id,
        "out_id": taken.more["out_id"]}]),
    )
}

/// The most numbers of one call.
const NUMBERS: usize = 1_000;

fn act(desk: &mut Desk<'_>, action: &str, given: &Value, id: &str) -> Said {
    match action {
        "SendSms" => send(desk, given, id),
        "QuerySendDetails" => Ok(details(desk, given)),
        _ => Err(("InvalidAction.NotFound", "Specified api is not found.")),
    }
}

fn send(desk: &mut Desk<'_>, given: &Value, id: &str) -> Said {
    let numbers = listed(&text(given, "PhoneNumbers"));
    let words = text(given, "TemplateParam");
    let is_object = serde_json::from_str::<Value>(&words).is_ok_and(|it| it.is_object());
    let no = |code, message| Err((code, message));
    match () {
        () if is_poor(id) => return no("isv.AMOUNT_NOT_ENOUGH", "账户余额不足"),
        () if numbers.len() > NUMBERS => {
            return no("isv.MOBILE_COUNT_OVER_LIMIT", "手机号码数量超过限制");
        }
        () if numbers.is_empty() || numbers.iter().any(|it| !is_number(it) || is_nobody(it)) => {
            return no("isv.MOBILE_NUMBER_ILLEGAL", "非法手机号");
        }
        () if is_wrong(&text(given, "SignName")) => {
            return no("isv.SMS_SIGNATURE_ILLEGAL", "短信签名不合法");
        }
        () if is_wrong(&text(given, "TemplateCode")) => {
            return no("isv.SMS_TEMPLATE_ILLEGAL", "短信模板不合法");
        }
        () if !words.is_empty() && !is_object => {
            return no("isv.INVALID_JSON_PARAM", "JSON参数不合法");
        }
        () if is_risky(&words) => return no("isv.BLACK_KEY_CONTROL_LIMIT", "黑名单管控"),
        () => {}
    }
    // One a minute to one number.
    let busy = |number: &String| desk.count(number, 1, Duration::from_mins(1)).is_err();
    if numbers.iter().any(busy) {
        return no("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1");
    }
    let id = format!("9006{:012}^0", desk.number());
    desk.take(id.as_str(), &numbers.join(","), json!({"out_id": text(given, "OutId")}));
    Ok(json!({"BizId": id}))
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    digits.len() >= 8 && digits.bytes().all(|it| it.is_ascii_digit())
}

/// What became of what was sent to one number on one day, of China's.
fn details(desk: &Desk<'_>, given: &Value) -> Value {
    let (number, id) = (text(given, "PhoneNumber"), text(given, "BizId"));
    let day = |at: Duration| {
        let seconds = i64::try_from(at.as_secs() + 8 * 3_600).unwrap_or(0);
        Timestamp::from_second(seconds).unwrap_or_default().strftime("%Y%m%d").to_string()
    };
    let found = desk.all_taken().filter(|it| {
        let is_it = id.is_empty() || it.id == id;
        is_it && listed(&it.to).contains(&number) && day(it.at) == text(given, "SendDate")
    });
    let each = found.map(|it| {
        let (status, code) = match (desk.is_through(it), is_lost(&number)) {
            (false, _) => (1, ""),
            (true, false) => (3, "DELIVERED"),
            (true, true) => (2, "UNDELIV"),
        };
        json!({"PhoneNum": number, "SendStatus": status, "ErrCode": code,
            "OutId": it.more["out_id"]})
    });
    let each: Vec<Value> = each.collect();
    json!({"TotalCount": each.len(), "SmsSendDetailDTOs": {"SmsSendDetailDTO": each}})
}
