//! Calls of Tencent Cloud that read a template aloud. Source: Tencent Cloud, 1128/51558 "SendTtsVoice".

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
use super::provoke::is_nobody;
use super::provoke::is_wrong;
use super::tencent;
use super::tencent::Said;

pub(super) const SERVICE: Service = Service {
    kind: "voice-tencent",
    answer: |asked, desk| tencent::answer(asked, desk, ("vms", "2020-09-02"), act),
    hook: Some(&HOOK),
};

/// Which key was pressed, and how calls went.
const HOOK: Teller = Teller { says: presses, tells: Some(tells), is_yes: tencent::is_yes };

fn presses(saying: &Saying<'_>) -> Letter {
    let number = saying.writer("13800000000");
    let call = json!({"call_from": "", "callid": format!("call-{}", saying.number),
        "keypress": saying.text, "mobile": number, "nationcode": "86"});
    Letter::by_word(saying, &json!({"voicekey_callback": call}))
}

fn tells(saying: &Saying<'_>, taken: &Taken, is_through: bool) -> Letter {
    let result = if is_through { "0" } else { "1" };
    let mobile = taken.to.strip_prefix("+86").unwrap_or(&taken.to);
    let call = json!({"result": result, "call_from": "075500000000", "callid": taken.id,
        "fee": "1", "mobile": mobile, "nationcode": "86"});
    Letter::by_word(saying, &json!({"voiceprompt_callback": call}))
}

/// The longest text of a call, in characters; here the variables alone.
const TEXT: usize = 350;

const HALF_A_MINUTE: Duration = Duration::from_secs(30);

fn act(desk: &mut Desk<'_>, action: &str, body: &Value, id: &str) -> Said {
    if action != "SendTtsVoice" {
        return Err(("InvalidAction", "The request action is not found."));
    }
    let number = text(body, "CalledNumber");
    let no = |code, message| Err((code, message));
    match () {
        () if is_flood(id) => return no("RequestLimitExceeded", "too many requests"),
        () if is_wrong(&text(body, "VoiceSdkAppid")) => {
            return no("InvalidParameterValue.SdkAppidNotExist", "SdkAppid not exist");
        }
        () if is_wrong(&text(body, "TemplateId")) => {
            return no("FailedOperation.TemplateUnapprovedOrNotExist", "template is not approved");
        }
        () if !number.starts_with('+') || is_nobody(&number) => {
            return no("InvalidParameterValue.CalledNumberVerifyFail", "the number is malformed");
        }
        () if texts(body, "TemplateParamSet").concat().chars().count() > TEXT => {
            return no("InvalidParameterValue.TTSContentLengthLimit", "the text is too long");
        }
        () if desk.count(&number, 1, HALF_A_MINUTE).is_err() => {
            return no("LimitExceeded.DeliveryFrequencyLimit", "the frequency exceeds the limit");
        }
        () => {}
    }
    let call = format!("call-{}", desk.number());
    desk.take(call.as_str(), &number, Value::Null);
    let context = text(body, "SessionContext");
    Ok(json!({"SendStatus": {"CallId": call, "SessionContext": context}}))
}
