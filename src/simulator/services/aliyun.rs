//! Calls of Aliyun, of which short messages and calls read aloud are two products: their signature is
//! checked. What its gateway refuses has an HTTP status of its own, what the product refuses has 200.
//!
//! Source: Aliyun, "V3 版本请求体&签名机制".

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use url::form_urlencoded;

use super::asked::Answer;
use super::asked::Asked;
use super::desk::Desk;
use super::digest::hex;
use super::digest::hmac;
use super::digest::sha256;
use super::provoke::is_flood;
use super::provoke::is_wrong;

/// The secret of every access key.
pub(super) const KEY_SECRET: &str = "simulated";

/// How far the clocks may be apart, and how long a nonce is remembered.
const TOLERANCE: Duration = Duration::from_mins(15);

/// What is said beside `OK`; code and message of the product's no.
pub(super) type Said = Result<Value, (&'static str, &'static str)>;

/// What it takes for a yes to a receipt. Otherwise it comes again, after 1, 5 and 10 minutes.
pub(super) fn is_yes(body: &str) -> bool {
    serde_json::from_str::<Value>(body).is_ok_and(|it| it["code"] == 0)
}

/// What must be signed of the headers, beside every other `x-acs-`.
const SIGNED: &[&str] = &["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date"];

/// A call of one product: checked, then handed to `act` with its action and parameters, and the id
/// of the access key that signed it.
pub(super) fn answer(
    asked: &Asked,
    desk: &mut Desk<'_>,
    host: &str,
    act: fn(&mut Desk<'_>, &str, &Value, &str) -> Said,
) -> Answer {
    let request = format!("00000000-0000-0000-0000-{:012}", desk.number());
    desk.key(asked.header("authorization"));
    let id = match check(asked, desk) {
        Ok(id) => id,
        Err((status, code, message)) => {
            let said = json!({"Code": code, "Message": message, "RequestId": request,
                "HostId": host});
            return Answer::json(status, &said);
        }
    };
    let (code, message, more) = match act(desk, asked.header("x-acs-action"), &asked.given(), &id) {
        Ok(more) => ("OK", "OK", more),
        Err((code, message)) => (code, message, json!({})),
    };
    let mut said = json!({"Code": code, "Message": message, "RequestId": request});
    if let (Value::Object(said), Value::Object(more)) = (&mut said, more) {
        said.extend(more);
    }
    Answer::good(&said)
}

/// The id of the access key; HTTP status, code and message of the gateway's no.
fn check(asked: &Asked, desk: &mut Desk<'_>) -> Result<String, (u16, &'static str, String)> {
    let header = asked.header("authorization");
    let parts = header.strip_prefix("ACS3-HMAC-SHA256 ").and_then(read);
    let Some((id, names, signature)) = parts else {
        return Err((400, "MissingAccessKeyId", "AccessKeyId is mandatory.".to_owned()));
    };
    let id = id.to_owned();
    if is_wrong(&id) {
        let why = "Specified access key is not found.".to_owned();
        return Err((404, "InvalidAccessKeyId.NotFound", why));
    }
    let date = asked.header("x-acs-date").parse::<Timestamp>().ok();
    let time = date.and_then(|it| u64::try_from(it.as_second()).ok()).map(Duration::from_secs);
    if time.is_none_or(|time| time.abs_diff(desk.signed) > TOLERANCE) {
        let why = "Specified time stamp or date value is expired.".to_owned();
        return Err((400, "InvalidTimeStamp.Expired", why));
    }
    let is_complete = SIGNED.iter().all(|it| names.split(';').any(|name| name == *it));
    let is_whole = asked.header("x-acs-content-sha256") == sha256(&asked.body);
    let canonical = canonical(asked, names);
    if !is_complete || !is_whole || self::signature(KEY_SECRET, &canonical) != signature {
        // It repeats what was to be signed, so all that was to be sent.
        let why = format!(
            "Specified signature is not matched with our calculation. server string to sign is:{canonical}"
        );
        return Err((400, "SignatureDoesNotMatch", why));
    }
    let nonce = asked.header("x-acs-signature-nonce");
    if nonce.is_empty() || desk.held(nonce).is_some() {
        let why = "Specified signature nonce was used already.".to_owned();
        return Err((400, "SignatureNonceUsed", why));
    }
    desk.hold(nonce, TOLERANCE);
    if is_flood(&id) {
        let why = "Request was denied due to user flow control.".to_owned();
        return Err((400, "Throttling.User", why));
    }
    Ok(id)
}

/// `Credential=…,SignedHeaders=…,Signature=…`
fn read(text: &str) -> Option<(&str, &str, &str)> {
    let mut parts = text.split(',');
    let id = parts.next()?.strip_prefix("Credential=")?;
    let names = parts.next()?.strip_prefix("SignedHeaders=")?;
    Some((id, names, parts.next()?.strip_prefix("Signature=")?))
}

fn canonical(asked: &Asked, names: &str) -> String {
    let lines = names.split(';').map(|name| format!("{name}:{}\n", asked.header(name).trim()));
    let headers = lines.collect::<Vec<String>>().concat();
    let (method, query) = (&asked.method, sorted(&asked.query));
    let digest = asked.header("x-acs-content-sha256");
    format!("{method}\n/\n{query}\n{headers}\n{names}\n{digest}")
}

/// The parameters by name, percent-encoded by RFC 3986.
fn sorted(query: &str) -> String {
    let mut pairs: Vec<(String, String)> =
        form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    pairs.sort();
    let encoded = |text: &str| {
        let text: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        // A form writes these three in another way.
        text.replace('+', "%20").replace('*', "%2A").replace("%7E", "~")
    };
    let pairs = pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<String>>().join("&")
}

fn signature(secret: &str, canonical: &str) -> String {
    let text = format!("ACS3-HMAC-SHA256\n{}", sha256(canonical.as_bytes()));
    hex(&hmac(secret.as_bytes(), text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::canonical;
    use super::sha256;
    use super::signature;
    use crate::simulator::services::Asked;

    const NAMES: &str = "host;x-acs-action;x-acs-content-sha256;x-acs-date;\
        x-acs-signature-nonce;x-acs-version";

    fn asked(query: &str, [host, action, date, nonce, version]: [&str; 5]) -> Asked {
        let headers = [
            ("host", host),
            ("x-acs-action", action),
            ("x-acs-content-sha256", &sha256(b"")),
            ("x-acs-date", date),
            ("x-acs-signature-nonce", nonce),
            ("x-acs-version", version),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let (method, query) = ("POST".to_owned(), query.to_owned());
        Asked { method, query, headers, ..Asked::default() }
    }

    #[test]
    fn the_signature_is_that_of_the_published_example() {
        let query = "RegionId=cn-shanghai&\
            ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd";
        let nonce = "3156853299f313e23d1673dc12e1703d";
        let host = "ecs.cn-shanghai.aliyuncs.com";
        let date = "2023-10-26T10:22:32Z";
        let asked = asked(query, [host, "RunInstances", date, nonce, "2014-05-26"]);
        let canonical = canonical(&asked, NAMES);
        let digest = "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259";
        assert_eq!(sha256(canonical.as_bytes()), digest);
        let signed = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0";
        assert_eq!(signature("YourAccessKeySecret", &canonical), signed);
    }

    #[test]
    fn a_short_message_is_signed_with_its_parameters_encoded() {
        let query = "SignName=%E7%A4%BA%E4%BE%8B&PhoneNumbers=13800000000&\
            TemplateCode=SMS_100001&TemplateParam=%7B%22code%22%3A%22123456%22%7D";
        let (nonce, date) = ("0123456789abcdef0123456789abcdef", "2023-11-14T22:13:20Z");
        let host = "dysmsapi.aliyuncs.com";
        let asked = asked(query, [host, "SendSms", date, nonce, "2017-05-25"]);
        let canonical = canonical(&asked, NAMES);
        let digest = "104488677a9c697a63a69ce6a550ca298f10e4c23fba2e069dd7f4cc5c2e278e";
        assert_eq!(sha256(canonical.as_bytes()), digest);
        let signed = "2d6ac7042d65075e7e43c07685a84acaf1bc685e2a5ff8e67f2edca06c716304";
        assert_eq!(signature("testsecret", &canonical), signed);
    }
}
