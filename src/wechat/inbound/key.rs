//! By what a retry is recognised. Each delivery has a timestamp, nonce, signature and ciphertext
//! of its own, so only what was sealed can tell.

use std::fmt;
use std::hash::Hasher as _;

use siphasher::sip128::Hasher128 as _;
use siphasher::sip128::SipHasher13;

use super::Family;
use super::Inbound;
use crate::wechat::wire::Field;

/// A message's identity: its type and `MsgId` with its sender; or for an event sender, time, name,
/// `EventKey` and a digest of all its fields, since one user can do two things in a second.
///
/// Prints as `text/gh_…/o…/7300000000000000001` and `event:SCAN/gh_…/o…/1767225600/door/#9f…`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Key(String);

impl Key {
    pub(super) fn of(inbound: &Inbound) -> Self {
        let mut key = String::with_capacity(96);
        if matches!(inbound.family(), Family::Event | Family::BotEvent) {
            key.push_str("event:");
        }
        let parts = [inbound.name(), inbound.to(), inbound.from()];
        for (index, part) in parts.into_iter().enumerate() {
            if index > 0 {
                key.push('/');
            }
            key.push_str(part);
        }
        let is_event = matches!(inbound.family(), Family::Event | Family::Platform | Family::Other);
        if !is_event && !inbound.msg_id().is_empty() {
            key.push('/');
            key.push_str(inbound.msg_id());
            return Self(key);
        }
        for part in [inbound.created(), inbound.event_key()] {
            if !part.is_empty() {
                key.push('/');
                key.push_str(part);
            }
        }
        let digest = digest(inbound.root());
        key.push_str("/#");
        for shift in (0..32).rev() {
            let digit = u32::try_from((digest >> (shift * 4)) & 0xf).unwrap_or_default();
            key.extend(char::from_digit(digit, 16));
        }
        Self(key)
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A digest of every leaf with its path, whatever the order of the fields: the sum of a hash each.
/// Its key is fixed, so that two instances agree.
fn digest(root: Field<'_>) -> u128 {
    let mut sum = 0;
    // Depth is bounded by the parser, and so is this stack.
    let mut rest = vec![(root, SipHasher13::new())];
    while let Some((field, mut path)) = rest.pop() {
        path.write(field.name().as_bytes());
        path.write_u8(0xff);
        let mut own = path;
        own.write(field.text().trim_ascii().as_bytes());
        sum = u128::wrapping_add(sum, own.finish128().as_u128());
        let children = field.children().enumerate();
        rest.extend(children.map(|(index, child)| {
            let mut path = path;
            // Items of an array have no names; their order is part of what they say.
            if child.name().is_empty() {
                path.write_usize(index);
            }
            (child, path)
        }));
    }
    sum
}
