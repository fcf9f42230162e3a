//! The keys of a store: which one seals, and whether they are the right ones.

use std::path::Path;
use std::sync::Arc;

use super::Change;
use super::cipher;
use super::key_file;
use crate::config::sealing::SealingKey;
use crate::config::sealing::SealingKeys;
use crate::entropy::Entropy;
use crate::store::StoreError;
use crate::store::sqlite::Sealer;

/// The row that no value has: what is sealed for it proves a key.
const PROOF: &str = "";

/// What the proof says once it is open.
const SAYS: &[u8] = b"yizhan";

/// One key that seals, and perhaps another that still opens.
pub(super) struct Ring {
    key: SealingKey,
    previous: Option<SealingKey>,
    entropy: Arc<dyn Entropy>,
}

impl Ring {
    /// Seals `value` for the row `name`.
    pub(super) fn seal(&self, name: &str, value: &[u8]) -> Vec<u8> {
        let mut nonce = [0; cipher::NONCE];
        self.entropy.fill(&mut nonce);
        cipher::seal(&self.key, nonce, name.as_bytes(), value)
    }

    /// The value of the row `name`. One that is not sealed was written by a version that did not
    /// seal yet and still runs, and is taken as it is.
    pub(super) fn open(&self, name: &str, stored: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        if !cipher::is_sealed(&stored) {
            return Ok(stored);
        }
        let mut keys = std::iter::once(&self.key).chain(&self.previous);
        keys.find_map(|key| cipher::open(key, name.as_bytes(), &stored))
            .ok_or_else(|| StoreError::Sealed(name.to_owned()))
    }
}

/// Finds the keys of a store while it is opened.
pub(super) struct Opening<'a> {
    path: &'a Path,
    keys: &'a SealingKeys,
    change: Change,
    entropy: Arc<dyn Entropy>,
    ring: Option<Ring>,
}

impl<'a> Opening<'a> {
    pub(super) fn new(
        path: &'a Path,
        keys: &'a SealingKeys,
        change: Change,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self { path, keys, change, entropy, ring: None }
    }

    /// The keys, once the store was opened with them.
    pub(super) fn into_ring(self) -> Ring {
        self.ring.expect("a store that was opened has asked for its keys")
    }

    fn ring(&self) -> &Ring {
        self.ring.as_ref().expect("the proof is asked for first")
    }
}

impl Sealer for Opening<'_> {
    fn accepts(&mut self, proof: Option<&[u8]>) -> Result<bool, StoreError> {
        let found = find(self.path, self.keys, proof)?;
        let before = self.keys.previous.as_ref();
        if self.change == Change::Forbidden
            && let Some(before) = before.filter(|it| proof.is_some_and(|proof| proves(it, proof)))
        {
            let (key, entropy) = (before.clone(), Arc::clone(&self.entropy));
            self.ring = Some(Ring { key, previous: found, entropy });
            return Ok(true);
        }
        let key = match found {
            Some(key) => key,
            None => key_file::make(&key_file::path_of(self.path), self.entropy.as_ref())?,
        };
        let is_current = proof.is_some_and(|proof| proves(&key, proof));
        let previous = self.keys.previous.clone();
        // With a key before, always: an instance that ran with it may have written meanwhile.
        let is_due = previous.is_some() && self.change == Change::Allowed;
        let is_accepted = is_current && !is_due;
        self.ring = Some(Ring { key, previous, entropy: Arc::clone(&self.entropy) });
        Ok(is_accepted)
    }

    fn proof(&self) -> Vec<u8> {
        self.ring().seal(PROOF, SAYS)
    }

    fn sealed(&self, name: &str, value: &[u8]) -> Option<Vec<u8>> {
        let ring = self.ring();
        if !cipher::is_sealed(value) {
            return Some(ring.seal(name, value));
        }
        let previous = ring.previous.as_ref()?;
        let value = cipher::open(previous, name.as_bytes(), value)?;
        Some(ring.seal(name, &value))
    }
}

/// The key to seal with; none where one may be made.
///
/// # Errors
///
/// The store has a proof that none of the keys opens, or its file holds no key.
pub(super) fn find(
    path: &Path,
    keys: &SealingKeys,
    proof: Option<&[u8]>,
) -> Result<Option<SealingKey>, StoreError> {
    let key_file = key_file::path_of(path);
    let key = match &keys.key {
        Some(key) => Some(key.clone()),
        None => key_file::read(&key_file)?,
    };
    let Some(proof) = proof else {
        return Ok(key);
    };
    if key.iter().chain(&keys.previous).any(|key| proves(key, proof)) {
        return Ok(key);
    }
    let path = path.to_owned();
    Err(match key {
        Some(_) => StoreError::OtherKey { path, key_file },
        None => StoreError::KeyGone { path, key_file },
    })
}

fn proves(key: &SealingKey, proof: &[u8]) -> bool {
    cipher::open(key, PROOF.as_bytes(), proof).is_some_and(|it| it == SAYS)
}
