//! XML as WeChat itself writes it, read in one walk: elements without attributes, each with one
//! CDATA section, a text without references, or elements in it, and blanks between elements only.
//! Whatever else there is in a document is the business of [`super::xml`], which reads it all; the
//! tests hold the two to the same tree. This one takes a sixth of the time.

use memchr::memchr;

use super::Builder;
use super::Kind;
use super::Span;
use super::narrow;

/// Deeper documents are unusual.
const DEPTH: usize = 8;

const CDATA: &[u8] = b"<![CDATA[";

/// Reads the one element of `builder.source` into nodes. `None`: there is something unusual in it,
/// or it is broken, and what the builder holds is of no use.
pub(super) fn parse(builder: &mut Builder<'_>) -> Option<()> {
    let bytes = builder.source.as_bytes();
    let (mut open, mut depth) = ([0; DEPTH], 0);
    let mut at = blanks(bytes, 0);
    loop {
        if let Some(name) = bytes.get(at..)?.strip_prefix(b"</") {
            depth = usize::checked_sub(depth, 1)?;
            let node = open[depth];
            at = end_of_tag(builder, bytes.len() - name.len(), node)?;
            builder.close(node);
            at = blanks(bytes, at);
            if depth == 0 {
                return (at == bytes.len()).then_some(());
            }
            continue;
        }
        let node = start_of_element(builder, &mut at)?;
        let inside = &bytes[at..];
        let is_root = depth == 0;
        if !is_root && inside.starts_with(CDATA) {
            let begin = at + CDATA.len();
            let end = end_of_section(bytes, begin)?;
            builder.nodes[node].text = span(begin, end);
            at = end_of_tag(builder, after(bytes, end + 3, b"</")?, node)?;
        } else {
            let less = memchr(b'<', inside)?;
            let text = &inside[..less];
            let end = at + less;
            if !is_root && bytes.get(end + 1) == Some(&b'/') {
                memchr(b'&', text).is_none().then_some(())?;
                builder.nodes[node].text = span(at, end);
                at = end_of_tag(builder, end + 2, node)?;
            } else {
                text.iter().copied().all(is_blank).then_some(())?;
                builder.nodes[node].kind = Kind::Object;
                *open.get_mut(depth)? = node;
                depth += 1;
                at = end;
                continue;
            }
        }
        at = blanks(bytes, at);
    }
}

/// Reads `<Name>` at `at` and moves behind it.
fn start_of_element(builder: &mut Builder<'_>, at: &mut usize) -> Option<usize> {
    let bytes = builder.source.as_bytes();
    let begin = after(bytes, *at, b"<")?;
    let length = bytes[begin..].iter().take_while(|byte| is_of_name(**byte)).count();
    let end = begin + length;
    // A name that begins with a digit is none; only letters are usual.
    bytes.get(begin).filter(|byte| byte.is_ascii_alphabetic())?;
    *at = after(bytes, end, b">")?;
    Some(builder.open(span(begin, end), Kind::Text))
}

/// Reads the rest of `</Name>`, which must close `node`.
fn end_of_tag(builder: &Builder<'_>, at: usize, node: usize) -> Option<usize> {
    let bytes = builder.source.as_bytes();
    let name = builder.nodes[node].name;
    let (start, length) = (name.start as usize, name.length as usize);
    let at = after(bytes, at, &bytes[start..start + length])?;
    after(bytes, at, b">")
}

/// Where the `]]>` is.
fn end_of_section(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr(b']', bytes.get(at..)?)?;
        if bytes[at..].starts_with(b"]]>") {
            return Some(at);
        }
        at += 1;
    }
}

/// The place behind `expected`, if that stands at `at`.
fn after(bytes: &[u8], at: usize, expected: &[u8]) -> Option<usize> {
    bytes.get(at..)?.starts_with(expected).then_some(at + expected.len())
}

fn blanks(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).copied().is_some_and(is_blank) {
        at += 1;
    }
    at
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

fn span(start: usize, end: usize) -> Span {
    Span { start: narrow(start), length: narrow(end - start) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::wechat::wire::Builder;
    use crate::wechat::wire::Format;
    use crate::wechat::wire::Tree;
    use crate::wechat::wire::xml;

    /// What the two make of a document, where this one reads it.
    fn both(document: &str) -> Option<(String, String)> {
        let mut one = Builder::new(document);
        super::parse(&mut one)?;
        let mut other = Builder::new(document);
        xml::parse(&mut other).unwrap_or_else(|error| panic!("{document}: {error}"));
        Some((print(document, one), print(document, other)))
    }

    fn print(document: &str, builder: Builder<'_>) -> String {
        let Builder { side, nodes, .. } = builder;
        Tree { source: document.to_owned(), side, nodes, format: Format::Xml }.root().to_json()
    }

    #[test]
    fn what_wechat_writes_is_read_here() {
        for document in [
            "<xml><A><![CDATA[a]]></A><B>1</B></xml>",
            "<xml>\r\n <A> a </A>\n<B></B><C> </C></xml>\n",
            "<xml><A><![CDATA[]]]]></A></xml>",
            "<xml><L><item><P><![CDATA[x]]></P></item>\n<item/></L></xml>",
            "<xml></xml>",
        ] {
            if document.contains("/>") {
                assert_eq!(both(document), None);
                continue;
            }
            let (one, other) = both(document).expect("usual");
            assert_eq!(one, other);
        }
    }

    #[test]
    fn what_is_unusual_is_left_to_the_other() {
        for document in [
            "",
            "<xml>",
            "<xml>a</xml>",
            "<xml><A>&amp;</A></xml>",
            "<xml><A b='1'>a</A></xml>",
            "<xml><A>a<![CDATA[b]]></A></xml>",
            "<xml><A><![CDATA[a]]><![CDATA[b]]></A></xml>",
            "<xml><A><B/></A></xml>",
            "<xml><A>a</B></xml>",
            "<xml></xml><xml></xml>",
            "<!DOCTYPE xml><xml></xml>",
            "<?xml version='1.0'?><xml></xml>",
            "<xml><!-- a --></xml>",
            "\u{feff}<xml></xml>",
            "<1></1>",
        ] {
            assert_eq!(both(document), None, "{document}");
        }
    }

    const PIECES: [&str; 22] = [
        "<xml>",
        "</xml>",
        "<A>",
        "</A>",
        "<B>",
        "</B>",
        "<A/>",
        "<![CDATA[",
        "]]>",
        "]",
        "x",
        " ",
        "\r\n",
        "&amp;",
        "&",
        "<",
        ">",
        "<!--",
        "-->",
        "你",
        "\u{0}",
        "<C d='1'>",
    ];

    proptest! {
        #[test]
        fn both_read_the_same(picks in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24)) {
            for document in [picks.concat(), format!("<xml>{}</xml>", picks.concat())] {
                if let Some((one, other)) = both(&document) {
                    prop_assert_eq!(one, other);
                }
            }
        }

        #[test]
        fn both_read_usual_documents_alike(texts in prop::collection::vec("[^<&]{0,12}", 1..6)) {
            let elements = texts.iter().enumerate().map(|(number, text)| match number % 2 {
                0 => format!("<A>{text}</A>"),
                _ => format!("<B><C><![CDATA[{}]]></C></B>\n", text.replace("]]>", "")),
            });
            let document = format!("<xml>{}</xml>", elements.collect::<String>());
            let (one, other) = both(&document).expect("usual");
            prop_assert_eq!(one, other);
        }
    }
}
