//! Why what arrived got no answer.

use crate::account::code_of;
use crate::channels::HookError;
use crate::code;
use crate::code::Code;
use crate::store::StoreError;
use crate::wechat::callback::CallbackError;

/// Why a callback, or what came to a hook, got no answer. The text is for the log; the sender sees only the status.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IntakeError {
    /// No account has this name.
    #[error("there is no account of this name")]
    UnknownAccount,
    /// It was refused.
    #[error(transparent)]
    Refused(#[from] CallbackError),
    /// Too much is being worked on.
    #[error("too many messages are being worked on")]
    Busy,
    /// No channel of this name has a hook.
    #[error("no channel of this name has a hook")]
    UnknownHook,
    /// What arrived at a hook was refused.
    #[error(transparent)]
    Hook(#[from] HookError),
    /// What arrived at a hook could not be written down.
    #[error(transparent)]
    Store(StoreError),
}

impl IntakeError {
    /// Its line in the table of codes.
    pub fn code(&self) -> Code {
        match self {
            Self::UnknownAccount => code::CALLBACK_ACCOUNT,
            Self::Refused(error) => code_of(error),
            Self::Busy => code::CALLBACK_BUSY,
            Self::UnknownHook => code::HOOK_CHANNEL,
            Self::Hook(error) => error.code(),
            Self::Store(_) => code::STORE_FAILED,
        }
    }
}
