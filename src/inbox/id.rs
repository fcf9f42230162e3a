//! What the inbox calls messages and users by.

use std::hash::BuildHasherDefault;
use std::hash::Hash;
use std::hash::Hasher;

use dashmap::DashMap;
use siphasher::sip128::Hasher128 as _;
use siphasher::sip128::SipHasher13;

/// A message or a user of one account, as a keyed hash of 128 bits: small, of one size, and not to
/// be made to collide by what users write.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Id(pub(super) u64, pub(super) u64);

/// A map by id.
pub(super) type Map<V> = DashMap<Id, V, BuildHasherDefault<Own>>;

impl Id {
    /// The id of `name` of `account`; `hash` is new and has the key.
    pub(super) fn of(mut hash: SipHasher13, account: &str, name: &str) -> Self {
        hash.write(account.as_bytes());
        hash.write_u8(0xff);
        hash.write(name.as_bytes());
        let hash = hash.finish128();
        Self(hash.h1, hash.h2)
    }
}

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0);
    }
}

/// Takes an id for the hash that it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Own(u64);

impl Hasher for Own {
    fn finish(&self) -> u64 {
        self.0
    }

    /// Only ids are hashed, and they write one number.
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}
