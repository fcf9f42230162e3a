//! What holds for every input.

use proptest::collection::btree_map;
use proptest::collection::vec;
use proptest::prelude::ProptestConfig;
use proptest::prelude::any;
use proptest::prelude::prop;
use proptest::prop_oneof;
use proptest::proptest;
use proptest::strategy::Just;
use proptest::strategy::Strategy;
use serde_json::Map;
use serde_json::Value;
use yizhan::wechat::inbound::Inbound;
use yizhan::wechat::wire::Tree;

/// What `make fuzz` calls.
#[expect(unreachable_pub, reason = "there it is a crate of its own")]
#[path = "../../fuzz/src/lib.rs"]
mod entries;

/// The integers that every reader of JSON keeps.
const EXACT: i64 = 1 << 53;

/// Pieces that documents are made of, good and bad, so that random ones get deep into the parser.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "<xml>",
            "</xml>",
            "<a>",
            "</a>",
            "<a/>",
            "<a b='c'>",
            "<![CDATA[",
            "]]>",
            "&amp;",
            "&",
            ";",
            "&#x41;",
            "&#",
            "<!--",
            "-->",
            "<!DOCTYPE a>",
            "<?a?>",
            "<",
            ">",
            "{",
            "}",
            "[",
            "]",
            "\"",
            "\\",
            "\\u",
            "\\ud83d",
            ":",
            ",",
            "\"a\":",
            "1",
            "-",
            "1e9",
            "null",
            "true",
            " ",
            "\n",
            "\u{200b}",
            "\u{feff}",
            "\0",
            "]",
            "你",
            "😀",
            "MsgType",
            "event",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Lines that rule and config files are made of, good and bad.
fn lines() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        prop::sample::select(vec![
            "[[rule]]",
            "name = 'a'",
            "on = ['text', 'event:CLICK']",
            "on = ['any', 1]",
            "equals = ['帮助', '']",
            "contains = 'x'",
            "match = '部署 {service} 到 {env}'",
            "match = '{a}{b'",
            r"regex = '^(?P<id>\d+)$'",
            "regex = '('",
            "regex = 'a{999}{999}'",
            "key = 'K'",
            "when = '{{ hour >= 9 }}'",
            "when = '{{ hour'",
            "reply = '{{ text }} {{ user.n | int }}'",
            "reply = '{% for i in range(9) %}{% endfor %}{{ nobody }}'",
            "reply = { type = 'news', articles = [{ title = '{{ a }}' }] }",
            "reply = { type = 'transfer', kf_account = 1 }",
            "call = { url = 'http://127.0.0.1/{{ text }}', json = { a = '{{ a }}' } }",
            "call = { url = ':' }",
            "forward = 'http://127.0.0.1/'",
            "set = { n = '{{ user.n }}' }",
            "cooldown = '10s'",
            "cooldown = '-1y'",
            "next = true",
            "[server]",
            "listen = '0.0.0.0:8080'",
            "listen = 8080",
            "private_hosts = ['10.0.0.0/33', 'a']",
            "timezone = '../../etc/passwd'",
            "body_limit = '99999999999999999999GiB'",
            "[[account]]",
            "platform = 'wecom'",
            "app_id = 'ww0011223344556677'",
            "token = 'env:NOBODY'",
            "token = 'Token0123'",
            "encoding_aes_key = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPA'",
            "max_age = '5m'",
            "late = ['hold', 'hold']",
            "'''",
            "a = {",
            "]]",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    vec(line, 0..16).prop_map(|lines| lines.join("\n"))
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Of up to 13 digits: of longer ones not every writer finds the shortest form, and one that
        // is not the shortest comes out as a text.
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        any::<String>().prop_map(Value::String),
    ];
    leaf.prop_recursive(6, 48, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::Array),
            btree_map(any::<String>(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn objects() -> impl Strategy<Value = Value> {
    btree_map(any::<String>(), values(), 0..6)
        .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()))
}

/// `value` as it should come out: integers that a reader could round are texts.
fn as_printed(value: Value) -> Value {
    match value {
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) if (-EXACT..=EXACT).contains(&integer) => Value::Number(number),
            (None, None) => Value::Number(number),
            _ => Value::String(number.to_string()),
        },
        Value::Array(items) => items.into_iter().map(as_printed).collect(),
        Value::Object(members) => {
            let printed = members.into_iter().map(|(name, value)| (name, as_printed(value)));
            Value::Object(printed.collect())
        }
        other => other,
    }
}

fn reprinted(document: String) -> Value {
    let tree = Tree::parse(document.into_bytes()).unwrap();
    serde_json::from_str(&tree.root().to_json()).unwrap()
}

// These do much for each input.
proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_query_envelope_callback_and_capture_is_read_or_refused(
        bytes in vec(any::<u8>(), 0..512),
        text in pieces(),
        pairs in "((signature|timestamp|nonce|echostr|n%6fnce)=[%0-9a-f+]{0,9}&){0,6}",
    ) {
        for bytes in [bytes.as_slice(), text.as_bytes(), pairs.as_bytes()] {
            entries::query(bytes);
            entries::envelope(bytes);
            entries::callback(bytes);
            entries::capture(bytes);
        }
        let capture = format!("POST /callback/a?{pairs} HTTP/1.1\r\na: b\r\n\r\n{text}");
        entries::capture(capture.as_bytes());
    }

    #[test]
    fn any_call_of_another_service_s_client_is_answered(
        bytes in vec(any::<u8>(), 0..512),
        path in "(/(api|send|message|push|publish|fun|wxuser|v3|register|ops|K.send|%[0-9a-f]{2}|[=][?]x)){0,4}",
        query in "((title|text|msg|content|device_key|to|auth|p|delay)=[%0-9a-z+&=,]{0,9}&){0,4}",
        field in "(content|topic|message|body|text|msg|uids|device_keys|isAtAll|extras|delay|ttl)",
        value in prop_oneof![objects().prop_map(|it| it.to_string()), pieces()],
    ) {
        entries::dialect(&bytes);
        let json = format!("{{\"{field}\":{value},\"token\":\"k\",\"title\":\"t\",\"content\":\"c\"}}");
        for method in ["GET", "POST", "DELETE"] {
            for body in [json.as_str(), query.as_str(), value.as_str()] {
                let call = format!("{method} {path}?{query}\nauthorization: Basic {query}\nx-title: =?{value}\n\n{body}");
                entries::dialect(call.as_bytes());
            }
        }
    }

    #[test]
    fn any_rule_file_and_config_file_is_read_or_refused(text in lines(), pieces in pieces()) {
        for text in [&text, &pieces] {
            entries::rules(text.as_bytes());
            entries::config(text.as_bytes());
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..512)) {
        entries::document(&bytes);
    }

    #[test]
    fn any_pieces_are_read_or_refused(text in pieces()) {
        entries::document(text.as_bytes());
    }

    #[test]
    fn any_pieces_inside_a_document_are_read_or_refused(text in pieces()) {
        entries::xml(format!("<xml>{text}</xml>").as_bytes());
        entries::xml(format!("<xml><MsgType>{text}</MsgType></xml>").as_bytes());
        entries::json(format!("{{\"a\":{text}}}").as_bytes());
    }

    /// Random bytes, a length, the message with its receiver, the padding: some as they should be.
    #[test]
    fn any_plaintext_of_an_envelope_is_read_or_refused(
        length in prop_oneof![0_u32..64, any::<u32>()],
        rest in vec(any::<u8>(), 0..96),
        padding in 0_u8..40,
    ) {
        let mut plain = [[0; 16].as_slice(), &length.to_be_bytes(), &rest].concat();
        plain.resize(plain.len() + usize::from(padding), padding);
        plain.resize(plain.len().next_multiple_of(16), padding);
        entries::envelope(&plain);
    }

    #[test]
    fn any_cut_of_a_document_is_read_or_refused(object in objects(), cut in any::<prop::sample::Index>()) {
        let mut bytes = object.to_string().into_bytes();
        bytes.truncate(cut.index(bytes.len() + 1));
        entries::document(&bytes);
    }

    #[test]
    fn any_json_object_comes_out_as_it_went_in(object in objects()) {
        // Read once before: serde_json rounds the last bit of some floats.
        let expected = as_printed(serde_json::from_str(&object.to_string()).unwrap());
        assert_eq!(reprinted(object.to_string()), expected);
        assert_eq!(reprinted(format!("{object:#}")), expected);
    }

    #[test]
    fn any_text_in_cdata_comes_out_as_it_went_in(text in any::<String>()) {
        let cdata = text.replace("]]>", "]]]]><![CDATA[>");
        let printed = reprinted(format!("<xml><A>\n<![CDATA[{cdata}]]> </A></xml>"));
        assert_eq!(printed, serde_json::json!({ "A": text }));
    }

    #[test]
    fn any_escaped_text_comes_out_as_it_went_in(text in any::<String>()) {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let printed = reprinted(format!("<xml><A>{escaped}</A></xml>"));
        assert_eq!(printed, serde_json::json!({ "A": text }));
    }

    #[test]
    fn the_order_of_the_fields_does_not_change_the_key(
        fields in btree_map("[A-Z][a-z]{1,5}", "[a-z<&>]{0,9}", 1..8),
    ) {
        let element = |(name, text): (&String, &String)| {
            format!("<{name}><![CDATA[{text}]]></{name}>")
        };
        let forward: String = fields.iter().map(element).collect();
        let backward: String = fields.iter().rev().map(element).collect();
        let key = |fields: &str| {
            let document = format!("<xml><MsgType>event</MsgType><Event>E</Event>{fields}</xml>");
            Inbound::parse(document.into_bytes()).unwrap().key()
        };
        assert_eq!(key(&forward), key(&backward));
        assert_ne!(key(&forward), key(&format!("{forward}<Other/>")));
    }
}
