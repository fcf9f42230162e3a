//! What holds for every input.

use proptest::collection::btree_map;
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::prelude::prop;
use proptest::prop_oneof;
use proptest::proptest;
use proptest::strategy::Just;
use proptest::strategy::Strategy;
use serde_json::Map;
use serde_json::Number;
use serde_json::Value;
use yizhan::wechat::inbound::Inbound;
use yizhan::wechat::wire::Tree;

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

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("finite", |float| Number::from_f64(float).map(Value::Number)),
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

/// Everything that can be asked of a document, so that none of it panics.
fn ask_everything(bytes: Vec<u8>) {
    let Ok(inbound) = Inbound::parse(bytes) else { return };
    serde_json::from_str::<Value>(&inbound.root().to_json()).unwrap();
    assert!(!inbound.key().as_str().is_empty());
    assert!(!inbound.kind().is_empty());
    let _ = (inbound.check(), inbound.text().len(), inbound.root().all("a.b").len());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..512)) {
        ask_everything(bytes);
    }

    #[test]
    fn any_pieces_are_read_or_refused(text in pieces()) {
        ask_everything(text.into_bytes());
    }

    #[test]
    fn any_pieces_inside_a_document_are_read_or_refused(text in pieces()) {
        ask_everything(format!("<xml>{text}</xml>").into_bytes());
        ask_everything(format!("<xml><MsgType>{text}</MsgType></xml>").into_bytes());
        ask_everything(format!("{{\"a\":{text}}}").into_bytes());
    }

    #[test]
    fn any_cut_of_a_document_is_read_or_refused(object in objects(), cut in any::<prop::sample::Index>()) {
        let mut bytes = object.to_string().into_bytes();
        bytes.truncate(cut.index(bytes.len() + 1));
        ask_everything(bytes);
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
