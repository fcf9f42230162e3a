//! What may be said to whom, and how much of it.

use super::Reply;
use crate::wechat::Platform;
use crate::wechat::inbound::Family;
use crate::wechat::inbound::Inbound;
use crate::wechat::limits;

/// Why a reply cannot be sent.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// The platform does not take this type of reply here.
    #[error("{platform} takes no passive reply of type `{reply}` to `{inbound}`")]
    NotAllowed {
        /// The reply's type.
        reply: &'static str,
        /// The platform's name.
        platform: &'static str,
        /// What was to be answered.
        inbound: String,
    },
    /// A text over [`limits::REPLY_TEXT_BYTES`], and the account refuses to split.
    #[error("the text has {bytes} bytes, a passive reply takes {}", limits::REPLY_TEXT_BYTES)]
    TextTooLong {
        /// Its length.
        bytes: usize,
    },
    /// A news reply without articles.
    #[error("the news reply has no article")]
    NoArticles,
}

/// A reply that fits, and what did not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fitted {
    /// What goes out now.
    pub reply: Reply,
    /// The rest of a text, in parts that each fit.
    pub rest: Vec<String>,
    /// Articles beyond the platform's limit, which are not sent.
    pub articles_cut: usize,
}

/// Events that 企业微信 lets us answer. Source: 企业微信 document 90241.
const WECOM_EVENTS: &[&str] = &[
    "LOCATION",
    "click",
    "enter_agent",
    "scancode_waitmsg",
    "subscribe",
    "template_card_event",
    "template_card_menu_event",
    "taskcard_click",
    "view",
    "view_miniprogram",
];

impl Reply {
    /// Checks that this may be said to `inbound`, and makes it fit.
    ///
    /// # Errors
    ///
    /// [`ReplyError`] names the limit.
    pub fn fit(
        self,
        inbound: &Inbound,
        platform: Platform,
        may_split: bool,
    ) -> Result<Fitted, ReplyError> {
        if !self.is_allowed(inbound, platform) {
            return Err(ReplyError::NotAllowed {
                reply: self.type_name(),
                platform: platform.name(),
                inbound: inbound.type_name(),
            });
        }
        match self {
            // A robot's markdown has no such limit.
            Self::Text(text) if platform != Platform::WecomBot => fit_text(text, may_split),
            Self::News(articles) if articles.is_empty() => Err(ReplyError::NoArticles),
            Self::News(mut articles) => {
                let is_message = inbound.family() == Family::Message;
                let limit = match is_message && !platform.is_wecom() {
                    true => limits::NEWS_TO_A_MESSAGE,
                    false => limits::NEWS_TO_AN_EVENT,
                };
                let articles_cut = articles.len().saturating_sub(limit);
                articles.truncate(limit);
                Ok(Fitted { reply: Self::News(articles), articles_cut, ..Fitted::default() })
            }
            reply => Ok(Fitted { reply, ..Fitted::default() }),
        }
    }

    fn is_allowed(&self, inbound: &Inbound, platform: Platform) -> bool {
        if matches!(self, Self::Success) {
            return true;
        }
        let is_conversation = matches!(inbound.family(), Family::Message | Family::Event);
        match platform {
            Platform::OfficialAccount | Platform::OpenPlatform => {
                is_conversation && self.suits_official_account()
            }
            Platform::MiniProgram => {
                matches!(self, Self::Result { .. })
                    || matches!(self, Self::Transfer { kf_account: None }) && is_conversation
            }
            Platform::Wecom => {
                let is_answered = match inbound.family() {
                    Family::Message => true,
                    Family::Event => WECOM_EVENTS.contains(&inbound.name()),
                    _ => false,
                };
                is_answered && self.suits_wecom()
            }
            Platform::WecomBot => {
                matches!(self, Self::Text(_) | Self::TemplateCard(_) | Self::Stream { .. })
            }
        }
    }

    fn suits_official_account(&self) -> bool {
        !matches!(
            self,
            Self::UpdateButton { .. }
                | Self::UpdateTaskcard { .. }
                | Self::TemplateCard(_)
                | Self::Stream { .. }
        )
    }

    fn suits_wecom(&self) -> bool {
        !matches!(
            self,
            Self::Music { .. } | Self::Transfer { .. } | Self::Result { .. } | Self::Stream { .. }
        )
    }
}

fn fit_text(text: String, may_split: bool) -> Result<Fitted, ReplyError> {
    if text.len() <= limits::REPLY_TEXT_BYTES {
        return Ok(Fitted { reply: Reply::Text(text), ..Fitted::default() });
    }
    if !may_split {
        return Err(ReplyError::TextTooLong { bytes: text.len() });
    }
    let mut parts = split(&text, limits::REPLY_TEXT_BYTES).map(str::to_owned);
    let reply = Reply::text(parts.next().unwrap_or_default());
    Ok(Fitted { reply, rest: parts.collect(), articles_cut: 0 })
}

/// Cuts `text` into parts of at most `limit` bytes: behind a line, a sentence, a clause or a blank
/// if one stands in the second half of the part, and never inside a character. Nothing is lost:
/// the parts together are the text. A `limit` under four bytes still takes one character a part.
pub fn split(text: &str, limit: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (part, tail) = rest.split_at(cut(rest, limit));
        rest = tail;
        Some(part)
    })
}

const ENDS: [&[char]; 4] =
    [&['\n'], &['。', '！', '？', '!', '?', '…'], &['，', '；', ',', ';', '、'], &[' ']];

fn cut(text: &str, limit: usize) -> usize {
    if text.len() <= limit {
        return text.len();
    }
    let end = text.floor_char_boundary(limit);
    if end == 0 {
        return text.chars().next().map_or(0, char::len_utf8);
    }
    let part = &text[..end];
    let after = |ends: &&[char]| {
        let (at, letter) = part.char_indices().rfind(|(_, letter)| ends.contains(letter))?;
        Some(at + letter.len_utf8()).filter(|at| *at > end / 2)
    };
    ENDS.iter().find_map(after).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_text_is_cut_behind_a_sentence_and_never_inside_a_character() {
        assert_eq!(split("你好。再见！ok", 19).collect::<Vec<_>>(), ["你好。再见！", "ok"]);
        assert_eq!(split("👋👋👋", 5).collect::<Vec<_>>(), ["👋", "👋", "👋"]);
        assert_eq!(split("一二三", 2).collect::<Vec<_>>(), ["一", "二", "三"]);
        assert_eq!(split("", 5).count(), 0);
    }
}
