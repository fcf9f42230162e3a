//! One call, ready but for the token: from a typed request, JSON or a file to an HTTP request.

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use url::form_urlencoded;

use super::api::Api;
use super::api::Proof;
use super::form::Form;
use crate::exchange::Method;
use crate::exchange::Request;
use crate::wechat::Platform;

/// How long a call may take. 微信云托管 itself gives up after 30 s.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long the transfer of a file may take.
const TRANSFER_TIMEOUT: Duration = Duration::from_mins(1);

/// The largest JSON that is read: a page of 20 drafts has some MB.
const LARGEST_JSON: usize = 8 << 20;

/// The largest file that is read; 企业微信 allows 20 MB, 微信云托管 carries 32 MiB.
const LARGEST_FILE: usize = 32 << 20;

/// A call, ready but for the token.
#[derive(Clone)]
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Bytes,
    pub(super) content_type: Option<String>,
    pub(super) proof: Proof,
    pub(super) done: &'static [i64],
    pub(super) timeout: Duration,
    pub(super) max_answer: usize,
}

impl<'a> Call<'a> {
    pub(super) fn get<'q>(
        path: &'a str,
        query: impl IntoIterator<Item = (&'q str, &'q str)>,
    ) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            method: Method::Get,
            path,
            query: query.into_iter().map(owned).collect(),
            body: Bytes::new(),
            content_type: None,
            proof: Proof::Token,
            done: &[],
            timeout: TIMEOUT,
            max_answer: LARGEST_JSON,
        }
    }

    /// The body is raw UTF-8: some endpoints refuse `\uXXXX`, others show it to the user.
    pub(super) fn post(path: &'a str, json: &impl Serialize) -> Self {
        let json = serde_json::to_vec(json).expect("what we send has string keys and no NaN");
        Self {
            method: Method::Post,
            body: json.into(),
            content_type: Some("application/json".to_owned()),
            ..Self::get(path, [])
        }
    }

    /// The body is a form with one file in it, and other parts beside it.
    pub(super) fn upload(path: &'a str, form: &Form) -> Self {
        Self {
            method: Method::Post,
            body: form.body(),
            content_type: Some(format!("multipart/form-data; boundary={}", form.boundary)),
            timeout: TRANSFER_TIMEOUT,
            ..Self::get(path, [])
        }
    }

    pub(super) fn of<A: Api>(api: &A, platform: Platform) -> Self {
        let path = api.path(platform);
        let fields = serde_json::to_value(api).expect("a request has string keys and no NaN");
        let fields = without_nulls(fields);
        let call = match A::METHOD {
            Method::Get => Call { query: pairs(fields), ..Call::get(path, []) },
            _ => Call::post(path, &fields),
        };
        let call = call.with_query(A::FIXED.iter().copied());
        Self { proof: A::PROOF, done: A::DONE, ..call }
    }

    pub(super) fn with_query<'q>(
        mut self,
        query: impl IntoIterator<Item = (&'q str, &'q str)>,
    ) -> Self {
        let owned = query.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.query.extend(owned);
        self
    }

    /// Whether making it twice could do something twice.
    pub(super) fn changes(&self) -> bool {
        self.method != Method::Get
    }

    /// A file is wanted in return.
    pub(super) fn for_a_file(self) -> Self {
        Self { timeout: TRANSFER_TIMEOUT, max_answer: LARGEST_FILE, ..self }
    }

    /// The request to the API at `base`; `token` is its name and its value.
    pub(super) fn request(&self, base: &str, token: Option<(&str, &str)>) -> Request {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(token).extend_pairs(&self.query);
        let query = query.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        let content_type = self.content_type.iter();
        Request {
            method: self.method,
            url: format!("{base}{}{mark}{query}", self.path),
            headers: content_type.map(|it| ("content-type".to_owned(), it.clone())).collect(),
            body: self.body.clone(),
            timeout: self.timeout,
            max_answer: self.max_answer,
        }
    }
}

/// What is not there is not sent: to WeChat `null` is a value.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(fields.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

fn pairs(fields: Value) -> Vec<(String, String)> {
    let Value::Object(fields) = fields else { return Vec::new() };
    let pairs = fields.into_iter().map(|(name, value)| match value {
        Value::String(text) => (name, text),
        other => (name, other.to_string()),
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Call;

    #[test]
    fn json_goes_out_as_raw_utf_8() {
        let call = Call::post("/cgi-bin/menu/create", &json!({"name": "今日😀"}));
        assert_eq!(call.body, r#"{"name":"今日😀"}"#.as_bytes());
    }

    #[test]
    fn the_token_and_the_query_are_escaped() {
        let call = Call::get("/cgi-bin/user/get", [("next_openid", "a b&c")]);
        let request = call.request("https://api.weixin.qq.com", Some(("access_token", "T+/=")));
        let url = "https://api.weixin.qq.com/cgi-bin/user/get?access_token=T%2B%2F%3D&next_openid=a+b%26c";
        assert_eq!(request.url, url);
        assert_eq!(
            call.request("http://h", None).url,
            "http://h/cgi-bin/user/get?next_openid=a+b%26c"
        );
    }
}
