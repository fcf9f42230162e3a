//! What a handler wants: a reply now. It is a value, so a handler is tested with `assert_eq!`.

use crate::wechat::reply::Reply;

/// What a handler wants said.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Outcome {
    /// What is answered inside the window.
    pub reply: Reply,
    /// The rule or handler that answered, for logs and `replay`; empty if none did.
    pub by: String,
}

impl Outcome {
    /// Says `reply`; `by` names who did.
    pub fn reply(reply: impl Into<Reply>, by: impl Into<String>) -> Self {
        Self { reply: reply.into(), by: by.into() }
    }
}
