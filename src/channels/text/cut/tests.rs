use proptest::prelude::ProptestConfig;
use proptest::proptest;

use super::Limit;
use super::cut;
use super::follow;
use super::html;
use crate::notification::Format;

fn text(text: &str, format: Format, limit: Limit) -> String {
    cut(text, format, limit).text
}

#[test]
fn what_fits_stays_and_what_was_left_out_is_counted() {
    assert_eq!(text("磁盘满", Format::Text, Limit::Chars(3)), "磁盘满");
    let short = cut("磁盘已满了", Format::Text, Limit::Chars(3));
    assert_eq!((short.text.as_str(), short.left_out), ("磁盘…", 3));
    let remark = "the last 3 characters were cut off: the service takes no more";
    assert_eq!(short.remark(), remark);
}

#[test]
fn a_character_is_never_cut_however_it_is_written() {
    assert_eq!(text("磁盘满", Format::Text, Limit::Bytes(8)), "磁…");
    assert_eq!(text("ab👨‍👩‍👧cd", Format::Text, Limit::Chars(6)), "ab…");
    assert_eq!(text("e\u{301}e\u{301}x", Format::Text, Limit::Chars(4)), "e\u{301}…");
    assert_eq!(text("a\"\"b", Format::Text, Limit::Json(5)), "a…");
}

#[test]
fn html_is_cut_between_tags_and_closed() {
    let html = "<p>a <b>bold</b> &amp; more</p>";
    assert_eq!(text(html, Format::Html, Limit::Chars(19)), "<p>a <b>bo…</b></p>");
    assert_eq!(text(html, Format::Html, Limit::Chars(25)), "<p>a <b>bold</b>…</p>");
    assert_eq!(text("a<br>b<br/>c", Format::Html, Limit::Chars(9)), "a<br>b…");
    let link = format!("<a href=\"https://a.example/{}\">log</a> of today", "x".repeat(90));
    assert_eq!(text(&link, Format::Html, Limit::Chars(20)), "log (https://a.exam…");
}

#[test]
fn markdown_is_cut_before_a_link_or_an_emphasis_and_code_is_closed() {
    let link = "see [the log](https://a.example/log) now";
    assert_eq!(text(link, Format::Markdown, Limit::Chars(30)), "see…");
    assert_eq!(text("a **bold** word", Format::Markdown, Limit::Chars(11)), "a…");
    assert_eq!(text("a \\*b c d e", Format::Markdown, Limit::Chars(8)), "a…");
    let code = "```\nline 1\nline 2\n```";
    assert_eq!(text(code, Format::Markdown, Limit::Chars(18)), "```\nline 1\nli…\n```");
    let more = format!("{code}\nand more words than fit");
    assert_eq!(text(&more, Format::Markdown, Limit::Chars(25)), "```\nline 1\nline 2…\n```");
    assert_eq!(text(&more, Format::Markdown, Limit::Chars(26)), format!("{code}\n…"));
    let all = format!("**{}**", "x".repeat(30));
    assert_eq!(text(&all, Format::Markdown, Limit::Chars(10)), "xxxxxxxxx…");
}

/// What is left without the mark, and whether it is there.
fn kept(cut: &str, source: &str) -> String {
    if cut == source { cut.to_owned() } else { cut.trim_end_matches('…').trim_end().to_owned() }
}

/// What a text says, without what differs only in how it stands.
fn words(text: &str, format: Format) -> String {
    let said = crate::channels::text::shown(text, format, Format::Text);
    said.chars().filter(|it| !it.is_whitespace() && *it != '…').collect()
}

/// Characters as people see them: alone, with an accent, of several joined, a flag.
const SEEN: &str = "(a|磁|é|e\u{301}|👍🏽|👨\u{200d}👩\u{200d}👧|🇨🇳|1\u{fe0f}\u{20e3}| )";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_text_is_cut_between_what_people_see_as_one(
        seen in proptest::collection::vec(SEEN, 0..12), most in 0_usize..40,
    ) {
        let body = seen.concat();
        let bounds: Vec<String> = (0..=seen.len()).map(|to| seen[..to].concat()).collect();
        for limit in [Limit::Chars(most), Limit::Utf16(most), Limit::Bytes(most), Limit::Json(most)] {
            let kept = kept(&cut(&body, Format::Text, limit).text, &body);
            assert!(bounds.iter().any(|it| it.trim_end() == kept.trim_end()), "{body:?} {kept:?}");
        }
    }

    #[test]
    fn html_is_cut_between_tags_and_characters_and_stays_well_formed(
        pieces in proptest::collection::vec(
            "(<b>|</b>|<p class=\"a b\">|</p>|<a href=\"https://a[.]example/\">|</a>|<br>|&amp;|&#9731;|<!-- x -->|a|磁|e\u{301}| )",
            0..20,
        ),
        most in 0_usize..80,
    ) {
        let body = pieces.concat();
        let said = words(&body, Format::Html);
        let cut = cut(&body, Format::Html, Limit::Chars(most));
        // What is left says the beginning of what was said. A tag that was cut in two would say
        // something else, and so would an entity.
        let shown: String = words(&cut.text, Format::Html);
        let is_link = |it: &str| it.contains("https://");
        if !is_link(&shown) && !is_link(&said) {
            assert!(said.starts_with(&shown), "{body:?} {cut:?}");
        }
        let whole = |text: &str| text.matches('<').count() == text.matches('>').count();
        assert!(whole(&cut.text), "{body:?} {cut:?}");
        if cut.left_out > 0 {
            let mut open = Vec::new();
            for piece in html::pieces(&cut.text) {
                follow(&mut open, piece);
            }
            assert!(open.is_empty(), "{body:?} {cut:?}");
        }
    }

    #[test]
    fn markdown_says_the_beginning_of_what_it_said(
        pieces in proptest::collection::vec(
            "(\\*\\*bold word\\*\\*|`code`|word|磁盘|\n\n|\n- item|\n\n```\nx y\nz\n```\n\n|\\\\\\*)",
            0..10,
        ),
        most in 5_usize..60,
    ) {
        let body = pieces.join(" ");
        let cut = cut(&body, Format::Markdown, Limit::Chars(most));
        let shown = words(&cut.text, Format::Markdown);
        assert!(words(&body, Format::Markdown).starts_with(&shown), "{body:?} {cut:?}");
    }

    #[test]
    fn whatever_is_cut_fits(body in "[a<b>/p&;*`#\n\\[\\]()\\\\磁👨\u{200d} ]{0,60}", most in 0_usize..40) {
        for limit in [Limit::Chars(most), Limit::Utf16(most), Limit::Bytes(most), Limit::Json(most)] {
            for format in [Format::Text, Format::Markdown, Format::Html] {
                let cut = cut(&body, format, limit);
                assert!(limit.size_of(&cut.text) <= most, "{cut:?}");
            }
        }
    }
}
