//! Customer-service messages (客服消息) of 公众号 and 小程序, the typing indicator, and operators.
//!
//! Source: "Customer service messages", reference sections 8.1, 8.2 and 8.4.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use super::api::Body as _;
use super::api::Done;
use super::api::answers;
use super::api::api;
use super::api::bodies;
use super::api::typed;
use super::limit;
use super::limit::Limit;
use crate::wechat::Platform;

/// The longest text, in bytes; community reports, WeChat documents none.
pub const TEXT_BYTES: usize = 2048;

/// What a 小程序 may send.
const OF_MINI_PROGRAMS: [&str; 4] = ["text", "image", "miniprogrampage", "link"];

bodies! {
    /// What a customer-service message says.
    Body {
        /// Text; `<a href>` links become links, also into mini programs.
        "text" Text {
            /// At most 2048 bytes.
            content: String,
        }
        /// A picture.
        "image" Image {
            /// From an upload.
            media_id: String,
        }
        /// A voice message.
        "voice" Voice {
            /// From an upload.
            media_id: String,
        }
        /// A video.
        "video" Video {
            /// From an upload.
            media_id: String,
            /// Its cover, from an upload.
            thumb_media_id: Option<String>,
            /// Above it.
            title: Option<String>,
            /// Below it.
            description: Option<String>,
        }
        /// A piece of music, played from a URL.
        "music" Music {
            /// Above it.
            title: Option<String>,
            /// Below it.
            description: Option<String>,
            /// Where it is.
            musicurl: String,
            /// The same for those on Wi-Fi.
            hqmusicurl: String,
            /// Its cover, from an upload.
            thumb_media_id: String,
        }
        /// A picture with text that leads to a page.
        "news" News {
            /// Exactly one.
            articles: Vec<Article>,
        }
        /// Old-style articles of the account's material. WeChat calls it deprecated.
        "mpnews" Mpnews {
            /// From the material.
            media_id: String,
        }
        /// A published article.
        "mpnewsarticle" Mpnewsarticle {
            /// From publishing.
            article_id: String,
        }
        /// Choices to tap; a tap comes back as a text with `bizmsgmenuid`.
        "msgmenu" Msgmenu {
            /// Above the choices.
            head_content: String,
            /// The choices.
            list: Vec<Choice>,
            /// Below them.
            tail_content: String,
        }
        /// A coupon.
        "wxcard" Wxcard {
            /// From the card API.
            card_id: String,
        }
        /// A card that leads into a mini program.
        "miniprogrampage" Miniprogrampage {
            /// On the card.
            title: String,
            /// The mini program; a 公众号 must be linked to it, a 小程序 leaves it out.
            appid: Option<String>,
            /// With its query.
            pagepath: String,
            /// The cover, from an upload; 520×416.
            thumb_media_id: String,
        }
        /// A picture with text that leads to a page; what a 小程序 has instead of news.
        "link" Link {
            /// On the card.
            title: String,
            /// On the card.
            description: String,
            /// Where it leads.
            url: String,
            /// The picture.
            thumb_url: String,
        }
    }
}

/// The article of a news message.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Article {
    /// Its title.
    pub title: String,
    /// Below the title.
    pub description: String,
    /// Where it leads.
    pub url: String,
    /// The picture.
    pub picurl: String,
}

/// A choice of a menu message.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Choice {
    /// What comes back as `bizmsgmenuid`.
    pub id: String,
    /// What is shown.
    pub content: String,
}

/// In whose name a message is sent.
#[derive(Clone, Debug, Serialize)]
pub struct Operator {
    /// `name@account`.
    pub kf_account: String,
}

/// Whether the user is told that a machine wrote it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct AiContext {
    /// 1 adds the grey line "内容由第三方AI生成".
    pub is_ai_msg: u8,
}

impl Body {
    fn check(&self, platform: Platform) -> Result<(), Limit> {
        let is_mini = platform == Platform::MiniProgram;
        if platform.is_wecom() || (is_mini && !OF_MINI_PROGRAMS.contains(&self.msgtype())) {
            let (what, platform) = (self.msgtype(), platform.name());
            return Err(Limit::Platform { what, platform });
        }
        match self {
            Self::Text { content } => limit::bytes("text.content", content, TEXT_BYTES),
            Self::News { articles } => {
                limit::between("news.articles", articles.len(), 1..=1, "articles")
            }
            _ => Ok(()),
        }
    }
}

api! {
    /// Sends a message to a user who did something in the last 48 hours or, for some events, in
    /// the last minute. Send to one user one message at a time: the order is not kept otherwise.
    Post "/cgi-bin/message/custom/send", Send {
        /// The user.
        touser: String,
        /// What it says.
        #[serde(flatten, serialize_with = "typed")]
        body: Body,
        /// In whose name; 公众号 only.
        customservice: Option<Operator>,
        /// Whether a machine wrote it.
        aimsgcontext: Option<AiContext>,
        /// The sub-merchant; 小程序 only.
        businessid: Option<String>,
    } -> Done, check: |it, platform| it.body.check(platform);

    /// Shows or hides "the other side is typing" for about 15 s. Every error can be ignored: it
    /// needs an exchange within the last 30 s (45080), and may be on already (45081).
    #[derive(Default)]
    Post |platform| match platform {
        Platform::MiniProgram => "/cgi-bin/message/custom/business/typing",
        _ => "/cgi-bin/message/custom/typing",
    }, Typing {
        /// The user.
        touser: String,
        /// On or off.
        command: Command,
        /// The sub-merchant; 小程序 only.
        businessid: Option<String>,
    } -> Done;

    /// All operators.
    Get "/cgi-bin/customservice/getkflist", Operators {} -> OperatorList;

    /// The operators who are online.
    Get "/cgi-bin/customservice/getonlinekflist", OnlineOperators {} -> OnlineList;

    /// Adds an operator.
    #[derive(Default)]
    Post "/customservice/kfaccount/add", AddOperator {
        /// `name@account`.
        kf_account: String,
        /// What users see.
        nickname: String,
    } -> Done;

    /// Renames an operator.
    #[derive(Default)]
    Post "/customservice/kfaccount/update", UpdateOperator {
        /// `name@account`.
        kf_account: String,
        /// What users see.
        nickname: String,
    } -> Done;

    /// Removes an operator.
    #[derive(Default)]
    Post "/customservice/kfaccount/del", RemoveOperator {
        /// `name@account`.
        kf_account: String,
    } -> Done;

    /// Asks a WeChat user to become this operator.
    #[derive(Default)]
    Post "/customservice/kfaccount/inviteworker", InviteOperator {
        /// `name@account`.
        kf_account: String,
        /// The WeChat name of the person.
        invite_wx: String,
    } -> Done;

    /// Gives a user to an operator.
    #[derive(Default)]
    Post "/customservice/kfsession/create", OpenSession {
        /// `name@account`; must be online.
        kf_account: String,
        /// The user.
        openid: String,
    } -> Done;

    /// Takes a user from an operator.
    #[derive(Default)]
    Post "/customservice/kfsession/close", CloseSession {
        /// `name@account`.
        kf_account: String,
        /// The user.
        openid: String,
    } -> Done;

    /// Which operator serves a user.
    #[derive(Default)]
    Get "/customservice/kfsession/getsession", Session {
        /// The user.
        openid: String,
    } -> OperatorSession;
}

/// The typing indicator.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub enum Command {
    /// On.
    #[default]
    Typing,
    /// Off.
    CancelTyping,
}

answers! {
    /// All operators.
    OperatorList {
        /// As WeChat lists them.
        kf_list: Vec<Value>,
    }
    /// The operators who are online.
    OnlineList {
        /// As WeChat lists them.
        kf_online_list: Vec<Value>,
    }
    /// Who serves a user; empty: nobody.
    OperatorSession {
        /// `name@account`.
        kf_account: String,
        /// Since when, in Unix seconds.
        createtime: i64,
    }
}
