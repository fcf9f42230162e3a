//! Why a call did not do what it was asked, and what follows from it.

use std::sync::Arc;
use std::time::Duration;

use super::limit::Limit;
use super::step;
use super::step::Step;
use crate::exchange::ExchangeError;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::store::StoreError;
use crate::wechat::errcode;
use crate::wechat::errcode::Remedy;
use crate::wechat::errcode::Row;
use crate::wechat::errcode::Surface;
use crate::wechat::id::AppId;

/// Why a call failed. Carries neither token nor secret, nor what was to be sent.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlatformError {
    /// Nothing was sent: WeChat would have refused it.
    #[error(transparent)]
    Limit(#[from] Limit),
    /// WeChat said no.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// Something in front of WeChat answered, and not with what WeChat says.
    #[error("{path} was answered with the HTTP status {status}")]
    Status {
        /// What was called.
        path: Box<str>,
        /// The status.
        status: u16,
        /// WeChat may have done it nevertheless: a gateway gave up waiting for it.
        may_have_arrived: bool,
    },
    /// The answer is not what the documentation says; the call itself may have worked.
    #[error("cannot read the answer to {path} (at byte {at})")]
    Unreadable {
        /// What was called.
        path: Box<str>,
        /// Where in the answer.
        at: usize,
    },
    /// No answer.
    #[error("{path} was not answered")]
    Exchange {
        /// What was called.
        path: Box<str>,
        /// How far it came.
        source: Arc<ExchangeError>,
        /// Calling again could do it twice.
        may_have_arrived: bool,
    },
    /// The store through which tokens are shared.
    #[error("the store that shares the token failed")]
    Store(#[from] StoreError),
    /// Another process renews the token and does not come to an end.
    #[error("another process holds the lock of the token for too long")]
    Locked,
    /// An open platform that WeChat has sent no ticket to; one comes every 10 minutes.
    #[error("no component_verify_ticket has come yet")]
    NoTicket,
    /// The account never authorized this open platform, or the store that knew it is lost.
    #[error("`{0}` has not authorized this open platform")]
    NotAuthorized(AppId),
    /// A call that names the secret, on an account without one.
    #[error("the account has no `app_secret`")]
    NoSecret,
}

/// WeChat's no.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{path} was refused with {code}: {message}")]
pub struct Refusal {
    /// What was called.
    pub path: Box<str>,
    /// Whose errcode it is.
    pub surface: Surface,
    /// The errcode.
    pub code: i64,
    /// The errmsg, without the `rid`; cut to 300 characters.
    pub message: String,
    /// What WeChat calls this request; `openapi/rid/get` knows it for 7 days.
    pub rid: Option<String>,
    /// When it is of use to try again, from now, as far as that is known.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// What the table says of it.
    pub fn row(&self) -> Option<&'static Row> {
        errcode::find_on(self.surface, self.code)
    }

    /// What to do, in one sentence.
    pub fn advice(&self) -> &'static str {
        self.row().map_or("Look the code up in WeChat's documentation.", Row::advice)
    }

    /// Whose fault it is, in the words of the outbox.
    fn blame(&self) -> Blame {
        let retry_after = self.retry_after;
        match self.row().map_or(Remedy::Never, |row| row.remedy) {
            Remedy::WaitForQuota => Blame::Quota { retry_after },
            Remedy::BackOff | Remedy::RenewToken => Blame::Service { retry_after },
            // An allowance of one user's must not stop the channel for all others. Where only the
            // allowance is used up, the user's next message brings a new one within the window.
            Remedy::WaitForUser if retry_after.is_some() => Blame::Service { retry_after },
            _ => Blame::Request,
        }
    }
}

impl PlatformError {
    /// The errcode, where WeChat gave one.
    pub fn code(&self) -> Option<i64> {
        match self {
            Self::Refused(refusal) => Some(refusal.code),
            _ => None,
        }
    }

    /// Whether the user has to write before anything can be sent to them again.
    pub fn waits_for_user(&self) -> bool {
        let row = match self {
            Self::Refused(refusal) => refusal.row(),
            _ => None,
        };
        row.is_some_and(|row| row.remedy == Remedy::WaitForUser)
    }

    /// What to do, in one sentence; empty where the error says all there is.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Limit(_) => "Shorten it, or split it into several messages.",
            Self::Refused(refusal) => refusal.advice(),
            Self::NoTicket => {
                "Wait for WeChat's next push (every 10 minutes), or call api_start_push_ticket."
            }
            Self::NotAuthorized(_) => "Have the account's owner authorize the open platform again.",
            Self::NoSecret => "Set `app_secret` of the account.",
            _ => "",
        }
    }

    /// The same in the words of the outbox: whose fault, and when to try again.
    pub fn failure(&self) -> Failure {
        let (blame, code) = match self {
            Self::Limit(_) => (Blame::Request, "platform.limit".to_owned()),
            Self::Refused(refusal) => (refusal.blame(), refusal.code.to_string()),
            Self::Status { status, may_have_arrived, .. } => {
                let blame = match (*may_have_arrived, *status) {
                    (true, _) => Blame::Unknown,
                    (false, 429 | 500..) => Blame::Service { retry_after: None },
                    (false, _) => Blame::Request,
                };
                (blame, format!("http.{status}"))
            }
            // There was an answer, so there was a request that arrived.
            Self::Unreadable { .. } => (Blame::Unknown, "platform.unreadable".to_owned()),
            Self::Exchange { may_have_arrived: true, .. } => {
                (Blame::Unknown, "platform.unanswered".to_owned())
            }
            Self::Exchange { .. } => {
                (Blame::Service { retry_after: None }, "platform.unreachable".to_owned())
            }
            Self::Store(_) | Self::Locked => {
                (Blame::Service { retry_after: None }, "platform.store".to_owned())
            }
            Self::NoTicket => {
                let retry_after = Some(Duration::from_mins(10));
                (Blame::Service { retry_after }, "platform.ticket".to_owned())
            }
            Self::NotAuthorized(_) => (Blame::Request, "platform.authorization".to_owned()),
            Self::NoSecret => (Blame::Request, "platform.secret".to_owned()),
        };
        Failure {
            advice: self.advice().to_owned(),
            detail: self.detail(),
            ..Failure::new(blame, code)
        }
    }

    /// What happened, with its causes.
    fn detail(&self) -> String {
        match self {
            Self::Refused(refusal) => match &refusal.rid {
                Some(rid) => format!("{} (rid {rid})", refusal.message),
                None => refusal.message.clone(),
            },
            Self::Exchange { source, .. } => format!("{self}: {source}"),
            Self::Store(source) => format!("{self}: {source}"),
            other => other.to_string(),
        }
    }

    /// What the client itself does about it.
    pub(super) fn step(&self) -> Step {
        match self {
            Self::Refused(refusal) => step::after(refusal.surface, refusal.code),
            Self::Status { status: 429 | 500.., may_have_arrived: false, .. }
            | Self::Exchange { may_have_arrived: false, .. }
                if !self.is_hopeless() =>
            {
                Step::BackOff
            }
            _ => Step::Stop,
        }
    }

    /// Trying again within seconds changes nothing.
    fn is_hopeless(&self) -> bool {
        matches!(self, Self::Exchange { source, .. } if matches!(
            **source,
            ExchangeError::Url | ExchangeError::Header(_) | ExchangeError::Refused(_) | ExchangeError::Tls { .. }
        ))
    }
}
