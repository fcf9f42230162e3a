//! WeChat customer service (微信客服) of 企业微信: fetching what customers wrote, and answering.
//!
//! A callback `kf_msg_or_event` only says that there is something; where the last fetch ended is
//! kept in the store. Source: "WeChat customer service", reference section 12.7.

use std::time::Duration;

use serde_json::Value;

use super::Client;
use super::api::Done;
use super::api::answers;
use super::api::api;
use super::api::bodies;
use super::api::typed;
use super::error::PlatformError;
use super::limit;

/// The most messages of one fetch.
pub const PAGE: u32 = 1_000;

/// How long a cursor is kept. WeChat keeps messages for 3 days, so an older one is of no use.
const CURSOR_LIFE: Duration = Duration::from_hours(24 * 30);

bodies! {
    /// What a message to a customer says.
    Body {
        /// Text.
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
        }
        /// A file.
        "file" File {
            /// From an upload.
            media_id: String,
        }
        /// A card that leads to a page.
        "link" Link {
            /// On the card.
            title: String,
            /// On the card.
            desc: Option<String>,
            /// Where it leads.
            url: String,
            /// The picture, from an upload.
            thumb_media_id: String,
        }
        /// A card that leads into a mini program.
        "miniprogram" Miniprogram {
            /// The mini program.
            appid: String,
            /// On the card.
            title: Option<String>,
            /// The picture, from an upload.
            thumb_media_id: String,
            /// With its query.
            pagepath: String,
        }
        /// Choices to tap.
        "msgmenu" Msgmenu {
            /// Above the choices.
            head_content: Option<String>,
            /// `{"type":"click","click":{"id":…,"content":…}}`, `view`, `miniprogram`, `text`.
            list: Vec<Value>,
            /// Below them.
            tail_content: Option<String>,
        }
        /// A place.
        "location" Location {
            /// Its name.
            name: Option<String>,
            /// Its address.
            address: Option<String>,
            /// In degrees.
            latitude: f64,
            /// In degrees.
            longitude: f64,
        }
        /// A member's card.
        "business_card" BusinessCard {
            /// The member.
            userid: String,
        }
        /// A link of customer acquisition (获客助手).
        "ca_link" CaLink {
            /// It.
            link_url: String,
        }
    }
}

impl Body {
    fn check(&self) -> Result<(), super::Limit> {
        match self {
            Self::Text { content } => limit::bytes("text.content", content, 2048),
            _ => Ok(()),
        }
    }
}

api! {
    /// Fetches one page; [`Client::kf_page`] begins where the last one ended.
    #[derive(Default)]
    Post "/cgi-bin/kf/sync_msg", Sync {
        /// Where the page before ended; none: the last 3 days.
        cursor: Option<String>,
        /// Of the callback, good for 10 minutes; without one the calls are counted strictly.
        token: Option<String>,
        /// At most 1,000.
        limit: u32,
        /// 0: AMR, 1: silk.
        voice_format: Option<u8>,
        /// The customer-service account.
        open_kfid: String,
    } -> Page, check: |it, _| limit::value("limit", (1..=PAGE).contains(&it.limit), "1 to 1000");

    /// Answers a customer: at most 5 messages in the 48 hours after their last.
    Post "/cgi-bin/kf/send_msg", Send {
        /// The customer.
        touser: String,
        /// The customer-service account.
        open_kfid: String,
        /// The same id is sent once; at most 32 bytes.
        msgid: Option<String>,
        /// What it says.
        #[serde(flatten, serialize_with = "typed")]
        body: Body,
    } -> Sent, check: |it, _| {
        limit::bytes("msgid", it.msgid.as_deref().unwrap_or_default(), 32)?;
        it.body.check()
    };

    /// Greets a customer who came in, within 20 seconds: text or a menu.
    Post "/cgi-bin/kf/send_msg_on_event", SendOnEvent {
        /// `welcome_code` of the event.
        code: String,
        /// The same id is sent once; at most 32 bytes.
        msgid: Option<String>,
        /// What it says.
        #[serde(flatten, serialize_with = "typed")]
        body: Body,
    } -> Sent, check: |it, _| {
        limit::bytes("msgid", it.msgid.as_deref().unwrap_or_default(), 32)?;
        it.body.check()
    };

    /// Who serves a customer.
    #[derive(Default)]
    Post "/cgi-bin/kf/service_state/get", GetState {
        /// The customer-service account.
        open_kfid: String,
        /// The customer.
        external_userid: String,
    } -> State;

    /// Gives a customer to somebody.
    #[derive(Default)]
    Post "/cgi-bin/kf/service_state/trans", SetState {
        /// The customer-service account.
        open_kfid: String,
        /// The customer.
        external_userid: String,
        /// 0 new, 1 the machine, 2 the queue, 3 a member, 4 ended.
        service_state: u8,
        /// The member, in state 3.
        servicer_userid: Option<String>,
    } -> Done;
}

answers! {
    /// What customers wrote, and what happened.
    Page {
        /// Where the next page begins.
        next_cursor: String,
        /// 1: there is more.
        has_more: u8,
        /// As WeChat writes them; each has `msgid`, `msgtype`, `origin`.
        msg_list: Vec<Value>,
    }
    /// A message that was taken.
    Sent {
        /// What `msg_send_fail` would call it.
        msgid: String,
    }
    /// Who serves a customer.
    State {
        /// 0 new, 1 the machine, 2 the queue, 3 a member, 4 ended.
        service_state: u8,
        /// The member.
        servicer_userid: String,
    }
}

impl Client {
    /// The next page of `open_kfid`, beginning where [`Client::keep_kf_cursor`] was last told.
    /// `token` is that of the callback.
    ///
    /// Keep the cursor once the page is dealt with: after a crash in between it comes again, and
    /// `msgid` tells what was seen.
    ///
    /// # Errors
    ///
    /// [`PlatformError`]
    pub async fn kf_page(
        &self,
        open_kfid: &str,
        token: Option<&str>,
    ) -> Result<Page, PlatformError> {
        let kept = self.world.store.get(self.now(), &self.cursor_key(open_kfid)).await?;
        let fetch = Sync {
            cursor: kept.and_then(|it| String::from_utf8(it).ok()),
            token: token.map(str::to_owned),
            limit: PAGE,
            voice_format: Some(0),
            open_kfid: open_kfid.to_owned(),
        };
        self.call(&fetch).await
    }

    /// The page that ended at `next_cursor` is dealt with.
    ///
    /// # Errors
    ///
    /// That of the store.
    pub async fn keep_kf_cursor(
        &self,
        open_kfid: &str,
        next_cursor: &str,
    ) -> Result<(), PlatformError> {
        let (key, value) = (self.cursor_key(open_kfid), next_cursor.as_bytes().to_vec());
        Ok(self.world.store.set(self.now(), &key, Some(value), CURSOR_LIFE).await?)
    }

    fn cursor_key(&self, open_kfid: &str) -> String {
        format!("kf/{}/{open_kfid}", self.app_id())
    }
}
