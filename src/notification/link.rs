//! A notification's link, for services that have no place of its own for one.

use super::Format;
use super::Notification;

impl Notification {
    /// The same with the link as the last line of the body, as the format writes links.
    pub fn with_link_in_body(self) -> Self {
        let Some(link) = self.link else { return self };
        let shown = match self.format {
            Format::Text => link,
            Format::Markdown => format!("<{link}>"),
            Format::Html => {
                let link = link.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
                format!("<p><a href=\"{link}\">{link}</a></p>")
            }
        };
        let body = match (self.body.is_empty(), self.format) {
            (true, _) => shown,
            (false, Format::Html) => format!("{}\n{shown}", self.body),
            (false, _) => format!("{}\n\n{shown}", self.body.trim_end()),
        };
        Self { body, link: None, ..self }
    }
}

#[cfg(test)]
mod tests {
    use crate::notification::Format;
    use crate::notification::Notification;

    #[test]
    fn a_link_is_shown_below_the_body_as_its_format_writes_links() {
        let shown = |body: &str, format| {
            let link = Some("https://a.example/?b=1&c=\"2\"".to_owned());
            let notification = Notification { link, format, ..Notification::text("ops", body) };
            notification.with_link_in_body().body
        };
        assert_eq!(shown("done", Format::Text), "done\n\nhttps://a.example/?b=1&c=\"2\"");
        assert_eq!(shown("", Format::Text), "https://a.example/?b=1&c=\"2\"");
        assert_eq!(
            shown("*done*\n", Format::Markdown),
            "*done*\n\n<https://a.example/?b=1&c=\"2\">"
        );
        let link = "https://a.example/?b=1&amp;c=&quot;2&quot;";
        let html = format!("<p>done</p>\n<p><a href=\"{link}\">{link}</a></p>");
        assert_eq!(shown("<p>done</p>", Format::Html), html);
    }
}
