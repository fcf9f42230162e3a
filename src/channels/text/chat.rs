//! Bodies for chat services that know a few tags of HTML, or marks of their own.

use super::Limit;
use super::cut;
use super::cut::Cut;
use super::escape_html;
use super::html;
use super::html::Piece;
use super::line;
use super::rendered;
use crate::notification::Format;
use crate::notification::Notification;

/// How a chat service writes emphasis, code and links.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::channels) enum Style {
    /// A few tags of HTML. Source: core.telegram.org/bots/api, "HTML style".
    Telegram,
    /// mrkdwn. Source: docs.slack.dev, "Formatting message text".
    Slack,
}

/// Each tag of HTML with its tag of Telegram and its mark in mrkdwn.
const TAGS: &[(&str, &str, &str)] = &[
    ("b", "b", "*"),
    ("strong", "b", "*"),
    ("h1", "b", "*"),
    ("h2", "b", "*"),
    ("h3", "b", "*"),
    ("h4", "b", "*"),
    ("h5", "b", "*"),
    ("h6", "b", "*"),
    ("i", "i", "_"),
    ("em", "i", "_"),
    ("u", "u", ""),
    ("ins", "u", ""),
    ("s", "s", "~"),
    ("del", "s", "~"),
    ("strike", "s", "~"),
    ("code", "code", "`"),
];

/// Title and body of `notification`, cut to `limit` before they are written in the service's
/// style, which is never longer.
pub(in crate::channels) fn message(notification: &Notification, style: Style, limit: Limit) -> Cut {
    let title = escape(&line(&notification.title));
    let title = if title.is_empty() { title } else { format!("<b>{title}</b>\n") };
    let body = match notification.format {
        Format::Text => escape(&notification.body),
        // None of their tags is passed on as it is.
        Format::Markdown => rendered(&notification.body),
        Format::Html => notification.body.clone(),
    };
    let whole = cut(&format!("{title}{body}"), Format::Html, limit);
    let text = written(&whole.text, style, notification.format == Format::Text);
    Cut { text, ..whole }
}

fn escape(text: &str) -> String {
    escape_html(text).replace("&quot;", "\"")
}

/// HTML in the service's style. `is_plain`: every line break and blank in it is meant.
fn written(html: &str, style: Style, is_plain: bool) -> String {
    let mut writer =
        Writer { style, out: String::new(), pre: usize::from(is_plain), open: Vec::new() };
    for piece in html::pieces(html) {
        match piece {
            Piece::Tag { whole, name, is_end } => {
                writer.tag(whole, &name.to_ascii_lowercase(), is_end);
            }
            Piece::Hidden(_) => {}
            Piece::Entity(text) => writer.said(&html::character(text)),
            Piece::Char(text) => writer.said(text),
        }
    }
    writer.finish()
}

struct Writer {
    style: Style,
    out: String,
    /// How many elements are open that keep line breaks and blanks.
    pre: usize,
    /// What closes each element that is open, innermost last, with its name.
    open: Vec<(String, String)>,
}

impl Writer {
    fn said(&mut self, text: &str) {
        if self.pre == 0 && text.chars().all(|it| it.is_ascii_whitespace()) {
            if !self.out.is_empty() && !self.out.ends_with([' ', '\n']) {
                self.out.push(' ');
            }
            return;
        }
        self.out.push_str(&escape(text));
    }

    fn tag(&mut self, whole: &str, name: &str, is_end: bool) {
        match name {
            "br" => self.out.push('\n'),
            "hr" => {
                self.lines(1);
                self.out.push_str("———\n");
            }
            "p" | "ul" | "ol" | "table" | "blockquote" => self.lines(if is_end { 2 } else { 1 }),
            "div" | "tr" => self.lines(1),
            "td" | "th" if is_end => self.said(" "),
            "li" if !is_end => {
                self.lines(1);
                self.out.push_str("• ");
            }
            "pre" if is_end => {
                self.close("pre");
                self.lines(1);
            }
            "pre" => {
                self.lines(1);
                self.pre += 1;
                let (start, end) = match self.style {
                    Style::Telegram => ("<pre>", "</pre>"),
                    Style::Slack => ("```\n", "```"),
                };
                self.start("pre", start, end);
            }
            "a" if is_end => self.close("a"),
            "a" => self.link(whole),
            // Within a block of code nothing is marked.
            "code" if self.open.iter().any(|(name, _)| name == "pre") => {}
            _ => self.mark(name, is_end),
        }
    }

    fn mark(&mut self, name: &str, is_end: bool) {
        let is_heading = name.len() == 2 && name.starts_with('h');
        if is_heading && !is_end {
            self.lines(1);
        }
        if let Some((_, tag, mark)) = TAGS.iter().find(|(it, _, _)| *it == name) {
            match (is_end, self.style) {
                (true, _) => self.close(name),
                (false, Style::Telegram) => {
                    self.start(name, &format!("<{tag}>"), &format!("</{tag}>"));
                }
                (false, Style::Slack) => self.start(name, mark, mark),
            }
        }
        if is_heading && is_end {
            self.lines(1);
        }
    }

    fn link(&mut self, whole: &str) {
        let Some(target) = html::attribute(whole, "href") else {
            return self.start("a", "", "");
        };
        let target = escape_html(&target);
        match self.style {
            Style::Telegram => self.start("a", &format!("<a href=\"{target}\">"), "</a>"),
            Style::Slack => self.start("a", &format!("<{}|", target.replace('|', "%7C")), ">"),
        }
    }

    fn start(&mut self, name: &str, start: &str, end: &str) {
        self.out.push_str(start);
        self.open.push((name.to_owned(), end.to_owned()));
    }

    /// Closes `name`, and what was opened within it and not closed: tags of Telegram must nest.
    fn close(&mut self, name: &str) {
        let Some(found) = self.open.iter().rposition(|(it, _)| it == name) else {
            return;
        };
        for (name, end) in self.open.split_off(found).into_iter().rev() {
            if name == "pre" {
                self.pre -= 1;
                if self.style == Style::Slack {
                    self.lines(1);
                }
            }
            self.out.push_str(&end);
        }
    }

    /// Ends the line, and leaves `count - 1` empty ones.
    fn lines(&mut self, count: usize) {
        if self.pre == 0 {
            self.out.truncate(self.out.trim_end_matches(' ').len());
        }
        let there = self.out.len() - self.out.trim_end_matches('\n').len();
        if !self.out.is_empty() {
            self.out.push_str(&"\n".repeat(count.saturating_sub(there)));
        }
    }

    fn finish(mut self) -> String {
        if let Some((outermost, _)) = self.open.first().cloned() {
            self.close(&outermost);
        }
        self.out.truncate(self.out.trim_end().len());
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::Style;
    use super::message;
    use crate::channels::text::Limit;
    use crate::notification::Format;
    use crate::notification::Notification;

    fn shown(body: &str, format: Format, style: Style) -> String {
        let notification = Notification { format, ..Notification::text("ops", body) };
        message(&notification, style, Limit::Chars(4_000)).text
    }

    const MARKDOWN: &str = "# Disk\nnode *7* is **full** & `a<b`:\n\n- one\n- [log](https://a.example/?a=1&b=2)\n\n```\nx  y\n  z\n```\n\nend";

    #[test]
    fn markdown_becomes_the_few_tags_of_telegram() {
        let expected = "<b>Disk</b>\nnode <i>7</i> is <b>full</b> &amp; <code>a&lt;b</code>:\n\n• one\n• <a href=\"https://a.example/?a=1&amp;b=2\">log</a>\n\n<pre>x  y\n  z\n</pre>\nend";
        assert_eq!(shown(MARKDOWN, Format::Markdown, Style::Telegram), expected);
    }

    #[test]
    fn markdown_becomes_mrkdwn() {
        let expected = "*Disk*\nnode _7_ is *full* &amp; `a&lt;b`:\n\n• one\n• <https://a.example/?a=1&amp;b=2|log>\n\n```\nx  y\n  z\n```\nend";
        assert_eq!(shown(MARKDOWN, Format::Markdown, Style::Slack), expected);
    }

    #[test]
    fn text_stands_as_it_is_with_its_title_above() {
        let title = "磁盘".to_owned();
        let it = Notification { title, ..Notification::text("ops", "a  <b>\n \"c\" *d*") };
        let text = |style| message(&it, style, Limit::Chars(100)).text;
        assert_eq!(text(Style::Telegram), "<b>磁盘</b>\na  &lt;b&gt;\n \"c\" *d*");
        assert_eq!(text(Style::Slack), "*磁盘*\na  &lt;b&gt;\n \"c\" *d*");
    }

    #[test]
    fn tags_nest_and_are_closed_however_they_came() {
        let html = "<b>a <i>b</b> c</i> <script>x</script><u>d";
        assert_eq!(shown(html, Format::Html, Style::Telegram), "<b>a <i>b</i></b> c <u>d</u>");
        assert_eq!(shown("<pre><b>x", Format::Html, Style::Slack), "```\n*x*\n```");
    }

    #[test]
    fn what_is_too_long_is_cut_between_tags() {
        let body = "**bold** and more words than fit";
        let it = Notification { format: Format::Markdown, ..Notification::text("ops", body) };
        let cut = message(&it, Style::Telegram, Limit::Utf16(40));
        assert_eq!(cut.text, "<b>bold</b> and more w…");
        assert!(cut.left_out > 0);
    }
}
