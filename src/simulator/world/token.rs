//! Access tokens: how long they live, and what ends them early.
//!
//! Sources: "Get access token", "Get stable access token"; 企业微信 "Get access_token".

use std::collections::VecDeque;

use crate::entropy::Entropy;

/// Seconds a token lives.
pub(in crate::simulator) const LIFE: i64 = 7_200;

/// Seconds for which a token still works after a newer one was fetched, and before its end at
/// which a stable one is replaced.
pub(in crate::simulator) const OVERLAP: i64 = 300;

/// The most tokens remembered.
const REMEMBERED: usize = 1_000;

/// Letters of a token; the documentation asks callers to leave room for 512.
const LETTERS: usize = 136;

/// Every token that was issued.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Tokens(VecDeque<Issued>);

#[derive(Debug)]
struct Issued {
    value: String,
    /// Tokens of one line replace each other: `classic`, `stable`, a company's secret …
    line: String,
    ends: i64,
    /// It ended, or will end, because of another one.
    is_replaced: bool,
}

/// What a token is worth.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::simulator) enum Standing {
    /// It works.
    Valid,
    /// Its time is over.
    Expired,
    /// A newer one, or somebody, ended it.
    Replaced,
    /// Nobody issued it.
    Unknown,
}

impl Tokens {
    /// The newest token of `line` that works, and the seconds it has left.
    pub(in crate::simulator) fn newest(&self, line: &str, now: i64) -> Option<(String, i64)> {
        let mut newest = self.0.iter().rev().filter(|it| it.line == line && it.ends > now);
        newest.next().filter(|it| !it.is_replaced).map(|it| (it.value.clone(), it.ends - now))
    }

    /// A new token of `line`. Those before it end within `grace` seconds.
    pub(in crate::simulator) fn issue(
        &mut self,
        line: &str,
        now: i64,
        grace: i64,
        entropy: &dyn Entropy,
    ) -> (String, i64) {
        for it in self.0.iter_mut().filter(|it| it.line == line && it.ends > now) {
            // Of two older ones only the newer has any grace left.
            let left = if it.is_replaced { 0 } else { grace };
            it.ends = it.ends.min(now + left);
            it.is_replaced = true;
        }
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        let value = format!("84_{}", entropy.alphanumeric(LETTERS - 3));
        let line = line.to_owned();
        self.0.push_back(Issued {
            value: value.clone(),
            line,
            ends: now + LIFE,
            is_replaced: false,
        });
        (value, LIFE)
    }

    /// What `value` is worth, and to which line it belongs.
    pub(in crate::simulator) fn standing(&self, value: &str, now: i64) -> (Standing, &str) {
        let Some(it) = self.0.iter().rev().find(|it| it.value == value) else {
            return (Standing::Unknown, "");
        };
        let standing = match it.is_replaced {
            _ if it.ends > now => Standing::Valid,
            true => Standing::Replaced,
            false => Standing::Expired,
        };
        (standing, &it.line)
    }

    /// Ends every token at once.
    pub(in crate::simulator) fn revoke(&mut self, now: i64) {
        for it in self.0.iter_mut().filter(|it| it.ends > now) {
            it.ends = now;
            it.is_replaced = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Standing;
    use super::Tokens;
    use crate::entropy::SeededEntropy;

    #[test]
    fn a_second_token_leaves_the_first_five_minutes_and_a_third_none() {
        let (mut tokens, entropy) = (Tokens::default(), SeededEntropy::new(1));
        let (first, life) = tokens.issue("classic", 1_000, 300, &entropy);
        assert_eq!((first.len(), life), (136, 7_200));
        tokens.issue("classic", 2_000, 300, &entropy);
        assert_eq!(tokens.standing(&first, 2_299).0, Standing::Valid);
        assert_eq!(tokens.standing(&first, 2_300).0, Standing::Replaced);
        let (second, _) = tokens.issue("classic", 3_000, 300, &entropy);
        tokens.issue("classic", 3_001, 300, &entropy);
        tokens.issue("classic", 3_002, 300, &entropy);
        assert_eq!(tokens.standing(&second, 3_002).0, Standing::Replaced);
    }

    #[test]
    fn a_token_ends_by_itself_after_two_hours() {
        let (mut tokens, entropy) = (Tokens::default(), SeededEntropy::new(1));
        let (token, _) = tokens.issue("stable", 0, 300, &entropy);
        assert_eq!(tokens.newest("stable", 7_199), Some((token.clone(), 1)));
        assert_eq!(tokens.standing(&token, 7_200), (Standing::Expired, "stable"));
        assert_eq!(tokens.newest("stable", 7_200), None);
        assert_eq!(tokens.standing("84_x", 0), (Standing::Unknown, ""));
    }

    #[test]
    fn lines_do_not_touch_each_other_and_revoking_ends_all() {
        let (mut tokens, entropy) = (Tokens::default(), SeededEntropy::new(1));
        let (one, _) = tokens.issue("classic", 0, 0, &entropy);
        let (other, _) = tokens.issue("stable", 0, 0, &entropy);
        assert_eq!(tokens.standing(&one, 1).0, Standing::Valid);
        tokens.revoke(1);
        assert_eq!(tokens.standing(&one, 1).0, Standing::Replaced);
        assert_eq!(tokens.standing(&other, 1).0, Standing::Replaced);
    }
}
