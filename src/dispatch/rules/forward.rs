//! `forward`: an external handler. It is sent the message as JSON, signed by the Standard Webhooks
//! scheme, and its JSON answer is the reply and what is pushed.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value as Json;
use sha2::Digest as _;
use sha2::Sha256;

use super::call;
use super::call::LARGEST_ANSWER;
use super::outlets::Outlets;
use super::push;
use super::reader::Reader;
use super::reply;
use super::template::Template;
use crate::config::secret::WebhookSecret;
use crate::config::table::Table;
use crate::config::tree::Value;
use crate::exchange::Allowed;
use crate::exchange::Method;
use crate::exchange::Request;
use crate::exchange::Response;
use crate::notification::Notification;
use crate::wechat::inbound::Inbound;
use crate::wechat::reply::Reply;
use crate::wechat::wire::write_string;

/// How long an external handler may take unless the rule says otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);

/// An external handler.
#[derive(Debug)]
pub(super) struct Forward {
    pub(super) url: Template,
    /// Without one, what is forwarded is not signed.
    secret: Option<WebhookSecret>,
    timeout: Duration,
}

impl Forward {
    /// Reads `forward`: a URL, or a table of `url` and `timeout`.
    pub(super) fn read(
        reader: &Reader<'_>,
        allowed: &Allowed,
        secret: Option<&WebhookSecret>,
    ) -> Option<Self> {
        let table = &reader.table;
        if secret.is_none() {
            let advice = "set `server.webhook_secret`, so that the other side knows who asks";
            table.warn("forward", "what is forwarded is not signed", Some(advice.to_owned()));
        }
        let inner: Option<Table<'_>> = match table.value("forward").map(|it| &it.value) {
            Some(Value::Table(_)) => table.table("forward"),
            _ => None,
        };
        let (url, timeout) = match &inner {
            Some(inner) => {
                inner.finish(&["url", "timeout"]);
                let url = call::read_url(reader, inner, "url", allowed);
                (url, call::read_timeout(inner, TIMEOUT))
            }
            None => (call::read_url(reader, table, "forward", allowed), TIMEOUT),
        };
        Some(Self { url: url?, secret: secret.cloned(), timeout })
    }

    /// The request that carries `inbound`; `now` since 1970.
    pub(super) fn request(
        &self,
        url: String,
        inbound: &Inbound,
        account: &str,
        now: Duration,
    ) -> Request {
        let id = message_id(account, inbound.key().as_str());
        let body = body(inbound, account);
        let signature =
            self.secret.as_ref().map(|secret| secret.sign(&id, now.as_secs(), body.as_bytes()));
        let headers = [
            ("content-type", Some("application/json".to_owned())),
            ("webhook-id", Some(id)),
            ("webhook-timestamp", Some(now.as_secs().to_string())),
            ("webhook-signature", signature),
        ];
        let headers =
            headers.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Request {
            method: Method::Post,
            url,
            headers: headers.collect(),
            body: body.into(),
            timeout: self.timeout,
            max_answer: LARGEST_ANSWER,
        }
    }
}

/// `{"account","kind","type","typed","key","fields"}`: as `decode` prints it.
fn body(inbound: &Inbound, account: &str) -> String {
    let mut out = String::with_capacity(512);
    out.push_str("{\"account\":");
    write_string(account, &mut out);
    out.push(',');
    inbound.write_members(&mut out);
    out.push('}');
    out
}

/// The same for every delivery of a message, so that the other side can tell a repetition.
fn message_id(account: &str, key: &str) -> String {
    let digest = Sha256::new().chain_update(account).chain_update([0]).chain_update(key).finalize();
    let mut id = "msg_".to_owned();
    for byte in &digest[..16] {
        write!(id, "{byte:02x}").expect("a String takes everything");
    }
    id
}

/// What the external handler answers: what is said, and what is pushed for `account`.
pub(super) fn answer(
    response: &Response,
    account: &str,
    outlets: &Outlets,
) -> Result<(Reply, Vec<Notification>), String> {
    if !(200..300).contains(&response.status) {
        return Err(format!("it answered with status {}", response.status));
    }
    if response.body.trim_ascii().is_empty() {
        return Ok((Reply::Success, Vec::new()));
    }
    let answer: Json = serde_json::from_slice(&response.body)
        .map_err(|error| format!("its answer is no JSON: {error}"))?;
    if !answer.is_object() {
        return Err("its answer is no JSON object".to_owned());
    }
    let reply = reply::from_json(&answer["reply"]);
    let pushed = push::from_json(&answer["push"], account, outlets);
    let both = reply.and_then(|reply| Ok((reply, pushed?)));
    both.map_err(|error| format!("its answer is not understood: {error}"))
}

#[cfg(test)]
mod tests {
    use super::answer;
    use super::body;
    use super::message_id;
    use crate::dispatch::rules::Outlets;
    use crate::exchange::Response;
    use crate::wechat::inbound::Inbound;

    #[test]
    fn a_message_is_forwarded_with_every_field_and_an_id_that_stays() {
        let xml = "<xml><MsgType>text</MsgType><FromUserName>o1</FromUserName>\
            <ToUserName>gh_1</ToUserName><Content>a \"b\"</Content><MsgId>7</MsgId></xml>";
        let inbound = Inbound::parse(xml.into()).unwrap();
        assert_eq!(
            body(&inbound, "shop"),
            r#"{"account":"shop","kind":"message","type":"text","typed":true,"key":"text/gh_1/o1/7","fields":{"MsgType":"text","FromUserName":"o1","ToUserName":"gh_1","Content":"a \"b\"","MsgId":"7"}}"#
        );
        assert_eq!(message_id("shop", "k"), message_id("shop", "k"));
        assert_ne!(message_id("shop", "k"), message_id("shopk", ""));
    }

    #[test]
    fn an_answer_is_a_reply_or_a_reason() {
        let said = |status, body: &'static str| {
            let response = Response { status, headers: Vec::new(), body: body.into() };
            let outlets = Outlets { channels: vec!["ops".to_owned()], ..Outlets::default() };
            answer(&response, "shop", &outlets)
                .map(|(reply, pushed)| (reply.type_name(), pushed.len()))
        };
        assert_eq!(said(200, r#"{"reply":"hi"}"#), Ok(("text", 0)));
        assert_eq!(said(200, r#"{"reply":{"type":"transfer"},"push":[]}"#), Ok(("transfer", 0)));
        assert_eq!(said(204, ""), Ok(("success", 0)));
        assert_eq!(said(200, "{}"), Ok(("success", 0)));
        assert_eq!(said(500, ""), Err("it answered with status 500".into()));
        assert_eq!(said(302, ""), Err("it answered with status 302".into()));
        assert_eq!(said(200, r#"{"push":[{"channel":"ops","body":"b"}]}"#), Ok(("success", 1)));
        assert_eq!(
            said(200, r#"{"push":[{}]}"#),
            Err("its answer is not understood: a notification needs a `channel`".into())
        );
        assert_eq!(said(200, "[]"), Err("its answer is no JSON object".into()));
        assert!(said(200, "<html>").unwrap_err().starts_with("its answer is no JSON: "));
    }
}
