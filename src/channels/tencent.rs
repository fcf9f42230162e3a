//! Calls of Tencent Cloud: signed by TC3-HMAC-SHA256, and what their errors mean.

use std::time::Duration;

use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use jiff::Timestamp;
use serde_json::Value;
use sha2::Digest as _;
use sha2::Sha256;

use super::LARGEST_ANSWER;
use super::Setup;
use super::common;
use super::common::hex;
use super::common::rest_of_day;
use super::common::until_hour;
use crate::config::secret::Secret;
use crate::config::settings::Kind;
use crate::config::settings::Setting;
use crate::exchange::Method;
use crate::exchange::Request;
use crate::exchange::Response;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::notification::Terms;

/// The one type of content that is signed and sent, to the byte.
const JSON: &str = "application/json; charset=utf-8";

/// Half of an account's key.
pub(super) const SECRET_ID: Setting =
    Setting::bare("secret_id", Kind::Text, "\"AKIDEXAMPLE\"", "The id of the API key.").required();

/// The other half.
pub(super) const SECRET_KEY: Setting = Setting::bare(
    "secret_key",
    Kind::Secret,
    "\"env:TENCENT_SECRET_KEY\"",
    "The API key's secret.",
)
.required();

/// Where the service runs.
pub(super) const REGION: Setting = Setting::with(
    "region",
    Kind::Text,
    "\"ap-guangzhou\"",
    "Where the call is worked on: ap-guangzhou, ap-beijing or ap-nanjing.",
);

/// When marketing may be sent from, in China.
const MORNING: u64 = 8;

/// One product of Tencent Cloud, and who calls it.
pub(super) struct Tencent {
    pub(super) service: &'static str,
    pub(super) version: &'static str,
    pub(super) url: String,
    pub(super) region: String,
    pub(super) secret_id: String,
    pub(super) secret_key: Secret,
}

impl Tencent {
    /// Reads the settings above.
    pub(super) fn read(
        setup: &Setup<'_>,
        service: &'static str,
        version: &'static str,
    ) -> Option<Self> {
        let fields = setup.fields;
        let secret_id = fields.filled(SECRET_ID.key);
        let secret_key = fields.required_secret(SECRET_KEY.key);
        let region = fields.filled(REGION.key);
        let url = setup.base_url(&format!("https://{}", host(service)));
        let (region, secret_id, secret_key) = (region?, secret_id?, secret_key?);
        Some(Self { service, version, url, region, secret_id, secret_key })
    }

    /// The call of `action`, signed at `now`.
    ///
    /// Source: Tencent Cloud, document 382/52072, "签名方法 v3".
    pub(super) fn call(&self, action: &str, body: &Value, now: Duration) -> Request {
        let body = body.to_string();
        // What is signed is what the service is called, whatever stands in between.
        let host = host(self.service);
        let signed = [("content-type", JSON), ("host", &host), ("x-tc-action", action)];
        let header = |name: &str, value: String| (name.to_owned(), value);
        Request {
            method: Method::Post,
            url: format!("{}/", self.url),
            headers: vec![
                header("host", host.clone()),
                header("content-type", JSON.to_owned()),
                header("x-tc-action", action.to_owned()),
                header("x-tc-version", self.version.to_owned()),
                header("x-tc-region", self.region.clone()),
                header("x-tc-timestamp", now.as_secs().to_string()),
                header("authorization", self.authorization(&signed, &body, now.as_secs())),
            ],
            body: body.into(),
            timeout: Terms::default().limit,
            max_answer: LARGEST_ANSWER,
        }
    }

    /// `signed`: names in lower case, sorted.
    fn authorization(&self, signed: &[(&str, &str)], body: &str, seconds: u64) -> String {
        let time = Timestamp::from_second(i64::try_from(seconds).unwrap_or(0)).unwrap_or_default();
        let date = time.strftime("%Y-%m-%d").to_string();
        let scope = format!("{date}/{}/tc3_request", self.service);
        let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let canonical = digest(canonical(signed, &names, body).as_bytes());
        let text = format!("TC3-HMAC-SHA256\n{seconds}\n{scope}\n{canonical}");
        let mut key = format!("TC3{}", self.secret_key.expose()).into_bytes();
        for part in [date.as_str(), self.service, "tc3_request", &text] {
            key = mac(&key, part);
        }
        let (id, signature) = (&self.secret_id, hex(&key));
        format!(
            "TC3-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
    }
}

fn host(service: &str) -> String {
    format!("{service}.tencentcloudapi.com")
}

fn canonical(signed: &[(&str, &str)], names: &str, body: &str) -> String {
    let line = |(name, value): &(&str, &str)| format!("{name}:{}\n", value.trim().to_lowercase());
    let headers = signed.iter().map(line).collect::<Vec<String>>().concat();
    format!("POST\n/\n\n{headers}\n{names}\n{}", digest(body.as_bytes()))
}

fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(key);
    let mut mac = mac.expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// What stands under `key` in a good answer; null if the answer is none of the service's.
pub(super) fn result<'a>(
    answer: &'a Value,
    key: &str,
    response: &Response,
) -> Result<&'a Value, Failure> {
    let answer = &answer["Response"];
    let error = &answer["Error"];
    match error["Code"].as_str() {
        Some(code) => Err(failure(code, error["Message"].as_str().unwrap_or_default(), response)),
        None => Ok(&answer[key]),
    }
}

/// What an error of the service means, whether of the whole call or of one number.
///
/// Source: Tencent Cloud, documents 382/55981 and 1128/51534, "错误码".
pub(super) fn failure(code: &str, message: &str, response: &Response) -> Failure {
    let (area, what) = code.split_once('.').unwrap_or((code, ""));
    let seconds = |seconds| Blame::Service { retry_after: Some(Duration::from_secs(seconds)) };
    let (blame, advice) = match (area, what) {
        ("LimitExceeded", "PhoneNumberCountLimit") => (Blame::Request, "At most 200 numbers."),
        ("LimitExceeded", "PhoneNumberThirtySecondLimit") => (seconds(30), ""),
        ("LimitExceeded", "PhoneNumberOneHourLimit") => (seconds(3_600), ""),
        // These are one number's; others may still be sent to.
        ("LimitExceeded", what) if what.starts_with("PhoneNumber") => {
            (Blame::Service { retry_after: rest_of_day(response) }, "")
        }
        ("LimitExceeded", what) if what.contains("Daily") => {
            (Blame::Quota { retry_after: rest_of_day(response) }, "Raise the limit in the console.")
        }
        ("LimitExceeded" | "RequestLimitExceeded", _) => (Blame::Quota { retry_after: None }, ""),
        ("FailedOperation", "MarketingSendTimeConstraint") => {
            let retry_after = until_hour(response, MORNING);
            (Blame::Service { retry_after }, "Marketing is sent from 08:00 to 22:00.")
        }
        ("FailedOperation", "InsufficientBalanceInSmsPackage")
        | ("UnauthorizedOperation", "ServiceSuspendDueToArrears") => {
            (Blame::Quota { retry_after: None }, "Top up the account.")
        }
        ("InternalError", "RequestTimeException") | ("AuthFailure", "SignatureExpire") => {
            (Blame::Request, "Set the clock of this machine.")
        }
        ("AuthFailure", _) => (Blame::Request, "Compare `secret_id` and `secret_key`."),
        // Upstream may have done it, and only its answer is missing.
        ("InternalError", "Timeout" | "SendAndRecvFail" | "AccessUpstreamTimeout") => {
            (Blame::Unknown, "")
        }
        ("InternalError", _) => (Blame::Service { retry_after: None }, ""),
        _ => (Blame::Request, ""),
    };
    common::failure("tencent", code, blame, message, advice)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;

    use super::JSON;
    use super::Tencent;
    use super::canonical;
    use super::digest;
    use super::failure;
    use crate::config::secret::Secret;
    use crate::exchange::Response;
    use crate::notification::Blame;

    fn account(service: &'static str, id: &str, key: &str) -> Tencent {
        Tencent {
            service,
            version: "2021-01-11",
            url: format!("https://{service}.tencentcloudapi.com"),
            region: "ap-guangzhou".to_owned(),
            secret_id: id.to_owned(),
            secret_key: Secret::new(key),
        }
    }

    #[test]
    fn the_signature_is_that_of_the_published_examples() {
        let body = r#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
        let two = [("content-type", JSON), ("host", "cvm.tencentcloudapi.com")];
        let three = [two[0], two[1], ("x-tc-action", "DescribeInstances")];
        let hash = "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064";
        assert_eq!(digest(body.as_bytes()), hash);
        let names = "content-type;host;x-tc-action";
        let hash = "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84";
        assert_eq!(digest(canonical(&three, names, body).as_bytes()), hash);

        let stars = "*".repeat(32);
        let cvm = account("cvm", &format!("AKID{stars}"), &stars);
        let expected = format!(
            "TC3-HMAC-SHA256 Credential=AKID{stars}/2019-02-25/cvm/tc3_request, \
             SignedHeaders={names}, \
             Signature=10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"
        );
        assert_eq!(cvm.authorization(&three, body, 1_551_113_065), expected);

        let key = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
        let cvm = account("cvm", "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", key);
        let signature = "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168";
        assert!(cvm.authorization(&two, body, 1_551_113_065).ends_with(signature));
    }

    #[test]
    fn a_call_is_signed_with_its_action() {
        let sms = account("sms", "AKIDEXAMPLE", "SECRETEXAMPLE");
        let body = r#"{"PhoneNumberSet":["+8613800000000"],"SmsSdkAppId":"1400000000","TemplateId":"100001","SignName":"示例","TemplateParamSet":["123456"]}"#;
        let two = [("content-type", JSON), ("host", "sms.tencentcloudapi.com")];
        let signature = "a2e33f1d463842eea894e74a8cc74da180925866f2f2c3842f8c31bb75746d6b";
        assert!(sms.authorization(&two, body, 1_700_000_000).ends_with(signature));

        let json: Value = serde_json::from_str(body).unwrap();
        let request = sms.call("SendSms", &json, Duration::from_secs(1_700_000_000));
        let signature = "d5d3ff6e5c9955d86a5f283d2765852ab2a51d0fac54cfe52c7561c15ddb9351";
        let (name, value) = request.headers.last().unwrap();
        assert_eq!(name, "authorization");
        assert!(value.ends_with(signature), "{value}");
    }

    #[test]
    fn an_error_says_who_must_wait_and_how_long() {
        let date = ("date".to_owned(), "Thu, 26 Nov 2026 15:00:00 GMT".to_owned());
        let response = Response { status: 200, headers: vec![date], body: "".into() };
        let service = |seconds| Blame::Service { retry_after: Some(Duration::from_secs(seconds)) };
        for (code, blame) in [
            ("LimitExceeded.PhoneNumberThirtySecondLimit", service(30)),
            ("LimitExceeded.PhoneNumberDailyLimit", service(3_600)),
            ("LimitExceeded.PhoneNumberCountLimit", Blame::Request),
            (
                "LimitExceeded.AppDailyLimit",
                Blame::Quota { retry_after: Some(Duration::from_hours(1)) },
            ),
            ("FailedOperation.MarketingSendTimeConstraint", service(9 * 3_600)),
            ("RequestLimitExceeded", Blame::Quota { retry_after: None }),
            ("RequestLimitExceeded.UinLimitExceeded", Blame::Quota { retry_after: None }),
            ("InternalError.Timeout", Blame::Unknown),
            ("InternalError.OtherError", Blame::Service { retry_after: None }),
            ("InternalError.RequestTimeException", Blame::Request),
            ("AuthFailure.SignatureFailure", Blame::Request),
            ("FailedOperation.ContainSensitiveWord", Blame::Request),
            ("UnsupportedOperation.Any", Blame::Request),
        ] {
            assert_eq!(failure(code, "", &response).blame, blame, "{code}");
        }
    }
}
