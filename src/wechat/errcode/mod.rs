//! What WeChat's errcodes mean, whose fault each is, and what to do about it.
//!
//! The same number can mean different things on different surfaces, so [`find`] gives all of
//! them. Sources: 公众号 and 小程序 "Global return codes", 企业微信 "Global error codes", and the
//! return codes of WeChat's sample code for sealed messages.

mod table;

use std::fmt;

pub use table::TABLE;

/// One line of the table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Row {
    /// Where the number has this meaning.
    pub surface: Surface,
    /// The errcode.
    pub number: i64,
    /// What happened, in a phrase.
    pub meaning: &'static str,
    /// Whose fault it is.
    pub blame: Blame,
    /// What kind of step helps.
    pub remedy: Remedy,
    /// What to do in this very case; empty where the remedy's own sentence says it all.
    note: &'static str,
}

impl Row {
    /// What to do, in one sentence.
    pub fn advice(&self) -> &'static str {
        if self.note.is_empty() { self.remedy.advice() } else { self.note }
    }
}

/// A family of numbers.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Surface {
    /// 公众号, 小程序, 开放平台 and Cloud Run.
    Mp,
    /// 企业微信.
    Wecom,
    /// What WeChat's own sample code returns when sealing or opening goes wrong.
    Crypt,
}

impl Surface {
    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mp => "公众号/小程序",
            Self::Wecom => "企业微信",
            Self::Crypt => "WXBizMsgCrypt",
        }
    }
}

impl fmt::Display for Surface {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Whose fault a failure is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Blame {
    /// Nobody's: it is no failure.
    Nobody,
    /// What was asked is wrong.
    Request,
    /// Too much was asked.
    Quota,
    /// WeChat is in trouble.
    Service,
    /// A secret, a permission, an address list, or the state of the account.
    Account,
    /// A token, ticket or authorization ended.
    Token,
    /// The user is not reachable this way.
    Recipient,
}

impl Blame {
    /// Its name in output and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Request => "request",
            Self::Quota => "quota",
            Self::Service => "service",
            Self::Account => "account",
            Self::Token => "token",
            Self::Recipient => "recipient",
        }
    }
}

/// What kind of step helps.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Remedy {
    /// No step is needed.
    Nothing,
    /// Trying again unchanged fails again.
    Never,
    /// The file has to be uploaded anew.
    UploadAgain,
    /// The client has to obtain another code.
    NewCode,
    /// A person has to grant the authorization anew.
    Reauthorize,
    /// This recipient will not get it.
    DropRecipient,
    /// A person has to change something in WeChat's console.
    TellOwner,
    /// A new token, then one more try.
    RenewToken,
    /// A few tries with growing pauses.
    BackOff,
    /// A try in the next window of the quota.
    WaitForQuota,
    /// A try after the user's next message.
    WaitForUser,
}

impl Remedy {
    /// What to do, in one sentence.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Nothing => "Nothing is to be done.",
            Self::Never => "Correct the request; sent unchanged it fails again.",
            Self::UploadAgain => "Upload the file again and use its new media_id.",
            Self::NewCode => "Ask the client for a new code; each works once, for minutes.",
            Self::Reauthorize => "Have the user, or the account's owner, authorize again.",
            Self::DropRecipient => "Do not send this to the recipient again.",
            Self::TellOwner => "Tell the account's owner: it is put right in WeChat's console.",
            Self::RenewToken => "Fetch a new token and try once more.",
            Self::BackOff => "Try again after 1, 2 and 4 seconds, then give up.",
            Self::WaitForQuota => "Wait for the next window of the quota, then try again.",
            Self::WaitForUser => "Wait for the user's next message, then send it.",
        }
    }

    /// Whether the same request may succeed later without a person's help.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::RenewToken | Self::BackOff | Self::WaitForQuota | Self::WaitForUser)
    }
}

/// What `number` means: a row for each surface that knows it.
pub fn find(number: i64) -> impl Iterator<Item = &'static Row> {
    let start = TABLE.partition_point(|row| row.number < number);
    TABLE[start..].iter().take_while(move |row| row.number == number)
}

/// What `number` means on `surface`.
pub fn find_on(surface: Surface, number: i64) -> Option<&'static Row> {
    find(number).find(|row| row.surface == surface)
}

#[cfg(test)]
mod tests;
