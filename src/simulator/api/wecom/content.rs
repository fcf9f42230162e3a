//! The messages of 企业微信 by `msgtype`: what their objects need, and how long they may be.
//!
//! Source: 企业微信 90236 "Send application messages".

use serde_json::Value;

use super::card;
use crate::simulator::api::call::Call;
use crate::simulator::api::call::items;
use crate::simulator::api::call::text;
use crate::simulator::api::refusal::Refusal;
use crate::simulator::api::refusal::refuse;
use crate::simulator::api::refusal::refuse_with;

/// Where a message may be sent.
pub(in crate::simulator::api) const APP: u8 = 1;
/// Into an application chat.
pub(in crate::simulator::api) const CHAT: u8 = 2;
/// By a robot of a group.
pub(in crate::simulator::api) const ROBOT: u8 = 4;

/// One `msgtype`.
struct Kind {
    name: &'static str,
    on: u8,
    /// Members that have to be there, and their most bytes.
    needs: &'static [(&'static str, usize)],
    /// The kinds of file that `media_id` may be; none for no `media_id`.
    media: &'static [&'static str],
    /// The member that is shown.
    shows: &'static str,
}

#[rustfmt::skip]
const KINDS: &[Kind] = &[
    Kind { name: "text", on: APP | CHAT | ROBOT, needs: &[("content", 2_048)], media: &[], shows: "content" },
    Kind { name: "image", on: APP | CHAT, needs: &[], media: &["image"], shows: "media_id" },
    Kind { name: "image", on: ROBOT, needs: &[("base64", 2_796_204), ("md5", 32)], media: &[], shows: "md5" },
    Kind { name: "voice", on: APP | CHAT | ROBOT, needs: &[], media: &["voice"], shows: "media_id" },
    Kind { name: "video", on: APP | CHAT, needs: &[], media: &["video"], shows: "title" },
    Kind { name: "file", on: APP | CHAT | ROBOT, needs: &[], media: &["file"], shows: "media_id" },
    Kind { name: "textcard", on: APP | CHAT, needs: &[("title", 128), ("description", 512), ("url", 2_048)], media: &[], shows: "title" },
    Kind { name: "news", on: APP | CHAT | ROBOT, needs: &[], media: &[], shows: "" },
    Kind { name: "mpnews", on: APP | CHAT, needs: &[], media: &[], shows: "" },
    Kind { name: "markdown", on: APP | CHAT, needs: &[("content", 2_048)], media: &[], shows: "content" },
    Kind { name: "markdown", on: ROBOT, needs: &[("content", 4_096)], media: &[], shows: "content" },
    Kind { name: "markdown_v2", on: ROBOT, needs: &[("content", 4_096)], media: &[], shows: "content" },
    Kind { name: "miniprogram_notice", on: APP, needs: &[("appid", 64), ("title", 48)], media: &[], shows: "title" },
    Kind { name: "interactive_taskcard", on: APP, needs: &[("title", 128), ("description", 512), ("task_id", 128)], media: &[], shows: "title" },
    Kind { name: "template_card", on: APP | ROBOT, needs: &[], media: &[], shows: "" },
];

/// Articles of one message.
const ARTICLES: std::ops::RangeInclusive<usize> = 1..=8;

/// What can be read of the message `body` to `place`, if it may be sent there.
///
/// # Errors
///
/// The errcode of the first thing that is wrong.
pub(in crate::simulator::api) fn check(
    call: &Call<'_>,
    body: &Value,
    place: u8,
) -> Result<String, Refusal> {
    let name = text(body, "msgtype");
    let kind = KINDS.iter().find(|it| it.name == name && it.on & place != 0);
    let kind = kind.ok_or_else(|| refuse(40008))?;
    let content = &body[name];
    if !content.is_object() {
        return Err(refuse_with(40063, format!("some parameters are empty: {name}")));
    }
    for (member, most) in kind.needs {
        match text(content, member).len() {
            0 if *member == "content" => return Err(refuse(44004)),
            0 => return Err(refuse_with(40058, format!("missing {name}.{member}"))),
            // A text of an application is cut; a robot refuses it.
            length if length > *most && place == ROBOT => {
                return Err(refuse_with(
                    40058,
                    format!("{name}.{member} exceed max length {most}"),
                ));
            }
            length if length > *most && *member != "content" => return Err(refuse(45002)),
            _ => {}
        }
    }
    if !kind.media.is_empty() {
        call.check_media(text(content, "media_id"), kind.media)?;
    }
    match name {
        "news" | "mpnews" => check_articles(call, name, items(content, "articles")),
        "template_card" => card::check(content, place),
        "miniprogram_notice" if items(content, "content_item").len() > 10 => {
            Err(refuse_with(40058, "content_item exceed max size 10"))
        }
        _ => Ok(text(content, kind.shows).to_owned()),
    }
}

fn check_articles(call: &Call<'_>, name: &str, articles: &[Value]) -> Result<String, Refusal> {
    if !ARTICLES.contains(&articles.len()) {
        return Err(refuse(45008));
    }
    for article in articles {
        if text(article, "title").is_empty() {
            return Err(refuse_with(40058, format!("missing {name}.articles.title")));
        }
        if name == "mpnews" {
            call.check_media(text(article, "thumb_media_id"), &["image"])?;
        } else if text(article, "url").is_empty() && text(article, "appid").is_empty() {
            return Err(refuse_with(40058, "missing news.articles.url"));
        }
    }
    let titles = articles.iter().map(|article| text(article, "title"));
    Ok(titles.collect::<Vec<_>>().join(" / "))
}
