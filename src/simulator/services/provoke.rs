//! The words by which a service is made to say no. They stand where a key, a receiver or a text
//! stands, so that whatever sends needs no other door than the service's own.

/// A key that the service does not know.
pub(super) fn is_wrong(key: &str) -> bool {
    key.is_empty() || key.to_ascii_lowercase().contains("wrong")
}

/// The key of somebody who has used up what was paid for.
pub(super) fn is_poor(key: &str) -> bool {
    key.to_ascii_lowercase().contains("poor")
}

/// The key of somebody who has not proved who they are.
pub(super) fn is_anonymous(key: &str) -> bool {
    key.to_ascii_lowercase().contains("anonymous")
}

/// The key of somebody who has sent too much already.
pub(super) fn is_flood(key: &str) -> bool {
    key.to_ascii_lowercase().contains("flood")
}

/// Somebody whom the service does not know: `nobody`, or a number that ends in 404.
pub(super) fn is_nobody(receiver: &str) -> bool {
    receiver.contains("nobody") || receiver.ends_with("404")
}

/// Somebody whom nothing reaches, as the service finds out later: `lost`, or a number that ends in
/// 500.
pub(super) fn is_lost(receiver: &str) -> bool {
    receiver.contains("lost") || receiver.ends_with("500")
}

/// A text that may not be said.
pub(super) fn is_risky(text: &str) -> bool {
    text.contains("RISKY")
}

#[cfg(test)]
mod tests {
    use super::is_lost;
    use super::is_nobody;
    use super::is_poor;
    use super::is_wrong;

    #[test]
    fn the_words_are_found_where_they_stand() {
        assert!(is_wrong("AT_wrong") && is_wrong("") && is_wrong("SCTWRONG"));
        assert!(!is_wrong("AT_right"));
        assert!(is_poor("AT_poor") && !is_poor("AT_rich"));
        assert!(is_nobody("UID_nobody") && is_nobody("+8613800000404") && !is_nobody("4041"));
        assert!(is_lost("UID_lost") && is_lost("13800000500") && !is_lost("10001"));
    }
}
