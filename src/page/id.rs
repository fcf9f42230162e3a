//! The id of a page: what makes its link a secret.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::entropy::Entropy;

/// The letters of an id: 16 bytes in base64.
const LENGTH: usize = 22;

/// The id of a page: 128 random bits, written as 22 letters, digits, `-` and `_`.
#[derive(Clone, Eq, PartialEq)]
pub struct PageId(String);

impl PageId {
    /// A new one.
    pub fn new(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes);
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads one out of a path; none for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let is_one = text.len() == LENGTH && URL_SAFE_NO_PAD.decode(text).is_ok();
        is_one.then(|| Self(text.to_owned()))
    }

    /// The id as it stands in a link.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PageId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for PageId {
    /// Not the id: whoever has it has the page.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PageId(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::PageId;
    use crate::entropy::SeededEntropy;

    #[test]
    fn an_id_is_22_letters_and_nothing_else_is_one() {
        let id = PageId::new(&SeededEntropy::new(1));
        assert_eq!(id.as_str().len(), 22);
        assert_eq!(PageId::parse(id.as_str()), Some(id.clone()));
        assert_ne!(PageId::new(&SeededEntropy::new(2)), id);
        let long = format!("{id}A");
        for text in ["", "page.css", "../../../etc/passwd...", "AAAAAAAAAAAAAAAAAAAAA/", &long] {
            assert_eq!(PageId::parse(text), None, "{text}");
        }
        assert_eq!(format!("{id:?}"), "PageId(hidden)");
    }
}
