//! Streams as the servers of models send them.

use proptest::prelude::*;

use super::Events;
use super::Gathered;
use super::PendingCall;
use super::without_thoughts;

fn events(stream: &str) -> Vec<String> {
    let mut events = Events::default();
    let mut found = events.feed(stream.as_bytes());
    found.extend(events.end());
    found
}

fn gathered(stream: &str) -> Gathered {
    let mut gathered = Gathered::default();
    for event in events(stream) {
        if gathered.take_event(&event).unwrap() {
            break;
        }
    }
    gathered
}

#[test]
fn events_end_at_an_empty_line_whatever_a_line_ends_with() {
    assert_eq!(events("data: a\n\ndata: b\n\n"), ["a", "b"]);
    assert_eq!(events("data:a\r\n\r\ndata:  b\r\rdata: c"), ["a", " b", "c"]);
    assert_eq!(events(": comment\nevent: x\nid: 1\ndata: 1\ndata: 2\n\n\n"), ["1\n2"]);
    assert_eq!(events("\n\nretry: 3\n\n"), Vec::<String>::new());
}

#[test]
fn an_answer_is_put_together_of_its_pieces() {
    let stream = "\
data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n\
data: {\"choices\":[{\"delta\":{\"content\":\"你\"}}]}\n\n\
data: {\"choices\":[{\"delta\":{\"content\":\"好\",\"reasoning_content\":\"hm\"},\"finish_reason\":\"stop\"}]}\n\n\
data: {\"choices\":[],\"usage\":{\"total_tokens\":31}}\n\n\
data: [DONE]\n\n";
    let expected =
        Gathered {
            text: "你好".to_owned(), used: Some(31), is_begun: true, ..Gathered::default()
        };
    assert_eq!(gathered(stream), expected);
}

#[test]
fn a_call_is_put_together_by_its_index() {
    let stream = "\
data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"function\":{\"name\":\"deploy\",\"arguments\":\"\"}}]}}]}\n\n\
data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"env\\\":\"}}]}}]}\n\n\
data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"c2\",\"function\":{\"name\":\"state\",\"arguments\":\"{}\"}}]}}]}\n\n\
data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\"生产\\\"}\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\n";
    let call = |id: &str, name: &str, arguments: &str| PendingCall {
        id: id.to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
    };
    let calls = gathered(stream).calls;
    assert_eq!(calls, [call("c1", "deploy", r#"{"env":"生产"}"#), call("c2", "state", "{}")]);

    // Without an index, whole.
    let stream = "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"x\",\"arguments\":{\"n\":1}}},{\"id\":\"b\",\"function\":{\"name\":\"y\",\"arguments\":\"{}\"}}]}}]}\n\n";
    assert_eq!(gathered(stream).calls, [call("a", "x", r#"{"n":1}"#), call("b", "y", "{}")]);

    // An index that would take all memory.
    let stream = "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":4000000000,\"id\":\"a\"}]}}]}\n\n";
    assert_eq!(gathered(stream).calls, []);
}

#[test]
fn an_answer_may_come_whole_cut_or_as_an_error() {
    let mut whole = Gathered::default();
    let body = r#"{"choices":[{"message":{"content":"好"},"finish_reason":"length"}],"usage":{"total_tokens":9}}"#;
    whole.take_whole(body.as_bytes()).unwrap();
    assert_eq!((whole.text.as_str(), whole.used, whole.is_cut), ("好", Some(9), true));

    let told = |data: &str| Gathered::default().take_event(data).unwrap_err().to_string();
    assert_eq!(
        told(r#"{"error":{"message":"what they wrote","code":"server_busy"}}"#),
        "its server answered with status 500 (server_busy): its server is in trouble"
    );
    assert_eq!(
        told(r#"{"error":"no words of theirs"}"#),
        "its server answered with status 500: its server is in trouble"
    );
    assert_eq!(
        told("<html>"),
        "its answer is not that of `/chat/completions`: an event is no JSON"
    );
}

#[test]
fn what_is_only_thought_is_not_said() {
    for (text, said) in [
        ("好", "好"),
        ("<think>hm\n</think>\n\n好", "好"),
        ("hm</think>好", "好"),
        ("<think>never ends", ""),
        ("a<think>b</think>c<think>d</think>e", "ace"),
    ] {
        assert_eq!(without_thoughts(text), said, "{text}");
    }
}

proptest! {
    #[test]
    fn where_the_network_cuts_makes_no_difference(
        stream in "(data: ?[a-z好\\[\\{]{0,6}(\r\n|\n|\r)|(\r\n|\n|\r)|[:a-z]{0,3}){0,12}",
        cut in 0usize..80,
    ) {
        let whole = events(&stream);
        let bytes = stream.as_bytes();
        let cut = cut.min(bytes.len());
        let mut parts = Events::default();
        let mut found = parts.feed(&bytes[..cut]);
        found.extend(parts.feed(&bytes[cut..]));
        found.extend(parts.end());
        prop_assert_eq!(found, whole);
    }

    #[test]
    fn no_event_makes_it_panic(data in "\\PC{0,60}", json in any_json()) {
        drop(Gathered::default().take_event(&data));
        drop(Gathered::default().take_event(&json));
        drop(Gathered::default().take_whole(json.as_bytes()));
    }
}

/// Objects with the members of the API and values of any kind.
fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("\"\"".to_owned()),
        Just("\"x\"".to_owned()),
        Just("[]".to_owned()),
        Just("{}".to_owned()),
        any::<i64>().prop_map(|it| it.to_string()),
    ];
    let members = "choices|delta|message|content|tool_calls|index|id|function|name|arguments|usage|total_tokens|error|code";
    leaf.prop_recursive(6, 40, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|it| format!("[{}]", it.join(","))),
            prop::collection::vec((members, inner), 0..4).prop_map(|it| {
                let members: Vec<String> =
                    it.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}
