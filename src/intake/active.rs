//! A reply as messages that can be sent at any time: of customer service (公众号, 小程序), or of an
//! application (企业微信). Pure.

use serde_json::Value;
use serde_json::json;

use crate::channels;
use crate::notification::Notification;
use crate::wechat::Platform;
use crate::wechat::limits;
use crate::wechat::reply::Article;
use crate::wechat::reply::Reply;
use crate::wechat::reply::split;
use crate::wechat::wire::Field;

/// What one message of the sending API says.
#[derive(Clone, Debug, PartialEq)]
enum Message {
    Text(String),
    /// In the API's own form, without the receiver.
    Native(Value),
}

/// The messages that say what `reply` says, for `user` through `channel`; `None` if the platform's
/// API has no such message. A text is split; of articles beyond the limit nothing is said.
pub(super) fn notifications(
    reply: &Reply,
    platform: Platform,
    channel: &str,
    (account, user): (&str, &str),
) -> Option<Vec<Notification>> {
    let messages = messages(reply, platform)?.into_iter().map(|message| {
        let (body, native) = match message {
            Message::Text(text) => (text, None),
            Message::Native(native) => (String::new(), Some(native)),
        };
        Notification {
            channel: channel.to_owned(),
            account: Some(account.to_owned()),
            to: vec![user.to_owned()],
            body,
            native,
            ..Notification::default()
        }
    });
    Some(messages.collect())
}

/// The message that says what `reply` says to who wrote `message` to a robot: at the address that it
/// brought along, in markdown or as a card. A text is not split, since there is one message only.
pub(super) fn to_robot(
    reply: &Reply,
    channel: &str,
    (account, user): (&str, &str),
    message: Field<'_>,
) -> Option<Vec<Notification>> {
    let url = message.get("response_url")?;
    let said = match reply {
        Reply::Success => return Some(Vec::new()),
        Reply::Text(content) | Reply::Stream { content, .. } => {
            json!({ "msgtype": "markdown", "markdown": { "content": content } })
        }
        Reply::TemplateCard(card) => json!({ "msgtype": "template_card", "template_card": card }),
        _ => return None,
    };
    Some(vec![Notification {
        channel: channel.to_owned(),
        account: Some(account.to_owned()),
        to: vec![user.to_owned()],
        native: Some(channels::to_robot(url.text(), &said)),
        ..Notification::default()
    }])
}

fn messages(reply: &Reply, platform: Platform) -> Option<Vec<Message>> {
    let one = |kind: &str, body: Value| {
        let mut message = json!({ "msgtype": kind });
        message[kind] = body;
        Some(vec![Message::Native(message)])
    };
    let is_small = platform == Platform::MiniProgram;
    match reply {
        Reply::Success => Some(Vec::new()),
        Reply::Text(text) => {
            let parts = split(text, limits::MESSAGE_TEXT_BYTES);
            Some(parts.map(|part| Message::Text(part.to_owned())).collect())
        }
        Reply::Image { media_id } => one("image", json!({ "media_id": media_id })),
        Reply::Voice { media_id } if !is_small => one("voice", json!({ "media_id": media_id })),
        Reply::Video { media_id, title, description } if !is_small => {
            let title = title.as_deref().unwrap_or_default();
            let description = description.as_deref().unwrap_or_default();
            one(
                "video",
                json!({ "media_id": media_id, "title": title, "description": description }),
            )
        }
        Reply::Music { title, description, music_url, hq_music_url, thumb_media_id }
            if matches!(platform, Platform::OfficialAccount | Platform::OpenPlatform) =>
        {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            one(
                "music",
                json!({
                    "title": text(title), "description": text(description),
                    "musicurl": text(music_url), "hqmusicurl": text(hq_music_url),
                    "thumb_media_id": thumb_media_id,
                }),
            )
        }
        Reply::News(articles) if !is_small && !articles.is_empty() => {
            let most = match platform {
                Platform::Wecom => limits::NEWS_TO_AN_EVENT,
                _ => limits::NEWS_FROM_SERVICE,
            };
            let articles: Vec<Value> = articles.iter().take(most).map(article).collect();
            one("news", json!({ "articles": articles }))
        }
        _ => None,
    }
}

fn article(article: &Article) -> Value {
    let Article { title, description, pic_url, url } = article;
    json!({ "title": title, "description": description, "url": url, "picurl": pic_url })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use super::notifications;
    use crate::wechat::Platform;
    use crate::wechat::reply::Article;
    use crate::wechat::reply::Reply;

    fn native(reply: &Reply, platform: Platform) -> Option<Value> {
        let made = notifications(reply, platform, "customer", ("shop", "oAnna"))?;
        assert_eq!(made.len(), 1);
        made[0].native.clone()
    }

    #[test]
    fn a_text_is_split_at_a_sentence_into_messages_for_the_user() {
        let text = "这是一句话。".repeat(200);
        let made = notifications(
            &Reply::text(text.as_str()),
            Platform::OfficialAccount,
            "customer",
            ("shop", "oAnna"),
        );
        let made = made.unwrap();
        assert_eq!(made.iter().map(|it| it.body.as_str()).collect::<String>(), text);
        assert_eq!(made.iter().map(|it| it.body.len()).collect::<Vec<_>>(), [2_034, 1_566]);
        for notification in made {
            assert!(notification.body.ends_with('。'));
            assert_eq!(notification.channel, "customer");
            assert_eq!(notification.account.as_deref(), Some("shop"));
            assert_eq!(notification.to, ["oAnna"]);
        }
    }

    #[test]
    fn every_other_type_is_the_message_of_that_type() {
        let media_id = || "M".to_owned();
        let article = |title: &str| Article { title: title.to_owned(), ..Article::default() };
        let music = Reply::Music {
            title: Some("t".to_owned()),
            description: None,
            music_url: Some("http://m".to_owned()),
            hq_music_url: None,
            thumb_media_id: media_id(),
        };
        let video = Reply::Video { media_id: media_id(), title: None, description: None };
        let table = [
            (
                Reply::Image { media_id: media_id() },
                json!({"msgtype":"image","image":{"media_id":"M"}}),
            ),
            (
                Reply::Voice { media_id: media_id() },
                json!({"msgtype":"voice","voice":{"media_id":"M"}}),
            ),
            (
                video,
                json!({"msgtype":"video","video":{"media_id":"M","title":"","description":""}}),
            ),
            (
                music,
                json!({"msgtype":"music","music":{"title":"t","description":"","musicurl":"http://m","hqmusicurl":"","thumb_media_id":"M"}}),
            ),
            (
                Reply::News(vec![article("a"), article("b")]),
                json!({"msgtype":"news","news":{"articles":[{"title":"a","description":"","url":"","picurl":""}]}}),
            ),
        ];
        for (reply, expected) in table {
            assert_eq!(native(&reply, Platform::OfficialAccount), Some(expected), "{reply:?}");
        }
        let both = native(&Reply::News(vec![article("a"), article("b")]), Platform::Wecom).unwrap();
        assert_eq!(both["news"]["articles"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn what_the_api_of_the_platform_has_no_message_for_is_none() {
        let voice = Reply::Voice { media_id: "M".to_owned() };
        let transfer = Reply::Transfer { kf_account: None };
        let made = |reply, platform| notifications(reply, platform, "c", ("shop", "oAnna"));
        assert_eq!(made(&voice, Platform::MiniProgram), None);
        assert_eq!(made(&transfer, Platform::OfficialAccount), None);
        assert_eq!(made(&Reply::Success, Platform::OfficialAccount), Some(Vec::new()));
    }
}
