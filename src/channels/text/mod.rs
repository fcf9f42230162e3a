//! Bodies as services show them: text, markdown and HTML made out of each other, and cut to what a
//! service takes.

pub(super) mod chat;
mod clean;
mod cut;
mod html;

use std::borrow::Cow;

use pulldown_cmark::Event;
use pulldown_cmark::Options;
use pulldown_cmark::Parser;

pub(super) use self::cut::Cut;
pub use self::cut::Limit;
pub(super) use self::cut::cut;
use crate::notification::Format;
use crate::notification::Notification;

/// What of markdown is read beside CommonMark: what chat services show too.
const MARKDOWN: Options = Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH);

/// Characters that may mean something in markdown wherever they stand.
const SPECIAL: &[char] = &['\\', '`', '*', '_', '[', ']', '<', '>', '~', '&'];

/// `body` as a service shows it that knows `wanted` only. HTML is cleaned.
pub(super) fn shown(body: &str, format: Format, wanted: Format) -> Cow<'_, str> {
    match (format, wanted) {
        (Format::Text, Format::Text) | (Format::Markdown, Format::Markdown) => Cow::Borrowed(body),
        (Format::Html, Format::Html) => clean::clean(body).into(),
        (Format::Text, Format::Markdown) => escape_markdown(body).into(),
        (Format::Text, Format::Html) => escape_html(body).replace('\n', "<br>\n").into(),
        (Format::Markdown, Format::Text) => html::read(&rendered(body), Format::Text).into(),
        (Format::Markdown, Format::Html) => clean::clean(&rendered(body)).into(),
        (Format::Html, _) => html::read(body, wanted).into(),
    }
}

/// Markdown as the plain text that it says, for places that show nothing else.
pub fn plain(markdown: &str) -> String {
    shown(markdown, Format::Markdown, Format::Text).into_owned()
}

/// Title and body in one text of `wanted`, for services without a title.
pub(super) fn titled(notification: &Notification, wanted: Format) -> String {
    let body = shown(&notification.body, notification.format, wanted);
    let title = line(&notification.title);
    if title.is_empty() || body.is_empty() {
        return if title.is_empty() {
            body.into_owned()
        } else {
            shown(&title, Format::Text, wanted).into_owned()
        };
    }
    match wanted {
        Format::Text => format!("{title}\n{body}"),
        Format::Markdown => format!("### {}\n\n{body}", escape_markdown(&title)),
        Format::Html => format!("<h3>{}</h3>\n{body}", escape_html(&title)),
    }
}

/// A title, for services that want one: the notification's, or the beginning of its body.
pub(super) fn title(notification: &Notification) -> String {
    let title = line(&notification.title);
    if !title.is_empty() {
        return title;
    }
    let body = shown(&notification.body, notification.format, Format::Text);
    line(body.lines().find(|it| !it.trim().is_empty()).unwrap_or_default())
}

/// `text` on one line.
pub(super) fn line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// Markdown as HTML. A line break stays one, as in chat services.
fn rendered(markdown: &str) -> String {
    let events = Parser::new_ext(markdown, MARKDOWN).map(|event| match event {
        Event::SoftBreak => Event::HardBreak,
        event => event,
    });
    let mut html = String::with_capacity(markdown.len() * 5 / 4);
    pulldown_cmark::html::push_html(&mut html, events);
    html.trim_end().to_owned()
}

fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Text such that markdown shows it as it stands, its line breaks included.
fn escape_markdown(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(escaped_line).collect();
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for (number, line) in lines.iter().enumerate() {
        if number > 0 {
            let is_break = !line.is_empty() && !lines[number - 1].is_empty();
            out.push_str(if is_break { "  \n" } else { "\n" });
        }
        out.push_str(line);
    }
    out
}

/// One line, with what begins a heading, a list or a block of code made harmless.
fn escaped_line(line: &str) -> String {
    let text = line.trim();
    let indent = line.chars().take_while(|it| it.is_whitespace()).count();
    let mut out = if text.is_empty() { String::new() } else { "\u{a0}".repeat(indent) };
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    for (at, char) in text.char_indices() {
        let begins = at == 0 && matches!(char, '#' | '+' | '-' | '=' | '|');
        let numbers = digits > 0 && at == digits && matches!(char, '.' | ')');
        if begins || numbers || SPECIAL.contains(&char) {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::shown;
    use super::title;
    use super::titled;
    use crate::notification::Format;
    use crate::notification::Notification;

    const MARKDOWN: &str = "## Disk\nnode *7* is **full**:\n\n1. `df -h`\n2. [log](https://a.example/l?a=1&b=2)\n\n```\na  <b>\n  c\n```";

    #[test]
    fn markdown_becomes_the_text_that_it_says() {
        let text = "Disk\n\nnode 7 is full:\n\n1. df -h\n2. log (https://a.example/l?a=1&b=2)\n\na  <b>\n  c";
        assert_eq!(shown(MARKDOWN, Format::Markdown, Format::Text), text);
    }

    #[test]
    fn markdown_becomes_html_with_its_line_breaks() {
        let html = "<p>a &lt; b<br>\n<strong>c</strong></p>";
        assert_eq!(shown("a < b\n**c**", Format::Markdown, Format::Html), html);
    }

    #[test]
    fn html_becomes_markdown_that_says_the_same() {
        let html = "<h2>Disk</h2><style>p{}</style><p>node <b>7</b> &amp; <i>8</i>:<br>full_1</p>\n<ul>\n <li>one</li><li><a href='https://a.example'>log</a></li></ul><!-- x --><pre>a  *b*\n c</pre>";
        let markdown = "## Disk\n\nnode **7** \\& *8*:  \nfull\\_1\n\n- one\n- [log](https://a.example)\n\n```\na  *b*\n c\n```";
        assert_eq!(shown(html, Format::Html, Format::Markdown), markdown);
        assert_eq!(
            shown(markdown, Format::Markdown, Format::Text),
            shown(html, Format::Html, Format::Text)
        );
    }

    #[test]
    fn text_is_shown_as_it_stands_by_markdown_and_by_html() {
        let text = "# 1 * 2\n1. a_b <c>\n  - d\n\ne & f";
        let markdown = shown(text, Format::Text, Format::Markdown);
        assert_eq!(markdown, "\\# 1 \\* 2  \n1\\. a\\_b \\<c\\>  \n\u{a0}\u{a0}\\- d\n\ne \\& f");
        let back = shown(&markdown, Format::Markdown, Format::Text);
        assert_eq!(back.replace('\u{a0}', " "), text);
        let html = "# 1 * 2<br>\n1. a_b &lt;c&gt;<br>\n  - d<br>\n<br>\ne &amp; f";
        assert_eq!(shown(text, Format::Text, Format::Html), html);
    }

    #[test]
    fn what_is_no_tag_stays() {
        for html in ["1 < 2", "a <", "<", "x <3 y", "&nothing; &#xD800; &"] {
            assert_eq!(shown(html, Format::Html, Format::Text), html);
        }
        assert_eq!(shown("a <b", Format::Html, Format::Text), "a");
    }

    #[test]
    fn a_title_stands_above_the_body_or_is_its_first_line() {
        let mut it =
            Notification { title: "磁盘\n满".to_owned(), ..Notification::text("ops", "*x*") };
        assert_eq!(titled(&it, Format::Text), "磁盘 满\n*x*");
        assert_eq!(titled(&it, Format::Markdown), "### 磁盘 满\n\n\\*x\\*");
        assert_eq!(titled(&it, Format::Html), "<h3>磁盘 满</h3>\n*x*");
        assert_eq!(title(&it), "磁盘 满");
        it.title.clear();
        assert_eq!(titled(&it, Format::Text), "*x*");
        it.format = Format::Markdown;
        assert_eq!(title(&it), "x");
        it.body.clear();
        assert_eq!((title(&it), titled(&it, Format::Html)), (String::new(), String::new()));
    }
}
