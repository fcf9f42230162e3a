//! HTML that may stand on a page: made of what programs and people wrote, and cleaned of all that
//! could run, load or post anything.

use std::sync::LazyLock;

use ammonia::Builder;
use ammonia::UrlRelative;
use pulldown_cmark::Event;
use pulldown_cmark::Options;
use pulldown_cmark::Parser;

/// What of markdown is read beside CommonMark.
const MARKDOWN: Options =
    Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH).union(Options::ENABLE_TASKLISTS);

/// Text, tables, pictures and links stay; scripts, styles, frames, forms and every attribute that
/// acts do not.
static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::default();
    cleaner
        .url_schemes(["http", "https", "mailto", "tel"].into())
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .add_tags(["section", "main"])
        .add_generic_attributes(["class"]);
    cleaner
});

/// No element stays, only what stands in them.
static TEXT: LazyLock<Builder<'static>> = LazyLock::new(Builder::empty);

/// `html` without what could run, load or post anything.
pub fn clean(html: &str) -> String {
    CLEANER.clean(html).to_string()
}

/// Markdown as clean HTML. A line break stays one, as in chats.
pub fn of_markdown(markdown: &str) -> String {
    let events = Parser::new_ext(markdown, MARKDOWN).map(|event| match event {
        Event::SoftBreak => Event::HardBreak,
        event => event,
    });
    let mut html = String::with_capacity(markdown.len() * 5 / 4);
    pulldown_cmark::html::push_html(&mut html, events);
    clean(&html)
}

/// A text as it stands, its line breaks included.
pub fn of_text(text: &str) -> String {
    escaped(text).replace('\n', "<br>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The beginning of what clean HTML says, as text on one line; `…` where it goes on.
pub fn excerpt(html: &str, most: usize) -> String {
    let text = TEXT.clean(&html.replace('<', " <")).to_string();
    let text = text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">");
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ").replace("&amp;", "&");
    match text.char_indices().nth(most) {
        None => text,
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
    }
}

/// A text as it stands, with a link wherever an address of the web stands between blanks.
pub fn linked(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for word in text.split_inclusive(char::is_whitespace) {
        let start = word.find("https://").or_else(|| word.find("http://"));
        let (before, link) = word.split_at(start.unwrap_or(word.len()));
        let address = link.trim_end();
        out.push_str(&of_text(before));
        if !address.is_empty() {
            let shown = escaped(address);
            out.push_str(&clean(&format!("<a href=\"{shown}\">{shown}</a>")));
        }
        out.push_str(&of_text(&link[address.len()..]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::clean;
    use super::excerpt;
    use super::linked;
    use super::of_markdown;
    use super::of_text;

    #[test]
    fn nothing_stays_that_could_run_load_or_post() {
        let table = [
            ("<script>alert(1)</script>x", "x"),
            ("<img src=x onerror=alert(1)>", "<img>"),
            (
                "<a href='javascript:alert(1)'>x</a>",
                "<a rel=\"noopener noreferrer nofollow\">x</a>",
            ),
            ("<a href='data:text/html,x'>x</a>", "<a rel=\"noopener noreferrer nofollow\">x</a>"),
            ("<svg><style><img src=x onerror=alert(1)></style></svg>", ""),
            ("<form action=/p/x method=post><button>ok</button></form>", "ok"),
            ("<iframe src='https://a.example'></iframe><object></object>", ""),
            ("<style>*{display:none}</style><link rel=stylesheet href=x>", ""),
            ("<p style='position:fixed' class=note onclick=x>y</p>", "<p class=\"note\">y</p>"),
            ("<meta http-equiv=refresh content='0;url=https://a.example'>", ""),
            ("<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>", ""),
            ("<b>open", "<b>open</b>"),
            (
                "<img src='https://a.example/b.png' alt=c>",
                "<img src=\"https://a.example/b.png\" alt=\"c\">",
            ),
        ];
        for (dirty, expected) in table {
            let cleaned = clean(dirty);
            if expected.is_empty() {
                let parts = ["src", "<form", "<iframe", "<style"];
                assert_eq!(parts.map(|it| cleaned.contains(it)), [false; 4], "{cleaned}");
            } else {
                assert_eq!(cleaned, expected);
            }
        }
    }

    #[test]
    fn markdown_becomes_what_it_says_and_its_html_is_cleaned() {
        let markdown = "# 磁盘\n**90 %**\n下一行 <img src=x onerror=alert(1)>\n\n| a | b |\n|---|---|\n| 1 | 2 |";
        let html = "<h1>磁盘</h1>\n<p><strong>90 %</strong><br>\n下一行 <img></p>\n\
            <table><thead><tr><th>a</th><th>b</th></tr></thead><tbody>\n\
            <tr><td>1</td><td>2</td></tr>\n</tbody></table>\n";
        assert_eq!(of_markdown(markdown), html);
    }

    #[test]
    fn a_text_stands_as_it_was_written() {
        assert_eq!(of_text("a <b>\n&c"), "a &lt;b&gt;<br>&amp;c");
    }

    #[test]
    fn an_excerpt_is_the_beginning_of_what_is_said() {
        let html = of_markdown("# 磁盘\n**90 %** & <b>满</b> a < b\n\n- 一\n- 二");
        assert_eq!(excerpt(&html, 200), "磁盘 90 % & 满 a < b 一 二");
        assert_eq!(excerpt(&html, 4), "磁盘 9…");
        assert_eq!(excerpt("<p>好</p>", 1), "好");
    }

    #[test]
    fn addresses_in_a_text_are_links() {
        let link = "<a href=\"https://a.example/?b=1&amp;c=2\" rel=\"noopener noreferrer nofollow\">\
            https://a.example/?b=1&amp;c=2</a>";
        assert_eq!(linked("看：https://a.example/?b=1&c=2\n好"), format!("看：{link}<br>好"));
        assert_eq!(linked("http://x\"onclick=1 <b>").matches("onclick=1\"").count(), 1);
    }
}
