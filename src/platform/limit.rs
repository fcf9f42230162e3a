//! What WeChat would refuse anyway is refused before it is sent, by name.

use std::ops::RangeInclusive;

use crate::wechat::Platform;

/// What WeChat would refuse. Names the field, never what is in it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Limit {
    /// Too much, or too little, of something.
    #[error("`{field}` has {found} {unit}; {allowed}")]
    Size {
        /// The field, as the platform writes it.
        field: String,
        /// How much there is.
        found: usize,
        /// Of what: bytes, characters, articles …
        unit: &'static str,
        /// What the platform takes.
        allowed: String,
    },
    /// A value that breaks the platform's rule for it.
    #[error("`{field}` must be {rule}")]
    Value {
        /// The field, as the platform writes it.
        field: String,
        /// What it must be.
        rule: &'static str,
    },
    /// Not on this platform.
    #[error("`{what}` is nothing that `{platform}` can send")]
    Platform {
        /// The type of message, or of file.
        what: &'static str,
        /// The platform's name.
        platform: &'static str,
    },
}

/// `what` exists on `platforms` only.
pub(super) fn only_on(
    platforms: &[Platform],
    platform: Platform,
    what: &'static str,
) -> Result<(), Limit> {
    match platforms.contains(&platform) {
        true => Ok(()),
        false => Err(Limit::Platform { what, platform: platform.name() }),
    }
}

/// `field` must be as `rule` says.
pub(super) fn value(field: &str, is_good: bool, rule: &'static str) -> Result<(), Limit> {
    match is_good {
        true => Ok(()),
        false => Err(Limit::Value { field: field.to_owned(), rule }),
    }
}

/// `text` may have so many bytes of UTF-8.
pub(super) fn bytes(field: &str, text: &str, most: usize) -> Result<(), Limit> {
    at_most(field, text.len(), most, "bytes")
}

/// `text` may have so many characters.
pub(super) fn chars(field: &str, text: &str, most: usize) -> Result<(), Limit> {
    at_most(field, text.chars().count(), most, "characters")
}

/// There may be so many of them.
pub(super) fn at_most(
    field: &str,
    found: usize,
    most: usize,
    unit: &'static str,
) -> Result<(), Limit> {
    size(field, found, found <= most, unit, || format!("at most {most}"))
}

/// There must be so many of them.
pub(super) fn between(
    field: &str,
    found: usize,
    range: RangeInclusive<usize>,
    unit: &'static str,
) -> Result<(), Limit> {
    let (least, most) = (range.start(), range.end());
    size(field, found, range.contains(&found), unit, || format!("{least} to {most}"))
}

fn size(
    field: &str,
    found: usize,
    is_good: bool,
    unit: &'static str,
    allowed: impl Fn() -> String,
) -> Result<(), Limit> {
    match is_good {
        true => Ok(()),
        false => Err(Limit::Size { field: field.to_owned(), found, unit, allowed: allowed() }),
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;
    use super::chars;

    #[test]
    fn the_error_names_the_field_what_it_has_and_what_it_may_have() {
        let error = bytes("text.content", &"好".repeat(683), 2048).unwrap_err();
        assert_eq!(error.to_string(), "`text.content` has 2049 bytes; at most 2048");
        assert!(chars("thing1", "二十个字二十个字二十个字二十个字二十个字", 20).is_ok());
    }
}
