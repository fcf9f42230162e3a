//! Mass messages (群发) of 公众号: to all, to a tag, to a list; the preview, the state, the speed.
//!
//! Source: "Mass sending", reference section 9.5.

use serde::Serialize;

use super::api::Done;
use super::api::answers;
use super::api::api;
use super::api::bodies;
use super::api::typed;
use super::limit;
use super::limit::Limit;

/// The longest `clientmsgid`, in bytes. Source: errcode 45067.
pub const CLIENT_MSG_ID_BYTES: usize = 64;

/// WeChat had sent it before, and says under which id.
const SENT_BEFORE: &[i64] = &[45065];

bodies! {
    /// What a mass message says.
    Body {
        /// Articles of the material or of a draft.
        "mpnews" Mpnews {
            /// Theirs.
            media_id: String,
        }
        /// Text.
        "text" Text {
            /// What it says.
            content: String,
        }
        /// A voice message.
        "voice" Voice {
            /// From an upload.
            media_id: String,
        }
        /// One picture; in a preview only.
        "image" Image {
            /// From an upload.
            media_id: String,
        }
        /// Pictures; not in a preview.
        "images" => "image" Images {
            /// From uploads.
            media_ids: Vec<String>,
            /// The words above them.
            recommend: Option<String>,
            /// 1 opens comments.
            need_open_comment: Option<u8>,
            /// 1 opens them for followers only.
            only_fans_can_comment: Option<u8>,
        }
        /// A video of the material.
        "mpvideo" Mpvideo {
            /// From the material.
            media_id: String,
            /// Above it.
            title: Option<String>,
            /// Below it.
            description: Option<String>,
        }
        /// A coupon.
        "wxcard" Wxcard {
            /// From the card API.
            card_id: String,
            /// What the card API wants with it.
            card_ext: Option<String>,
        }
    }
}

/// Who gets a message.
#[derive(Clone, Debug, Serialize)]
pub struct Filter {
    /// Every follower.
    pub is_to_all: bool,
    /// Those with this tag.
    pub tag_id: Option<i64>,
}

api! {
    /// Sends to all followers, or to those with a tag. How it ended comes later as
    /// `MASSSENDJOBFINISH`.
    Post "/cgi-bin/message/mass/sendall", SendAll {
        /// Who gets it.
        filter: Filter,
        /// What it says.
        #[serde(flatten, serialize_with = "typed")]
        body: Body,
        /// 1 sends also what WeChat takes for a reprint.
        send_ignore_reprint: Option<u8>,
        /// The same id is sent once; a second call gets the ids of the first.
        clientmsgid: Option<String>,
    } -> Sent, check: |it, _| check_id(it.clientmsgid.as_ref()), done: SENT_BEFORE;

    /// Sends to a list of followers.
    Post "/cgi-bin/message/mass/send", Send {
        /// 2 to 10,000.
        touser: Vec<String>,
        /// What it says.
        #[serde(flatten, serialize_with = "typed")]
        body: Body,
        /// 1 sends also what WeChat takes for a reprint.
        send_ignore_reprint: Option<u8>,
        /// The same id is sent once; a second call gets the ids of the first.
        clientmsgid: Option<String>,
    } -> Sent, check: |it, _| {
        limit::between("touser", it.touser.len(), 2..=10_000, "recipients")?;
        check_id(it.clientmsgid.as_ref())
    }, done: SENT_BEFORE;

    /// Sends to one person, to see what it looks like: 100 a day.
    Post "/cgi-bin/message/mass/preview", Preview {
        /// By OpenID.
        touser: Option<String>,
        /// By WeChat name, before `touser`.
        towxname: Option<String>,
        /// What it says.
        #[serde(flatten, serialize_with = "typed")]
        body: Body,
    } -> Sent;

    /// How far a mass message is.
    #[derive(Default)]
    Post "/cgi-bin/message/mass/get", Get {
        /// From sending it.
        msg_id: i64,
    } -> Status;

    /// Takes the articles of a mass message away; who has read it keeps the card.
    #[derive(Default)]
    Post "/cgi-bin/message/mass/delete", Delete {
        /// From sending it.
        msg_id: i64,
        /// One article, counted from 1; all where none is given.
        article_idx: Option<u32>,
    } -> Done;

    /// How fast mass messages go out.
    Post "/cgi-bin/message/mass/speed/get", GetSpeed {} -> Speed;

    /// Sets how fast mass messages go out.
    #[derive(Default)]
    Post "/cgi-bin/message/mass/speed/set", SetSpeed {
        /// 0 (800,000 a minute) to 4 (100,000 a minute).
        speed: u8,
    } -> Done, check: |it, _| limit::value("speed", it.speed <= 4, "0 to 4");
}

fn check_id(id: Option<&String>) -> Result<(), Limit> {
    limit::bytes("clientmsgid", id.map_or("", String::as_str), CLIENT_MSG_ID_BYTES)
}

answers! {
    /// A mass message on its way.
    Sent {
        /// What the other calls, and `MASSSENDJOBFINISH`, call it.
        msg_id: i64,
        /// What the statistics call it.
        msg_data_id: Option<i64>,
    }
    /// How far a mass message is.
    Status {
        /// The message.
        msg_id: i64,
        /// `SENDING`, `SEND_SUCCESS`, `SEND_FAIL` or `DELETE`.
        msg_status: String,
    }
    /// How fast mass messages go out.
    Speed {
        /// 0 to 4.
        speed: u8,
        /// In 10,000 a minute.
        realspeed: i64,
    }
}
