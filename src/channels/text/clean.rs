//! HTML as it is passed on to people: nothing that runs, that loads, or that lies over the page of
//! the service.

use std::sync::LazyLock;

use ammonia::Builder;

/// What a style may set: how a text looks, and not where it is.
const STYLES: &[&str] = &[
    "background-color",
    "border",
    "border-collapse",
    "color",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "line-height",
    "padding",
    "text-align",
    "text-decoration",
];

/// What is passed on beside ammonia's own list: what mails and alerts are made with, and WxPusher's
/// button that copies. Source: WxPusher, "copy in HTML messages".
static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::default();
    cleaner
        .add_tags(["copy", "font"])
        .add_tag_attributes("copy", ["data-clipboard-text"])
        .add_tag_attributes("font", ["color", "size"])
        .add_generic_attributes(["style"])
        .filter_style_properties(STYLES.iter().copied().collect())
        .link_rel(None);
    cleaner
});

/// `html` without what could harm whoever is shown it; well-formed.
pub(super) fn clean(html: &str) -> String {
    CLEANER.clean(html).to_string()
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn what_runs_or_covers_the_page_is_not_passed_on() {
        for (html, expected) in [
            ("a<script>alert(1)</script>b", "ab"),
            ("<img src=x onerror=alert(1)>", "<img src=\"x\">"),
            ("<a href=\"javascript:alert(1)\">x</a>", "<a>x</a>"),
            ("<iframe src=\"https://a.example\"></iframe>x", "x"),
            ("<form action=\"https://a.example\"><input name=p></form>", ""),
            ("<p style=\"position:fixed;color:red\">x</p>", "<p style=\"color:red\">x</p>"),
            ("<b>a <i>b</b>", "<b>a <i>b</i></b>"),
        ] {
            assert_eq!(clean(html), expected, "{html}");
        }
    }

    #[test]
    fn what_alerts_are_made_with_stays() {
        for html in [
            "<h3>Disk</h3>\n<p><font color=\"red\">full</font> &amp; <b>7</b></p>",
            "<a href=\"https://a.example/?a=1&amp;b=2\">log</a>",
            "<copy data-clipboard-text=\"4711\">Copy</copy>",
            "<table><tbody><tr><td>1</td></tr></tbody></table>",
        ] {
            assert_eq!(clean(html), html);
        }
    }
}
