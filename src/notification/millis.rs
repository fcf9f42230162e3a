//! A time since 1970 as JSON has it: whole milliseconds.

use std::time::Duration;

use serde::Deserialize as _;
use serde::Deserializer;
use serde::Serialize as _;
use serde::Serializer;

#[expect(clippy::ref_option, reason = "serde hands in a reference to the field")]
pub(super) fn serialize<S: Serializer>(
    time: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    time.map(|it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX)).serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_millis))
}
