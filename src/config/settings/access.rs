//! `[admin]`, `[[key]]` and `[[topic]]`: who may send through us, and to what.

use super::Kind;
use super::Section;
use super::Setting;

/// `[admin]`.
pub const ADMIN: Section = Section {
    name: "admin",
    is_many: false,
    is_open: false,
    doc: "The owner's own access. Without a token the API is off, and no key is good.",
    settings: &[Setting::with(
        "token",
        Kind::Secret,
        "\"\"",
        "Turns on the API; the API itself is used with a key.",
    )],
};

/// `[[key]]`.
pub const KEY: Section = Section {
    name: "key",
    is_many: true,
    is_open: false,
    doc: "Who may use the HTTP API, and for what.",
    settings: &[
        Setting::bare("name", Kind::Text, "\"ci\"", "What logs and idempotency keys call it.")
            .required(),
        Setting::bare(
            "token",
            Kind::Secret,
            "\"env:CI_TOKEN\"",
            "The key itself: at least 12 letters, digits and signs, no spaces.",
        )
        .required(),
        Setting::with(
            "previous_token",
            Kind::Secret,
            "\"\"",
            "Still good, while the key is being changed.",
        ),
        Setting::with("may", Kind::Texts, "[]", "send:CHANNEL, send:*, read, campaign, admin."),
    ],
};

/// `[[topic]]`.
pub const TOPIC: Section = Section {
    name: "topic",
    is_many: true,
    is_open: false,
    doc: "A name for several channels: what is sent to it goes out through each.",
    settings: &[
        Setting::bare("name", Kind::Text, "\"alerts\"", "What the API calls it.").required(),
        Setting::bare("channels", Kind::Texts, "[\"ops\", \"mail\"]", "Its channels.").required(),
    ],
};
