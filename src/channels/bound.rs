//! What a service takes of one notification, for its owner to know before.

use std::fmt;

pub use super::text::Limit;

/// One bound of a service, by the constant that the kind goes by. What it bounds is named in words
/// that `docs/channels.md` explains.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// A text; one that is longer is cut.
    Text(&'static str, Limit),
    /// How many; a notification with more is refused.
    Count(&'static str, usize),
    /// How many bytes; a notification with more is refused.
    Bytes(&'static str, usize),
    /// For how many seconds the service is left alone once it was sent too much.
    Rest(u64),
}

impl fmt::Display for Bound {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(what, limit) => write!(out, "{what}: {limit}"),
            Self::Count(what, most) => write!(out, "{what}: {most}"),
            Self::Bytes(what, most) => write!(out, "{what}: {} MiB", most >> 20),
            Self::Rest(seconds) => {
                let (count, unit) = match seconds {
                    86_400.. => (seconds / 86_400, "d"),
                    3_600.. => (seconds / 3_600, "h"),
                    60.. => (seconds / 60, "min"),
                    _ => (*seconds, "s"),
                };
                write!(out, "after too much: nothing for {count} {unit}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Bound;
    use super::Limit;

    #[test]
    fn a_bound_says_what_how_much_and_in_which_unit() {
        let shown = [
            (Bound::Text("title", Limit::Chars(64)), "title: 64 characters"),
            (Bound::Text("text", Limit::Utf16(4_096)), "text: 4096 units of UTF-16"),
            (Bound::Text("text", Limit::Bytes(2_048)), "text: 2048 bytes"),
            (Bound::Text("text", Limit::Json(18_000)), "text: 18000 bytes as JSON"),
            (Bound::Count("receivers", 20), "receivers: 20"),
            (Bound::Bytes("attachments", 10 << 20), "attachments: 10 MiB"),
            (Bound::Rest(5), "after too much: nothing for 5 s"),
            (Bound::Rest(600), "after too much: nothing for 10 min"),
            (Bound::Rest(86_400), "after too much: nothing for 1 d"),
        ];
        for (bound, expected) in shown {
            assert_eq!(bound.to_string(), expected);
        }
    }
}
