//! What is refused, and how it is said.

use super::ALL;
use super::CI;
use super::CONFIG;
use super::JSON;
use super::call;
use super::send;
use super::station;
use crate::support::server::Counting;
use crate::support::server::Server;

#[tokio::test]
async fn without_a_good_key_nothing_is_told() {
    let server = station();
    for headers in [
        &[][..],
        &[("Authorization", "Bearer ci-token-0002")],
        &[("Authorization", "Bearer the-owner-alone")],
        &[("Authorization", "Basic Y2ktdG9rZW4tMDAwMQ==")],
        &[("Authorization", "Bearer")],
        &[("Authorization", "Bearer ")],
    ] {
        for line in ["GET /api/v1/notifications", "POST /api/v1/notifications", "GET /api/v1/rules"]
        {
            let called = call(&server, line, headers, "").await;
            let meaning = "The request shows no key, or none that is good.";
            assert_eq!(called.error(), (401, "api.key", meaning), "{headers:?}");
            assert!(called.head.contains("www-authenticate: bearer realm=\"yizhan\""));
        }
    }
}

#[tokio::test]
async fn a_missing_right_is_named() {
    let server = station();
    for (line, body, missing) in [
        ("GET /api/v1/notifications", "", "read"),
        ("GET /api/v1/channels", "", "read"),
        ("POST /api/v1/notifications", r#"{"channel":"mail","body":"a"}"#, "send:mail"),
        ("POST /api/v1/notifications", r#"{"topic":"alerts","body":"a"}"#, "send:mail"),
    ] {
        let called = call(&server, line, &[CI, JSON], body).await;
        let message = format!("the key `ci` may not `{missing}`");
        assert_eq!(called.error(), (403, "api.scope", message.as_str()));
        let advice = format!("add \"{missing}\" to the `may` of the `[[key]]`");
        assert_eq!(called.json["error"]["advice"], advice);
    }
}

#[tokio::test]
async fn a_body_that_is_not_what_is_taken_is_refused_with_what_would_be() {
    let server = station();
    let deep = format!(r#"{{"native":{}1{}}}"#, "{\"a\":".repeat(200), "}".repeat(200));
    for (body, message) in [
        ("", "no JSON: EOF while parsing a value at line 1 column 0"),
        ("[]", "the body must be a JSON object"),
        (r#"{"chanel":"ops"}"#, "`chanel` is unknown"),
        (r#"{"channel":7}"#, "`channel` must be 1 to 64 letters, digits, `-` and `_`"),
        (r#"{"body":"a"}"#, "it names no channel and no topic"),
        (r#"{"channel":"ops"}"#, "it says nothing: title and body are empty"),
        (
            r#"{"channel":"ops","body":"a","urgency":"huge"}"#,
            "`urgency` must be one of `low`, `normal`, `high`",
        ),
        (&deep, "no JSON: recursion limit exceeded at line 1 column 641"),
    ] {
        assert_eq!(send(&server, body).await.error(), (400, "api.invalid", message));
    }
    let typo = send(&server, r#"{"chanel":"ops"}"#).await;
    assert_eq!(typo.json["error"]["advice"], "did you mean `channel`?");
    let nowhere = send(&server, r#"{"channel":"nowhere","body":"a"}"#).await;
    assert_eq!(nowhere.error(), (404, "api.unknown", "there is no channel `nowhere`"));
}

#[tokio::test]
async fn a_body_of_another_type_or_too_large_is_refused() {
    let server = station();
    let line = "POST /api/v1/notifications";
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        let called = call(&server, line, &[ALL, ("Content-Type", kind)], "{}").await;
        assert_eq!((called.status, called.error().1), (415, "api.media_type"), "{kind}");
    }
    let kind = ("Content-Type", "Application/JSON; charset=utf-8");
    assert_eq!(call(&server, line, &[ALL, kind], "{}").await.status, 400);
    let large = format!(r#"{{"channel":"ops","body":"{}"}}"#, "a".repeat(1 << 20));
    assert_eq!(send(&server, &large).await.error().1, "api.too_large");
    // Without a length, it is counted as it comes.
    let chunk = format!("{:x}\r\n{}\r\n", 1 << 19, "a".repeat(1 << 19)).repeat(3);
    let request = format!(
        "{line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer all-token-0001\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n"
    );
    let answer = server.raw(request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn an_unknown_path_method_parameter_or_id_is_refused() {
    let server = station();
    let called = call(&server, "GET /api/v1/nothing", &[ALL], "").await;
    assert_eq!((called.status, called.error().1), (404, "http.not_found"));
    let called = call(&server, "PUT /api/v1/notifications", &[ALL], "").await;
    assert_eq!((called.status, called.error().1), (405, "http.method"));
    assert!(called.head.contains("allow: post, get"), "{}", called.head);
    let called = call(&server, "GET /api/v1/notifications?stat=waiting", &[ALL], "").await;
    assert_eq!(called.error(), (400, "api.invalid", "`stat` is unknown"));
    for id in ["1", "019b76da-a800-7000-8000-000000000000"] {
        let called = call(&server, &format!("GET /api/v1/notifications/{id}"), &[ALL], "").await;
        assert_eq!((called.status, called.error().1), (404, "api.not_found"), "{id}");
    }
}

#[tokio::test]
async fn without_a_token_of_the_owner_the_api_is_off() {
    let config = CONFIG.replace("[admin]\ntoken = 'the-owner-alone'\n", "");
    let server = Server::start(&config, Counting::default());
    for line in ["GET /api/v1/notifications", "GET /api/v1/openapi.json", "GET /api/docs"] {
        let called = call(&server, line, &[ALL], "").await;
        assert_eq!(called.error(), (404, "api.off", "The API is off."), "{line}");
    }
}
