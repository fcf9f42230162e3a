//! `[store]` and `[outbox]`.

use super::Kind;
use super::Section;
use super::Setting;

/// `[store]`.
pub const STORE: Section = Section {
    name: "store",
    is_many: false,
    is_open: false,
    doc: "What must survive a restart. Opened when something needs it: a channel, or an app_secret.",
    settings: &[
        Setting::with(
            "url",
            Kind::Secret,
            "\"sqlite:data/yizhan.db\"",
            "sqlite:FILE, relative to this file, or memory: for trying out.",
        ),
        Setting::with(
            "key",
            Kind::Secret,
            "\"\"",
            "Seals the secrets in it: 64 hex digits. Empty: FILE.key, made at the first start.",
        ),
        Setting::with(
            "previous_key",
            Kind::Secret,
            "\"\"",
            "Still opened, while the key is being changed; what it sealed is sealed anew.",
        ),
        Setting::with(
            "keep_delivered",
            Kind::Duration,
            "\"7d\"",
            "How long a notification is kept that was delivered, or expired.",
        ),
        Setting::with(
            "keep_buried",
            Kind::Duration,
            "\"30d\"",
            "How long one is kept that was refused or is unknown; until then it can be revived.",
        ),
        Setting::with(
            "keep_count",
            Kind::Integer(0, 1_000_000_000),
            "1000000",
            "How many that have ended are kept at most; the oldest go first.",
        ),
    ],
};

/// `[outbox]`.
pub const OUTBOX: Section = Section {
    name: "outbox",
    is_many: false,
    is_open: false,
    doc: "How notifications leave.",
    settings: &[
        Setting::with(
            "retry",
            Kind::Texts,
            "[\"5s\", \"5m\", \"30m\", \"2h\", \"5h\", \"10h\", \"10h\"]",
            "The waits between tries, each ± 20 %. After the last one it is given up.",
        ),
        Setting::with(
            "pause_after",
            Kind::Duration,
            "\"4h\"",
            "A channel that only fails for so long is paused, and probed every 10 minutes.",
        ),
        Setting::with(
            "wait_for_channel",
            Kind::Duration,
            "\"24h\"",
            "What waits for a channel that is not in the config any more is given up after this.",
        ),
    ],
};
