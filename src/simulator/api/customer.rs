//! Customer-service messages and the typing indicator.
//!
//! Sources: "Customer service messages: send", "Customer service input status".

use serde_json::Value;

use super::call::Call;
use super::call::Outcome;
use super::call::done;
use super::call::items;
use super::call::text;
use super::endpoint::Endpoint;
use super::endpoint::MINI;
use super::endpoint::MP;
use super::endpoint::OFFICIAL;
use super::endpoint::post;
use super::refusal::Refusal;
use super::refusal::refuse;
use super::refusal::refuse_with;
use crate::simulator::world::user::Closed;
use crate::wechat::Platform;

#[rustfmt::skip]
pub(super) const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/message/custom/send", MP, "send a customer-service message", send).daily(500_000),
    post("/cgi-bin/message/custom/typing", OFFICIAL, "show or end the typing indicator", typing),
    post("/cgi-bin/message/custom/business/typing", MINI, "show or end the typing indicator", typing),
];

/// The longest text, in bytes. Source: community reports; unconfirmed officially.
const TEXT_BYTES: usize = 2_048;

/// Seconds an exchange may be past for typing to be shown, and for which it is shown.
const TYPING_AFTER: i64 = 30;
const TYPING_SHOWN: i64 = 15;

/// One `msgtype`: who may send it, and which members its object needs.
struct Kind {
    name: &'static str,
    on: u8,
    needs: &'static [&'static str],
    /// Members that are media ids, and the kinds of file they may be.
    media: &'static [(&'static str, &'static [&'static str])],
    /// The member that is shown.
    shows: &'static str,
}

#[rustfmt::skip]
const KINDS: &[Kind] = &[
    Kind { name: "text", on: MP, needs: &[], media: &[], shows: "content" },
    Kind { name: "image", on: MP, needs: &[], media: &[("media_id", &["image"])], shows: "media_id" },
    Kind { name: "voice", on: OFFICIAL, needs: &[], media: &[("media_id", &["voice"])], shows: "media_id" },
    Kind { name: "video", on: OFFICIAL, needs: &[], media: &[("media_id", &["video"]), ("thumb_media_id", &["thumb", "image"])], shows: "title" },
    Kind { name: "music", on: OFFICIAL, needs: &["musicurl", "hqmusicurl"], media: &[("thumb_media_id", &["thumb", "image"])], shows: "title" },
    Kind { name: "news", on: OFFICIAL, needs: &[], media: &[], shows: "" },
    Kind { name: "mpnews", on: OFFICIAL, needs: &[], media: &[("media_id", &["news"])], shows: "media_id" },
    Kind { name: "mpnewsarticle", on: OFFICIAL, needs: &["article_id"], media: &[], shows: "article_id" },
    Kind { name: "msgmenu", on: OFFICIAL, needs: &[], media: &[], shows: "head_content" },
    Kind { name: "wxcard", on: OFFICIAL, needs: &["card_id"], media: &[], shows: "card_id" },
    Kind { name: "miniprogrampage", on: MP, needs: &["pagepath"], media: &[("thumb_media_id", &["thumb", "image"])], shows: "title" },
    Kind { name: "link", on: MP, needs: &["title", "url"], media: &[], shows: "title" },
];

fn send(call: &mut Call<'_>) -> Outcome {
    let to = call.text("touser", 40003)?;
    let body = std::mem::take(&mut call.body);
    let (kind, content) = (text(&body, "msgtype"), &body[text(&body, "msgtype")]);
    let shown = check(call, kind, content)?;
    if let Some(operator) = body["customservice"]["kf_account"].as_str() {
        super::operator::check(call, operator)?;
    }
    let now = call.now;
    let user = call.follower(&to)?;
    if user.is_blocked {
        return Err(refuse(43019));
    }
    user.spend(now).map_err(|closed| match closed {
        Closed::Window => refuse(45015),
        Closed::Allowance => refuse(45047),
    })?;
    user.typing_until = now;
    call.push(&to, kind, &shown, body.clone());
    done()
}

/// What can be read of the message, if it may be sent.
fn check(call: &Call<'_>, kind: &str, content: &Value) -> Result<String, Refusal> {
    let Some(kind) = KINDS.iter().find(|it| it.name == kind) else { return Err(refuse(40008)) };
    let is_mini = call.account.platform == Platform::MiniProgram;
    if is_mini && kind.on & MINI == 0 {
        return Err(refuse(48008));
    }
    for name in kind.needs {
        if text(content, name).is_empty() {
            return Err(refuse_with(40035, format!("invalid parameter: {}.{name}", kind.name)));
        }
    }
    for (name, kinds) in kind.media {
        call.check_media(text(content, name), kinds)?;
    }
    match kind.name {
        "text" => check_text(text(content, "content"))?,
        "news" => return check_news(content),
        "msgmenu" if items(content, "list").is_empty() => {
            return Err(refuse_with(40035, "invalid parameter: msgmenu.list"));
        }
        "miniprogrampage" if !is_mini && text(content, "appid").is_empty() => {
            return Err(refuse(40166));
        }
        _ => {}
    }
    Ok(text(content, kind.shows).to_owned())
}

fn check_text(content: &str) -> Result<(), Refusal> {
    match content.len() {
        0 => Err(refuse(44004)),
        length if length > TEXT_BYTES => Err(refuse(45002)),
        _ => Ok(()),
    }
}

fn check_news(content: &Value) -> Result<String, Refusal> {
    match items(content, "articles") {
        [] => Err(refuse(44003)),
        [article] => Ok(text(article, "title").to_owned()),
        _ => Err(refuse(45008)),
    }
}

fn typing(call: &mut Call<'_>) -> Outcome {
    let to = call.text("touser", 40003)?;
    let command = text(&call.body, "command").to_owned();
    let now = call.now;
    let user = call.follower(&to)?;
    match command.as_str() {
        "CancelTyping" => user.typing_until = now,
        "Typing" => {
            if user.last_exchange.is_none_or(|at| now - at > TYPING_AFTER) {
                return Err(refuse(45080));
            }
            if user.typing_until > now {
                return Err(refuse(45081));
            }
            user.typing_until = now + TYPING_SHOWN;
        }
        _ => return Err(refuse(45072)),
    }
    done()
}
