//! The public URL: what WeChat's console minds about it, and the call it makes when one submits.
//!
//! Sources: "Access guide", steps 1 and 2; 企业微信 "Callback configuration", URL check.

use std::sync::Arc;

use bytes::Bytes;
use url::Url;
use url::form_urlencoded::Serializer;

use super::online::Said;
use super::online::Setup;
use super::online::advised;
use super::report::Finding;
use super::report::Severity;
use crate::clock::Clock;
use crate::config::account::Account;
use crate::config::places::Places;
use crate::entropy::Entropy;
use crate::exchange::Allowed;
use crate::exchange::Exchange;
use crate::exchange::ExchangeError;
use crate::exchange::Method;
use crate::exchange::Request;
use crate::exchange::Response;
use crate::wechat::envelope::Cipher;
use crate::wechat::limits;
use crate::wechat::signature;

/// The largest answer that is read; the right one has some 20 bytes.
const LARGEST_ANSWER: usize = 64 << 10;

/// What can be said of the URL without calling it.
pub(super) fn about(
    public_url: Option<&str>,
    accounts: &[Account],
    places: &Places,
) -> Vec<Finding> {
    let warn = |message: &str, advice: &str| Finding {
        severity: Severity::Warning,
        account: None,
        fault: advised(places.section("server", "public_url", message.to_owned()), advice),
    };
    let Some(url) = public_url.and_then(|it| Url::parse(it).ok()) else {
        let advice = "set `[server] public_url` to the address WeChat reaches this station at";
        return vec![warn("there is no `public_url`: no callback URL was called", advice)];
    };
    let mut found = Vec::new();
    if !Allowed::default().may_reach(&url) {
        let message = "`public_url` leads into a private network";
        found.push(warn(message, "WeChat calls from the internet and does not reach it"));
    }
    if url.scheme() == "http" {
        let message = "`public_url` is plain http";
        found.push(warn(message, "put TLS in front; on the way anybody can read and answer"));
    }
    let has_ports = accounts.iter().any(|account| !account.platform.is_wecom());
    if let Some(port) = url.port().filter(|port| has_ports && ![80, 443].contains(port)) {
        let message = format!("`public_url` has the port {port}");
        found.push(warn(&message, "公众号 and 小程序 are called on the ports 80 and 443 only"));
    }
    found
}

/// Calls the account's callback URL as the console does.
pub(super) async fn call(
    setup: &Setup<'_>,
    public_url: &str,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
) -> Said {
    let url = format!("{public_url}/callback/{}", setup.account.name);
    // Digits, as the platforms send.
    let echo = format!("{}{}", entropy.nonce(), entropy.nonce());
    let Some(query) = query(setup.account, &echo, clock.unix(), entropy.as_ref()) else {
        let message = "there is no token or no key to sign a call of its callback URL with";
        return Err(Box::new(setup.fault("token", message, "")));
    };
    let request = Request {
        method: Method::Get,
        url: format!("{url}?{query}"),
        headers: vec![("Accept".to_owned(), "*/*".to_owned())],
        body: Bytes::new(),
        timeout: limits::REPLY_WINDOW,
        max_answer: LARGEST_ANSWER,
    };
    let (message, advice) = match Exchange::to(public_url).send(request).await {
        Ok(response) => match objection(&response, &echo) {
            None => return Ok(format!("`{}`: {url} answers as WeChat wants", setup.account.name)),
            Some((what, advice)) => (format!("{url} {what}"), advice),
        },
        Err(error) => (format!("{url} cannot be called: {error}"), way_out(&error)),
    };
    Err(Box::new(setup.url_fault(&message, advice)))
}

/// A signed URL check that wants `echo` back.
fn query(account: &Account, echo: &str, unix: i64, entropy: &dyn Entropy) -> Option<String> {
    let token = account.token.as_ref()?;
    let (timestamp, nonce) = (unix.to_string(), entropy.nonce().to_string());
    let (name, signature, echostr) = match account.platform.is_wecom() {
        true => {
            let id = account.app_id.as_str();
            let key = Cipher::new(account.keys.first()?);
            let sealed = key.seal(echo.as_bytes(), id, &entropy.prefix());
            let signature = signature::sign_sealed(token, &timestamp, &nonce, &sealed);
            ("msg_signature", signature, sealed)
        }
        false => ("signature", signature::sign(token, &timestamp, &nonce), echo.to_owned()),
    };
    let query = Serializer::new(String::new())
        .append_pair(name, signature.as_str())
        .append_pair("timestamp", &timestamp)
        .append_pair("nonce", &nonce)
        .append_pair("echostr", &echostr)
        .finish();
    Some(query)
}

/// What WeChat would mind about an answer, and what to do; none where it is the right one.
fn objection(response: &Response, echo: &str) -> Option<(String, &'static str)> {
    let body = response.body.trim_ascii();
    let advice = match response.status {
        200 if *response.body == *echo.as_bytes() => return None,
        200 => {
            let (what, advice) = match (body.first(), memchr::memmem::find(body, echo.as_bytes())) {
                (_, Some(_)) => (
                    "answers more than what it was asked to repeat",
                    "see what in front of the station adds to answers",
                ),
                (Some(b'<'), None) => (
                    "answers with a page",
                    "lead /callback/ to the station; another site or a login answers there",
                ),
                _ => (
                    "does not repeat what it was asked to",
                    "lead /callback/ to the station, and pass the query on unchanged",
                ),
            };
            return Some((what.to_owned(), advice));
        }
        300..=399 => "WeChat follows no redirect: give it the address that this one leads to",
        400 => "pass path and query on unchanged; else the station's log says why it refused",
        401 => {
            "the station that runs there has another `token` or another clock, or a login stands in \
             front; its log says which"
        }
        403 => {
            "a firewall in front refuses, or the station there has another `app_id`; its log says \
             which"
        }
        404 => {
            "lead /callback/ to the station, and restart it if the account is new; its log shows \
             what arrives"
        }
        502..=504 => "a proxy answers and no station behind it: start `yizhan serve`",
        _ => "see the log of the station, and of what stands in front of it",
    };
    Some((format!("answers with the status {} instead of 200", response.status), advice))
}

/// What to do about no answer.
fn way_out(error: &ExchangeError) -> &'static str {
    match error {
        ExchangeError::Resolve(_) => "see the name's DNS records",
        ExchangeError::Connect { .. } => {
            "start `yizhan serve` and what stands in front of it, and open the port in the firewall"
        }
        ExchangeError::Tls { .. } => {
            "WeChat takes no certificate that is expired, of another name, or without its whole chain"
        }
        ExchangeError::TimedOut { .. } => {
            "WeChat waits no longer either: open the port in the firewall, see what is slow"
        }
        ExchangeError::TooLarge { .. } => "lead /callback/ to the station; another site answers",
        _ => "see what stands in front of the station",
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::objection;
    use crate::exchange::Response;

    fn said(status: u16, body: &'static str) -> Option<String> {
        let body = Bytes::from_static(body.as_bytes());
        let response = Response { status, headers: Vec::new(), body };
        objection(&response, "42").map(|(what, _)| what)
    }

    #[test]
    fn only_the_very_bytes_with_200_are_right() {
        assert_eq!(said(200, "42"), None);
        let more = "answers more than what it was asked to repeat";
        for body in ["42\n", "\u{feff}42", "\"42\"", "<html>42</html>"] {
            assert_eq!(said(200, body).as_deref(), Some(more), "{body}");
        }
        assert_eq!(said(200, "<!doctype html>").as_deref(), Some("answers with a page"));
        let other = "does not repeat what it was asked to";
        assert_eq!(said(200, "").as_deref(), Some(other));
        let status = "answers with the status 302 instead of 200";
        assert_eq!(said(302, "42").as_deref(), Some(status));
    }
}
