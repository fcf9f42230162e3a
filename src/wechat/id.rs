//! Identifiers. WeChat publishes no grammar for most of them, so they are as strict as it is: any
//! text without blanks.

use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(String);

        impl $name {
            /// Takes any text without blanks and control characters, the empty one included.
            ///
            /// # Errors
            ///
            /// [`IdError`] names the place of the first character that no identifier has.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                let is_foreign = |letter: char| letter.is_whitespace() || letter.is_control();
                match text.find(is_foreign) {
                    Some(at) => Err(IdError(at)),
                    None => Ok(Self(text.to_owned())),
                }
            }

            /// The identifier as it travels.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// What an account is called by its owner: `wx…` of a 公众号 or 小程序, the CorpID of 企业微信,
    /// the component's AppID of an open platform. Empty for a 企业微信 robot.
    AppId;
    /// A user as one account sees them (`o…`), or a member's UserID in 企业微信.
    OpenId;
}

/// A blank or control character in an identifier, at this byte.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("an identifier has no blanks; there is one at byte {0}")]
pub struct IdError(pub usize);
