//! Short messages of Tencent Cloud. Source: Tencent Cloud, 382/55981 "SendSms", and the pages about
//! what became of them.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::Service;
use super::asked::text;
use super::asked::texts;
use super::desk::Desk;
use super::desk::Taken;
use super::letter::Letter;
use super::letter::Saying;
use super::letter::Teller;
use super::provoke::is_flood;
use super::provoke::is_lost;
use super::provoke::is_nobody;
use super::provoke::is_poor;
use super::provoke::is_risky;
use super::provoke::is_wrong;
use super::tencent;
use super::tencent::Said;

pub(super) const SERVICE: Service = Service {
    kind: "sms-tencent",
    answer: |asked, desk| tencent::answer(asked, desk, ("sms", "2021-01-11"), act),
    hook: Some(&HOOK),
};

/// What people answer, and what became of messages.
const HOOK: Teller = Teller { says, tells: Some(tells), is_yes: tencent::is_yes };

fn says(saying: &Saying<'_>) -> Letter {
    let number = saying.writer("13800000000");
    Letter::by_word(
        saying,
        &json!({"extend": "", "mobile": number, "nationcode": "86",
        "sign": "示例", "text": saying.text, "time": saying.now.as_secs()}),
    )
}

fn tells(saying: &Saying<'_>, taken: &Taken, is_through: bool) -> Letter {
    let (status, code, words) = match is_through {
        true => ("SUCCESS", "DELIVRD", "用户短信送达成功"),
        false => ("FAIL", "UNDELIV", "用户短信送达失败"),
    };
    let mobile = taken.to.strip_prefix("+86").unwrap_or(&taken.to);
    Letter::by_word(
        saying,
        &json!([{"nationcode": "86", "mobile": mobile,
        "report_status": status, "errmsg": code, "description": words, "sid": taken.id}]),
    )
}

/// The most numbers of one call.
const NUMBERS: usize = 200;

/// Messages to one number in thirty seconds.
const HALF_A_MINUTE: Duration = Duration::from_secs(30);

fn act(desk: &mut Desk<'_>, action: &str, body: &Value, id: &str) -> Said {
    match action {
        "SendSms" => send(desk, body, id),
        "PullSmsSendStatusByPhoneNumber" => pull(desk, body),
        _ => Err(("InvalidAction", "The request action is not found.")),
    }
}

fn send(desk: &mut Desk<'_>, body: &Value, id: &str) -> Said {
    let numbers = texts(body, "PhoneNumberSet");
    let is_domestic = numbers.iter().any(|it| it.starts_with("+86"));
    let no = |code, message| Err((code, message));
    match () {
        () if numbers.is_empty() => no("MissingParameter.EmptyPhoneNumberSet", "empty"),
        () if numbers.len() > NUMBERS => {
            no("LimitExceeded.PhoneNumberCountLimit", "at most 200 numbers")
        }
        () if is_wrong(&text(body, "SmsSdkAppId")) => {
            no("InvalidParameterValue.SdkAppIdNotExist", "SdkAppId not exist")
        }
        () if is_flood(id) => no("RequestLimitExceeded", "too many requests"),
        () if is_domestic && text(body, "SignName").is_empty() => {
            no("FailedOperation.SignatureIncorrectOrUnapproved", "signature is incorrect")
        }
        () if is_wrong(&text(body, "TemplateId")) => {
            no("FailedOperation.TemplateUnapprovedOrNotExist", "template is not approved")
        }
        () => {
            let context = text(body, "SessionContext");
            let words = texts(body, "TemplateParamSet").concat();
            let each = numbers.iter().map(|number| one(desk, (number, &context), &words, id));
            Ok(json!({"SendStatusSet": each.collect::<Vec<Value>>()}))
        }
    }
}

/// Each number has a verdict of its own.
fn one(desk: &mut Desk<'_>, (number, context): (&str, &str), words: &str, id: &str) -> Value {
    let digits = number.strip_prefix('+').unwrap_or_default();
    let is_number = digits.len() >= 8 && digits.bytes().all(|it| it.is_ascii_digit());
    let (code, message) = match () {
        () if !is_number || is_nobody(number) => {
            ("InvalidParameterValue.IncorrectPhoneNumber", "incorrect phone number")
        }
        () if is_poor(id) => {
            ("FailedOperation.InsufficientBalanceInSmsPackage", "insufficient balance")
        }
        () if is_risky(words) => {
            ("FailedOperation.ContainSensitiveWord", "contains sensitive words")
        }
        () if desk.count(number, 1, HALF_A_MINUTE).is_err() => {
            ("LimitExceeded.PhoneNumberThirtySecondLimit", "the number of SMS exceeds the limit")
        }
        () => ("Ok", "send success"),
    };
    let is_taken = code == "Ok";
    let serial = if is_taken { format!("2640:{}", desk.number()) } else { String::new() };
    if is_taken {
        desk.take(serial.as_str(), number, Value::Null);
    }
    json!({
        "SerialNo": serial,
        "PhoneNumber": number,
        "Fee": u8::from(is_taken),
        "SessionContext": context,
        "Code": code,
        "Message": message,
        "IsoCode": "CN",
    })
}

/// What became of what was sent to one number.
fn pull(desk: &mut Desk<'_>, body: &Value) -> Said {
    let number = text(body, "PhoneNumber");
    let (begin, end) = (body["BeginTime"].as_u64(), body["EndTime"].as_u64());
    let (Some(begin), Some(end)) = (begin, end) else {
        return Err(("InvalidParameterValue.BeginTimeVerifyFail", "BeginTime is invalid"));
    };
    let within = Duration::from_secs(begin)..=Duration::from_secs(end);
    let taken = desk.all_taken().filter(|it| it.to == number && within.contains(&it.at));
    let through = taken.filter(|it| desk.is_through(it)).map(|it| {
        let (status, description) = match is_lost(&number) {
            false => ("SUCCESS", "DELIVRD"),
            true => ("FAIL", "UNDELIV"),
        };
        json!({"SerialNo": it.id, "PhoneNumber": number, "SubscriberNumber": number,
            "UserReceiveTime": it.at.as_secs(), "ReportStatus": status, "Description": description})
    });
    Ok(json!({"PullSmsSendStatusSet": through.collect::<Vec<Value>>()}))
}
