//! Calls of Tencent Cloud, of which short messages and calls read aloud are two products: their
//! signature is checked, and whatever happens the HTTP status is 200.
//!
//! Source: Tencent Cloud, 382/52072 "签名方法 v3".

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use super::asked::Answer;
use super::asked::Asked;
use super::desk::Desk;
use super::digest::hex;
use super::digest::hmac;
use super::digest::sha256;
use super::provoke::is_wrong;

/// The secret of every API key.
pub(super) const SECRET_KEY: &str = "simulated";

/// How far the clocks may be apart.
const TOLERANCE: Duration = Duration::from_mins(5);

/// What is under `Response`; code and message of a no.
pub(super) type Said = Result<Value, (&'static str, &'static str)>;

/// What it takes for a yes to a callback.
pub(super) fn is_yes(body: &str) -> bool {
    serde_json::from_str::<Value>(body).is_ok_and(|it| it["result"] == 0 && it["errmsg"] == "OK")
}

/// A call of one product, `service` in its signature: checked, then handed to `act` with its action
/// and body, and the id of the API key that signed it.
pub(super) fn answer(
    asked: &Asked,
    desk: &mut Desk<'_>,
    (service, version): (&str, &str),
    act: fn(&mut Desk<'_>, &str, &Value, &str) -> Said,
) -> Answer {
    let request = format!("00000000-0000-0000-0000-{:012}", desk.number());
    desk.key(asked.header("authorization"));
    let said = check(asked, desk, service).and_then(|id| {
        if asked.header("x-tc-version") != version {
            return Err(("InvalidParameter", "The value of X-TC-Version is wrong."));
        }
        if asked.header("x-tc-region").is_empty() {
            return Err(("MissingParameter", "The request is missing the header X-TC-Region."));
        }
        let body = asked.object().ok_or(("InvalidParameter", "The body is no JSON object."))?;
        act(desk, asked.header("x-tc-action"), &body, &id)
    });
    let mut response = match said {
        Ok(said) => said,
        Err((code, message)) => json!({"Error": {"Code": code, "Message": message}}),
    };
    response["RequestId"] = request.into();
    Answer::good(&json!({ "Response": response }))
}

/// The id of the key that signed the call.
fn check(
    asked: &Asked,
    desk: &Desk<'_>,
    service: &str,
) -> Result<String, (&'static str, &'static str)> {
    let header = asked.header("authorization");
    let parts = header.strip_prefix("TC3-HMAC-SHA256 ").and_then(read);
    let Some((credential, names, signature)) = parts else {
        return Err(("AuthFailure.InvalidAuthorization", "The header Authorization is invalid."));
    };
    let id = credential.split('/').next().unwrap_or_default();
    if is_wrong(id) {
        return Err(("AuthFailure.SecretIdNotFound", "The SecretId is not found."));
    }
    let timestamp = asked.header("x-tc-timestamp");
    let seconds = timestamp.parse::<i64>().ok();
    let time = seconds.and_then(|it| u64::try_from(it).ok()).map(Duration::from_secs);
    if time.is_none_or(|time| time.abs_diff(desk.signed) > TOLERANCE) {
        return Err(("AuthFailure.SignatureExpire", "The provided credentials have expired."));
    }
    let date = Timestamp::from_second(seconds.unwrap_or(0)).unwrap_or_default();
    let date = date.strftime("%Y-%m-%d").to_string();
    let is_complete =
        ["content-type", "host"].iter().all(|it| names.split(';').any(|name| name == *it));
    let is_scoped = credential == format!("{id}/{date}/{service}/tc3_request");
    let call = Signed { asked, names, timestamp, date: &date, service };
    match is_complete && is_scoped && call.signature(SECRET_KEY) == signature {
        true => Ok(id.to_owned()),
        false => Err((
            "AuthFailure.SignatureFailure",
            "The provided credentials could not be validated. Please check your signature is correct.",
        )),
    }
}

/// `Credential=…, SignedHeaders=…, Signature=…`
fn read(text: &str) -> Option<(&str, &str, &str)> {
    let mut parts = text.split(", ");
    let credential = parts.next()?.strip_prefix("Credential=")?;
    let names = parts.next()?.strip_prefix("SignedHeaders=")?;
    Some((credential, names, parts.next()?.strip_prefix("Signature=")?))
}

/// What is signed.
struct Signed<'a> {
    asked: &'a Asked,
    names: &'a str,
    timestamp: &'a str,
    date: &'a str,
    service: &'a str,
}

impl Signed<'_> {
    fn canonical(&self) -> String {
        let mut lines = vec![self.asked.method.clone(), "/".to_owned(), self.asked.query.clone()];
        for name in self.names.split(';') {
            let value = self.asked.header(name).trim().to_lowercase();
            lines.push(format!("{name}:{value}"));
        }
        lines.extend([String::new(), self.names.to_owned(), sha256(&self.asked.body)]);
        lines.join("\n")
    }

    fn signature(&self, secret: &str) -> String {
        let scope = format!("{}/{}/tc3_request", self.date, self.service);
        let digest = sha256(self.canonical().as_bytes());
        let text = format!("TC3-HMAC-SHA256\n{}\n{scope}\n{digest}", self.timestamp);
        let of_date = hmac(format!("TC3{secret}").as_bytes(), self.date.as_bytes());
        let of_service = hmac(&of_date, self.service.as_bytes());
        hex(&hmac(&hmac(&of_service, b"tc3_request"), text.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::Signed;
    use super::sha256;
    use crate::simulator::services::Asked;

    fn asked(host: &str, action: &str, body: &str) -> Asked {
        let headers = [
            ("content-type", "application/json; charset=utf-8"),
            ("host", host),
            ("x-tc-action", action),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Asked {
            method: "POST".to_owned(),
            headers: headers.to_vec(),
            body: body.as_bytes().to_vec(),
            ..Asked::default()
        }
    }

    const BODY: &str =
        r#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;

    fn published<'a>(asked: &'a Asked, names: &'a str) -> Signed<'a> {
        Signed { asked, names, timestamp: "1551113065", date: "2019-02-25", service: "cvm" }
    }

    #[test]
    fn the_signature_is_that_of_the_published_examples() {
        let asked = asked("cvm.tencentcloudapi.com", "DescribeInstances", BODY);
        let three = published(&asked, "content-type;host;x-tc-action");
        let digest = "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84";
        assert_eq!(sha256(three.canonical().as_bytes()), digest);
        let signature = "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f";
        assert_eq!(three.signature(&"*".repeat(32)), signature);

        let two = published(&asked, "content-type;host");
        let digest = "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031";
        assert_eq!(sha256(two.canonical().as_bytes()), digest);
        let signature = "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168";
        assert_eq!(two.signature("Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"), signature);
    }

    #[test]
    fn a_short_message_is_signed_with_its_action_in_small_letters() {
        let body = r#"{"PhoneNumberSet":["+8613800000000"],"SmsSdkAppId":"1400000000","TemplateId":"100001","SignName":"示例","TemplateParamSet":["123456"]}"#;
        let asked = asked("sms.tencentcloudapi.com", "SendSms", body);
        let signed = |names| {
            let (timestamp, date) = ("1700000000", "2023-11-14");
            let call = Signed { asked: &asked, names, timestamp, date, service: "sms" };
            call.signature("SECRETEXAMPLE")
        };
        let expected = "a2e33f1d463842eea894e74a8cc74da180925866f2f2c3842f8c31bb75746d6b";
        assert_eq!(signed("content-type;host"), expected);
        let expected = "d5d3ff6e5c9955d86a5f283d2765852ab2a51d0fac54cfe52c7561c15ddb9351";
        assert_eq!(signed("content-type;host;x-tc-action"), expected);
    }
}
