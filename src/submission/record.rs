//! What is kept of a submission beside its deliveries: which they are, and what was answered.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;

use super::SubmissionError;
use crate::store::DeliveryId;
use crate::store::StoreError;

/// How long it is kept which deliveries a submission became: as long as any of them may be.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// What a submission became.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Submitted {
    /// Of the whole. Where there is one part, it is that part's.
    pub id: DeliveryId,
    /// One for each channel.
    pub parts: Vec<Part>,
}

/// What became of a submission on one channel.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The delivery.
    pub id: DeliveryId,
    /// The channel that it was submitted to.
    pub channel: String,
    /// It says the same as one before it, and is told as a count: the delivery is that of the
    /// count, and several submissions share it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_folded: bool,
}

impl Submitted {
    /// The value that says which deliveries there are, where the id alone does not.
    pub(super) fn record(&self) -> Option<(String, Option<Vec<u8>>, Duration)> {
        let is_one = matches!(self.parts.as_slice(), [part] if part.id == self.id);
        let record = || serde_json::to_vec(&self.parts).expect("parts are always JSON");
        (!is_one).then(|| (name(self.id), Some(record()), KEPT))
    }
}

/// What the value is called that says which deliveries a submission became.
pub(super) fn name(id: DeliveryId) -> String {
    format!("submission/{id}")
}

/// The deliveries that such a value names.
pub(super) fn parts(value: &[u8]) -> Result<Vec<Part>, StoreError> {
    serde_json::from_slice(value).map_err(|error| StoreError::Unreadable(Arc::new(error)))
}

/// What is kept under an idempotency key.
#[derive(Serialize, Deserialize)]
pub(super) struct Answer {
    /// The fingerprint of what was submitted.
    print: [u8; 32],
    id: DeliveryId,
    parts: Vec<Part>,
}

impl Answer {
    pub(super) fn write(print: [u8; 32], submitted: &Submitted) -> Vec<u8> {
        let Submitted { id, parts } = submitted.clone();
        serde_json::to_vec(&Self { print, id, parts }).expect("an answer is always JSON")
    }

    /// What was answered before, if `print` is that of the submission it was given for.
    pub(super) fn read(answer: &[u8], print: [u8; 32]) -> Result<Submitted, SubmissionError> {
        let read = serde_json::from_slice::<Self>(answer);
        let it = read.map_err(|error| StoreError::Unreadable(Arc::new(error)))?;
        match it.print == print {
            true => Ok(Submitted { id: it.id, parts: it.parts }),
            false => Err(SubmissionError::Conflict(it.id)),
        }
    }
}
