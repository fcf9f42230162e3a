//! What is said back inside the window: a passive reply, as XML or JSON.
//!
//! Sources: "Passive user reply" (公众号), Cloud Run "Push replies", 企业微信 documents 90241 and
//! 101031.

mod card;
mod limit;
mod write;

use serde::Deserialize;
use serde::Serialize;

pub use self::limit::Fitted;
pub use self::limit::ReplyError;
pub use self::limit::split;
use self::write::Writer;
use super::Platform;
use super::inbound::Family;
use super::inbound::Inbound;
use super::wire::Format;

/// A passive reply. Its serde form is what the store keeps of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reply {
    /// Received, nothing to show: the literal `success`, never sealed.
    #[default]
    Success,
    /// 文本. Line feeds and `<a href>` links are shown as such.
    Text(String),
    /// 图片.
    Image {
        /// An uploaded picture; no GIF.
        media_id: String,
    },
    /// 语音.
    Voice {
        /// An uploaded recording.
        media_id: String,
    },
    /// 视频.
    Video {
        /// An uploaded video.
        media_id: String,
        /// Shown above it.
        title: Option<String>,
        /// Shown below it.
        description: Option<String>,
    },
    /// 音乐; 公众号 only.
    Music {
        /// Shown as its name.
        title: Option<String>,
        /// Shown below.
        description: Option<String>,
        /// Where it is played from.
        music_url: Option<String>,
        /// The same in better quality, taken on Wi-Fi.
        hq_music_url: Option<String>,
        /// An uploaded thumbnail.
        thumb_media_id: String,
    },
    /// 图文: one article to a message, up to eight to anything else.
    News(Vec<Article>),
    /// 转发到客服: a person takes over.
    Transfer {
        /// Who; anybody who is free if not given.
        kf_account: Option<String>,
    },
    /// 企业微信: what the pressed button of a card becomes.
    UpdateButton {
        /// Its new text.
        replace_name: String,
    },
    /// 企业微信: the same for the old task card.
    UpdateTaskcard {
        /// Its new text.
        replace_name: String,
    },
    /// 企业微信: the card that takes the place of the one that was tapped. Members as in the
    /// sending API (`card_type`, `main_title`, …). To a robot it is a new card.
    TemplateCard(serde_json::Value),
    /// `{"ErrCode", "ErrMsg"}`, which the virtual-payment events (`xpay_*`) want instead of
    /// `success`; without it they come again for a long time.
    Result {
        /// 0 for "delivered".
        err_code: i64,
        /// For the log on the other side.
        err_msg: String,
    },
    /// 企业微信 智能机器人: the whole text so far. With `finish: false` the platform asks again.
    Stream {
        /// Ours; the platform repeats it when it asks again.
        id: String,
        /// Nothing more will come.
        finish: bool,
        /// Markdown.
        content: String,
    },
}

/// One entry of [`Reply::News`].
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Article {
    /// Shown large.
    pub title: String,
    /// Shown below, if it is the only article.
    pub description: String,
    /// 360*200 for the first, 200*200 for the others; JPG or PNG.
    pub pic_url: String,
    /// Where a tap leads.
    pub url: String,
}

impl From<String> for Reply {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<&str> for Reply {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl Reply {
    /// A text; an empty one is [`Reply::Success`], since WeChat shows no empty message.
    pub fn text(text: impl Into<String>) -> Self {
        match text.into() {
            text if text.is_empty() => Self::Success,
            text => Self::Text(text),
        }
    }

    /// Its type as rules name it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Text(_) => "text",
            Self::Image { .. } => "image",
            Self::Voice { .. } => "voice",
            Self::Video { .. } => "video",
            Self::Music { .. } => "music",
            Self::News(_) => "news",
            Self::Transfer { .. } => "transfer",
            Self::UpdateButton { .. } => "update_button",
            Self::UpdateTaskcard { .. } => "update_taskcard",
            Self::TemplateCard(_) => "update_template_card",
            Self::Result { .. } => "result",
            Self::Stream { .. } => "stream",
        }
    }

    /// Writes the reply to `inbound` in the format in which that came; `now` in Unix seconds.
    /// [`Reply::fit`] has made sure that it may be said at all.
    pub fn write(&self, inbound: &Inbound, platform: Platform, now: i64) -> String {
        if *self == Self::Success {
            return "success".to_owned();
        }
        let mut out = Writer::new(inbound.format());
        match self {
            Self::Result { err_code, err_msg } => {
                out.number("ErrCode", *err_code);
                out.text("ErrMsg", err_msg);
            }
            _ if platform == Platform::WecomBot => self.write_to_robot(inbound, &mut out),
            _ => {
                out.text("ToUserName", inbound.from());
                out.text("FromUserName", inbound.to());
                out.number("CreateTime", now);
                self.write_body(&mut out);
            }
        }
        out.finish()
    }

    fn write_body(&self, out: &mut Writer) {
        out.text("MsgType", self.wire_name());
        match self {
            Self::Success | Self::Result { .. } | Self::Stream { .. } => {}
            Self::Text(content) => out.text("Content", content),
            Self::Image { media_id } => out.object("Image", |out| out.text("MediaId", media_id)),
            Self::Voice { media_id } => out.object("Voice", |out| out.text("MediaId", media_id)),
            Self::Video { media_id, title, description } => out.object("Video", |out| {
                out.text("MediaId", media_id);
                out.optional("Title", title.as_deref());
                out.optional("Description", description.as_deref());
            }),
            Self::Music { title, description, music_url, hq_music_url, thumb_media_id } => {
                out.object("Music", |out| {
                    out.optional("Title", title.as_deref());
                    out.optional("Description", description.as_deref());
                    out.optional("MusicUrl", music_url.as_deref());
                    out.optional("HQMusicUrl", hq_music_url.as_deref());
                    out.text("ThumbMediaId", thumb_media_id);
                });
            }
            Self::News(articles) => {
                out.number("ArticleCount", i64::try_from(articles.len()).unwrap_or(i64::MAX));
                out.items("Articles", articles, Article::write);
            }
            Self::Transfer { kf_account } => {
                if let Some(account) = kf_account {
                    out.object("TransInfo", |out| out.text("KfAccount", account));
                }
            }
            Self::UpdateButton { replace_name } => {
                out.object("Button", |out| out.text("ReplaceName", replace_name));
            }
            Self::UpdateTaskcard { replace_name } => {
                out.object("TaskCard", |out| out.text("ReplaceName", replace_name));
            }
            Self::TemplateCard(card) => {
                out.object("TemplateCard", |out| card::write_members(card, out));
            }
        }
    }

    fn wire_name(&self) -> &'static str {
        match self {
            Self::Transfer { .. } => "transfer_customer_service",
            other => other.type_name(),
        }
    }

    /// A robot is answered in lower-case JSON: a text as a stream that is finished at once, except
    /// for the welcome, which is a text.
    fn write_to_robot(&self, inbound: &Inbound, out: &mut Writer) {
        match self {
            Self::Text(content) if inbound.family() == Family::BotEvent => {
                out.text("msgtype", "text");
                out.object("text", |out| out.text("content", content));
            }
            Self::Text(content) => write_stream(inbound.msg_id(), true, content, out),
            Self::Stream { id, finish, content } => write_stream(id, *finish, content, out),
            Self::TemplateCard(card) => {
                out.text("msgtype", "template_card");
                out.raw("template_card", &card.to_string());
            }
            _ => {}
        }
    }
}

fn write_stream(id: &str, finish: bool, content: &str, out: &mut Writer) {
    out.text("msgtype", "stream");
    out.object("stream", |out| {
        out.text("id", id);
        out.raw("finish", if finish { "true" } else { "false" });
        out.text("content", content);
    });
}

impl Article {
    fn write(&self, out: &mut Writer) {
        out.text("Title", &self.title);
        out.text("Description", &self.description);
        out.text("PicUrl", &self.pic_url);
        out.text("Url", &self.url);
    }
}

/// Writes the envelope of a sealed reply, in the format and the spelling of the surface.
///
/// Sources: 3.6 "Encrypting a reply" of the message-encryption pages; 企业微信 101033 for the
/// lower-case JSON.
pub fn write_envelope(
    format: Format,
    platform: Platform,
    encrypt: &str,
    signature: &str,
    timestamp: i64,
    nonce: &str,
) -> String {
    let mut out = Writer::with_capacity(format, encrypt.len() + 192);
    let names = match (format, platform.is_wecom()) {
        (Format::Json, true) => ["encrypt", "msgsignature", "timestamp", "nonce"],
        _ => ["Encrypt", "MsgSignature", "TimeStamp", "Nonce"],
    };
    out.text(names[0], encrypt);
    out.text(names[1], signature);
    out.number(names[2], timestamp);
    out.text(names[3], nonce);
    out.finish()
}
