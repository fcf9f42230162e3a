use super::Format;
use super::Kind;
use super::Tree;
use super::WireError;
use crate::wechat::limits;

fn tree(document: &str) -> Tree {
    Tree::parse(document.as_bytes().to_vec()).expect("this document can be read")
}

fn json(document: &str) -> String {
    tree(document).root().to_json()
}

fn refusal(document: &str) -> WireError {
    Tree::parse(document.as_bytes().to_vec()).expect_err("this document is refused")
}

#[test]
fn the_first_character_tells_the_format() {
    assert_eq!(tree("\u{feff}\r\n <xml/>").format(), Format::Xml);
    assert_eq!(tree("\u{200b}\t{}").format(), Format::Json);
    assert_eq!(refusal("signature=1"), WireError::NeitherXmlNorJson);
    assert_eq!(refusal("[1]"), WireError::NeitherXmlNorJson);
    assert_eq!(refusal(" \u{feff}\n"), WireError::Empty);
}

#[test]
fn bytes_that_are_not_utf8_are_refused_with_their_place() {
    let error = Tree::parse(b"<xml>\xff</xml>".to_vec()).expect_err("not UTF-8");
    assert_eq!(error, WireError::NotUtf8(5));
}

#[test]
fn a_doctype_is_refused_wherever_it_stands_and_however_long_it_is() {
    let bomb = format!(
        "<!DOCTYPE xml [{}]><xml>&a;</xml>",
        "<!ENTITY a \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\">".repeat(10_000)
    );
    assert_eq!(refusal(&bomb), WireError::Doctype(0));
    for document in [
        "<!doctype xml><xml/>",
        "<?xml version=\"1.0\"?>\n<!DOCTYPE xml SYSTEM \"http://x.example/\"><xml/>",
        "<xml><a/><!DOCTYPE xml></xml>",
        "<xml/><!DOCTYPE xml>",
    ] {
        let error = refusal(document);
        assert!(matches!(error, WireError::Doctype(_)), "{document}: {error}");
    }
}

#[test]
fn cdata_sections_join_and_blanks_around_them_are_layout() {
    assert_eq!(json("<xml><A>\n <![CDATA[a]]>\n</A></xml>"), r#"{"A":"a"}"#);
    assert_eq!(json("<xml><A><![CDATA[]]]]><![CDATA[>]]></A></xml>"), r#"{"A":"]]>"}"#);
    assert_eq!(json("<xml><A> <![CDATA[ a ]]> <![CDATA[b]]></A></xml>"), r#"{"A":" a b"}"#);
    assert_eq!(json("<xml><A>x<![CDATA[<y>]]>z</A></xml>"), r#"{"A":"x<y>z"}"#);
    assert_eq!(json("<xml><A><![CDATA[]]></A></xml>"), r#"{"A":""}"#);
}

#[test]
fn blanks_that_are_all_an_element_has_are_its_text() {
    assert_eq!(json("<xml> <A> </A>\n<B> b </B> </xml>"), r#"{"A":" ","B":" b "}"#);
}

#[test]
fn entities_are_resolved_and_unknown_ones_stay_as_they_were() {
    assert_eq!(json("<xml><A>&lt;&gt;&amp;&quot;&apos;</A></xml>"), r#"{"A":"<>&\"'"}"#);
    assert_eq!(json("<xml><A>&#20320;&#x1F600;</A></xml>"), r#"{"A":"你😀"}"#);
    assert_eq!(json("<xml><A>&copy;&#xD800;</A></xml>"), r#"{"A":"&copy;&#xD800;"}"#);
    assert_eq!(json("<xml><A>?a=1&b=2&amp;c</A></xml>"), r#"{"A":"?a=1&b=2&c"}"#);
    assert_eq!(json("<xml><A><![CDATA[&amp;]]></A></xml>"), r#"{"A":"&amp;"}"#);
}

#[test]
fn attributes_and_mixed_text_have_names_of_their_own() {
    assert_eq!(
        json("<xml v='1'><A k=\"&lt;\">a<B/>c</A></xml>"),
        r##"{"@v":"1","A":{"@k":"<","B":"","#text":"ac"}}"##
    );
}

#[test]
fn a_name_that_repeats_is_a_list() {
    assert_eq!(json("<xml><A>1</A><B/><A/></xml>"), r#"{"A":["1",""],"B":""}"#);
    assert_eq!(json(r#"{"a":1,"b":2,"a":[3]}"#), r#"{"a":[1,[3]],"b":2}"#);
}

#[test]
fn what_follows_the_end_is_refused() {
    for document in
        ["<xml/><xml/>", "<xml/>x", "<xml></xml></xml>", "<xml><a></xml>", "<xml>", "{} {}", "{}x"]
    {
        let error = refusal(document);
        assert!(matches!(error, WireError::Xml { .. } | WireError::Json(_)), "{document}: {error}");
    }
    assert_eq!(json("<xml/>\n\u{200b}"), "{}");
    assert_eq!(json("{}\n"), "{}");
}

#[test]
fn nesting_ends_at_the_limit() {
    let xml = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    assert_eq!(refusal(&xml(limits::DEPTH + 1)), WireError::TooDeep);
    tree(&xml(limits::DEPTH));
    let lists = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(refusal(&lists(limits::DEPTH)), WireError::TooDeep);
    assert_eq!(refusal(&lists(100_000)), WireError::TooDeep);
    tree(&lists(limits::DEPTH - 1));
}

#[test]
fn numbers_keep_every_digit_and_become_text_where_a_reader_could_round() {
    let numbers = "[1.10,-0,1E3,0.1,9007199254740992,9007199254740993,1e400,1e-400,-2.5e-3,\
        18446744073709551615,100000000000000000000,0.10000000000000000001,119.385040,65.0]";
    assert_eq!(
        json(&format!("{{\"n\":{numbers}}}")),
        r#"{"n":[1.10,-0,1E3,0.1,9007199254740992,"9007199254740993","1e400","1e-400",-2.5e-3,"18446744073709551615","100000000000000000000","0.10000000000000000001",119.385040,65.0]}"#
    );
    let tree = tree(r#"{"MsgId":7300000000000000001}"#);
    let id = tree.root().get("MsgId").expect("it is there");
    assert_eq!((id.kind(), id.text()), (Kind::Number, "7300000000000000001"));
}

#[test]
fn half_an_emoji_does_not_cost_the_message() {
    assert_eq!(
        json(r#"{"a":"x\ud83dy\n","b":"\ud83d\ude00"}"#),
        "{\"a\":\"x\u{fffd}\u{fffd}\u{fffd}y\\n\",\"b\":\"😀\"}"
    );
    assert!(matches!(refusal(r#"{"a":"\ud8"}"#), WireError::Json(_)));
}

#[test]
fn a_path_goes_through_lists_in_either_format() {
    let texts = |document: &str, path: &str| -> Vec<String> {
        let fields = tree(document);
        fields.root().all(path).into_iter().map(|field| field.text().to_owned()).collect()
    };
    let nested = "<xml><L><i><v>1</v></i><i><v>2</v></i></L><L><i><v>3</v></i></L></xml>";
    assert_eq!(texts(nested, "L.i.v"), ["1", "2", "3"]);
    assert_eq!(texts(r#"{"L":[{"v":[1,2]},{"v":3},{}]}"#, "L.v"), ["1", "2", "3"]);
    assert_eq!(texts(r#"{"L":{"v":1}}"#, "L.w"), [""; 0]);
    let first = tree(nested).root().get("L.i.v").map(|field| field.text().to_owned());
    assert_eq!(first.as_deref(), Some("1"));
}

#[test]
fn a_text_between_elements_is_copied_once_however_many_there_are() {
    let text = "A".repeat(10_000);
    let document = format!("<xml><a>&lt;{text}{}</a></xml>", "<b c=''>&amp;</b>x".repeat(1_000));
    let tree = tree(&document);
    let all = format!("<{text}{}", "x".repeat(1_000));
    assert_eq!(tree.root().get("a.#text").map(|field| field.text() == all), Some(true));
    assert!(tree.side.len() < 2 * document.len(), "{} bytes beside it", tree.side.len());
}

#[test]
fn escapes_quotes_and_brackets_inside_strings_are_text() {
    assert_eq!(
        json(
            r#" { "a\"}" : [ "\\" , "]\"{" , [ ] , { } , "" ] , "\ud83d" : null , "" : -1.5E+2 } "#
        ),
        "{\"a\\\"}\":[\"\\\\\",\"]\\\"{\",[],{},\"\"],\"\u{fffd}\u{fffd}\u{fffd}\":null,\"\":-1.5E+2}"
    );
}
