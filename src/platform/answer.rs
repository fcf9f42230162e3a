//! From an HTTP response to an answer or a refusal.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::error::PlatformError;
use super::error::Refusal;
use super::step;
use crate::exchange::Method;
use crate::exchange::Response;
use crate::wechat::errcode::Surface;

/// How much of an errmsg is kept, in characters.
const LONGEST_MESSAGE: usize = 300;

/// What stands in front of the request's id at the end of an errmsg.
const RID: &str = "rid: ";

/// What every JSON answer may begin with.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    errcode: Value,
    errmsg: Value,
}

impl Head {
    /// The errcode; 0 where there is none. None: what stands there is no number.
    fn code(&self) -> Option<i64> {
        match &self.errcode {
            Value::Null => Some(0),
            Value::String(text) => text.parse().ok(),
            other => other.as_i64(),
        }
    }
}

/// Who asked, and when: what a refusal is read with.
pub(super) struct Asked<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) surface: Surface,
    /// Errcodes that count as success.
    pub(super) done: &'static [i64],
    /// Taken out of what WeChat says, should it repeat them.
    pub(super) secrets: &'a [&'a str],
    pub(super) now: Duration,
}

/// Tells a yes from a no. What is a file is a yes.
pub(super) fn judge(asked: &Asked<'_>, response: &Response) -> Result<(), PlatformError> {
    let path = asked.path;
    if response.status != 200 {
        // 504: a gateway gave up waiting; the others say that nothing was done.
        let may_have_arrived = response.status == 504 && asked.method != Method::Get;
        let status = response.status;
        return Err(PlatformError::Status { path: path.into(), status, may_have_arrived });
    }
    // Told by content, not by header: that is `text/plain` as often as not.
    let Some(head) = head(response) else { return Ok(()) };
    // A no that cannot be read must not pass for a yes.
    let unreadable = || PlatformError::Unreadable { path: path.into(), at: 0 };
    let code = head.code().ok_or_else(unreadable)?;
    if code == 0 || asked.done.contains(&code) {
        return Ok(());
    }
    let (message, rid) = split(head.errmsg.as_str().unwrap_or_default());
    Err(PlatformError::Refused(Box::new(Refusal {
        path: path.into(),
        surface: asked.surface,
        code,
        message: without_secrets(message, asked.secrets),
        rid: rid.map(str::to_owned),
        retry_after: step::retry_after(asked.surface, code, asked.now),
    })))
}

fn head(response: &Response) -> Option<Head> {
    let body = &response.body;
    let is_json = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let read = || match serde_json::from_slice(body) {
        Ok(head) => Some(head),
        // An object all the same: what stands in its head is larger than any number.
        Err(_) if serde_json::from_slice::<IgnoredAny>(body).is_ok() => {
            Some(Head { errcode: Value::Bool(false), errmsg: Value::Null })
        }
        Err(_) => None,
    };
    is_json.then(read).flatten()
}

/// The errmsg, and the id behind it.
fn split(errmsg: &str) -> (&str, Option<&str>) {
    match errmsg.rsplit_once(RID) {
        Some((message, rid)) => (message.trim_end(), Some(rid.trim()).filter(|it| !it.is_empty())),
        None => (errmsg, None),
    }
}

fn without_secrets(message: &str, secrets: &[&str]) -> String {
    let mut message = message.to_owned();
    for secret in secrets.iter().filter(|it| !it.is_empty()) {
        message = message.replace(secret, "…");
    }
    message.chars().filter(|it| !it.is_control()).take(LONGEST_MESSAGE).collect()
}

/// Reads an answer that is a yes.
pub(super) fn read<A: DeserializeOwned>(
    path: &str,
    response: &Response,
) -> Result<A, PlatformError> {
    // serde's text may quote the answer; the place is enough.
    let unreadable = |error: serde_json::Error| PlatformError::Unreadable {
        path: path.into(),
        at: error.column(),
    };
    serde_json::from_slice(&response.body).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Asked;
    use super::judge;
    use crate::exchange::Method;
    use crate::exchange::Response;
    use crate::platform::error::PlatformError;
    use crate::wechat::errcode::Surface;

    fn judged(status: u16, body: &str) -> Result<(), PlatformError> {
        let asked = Asked {
            method: Method::Post,
            path: "/cgi-bin/x",
            surface: Surface::Mp,
            done: &[45_065],
            secrets: &["TOKEN-1"],
            now: Duration::ZERO,
        };
        let body = body.to_owned().into();
        judge(&asked, &Response { status, headers: Vec::new(), body })
    }

    #[test]
    fn a_refusal_has_its_code_its_words_and_the_id_of_the_request() {
        let body =
            r#"{"errcode":40001,"errmsg":"invalid credential, TOKEN-1 is not latest rid: 6a-1"}"#;
        let Err(PlatformError::Refused(refusal)) = judged(200, body) else { panic!() };
        assert_eq!(refusal.code, 40_001);
        assert_eq!(refusal.message, "invalid credential, … is not latest");
        assert_eq!(refusal.rid.as_deref(), Some("6a-1"));
        let text = "/cgi-bin/x was refused with 40001: invalid credential, … is not latest";
        assert_eq!(refusal.to_string(), text);
    }

    #[test]
    fn an_answer_without_errcode_or_with_zero_or_a_file_is_a_yes() {
        for body in [r#"{"ip_list":[]}"#, r#"{"errcode":0,"errmsg":"ok"}"#, "JPEG", "", "[1]"] {
            assert!(judged(200, body).is_ok(), "{body}");
        }
        assert!(judged(200, r#"{"errcode":45065,"msg_id":7}"#).is_ok());
    }

    #[test]
    fn an_errcode_that_is_a_text_counts_and_one_that_is_no_number_is_no_yes() {
        for body in [r#"{"errcode":"0","errmsg":null}"#, r#"{"errcode":null}"#] {
            assert!(judged(200, body).is_ok(), "{body}");
        }
        let Err(PlatformError::Refused(refusal)) = judged(200, r#"{"errcode":"45015"}"#) else {
            panic!()
        };
        assert_eq!(refusal.code, 45_015);
        for errcode in ["\"no\"", "1e999", "{}", "0.5", "18446744073709551616"] {
            let error = judged(200, &format!("{{\"errcode\":{errcode}}}")).unwrap_err();
            assert!(matches!(error, PlatformError::Unreadable { .. }), "{errcode}: {error}");
        }
    }

    #[test]
    fn a_status_other_than_200_is_no_answer_of_wechats() {
        let error = judged(502, "bad gateway").unwrap_err();
        assert_eq!(error.to_string(), "/cgi-bin/x was answered with the HTTP status 502");
    }
}
