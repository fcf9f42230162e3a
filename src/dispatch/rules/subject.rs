//! The text of a message as conditions compare it: trimmed, and without case.

use std::borrow::Cow;
use std::ops::Range;

use crate::wechat::inbound::Inbound;

/// What the recognition of speech puts at the end, though nobody said it.
const SPOKEN_ENDS: &[char] = &['。', '.', '！', '!', '？', '?'];

/// A text as it was written, and the same without case.
#[derive(Debug)]
pub(super) struct Subject<'t> {
    text: &'t str,
    folded: Cow<'t, str>,
}

impl<'t> Subject<'t> {
    /// The text of a message; an empty one of everything else.
    pub(super) fn of(inbound: &'t Inbound) -> Self {
        Self::new(text_of(inbound))
    }

    pub(super) fn new(text: &'t str) -> Self {
        let text = text.trim();
        Self { text, folded: fold(text) }
    }

    /// As it was written.
    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    /// Without case.
    pub(super) fn folded(&self) -> &str {
        &self.folded
    }

    /// What was written where the folded text has `range`, without blanks around it.
    pub(super) fn written(&self, range: Range<usize>) -> &'t str {
        let range = match self.folded {
            Cow::Borrowed(_) => range,
            // Folding changes letters one by one, but some have another length afterwards.
            Cow::Owned(_) => self.place(range.start)..self.place(range.end),
        };
        self.text.get(range).unwrap_or_default().trim()
    }

    fn place(&self, folded: usize) -> usize {
        let letters = self.text.char_indices().zip(self.folded.char_indices());
        let mut places = letters.map(|((own, _), (other, _))| (own, other));
        places.find(|(_, other)| *other == folded).map_or(self.text.len(), |(own, _)| own)
    }
}

/// What was typed; or what was said, without the full stop that the recognition adds.
pub(super) fn text_of(inbound: &Inbound) -> &str {
    let text = inbound.text().trim();
    match inbound.name() {
        "voice" => text.trim_end_matches(SPOKEN_ENDS).trim_end(),
        _ => text,
    }
}

/// `text` without case, letter by letter.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(text.to_ascii_lowercase()),
            false => Cow::Borrowed(text),
        };
    }
    match text.chars().all(|letter| fold_letter(letter) == letter) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.chars().map(fold_letter).collect()),
    }
}

/// One letter without case: the small form of its capital form, so that `ſ` and `s`, `ς` and `σ`
/// are one. A letter whose other form is several letters stays.
pub(super) fn fold_letter(letter: char) -> char {
    match letter {
        '\0'..='\x7f' => letter.to_ascii_lowercase(),
        // 汉字, 仮名, 한글 and the signs between them: no case, and most of what is written to us.
        '\u{2e00}'..='\u{a63f}' | '\u{ac00}'..='\u{faff}' => letter,
        _ => {
            let capital = single(letter.to_uppercase()).unwrap_or(letter);
            single(capital.to_lowercase()).unwrap_or(capital)
        }
    }
}

fn single(mut letters: impl Iterator<Item = char>) -> Option<char> {
    let first = letters.next();
    first.filter(|_| letters.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::Subject;
    use super::fold;
    use super::text_of;
    use crate::wechat::inbound::Inbound;

    fn inbound(json: &str) -> Inbound {
        Inbound::parse(json.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn case_is_no_difference_in_any_script() {
        for (one, other) in
            [("HELP", "help"), ("ПОМОЩЬ", "помощь"), ("Ａ１", "ａ１"), ("Straſe", "STRASE")]
        {
            assert_eq!(fold(one), fold(other));
        }
        assert_eq!(fold("帮助 help"), "帮助 help");
        assert_eq!(fold("ΟΔΟΣ"), fold("οδος"));
        assert_eq!(fold("Straße"), "straße");
    }

    #[test]
    fn a_place_in_the_folded_text_leads_back_to_what_was_written() {
        // The Kelvin sign has three bytes, the `k` it folds to has one.
        let subject = Subject::new(" \u{212a}elvin ist KÖNIG ");
        assert_eq!(subject.folded(), "kelvin ist könig");
        assert_eq!(subject.written(11..17), "KÖNIG");
        assert_eq!(subject.written(0..6), "\u{212a}elvin");
        assert_eq!(Subject::new("abc 到 d").written(3..4), "");
    }

    #[test]
    fn a_spoken_full_stop_is_dropped_and_a_typed_one_is_not() {
        let voice = inbound(r#"{"MsgType":"voice","Recognition":" 打开灯。 "}"#);
        assert_eq!(text_of(&voice), "打开灯");
        let typed = inbound(r#"{"MsgType":"text","Content":" 打开灯。 "}"#);
        assert_eq!(text_of(&typed), "打开灯。");
        assert_eq!(text_of(&inbound(r#"{"MsgType":"image","MediaId":"x"}"#)), "");
    }
}
