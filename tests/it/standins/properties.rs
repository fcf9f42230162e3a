//! What holds for every request to a stand-in.

use std::fs;
use std::path::Path;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::ProptestConfig;
use proptest::prelude::any;
use proptest::prelude::prop;
use proptest::prop_oneof;
use proptest::proptest;
use proptest::strategy::Just;
use proptest::strategy::Strategy;
use yizhan::simulator::services::Asked;
use yizhan::simulator::services::SERVICES;
use yizhan::simulator::services::Service;
use yizhan::simulator::services::Services;

/// Every path that a story asks for, and some that nobody does.
fn paths() -> Vec<String> {
    let mut paths =
        vec!["/".to_owned(), "//".to_owned(), "/%ff%".to_owned(), "/a/b/c/d/e".to_owned()];
    for service in SERVICES {
        let story = Path::new("fixtures/standins").join(service.kind).join("story.txt");
        for line in fs::read_to_string(story).unwrap().lines() {
            let mut words = line.split(' ');
            if let (Some("GET" | "POST" | "PUT" | "DELETE"), Some(path)) =
                (words.next(), words.next())
            {
                paths.push(path.to_owned());
            }
        }
    }
    paths
}

/// Names that services read, and values of all shapes.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let name = prop::sample::select(vec![
        "token",
        "appToken",
        "content",
        "uids",
        "topicIds",
        "text",
        "title",
        "msgtype",
        "msg",
        "to",
        "chat_id",
        "parse_mode",
        "device_key",
        "device_keys",
        "topic",
        "priority",
        "tags",
        "message",
        "PhoneNumberSet",
        "receiverUserIdList",
        "remindType",
        "userid_list",
        "agent_id",
        "timestamp",
        "channel",
        "option",
        "blocks",
        "embeds",
        "sptList",
        "pushkey",
        "markdown",
    ]);
    let value = prop_oneof![
        Just("null".to_owned()),
        Just("[]".to_owned()),
        Just("{}".to_owned()),
        Just("[[1],null,{\"a\":2}]".to_owned()),
        Just("\"text\"".to_owned()),
        any::<i64>().prop_map(|it| it.to_string()),
        "[ -~字<>&]{0,12}".prop_map(|it| serde_json::json!(it).to_string()),
    ];
    let members = vec((name, value), 0..6).prop_map(|members| {
        let members: Vec<String> =
            members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(",")).into_bytes()
    });
    prop_oneof![members, vec(any::<u8>(), 0..40)]
}

fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop::sample::select(vec![
        "authorization",
        "content-type",
        "x-tc-timestamp",
        "x-acs-date",
        "webhook-signature",
        "webhook-timestamp",
        "access-key",
        "x-acs-dingtalk-access-token",
        "x-gotify-key",
    ]);
    let value = prop_oneof![
        Just("application/json".to_owned()),
        Just(
            "TC3-HMAC-SHA256 Credential=a/b, SignedHeaders=host;content-type, Signature=c"
                .to_owned()
        ),
        Just("ACS3-HMAC-SHA256 Credential=a,SignedHeaders=host,Signature=b".to_owned()),
        Just("Basic !".to_owned()),
        Just("18446744073709551615".to_owned()),
        "[ -~]{0,12}",
    ];
    vec((name.prop_map(str::to_owned), value), 0..4)
}

/// What a client could read of it: a status that exists, and JSON where it says so.
fn check(service: &Service, services: &Services, asked: &Asked) {
    let now = Duration::from_hours(498_807);
    let answer = services.answer(service, asked, now, now).answer;
    assert!((200..600).contains(&answer.status), "{}: {answer:?}", service.kind);
    if answer.content_type == "application/json" {
        let json = serde_json::from_str::<serde_json::Value>(&answer.body);
        assert!(json.is_ok(), "{}: {answer:?}", service.kind);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_request_is_answered_by_every_service(
        path in prop::sample::select(paths()),
        method in prop::sample::select(vec!["GET", "POST", "PUT", "DELETE", "PATCH"]),
        headers in headers(),
        body in bodies(),
    ) {
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let asked = Asked {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body,
        };
        let services = Services::default();
        for service in SERVICES {
            check(service, &services, &asked);
            check(service, &services, &asked);
        }
    }
}
