//! Calls of Aliyun: signed by ACS3-HMAC-SHA256, and what their errors mean.

use std::time::Duration;

use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use jiff::Timestamp;
use serde_json::Value;
use sha2::Digest as _;
use sha2::Sha256;

use super::LARGEST_ANSWER;
use super::Parcel;
use super::Sent;
use super::Setup;
use super::answer;
use super::common;
use super::common::hex;
use super::common::rest_of_day;
use super::refusal;
use crate::config::secret::Secret;
use crate::config::settings::Kind;
use crate::config::settings::Setting;
use crate::exchange::Method;
use crate::exchange::Request;
use crate::exchange::Response;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::notification::Receipt;
use crate::notification::Terms;

/// Half of an account's key.
pub(super) const KEY_ID: Setting =
    Setting::bare("access_key_id", Kind::Text, "\"LTAIEXAMPLE\"", "The id of the access key.")
        .required();

/// The other half.
pub(super) const KEY_SECRET: Setting = Setting::bare(
    "access_key_secret",
    Kind::Secret,
    "\"env:ALIYUN_ACCESS_KEY_SECRET\"",
    "The access key's secret.",
)
.required();

/// One product of Aliyun, and who calls it.
pub(super) struct Aliyun {
    pub(super) host: &'static str,
    pub(super) url: String,
    pub(super) key_id: String,
    pub(super) key_secret: Secret,
}

impl Aliyun {
    /// Both products have this version.
    const VERSION: &str = "2017-05-25";

    /// Reads the settings above. `host`: the product's.
    pub(super) fn read(setup: &Setup<'_>, host: &'static str) -> Option<Self> {
        let key_id = setup.fields.filled(KEY_ID.key);
        let key_secret = setup.fields.required_secret(KEY_SECRET.key);
        let url = setup.base_url(&format!("https://{host}"));
        Some(Self { host, url, key_id: key_id?, key_secret: key_secret? })
    }

    /// The call of `action` that sends the parcel. Its nonce is the delivery's id and try, so that
    /// what is sent once more by accident is not done twice.
    pub(super) fn call(
        &self,
        action: &str,
        parameters: &[(&str, String)],
        parcel: &Parcel,
    ) -> Request {
        let nonce = format!("{}-{}", parcel.id, parcel.attempt);
        self.signed(action, parameters, (nonce, parcel.now))
    }

    /// The call of `action` that asks what became of something.
    pub(super) fn question(
        &self,
        action: &str,
        parameters: &[(&str, String)],
        sent: &Sent,
    ) -> Request {
        let nonce = format!("{}-asked-{}", sent.id, sent.asked);
        self.signed(action, parameters, (nonce, sent.now))
    }

    /// Source: Aliyun, "V3 版本请求体&签名机制".
    fn signed(
        &self,
        action: &str,
        parameters: &[(&str, String)],
        (nonce, now): (String, Duration),
    ) -> Request {
        let seconds = i64::try_from(now.as_secs()).unwrap_or(0);
        let date = Timestamp::from_second(seconds).unwrap_or_default().to_string();
        let query = query(parameters);
        let headers = [
            // What is signed is what the service is called, whatever stands in between.
            ("host", self.host.to_owned()),
            ("x-acs-action", action.to_owned()),
            ("x-acs-content-sha256", hex(&Sha256::digest(b""))),
            ("x-acs-date", date),
            ("x-acs-signature-nonce", nonce),
            ("x-acs-version", Self::VERSION.to_owned()),
        ];
        let authorization = self.authorization(&query, &headers);
        let sent = headers.into_iter().chain([("authorization", authorization)]);
        Request {
            method: Method::Post,
            url: format!("{}/?{query}", self.url),
            headers: sent.map(|(name, value)| (name.to_owned(), value)).collect(),
            body: "".into(),
            timeout: Terms::default().limit,
            max_answer: LARGEST_ANSWER,
        }
    }

    /// `headers`: sorted, in lower case, the body's digest among them.
    fn authorization(&self, query: &str, headers: &[(&str, String)]) -> String {
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let canonical = hex(&Sha256::digest(canonical(query, headers, &names)));
        let mac = Hmac::<Sha256>::new_from_slice(self.key_secret.expose().as_bytes());
        let mut mac = mac.expect("HMAC takes keys of any length");
        mac.update(format!("ACS3-HMAC-SHA256\n{canonical}").as_bytes());
        let (id, signature) = (&self.key_id, hex(&mac.finalize().into_bytes()));
        format!("ACS3-HMAC-SHA256 Credential={id},SignedHeaders={names},Signature={signature}")
    }
}

fn canonical(query: &str, headers: &[(&str, String)], names: &str) -> String {
    let line = |(name, value): &(&str, String)| format!("{name}:{}\n", value.trim());
    let lines = headers.iter().map(line).collect::<Vec<String>>().concat();
    let is_digest = |(name, _): &&(&str, String)| *name == "x-acs-content-sha256";
    let digest = headers.iter().find(is_digest).map_or("", |(_, value)| value);
    format!("POST\n/\n{query}\n{lines}\n{names}\n{digest}")
}

/// Sorted and percent-encoded by RFC 3986, as it is signed and sent.
fn query(parameters: &[(&str, String)]) -> String {
    let mut pairs: Vec<&(&str, String)> = parameters.iter().collect();
    pairs.sort();
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.join("&")
}

fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => {
                encoded.push('%');
                encoded.push_str(&hex(&[byte]).to_uppercase());
            }
        }
    }
    encoded
}

/// What an answer means; `id`: where the service writes what it calls the message.
pub(super) fn receipt(response: &Response, id: &str) -> Result<Receipt, Failure> {
    let answer = answer::object(response)?;
    let (code, message) = (&answer["Code"], answer["Message"].as_str().unwrap_or_default());
    match code.as_str() {
        Some("OK") => {
            Ok(Receipt { id: answer[id].as_str().map(str::to_owned), ..Receipt::default() })
        }
        Some(code) => Err(failure(code, message, response)),
        None => Err(refusal(response).unwrap_or_else(|| answer::unreadable(response))),
    }
}

/// The good answer to a question.
pub(super) fn told(response: &Response) -> Result<Value, Failure> {
    let answer = answer::object(response)?;
    let message = answer["Message"].as_str().unwrap_or_default();
    match answer["Code"].as_str() {
        Some("OK") => Ok(answer),
        Some(code) => Err(failure(code, message, response)),
        None => Err(refusal(response).unwrap_or_else(|| answer::unreadable(response))),
    }
}

/// Source: Aliyun, documents 101346 and 55085, "API 错误码".
fn failure(code: &str, message: &str, response: &Response) -> Failure {
    // What follows is the text that was signed, and in it the notification.
    let message = message.split("server string to sign").next().unwrap_or_default();
    let quota = |retry_after| Blame::Quota { retry_after };
    let (blame, advice) = match code {
        // One number's limit of a minute, an hour or a day; others may still be sent to.
        "isv.BUSINESS_LIMIT_CONTROL" => {
            (Blame::Service { retry_after: Some(Duration::from_mins(1)) }, "")
        }
        "isv.DAY_LIMIT_CONTROL" => {
            (quota(rest_of_day(response)), "Raise the limit in the console.")
        }
        "isv.MONTH_LIMIT_CONTROL" => (quota(None), "Raise the limit in the console."),
        "isv.AMOUNT_NOT_ENOUGH" | "isv.OUT_OF_SERVICE" => (quota(None), "Top up the account."),
        code if code.starts_with("Throttling") => (quota(None), ""),
        "isp.SYSTEM_ERROR" | "ServiceUnavailable" | "InternalError" => {
            (Blame::Service { retry_after: None }, "")
        }
        "SignatureNonceUsed" => (Blame::Unknown, ""),
        "SignatureDoesNotMatch" => (Blame::Request, "Compare `access_key_secret`."),
        code if code.starts_with("InvalidAccessKeyId") => {
            (Blame::Request, "Compare `access_key_id`.")
        }
        code if code.starts_with("InvalidTimeStamp") => {
            (Blame::Request, "Set the clock of this machine.")
        }
        "isv.TEMPLATE_MISSING_PARAMETERS" | "isv.TEMPLATE_PARAMS_ILLEGAL" => {
            (Blame::Request, "Compare `variables` with the template's variables.")
        }
        "isv.PARAM_LENGTH_LIMIT" => (Blame::Request, "Set `length` to what a variable may hold."),
        _ if response.status >= 500 => (Blame::Service { retry_after: None }, ""),
        _ => (Blame::Request, ""),
    };
    common::failure("aliyun", code, blame, message, advice)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sha2::Digest as _;
    use sha2::Sha256;

    use super::Aliyun;
    use super::canonical;
    use super::failure;
    use super::hex;
    use super::query;
    use crate::config::secret::Secret;
    use crate::exchange::Response;
    use crate::notification::Blame;

    fn account(id: &str, secret: &str) -> Aliyun {
        Aliyun {
            host: "dysmsapi.aliyuncs.com",
            url: "https://dysmsapi.aliyuncs.com".to_owned(),
            key_id: id.to_owned(),
            key_secret: Secret::new(secret),
        }
    }

    fn headers(host: &str, rest: [&str; 4]) -> Vec<(&'static str, String)> {
        let [action, date, nonce, version] = rest.map(str::to_owned);
        vec![
            ("host", host.to_owned()),
            ("x-acs-action", action),
            ("x-acs-content-sha256", hex(&Sha256::digest(b""))),
            ("x-acs-date", date),
            ("x-acs-signature-nonce", nonce),
            ("x-acs-version", version),
        ]
    }

    const NAMES: &str =
        "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version";

    #[test]
    fn the_signature_is_that_of_the_published_example() {
        let image = "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd";
        let query = query(&[("RegionId", "cn-shanghai".to_owned()), ("ImageId", image.to_owned())]);
        assert_eq!(query, format!("ImageId={image}&RegionId=cn-shanghai"));
        let nonce = "3156853299f313e23d1673dc12e1703d";
        let rest = ["RunInstances", "2023-10-26T10:22:32Z", nonce, "2014-05-26"];
        let headers = headers("ecs.cn-shanghai.aliyuncs.com", rest);
        let hash = "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259";
        assert_eq!(hex(&Sha256::digest(canonical(&query, &headers, NAMES))), hash);
        let account = account("YourAccessKeyId", "YourAccessKeySecret");
        let expected = format!(
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders={NAMES},\
             Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
        );
        assert_eq!(account.authorization(&query, &headers), expected);
    }

    #[test]
    fn a_short_message_is_signed_with_its_parameters_encoded() {
        let parameters = [
            ("PhoneNumbers", "13800000000"),
            ("SignName", "示例"),
            ("TemplateCode", "SMS_100001"),
            ("TemplateParam", r#"{"code":"123456"}"#),
        ];
        let query = query(&parameters.map(|(name, value)| (name, value.to_owned())));
        let expected = "PhoneNumbers=13800000000&SignName=%E7%A4%BA%E4%BE%8B&\
            TemplateCode=SMS_100001&TemplateParam=%7B%22code%22%3A%22123456%22%7D";
        assert_eq!(query, expected);
        let nonce = "0123456789abcdef0123456789abcdef";
        let rest = ["SendSms", "2023-11-14T22:13:20Z", nonce, "2017-05-25"];
        let headers = headers("dysmsapi.aliyuncs.com", rest);
        let hash = "104488677a9c697a63a69ce6a550ca298f10e4c23fba2e069dd7f4cc5c2e278e";
        assert_eq!(hex(&Sha256::digest(canonical(&query, &headers, NAMES))), hash);
        let signature = "2d6ac7042d65075e7e43c07685a84acaf1bc685e2a5ff8e67f2edca06c716304";
        let account = account("testid", "testsecret");
        assert!(account.authorization(&query, &headers).ends_with(signature));
    }

    #[test]
    fn an_error_says_whose_fault_it_is_and_nothing_that_was_sent() {
        let answer = |status| Response { status, headers: Vec::new(), body: "".into() };
        let wait = Blame::Service { retry_after: Some(Duration::from_mins(1)) };
        for (status, code, blame) in [
            (200, "isv.BUSINESS_LIMIT_CONTROL", wait),
            (200, "isv.DAY_LIMIT_CONTROL", Blame::Quota { retry_after: None }),
            (200, "isv.AMOUNT_NOT_ENOUGH", Blame::Quota { retry_after: None }),
            (200, "isv.MOBILE_NUMBER_ILLEGAL", Blame::Request),
            (200, "isp.SYSTEM_ERROR", Blame::Service { retry_after: None }),
            (400, "Throttling.User", Blame::Quota { retry_after: None }),
            (400, "SignatureNonceUsed", Blame::Unknown),
            (404, "InvalidAccessKeyId.NotFound", Blame::Request),
            (503, "Whatever", Blame::Service { retry_after: None }),
        ] {
            assert_eq!(failure(code, "", &answer(status)).blame, blame, "{code}");
        }
        let message = "Specified signature is not matched with our calculation. \
            server string to sign is:POST&secret words";
        let failure = failure("SignatureDoesNotMatch", message, &answer(400));
        assert_eq!(failure.detail, "Specified signature is not matched with our calculation.");
    }
}
