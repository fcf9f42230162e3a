//! What services send by themselves to `/hook/CHANNEL`: what became of a notification, and what
//! people write back. ONE FILE AND ONE LINE for each service.
//!
//! A hook is pure: a request in, out come what it says and what is answered. Which proof it wants is
//! the kind's, never the request's to say; a channel without `hook_secret` has no hook.

mod dingtalk;
mod feishu;
mod json;
mod proof;
mod pushplus;
mod serverchan_bot;
mod slack;
mod sms_aliyun;
mod sms_tencent;
mod telegram;
mod upstream;
mod voice_aliyun;
mod voice_tencent;
mod wxpusher;

use std::fmt;
use std::time::Duration;

pub use self::upstream::Inline;
pub use self::upstream::Said;
pub use self::upstream::Upstream;
pub(crate) use self::upstream::reply_to;
use super::Setup;
use crate::code;
use crate::code::Code;
use crate::config::secret::Secret;
use crate::notification::Report;

/// Every kind of channel that has a hook. To add one: write its file, add its line.
pub const HOOKS: &[HookKind] = &[
    dingtalk::HOOK,
    feishu::HOOK,
    pushplus::HOOK,
    serverchan_bot::HOOK,
    slack::HOOK,
    sms_aliyun::HOOK,
    sms_tencent::HOOK,
    telegram::HOOK,
    voice_aliyun::HOOK,
    voice_tencent::HOOK,
    wxpusher::HOOK,
];

/// The hook of one kind of channel.
#[derive(Debug)]
pub struct HookKind {
    /// The kind's name.
    pub kind: &'static str,
    /// What `hook_secret` holds, in the words of the service.
    pub secret: &'static str,
    /// Another secret of the channel's settings that it reads; empty: none.
    pub other: &'static str,
    /// Whether it tells what became of notifications, so that nobody has to ask.
    tells: bool,
    /// Whether the request proves that the service has sent it. The time is since 1970.
    verify: fn(&Hook, &Arrived, Duration) -> Result<(), HookError>,
    /// What a proven request says.
    read: fn(&Hook, &Arrived) -> Result<Heard, HookError>,
    /// What a check of the address, a GET without anything in it, is answered.
    ready: Answer,
}

/// One request to a hook.
#[derive(Clone, Default)]
pub struct Arrived {
    /// It only asks whether anybody is there: a GET.
    pub is_check: bool,
    /// What stands behind the `?`.
    pub query: String,
    /// Names in small letters, and values.
    pub headers: Vec<(String, String)>,
    /// The body, within the server's limit.
    pub body: Vec<u8>,
}

impl fmt::Debug for Arrived {
    /// Nothing of what stands in it: all of it may be secret.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Arrived({} bytes)", self.body.len())
    }
}

impl Arrived {
    /// The value of a header; empty where there is none.
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(it, _)| it == name);
        found.map_or("", |(_, value)| value)
    }
}

/// What is answered, with the status 200.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// The `Content-Type`; empty where there is no body.
    pub content_type: &'static str,
    /// The body.
    pub body: std::borrow::Cow<'static, str>,
}

impl Answer {
    /// No body, as most services want it.
    const EMPTY: Self = Self::text("");

    const fn text(body: &'static str) -> Self {
        let content_type = if body.is_empty() { "" } else { "text/plain; charset=utf-8" };
        Self { content_type, body: std::borrow::Cow::Borrowed(body) }
    }

    /// A fixed JSON.
    const fn fixed(json: &'static str) -> Self {
        Self { content_type: "application/json", body: std::borrow::Cow::Borrowed(json) }
    }

    fn json(value: &serde_json::Value) -> Self {
        Self { content_type: "application/json", body: value.to_string().into() }
    }
}

/// What a request said.
#[derive(Clone, Debug)]
pub struct Heard {
    /// What is answered, unless the answer carries more.
    pub answer: Answer,
    /// What became of notifications.
    pub reports: Vec<Report>,
    /// What people wrote or did.
    pub upstream: Vec<Upstream>,
}

impl Heard {
    /// Nothing of interest.
    fn nothing(answer: Answer) -> Self {
        Self { answer, reports: Vec::new(), upstream: Vec::new() }
    }

    fn reports(answer: Answer, reports: Vec<Report>) -> Self {
        Self { answer, reports, upstream: Vec::new() }
    }

    fn upstream(answer: Answer, upstream: Vec<Upstream>) -> Self {
        Self { answer, reports: Vec::new(), upstream }
    }
}

/// Why a request to a hook was refused. Carries nothing of the request.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HookError {
    /// The secret is missing or another one.
    #[error("the secret is missing or another one")]
    Secret,
    /// The signature is missing or another one.
    #[error("the signature is missing or another one")]
    Signature,
    /// It was signed too long ago, or with another clock.
    #[error("it was signed at another time than now")]
    Stale,
    /// It is not what this service sends.
    #[error("the body has not the shape that this service gives it")]
    Unreadable,
}

impl HookError {
    /// Its line in the table of codes.
    pub fn code(self) -> Code {
        match self {
            Self::Secret => code::HOOK_SECRET,
            Self::Signature => code::HOOK_SIGNATURE,
            Self::Stale => code::HOOK_STALE,
            Self::Unreadable => code::HOOK_UNREADABLE,
        }
    }
}

/// The hook of one channel.
#[derive(Clone, Debug)]
pub struct Hook {
    kind: &'static HookKind,
    /// What proves that the service has sent something.
    secret: Secret,
    /// The other secret of its settings, if it has one.
    other: Option<Secret>,
}

impl Hook {
    /// The hook of a channel, if its kind has one and its owner has given a `hook_secret`.
    pub(super) fn read(setup: &Setup<'_>) -> Option<Self> {
        let secret = setup.common.hook_secret.clone()?;
        let Some(kind) = HOOKS.iter().find(|it| it.kind == setup.common.kind) else {
            let message = format!("nothing is sent to a channel of kind `{}`", setup.common.kind);
            let advice = "leave `hook_secret` out".to_owned();
            setup.fields.table.warn("hook_secret", message, Some(advice));
            return None;
        };
        let other = match kind.other {
            "" => None,
            key => setup.fields.secret(key)?,
        };
        Some(Self { kind, secret, other })
    }

    /// Whether the service tells through it what became of notifications.
    pub fn tells(&self) -> bool {
        self.kind.tells
    }

    /// Verifies a request and reads it. `now`: since 1970.
    ///
    /// # Errors
    ///
    /// [`HookError`] says why nothing was made of it.
    pub fn open(&self, arrived: &Arrived, now: Duration) -> Result<Heard, HookError> {
        (self.kind.verify)(self, arrived, now)?;
        match arrived.is_check {
            true => Ok(Heard::nothing(self.kind.ready.clone())),
            false => (self.kind.read)(self, arrived),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::HOOKS;
    use crate::channels;

    #[test]
    fn every_hook_is_of_a_kind_of_channel_and_reads_a_setting_that_the_kind_has() {
        for hook in HOOKS {
            let kind = channels::kind(hook.kind).expect(hook.kind);
            let is_there = kind.settings.iter().any(|it| it.key == hook.other);
            assert!(hook.other.is_empty() || is_there, "{}", hook.kind);
            assert!(!hook.secret.is_empty(), "{}", hook.kind);
        }
        assert!(HOOKS.is_sorted_by_key(|hook| hook.kind));
    }
}
