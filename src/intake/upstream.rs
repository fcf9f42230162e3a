//! The answer to what somebody wrote to a channel's service: in the answer to the request where the
//! service takes one, otherwise as a notification through the same channel.

use super::Message;
use super::settle::Said;
use crate::code;
use crate::notification::Format;
use crate::notification::Notification;
use crate::outcome::Outcome;
use crate::wechat::reply::Article;
use crate::wechat::reply::Reply;

/// Outcome → what is said at once and what goes out. What is WeChat's alone, such as its pictures,
/// no other service can show.
pub(super) fn say(message: &Message, outcome: Outcome) -> Said {
    let Outcome { reply, mut notifications, pages, by } = outcome;
    let fits = |text: &String| message.inline.is_some_and(|most| text.chars().count() <= most);
    if matches!(&reply, Reply::Text(text) if fits(text)) {
        return Said::with(reply, notifications, pages);
    }
    match message.notifications(&reply) {
        Some(answer) => notifications.extend(answer),
        None => {
            let (account, kind, code) = (&message.account, reply.type_name(), code::REPLY_REFUSED);
            account.metrics.refused_replies.inc();
            let (code, account, rule) = (code.name, &*account.name, by);
            tracing::error!(
                code,
                account,
                rule,
                "a reply was refused: no channel takes a `{kind}`"
            );
        }
    }
    Said::with(Reply::Success, notifications, pages)
}

/// The messages that say what `reply` says through `channel`, to `to` or whoever it is for. None: it
/// is a thing of WeChat's.
pub(super) fn notifications(
    reply: &Reply,
    channel: &str,
    to: Option<&str>,
) -> Option<Vec<Notification>> {
    let (body, format) = match reply {
        Reply::Success => return Some(Vec::new()),
        Reply::Text(text) => (text.clone(), Format::Text),
        Reply::Stream { content, .. } => (content.clone(), Format::Markdown),
        Reply::News(articles) => {
            let articles: Vec<String> = articles.iter().map(article).collect();
            (articles.join("\n\n"), Format::Markdown)
        }
        _ => return None,
    };
    let to = to.map(str::to_owned).into_iter().collect();
    Some(vec![Notification { to, format, ..Notification::text(channel, body) }])
}

fn article(article: &Article) -> String {
    let Article { title, description, url, .. } = article;
    let title = match url.as_str() {
        "" => format!("**{title}**"),
        url => format!("[{title}]({url})"),
    };
    match description.as_str() {
        "" => title,
        description => format!("{title}\n\n{description}"),
    }
}

#[cfg(test)]
mod tests {
    use super::notifications;
    use crate::notification::Format;
    use crate::wechat::reply::Article;
    use crate::wechat::reply::Reply;

    #[test]
    fn a_text_goes_to_whoever_wrote_and_articles_become_links() {
        let made = notifications(&Reply::text("好"), "phone", Some("UID_a")).unwrap();
        assert_eq!((made[0].channel.as_str(), made[0].body.as_str()), ("phone", "好"));
        assert_eq!(
            (made[0].to.as_slice(), made[0].format),
            (&["UID_a".to_owned()][..], Format::Text)
        );
        let article = Article {
            title: "周报".to_owned(),
            description: "第 7 周".to_owned(),
            url: "https://a.example/7".to_owned(),
            ..Article::default()
        };
        let made = notifications(&Reply::News(vec![article]), "phone", None).unwrap();
        assert_eq!(made[0].body, "[周报](https://a.example/7)\n\n第 7 周");
        assert!(made[0].to.is_empty());
    }

    #[test]
    fn what_only_wechat_has_is_nothing_for_a_channel() {
        let picture = Reply::Image { media_id: "M".to_owned() };
        assert_eq!(notifications(&picture, "phone", None), None);
        assert_eq!(notifications(&Reply::Success, "phone", None), Some(Vec::new()));
    }
}
