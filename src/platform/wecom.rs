//! Messages of a 企业微信 application: to members, parties and tags, to group chats; cards.
//!
//! Source: "Sending application messages", reference section 12.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use super::api::Done;
use super::api::answers;
use super::api::api;
use super::api::bodies;
use super::api::typed;
use super::limit;
use super::limit::Limit;
use crate::wechat::Platform;

bodies! {
    /// What a message says. A group chat takes all but `miniprogram_notice` and the cards with buttons.
    Body {
        /// Text; line feeds and `<a href>` links work.
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
            /// At most 128 bytes.
            title: Option<String>,
            /// At most 512 bytes.
            description: Option<String>,
        }
        /// A file.
        "file" File {
            /// From an upload.
            media_id: String,
        }
        /// A card with text that leads to a page.
        "textcard" Textcard {
            /// At most 128 bytes.
            title: String,
            /// At most 512 bytes; `<div class="gray">` and some others work.
            description: String,
            /// At most 2048 bytes.
            url: String,
            /// At most 4 characters.
            btntxt: Option<String>,
        }
        /// Pictures with text that lead to pages.
        "news" News {
            /// 1 to 8.
            articles: Vec<Article>,
        }
        /// Articles that 企业微信 keeps itself.
        "mpnews" Mpnews {
            /// 1 to 8.
            articles: Vec<Page>,
        }
        /// A small part of Markdown.
        "markdown" Markdown {
            /// At most 2048 bytes.
            content: String,
        }
        /// A card of a mini program.
        "miniprogram_notice" MiniprogramNotice {
            /// The mini program.
            appid: String,
            /// With its query.
            page: Option<String>,
            /// 4 to 12 characters.
            title: String,
            /// 4 to 12 characters.
            description: Option<String>,
            /// Shows the first item large.
            emphasis_first_item: Option<bool>,
            /// At most 10.
            content_item: Vec<Item>,
        }
        /// A card with one or two buttons; `template_card` has taken its place.
        "interactive_taskcard" InteractiveTaskcard {
            /// At most 128 bytes.
            title: String,
            /// At most 512 bytes.
            description: String,
            /// Where a tap on the card leads; at most 2048 bytes.
            url: Option<String>,
            /// What `taskcard_click` calls it; unique for the application, at most 128 bytes.
            task_id: String,
            /// 1 or 2.
            btn: Vec<TaskButton>,
        }
        /// An interactive card.
        "template_card" TemplateCard {
            /// Its `card_type` and what belongs to it; reference section 12.3.
            #[serde(flatten)]
            card: Value,
        }
    }
}

/// An article that leads to a page.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Article {
    /// At most 128 bytes.
    pub title: String,
    /// At most 512 bytes.
    pub description: Option<String>,
    /// At most 2048 bytes; or a mini program.
    pub url: Option<String>,
    /// The picture.
    pub picurl: Option<String>,
    /// The mini program.
    pub appid: Option<String>,
    /// With its query.
    pub pagepath: Option<String>,
}

/// An article with its text.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Page {
    /// At most 128 bytes.
    pub title: String,
    /// Its cover, from an upload.
    pub thumb_media_id: String,
    /// At most 64 bytes.
    pub author: Option<String>,
    /// Where "read more" leads.
    pub content_source_url: Option<String>,
    /// HTML, at most 666 KB.
    pub content: String,
    /// At most 512 bytes.
    pub digest: Option<String>,
}

/// A line of a mini-program card.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Item {
    /// At most 10 characters.
    pub key: String,
    /// At most 30 characters.
    pub value: String,
}

/// A button of an `interactive_taskcard`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TaskButton {
    /// Comes as `EventKey`.
    pub key: String,
    /// What stands on it.
    pub name: String,
    /// `red` or `blue`.
    pub color: Option<String>,
    /// Shows it bold.
    pub is_bold: Option<bool>,
}

impl Body {
    fn check(&self) -> Result<(), Limit> {
        let empty = String::new();
        match self {
            Self::Text { content } => limit::bytes("text.content", content, 2048),
            Self::Markdown { content } => limit::bytes("markdown.content", content, 2048),
            Self::Video { title, description, .. } => {
                limit::bytes("video.title", title.as_ref().unwrap_or(&empty), 128)?;
                let description = description.as_ref().unwrap_or(&empty);
                limit::bytes("video.description", description, 512)
            }
            Self::Textcard { title, description, url, btntxt } => {
                limit::bytes("textcard.title", title, 128)?;
                limit::bytes("textcard.description", description, 512)?;
                limit::bytes("textcard.url", url, 2048)?;
                limit::chars("textcard.btntxt", btntxt.as_ref().unwrap_or(&empty), 4)
            }
            Self::News { articles } => {
                limit::between("news.articles", articles.len(), 1..=8, "articles")?;
                articles.iter().try_for_each(Article::check)
            }
            Self::Mpnews { articles } => {
                limit::between("mpnews.articles", articles.len(), 1..=8, "articles")?;
                articles.iter().try_for_each(Page::check)
            }
            Self::MiniprogramNotice { title, content_item, .. } => {
                let length = title.chars().count();
                limit::between("miniprogram_notice.title", length, 4..=12, "characters")?;
                let items = content_item.len();
                limit::at_most("miniprogram_notice.content_item", items, 10, "items")
            }
            Self::InteractiveTaskcard { title, description, url, task_id, btn } => {
                limit::bytes("interactive_taskcard.title", title, 128)?;
                limit::bytes("interactive_taskcard.description", description, 512)?;
                let url = url.as_ref().unwrap_or(&empty);
                limit::bytes("interactive_taskcard.url", url, 2048)?;
                limit::bytes("interactive_taskcard.task_id", task_id, 128)?;
                limit::between("interactive_taskcard.btn", btn.len(), 1..=2, "buttons")
            }
            Self::Image { .. }
            | Self::Voice { .. }
            | Self::File { .. }
            | Self::TemplateCard { .. } => Ok(()),
        }
    }
}

impl Article {
    fn check(&self) -> Result<(), Limit> {
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        limit::bytes("news.articles.title", &self.title, 128)?;
        limit::bytes("news.articles.description", &text(&self.description), 512)?;
        limit::bytes("news.articles.url", &text(&self.url), 2048)
    }
}

impl Page {
    fn check(&self) -> Result<(), Limit> {
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        limit::bytes("mpnews.articles.title", &self.title, 128)?;
        limit::bytes("mpnews.articles.author", &text(&self.author), 64)?;
        limit::bytes("mpnews.articles.digest", &text(&self.digest), 512)?;
        limit::bytes("mpnews.articles.content", &self.content, 666 << 10)
    }
}

api! {
    /// Sends to members, parties and tags; at least one of them.
    Post "/cgi-bin/message/send", Send {
        /// `u1|u2`, at most 1,000, or `@all`.
        touser: Option<String>,
        /// `1|2`, at most 100.
        toparty: Option<String>,
        /// `1|2`, at most 100.
        totag: Option<String>,
        /// The application.
        agentid: u32,
        /// What it says.
        #[serde(flatten, serialize_with = "typed")]
        body: Body,
        /// 1: confidential, with a watermark; 2 (mpnews): within the company only.
        safe: Option<u8>,
        /// 1 shows names in place of ids.
        enable_id_trans: Option<u8>,
        /// 1 drops a message that equals one of the last `duplicate_check_interval` seconds.
        enable_duplicate_check: Option<u8>,
        /// 1800 where none is given; at most 14,400.
        duplicate_check_interval: Option<u32>,
    } -> Sent, check: |it, platform| {
        limit::only_on(&[Platform::Wecom], platform, "message of an application")?;
        check_receivers([&it.touser, &it.toparty, &it.totag])?;
        let interval = it.duplicate_check_interval.unwrap_or(0);
        limit::value("duplicate_check_interval", interval <= 14_400, "at most 14400 seconds")?;
        it.body.check()
    };

    /// Takes a message back, within 24 hours.
    #[derive(Default)]
    Post "/cgi-bin/message/recall", Recall {
        /// From sending it.
        msgid: String,
    } -> Done;

    /// Changes a card that somebody tapped: its button, or the whole card.
    #[derive(Default)]
    Post "/cgi-bin/message/update_template_card", UpdateCard {
        /// For whom.
        userids: Vec<String>,
        /// For these parties.
        partyids: Option<Vec<i64>>,
        /// For these tags.
        tagids: Option<Vec<i64>>,
        /// 1: for all who have it.
        atall: Option<u8>,
        /// The application.
        agentid: u32,
        /// From sending it or from the tap; works once, within 72 hours.
        response_code: String,
        /// What stands on the button from now on.
        button: Option<Button>,
        /// The new card, instead of `button`; may have `replace_text`.
        template_card: Option<Value>,
        /// 1 shows names in place of ids.
        enable_id_trans: Option<u8>,
    } -> Updated;

    /// How many messages the applications sent.
    #[derive(Default)]
    Post "/cgi-bin/message/get_statistics", Statistics {
        /// 0: today, 1: yesterday.
        time_type: u8,
    } -> Value;

    /// Makes a group chat.
    #[derive(Default)]
    Post "/cgi-bin/appchat/create", CreateChat {
        /// At most 50 characters.
        name: Option<String>,
        /// Its owner; a member where none is given.
        owner: Option<String>,
        /// 2 to 2,000.
        userlist: Vec<String>,
        /// What it is called; drawn where none is given.
        chatid: Option<String>,
    } -> Chat, check: |it, _| limit::between("userlist", it.userlist.len(), 2..=2_000, "members");

    /// Changes a group chat.
    #[derive(Default)]
    Post "/cgi-bin/appchat/update", UpdateChat {
        /// Which.
        chatid: String,
        /// Its new name.
        name: Option<String>,
        /// Its new owner.
        owner: Option<String>,
        /// Who comes in.
        add_user_list: Option<Vec<String>>,
        /// Who leaves.
        del_user_list: Option<Vec<String>>,
    } -> Done;

    /// A group chat.
    #[derive(Default)]
    Get "/cgi-bin/appchat/get", GetChat {
        /// Which.
        chatid: String,
    } -> Value;

    /// Sends into a group chat that the application made.
    Post "/cgi-bin/appchat/send", SendToChat {
        /// Which.
        chatid: String,
        /// What it says.
        #[serde(flatten, serialize_with = "typed")]
        body: Body,
        /// 1: confidential, with a watermark.
        safe: Option<u8>,
    } -> Done, check: |it, platform| {
        limit::only_on(&[Platform::Wecom], platform, "message to a group chat")?;
        it.body.check()
    };
}

/// The most members, parties and tags of one message.
const RECEIVERS: [(&str, usize); 3] = [("touser", 1_000), ("toparty", 100), ("totag", 100)];

fn check_receivers(lists: [&Option<String>; 3]) -> Result<(), Limit> {
    let given = |list: &&Option<String>| list.as_ref().is_some_and(|it| !it.is_empty());
    limit::value("touser", lists.iter().any(given), "given, or `toparty`, or `totag`")?;
    for ((field, most), list) in RECEIVERS.into_iter().zip(lists) {
        let count = list.as_deref().unwrap_or_default().split('|').count();
        limit::at_most(field, count, most, "receivers")?;
    }
    Ok(())
}

/// What stands on the button of a card from now on.
#[derive(Clone, Debug, Serialize)]
pub struct Button {
    /// At most 10 characters.
    pub replace_name: String,
}

answers! {
    /// A message that was taken, but for those who are named.
    Sent {
        /// `|` between them.
        invaliduser: String,
        /// `|` between them.
        invalidparty: String,
        /// `|` between them.
        invalidtag: String,
        /// Members without a licence; `|` between them.
        unlicenseduser: String,
        /// For taking it back.
        msgid: String,
        /// For changing the card.
        response_code: String,
    }
    /// A card that was changed, but for those who are named.
    Updated {
        /// Who.
        invaliduser: Vec<String>,
    }
    /// A new group chat.
    Chat {
        /// What it is called.
        chatid: String,
    }
}
