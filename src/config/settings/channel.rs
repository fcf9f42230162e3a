//! `[[channel]]`: what every kind of channel has. Each kind adds settings of its own.

use super::Kind;
use super::Section;
use super::Setting;
use super::names;
use crate::config::channel::GUARANTEES;

/// `[[channel]]`.
pub const CHANNEL: Section = Section {
    name: "channel",
    is_many: true,
    is_open: true,
    doc: "A way out. `yizhan channels` lists the kinds, and what each needs beside these.",
    settings: &[
        Setting::bare("name", Kind::Text, "\"ops\"", "What rules and the API call it.").required(),
        Setting::bare("kind", Kind::Text, "\"webhook\"", "Its kind.").required(),
        Setting::with(
            "base_url",
            Kind::Text,
            "\"\"",
            "Instead of the service's own address: a proxy, a private deployment, a test.",
        ),
        Setting::bare(
            "rate",
            Kind::Text,
            "\"20/m\"",
            "How much it may send in a second, minute, hour or day (s, m, h, d).",
        ),
        Setting::bare(
            "concurrency",
            Kind::Integer(1, 1024),
            "16",
            "How many sends may run at once.",
        ),
        Setting::bare(
            "timeout",
            Kind::Duration,
            "\"30s\"",
            "How long one send may take, 100ms to 5m.",
        ),
        Setting::with(
            "fallback",
            Kind::Texts,
            "[]",
            "Channels to try, in order, when this one gives up a notification.",
        ),
        Setting::with(
            "fallback_on_unknown",
            Kind::Boolean,
            "false",
            "Try them also when nobody knows whether it arrived; it may then arrive twice.",
        ),
        Setting::with(
            "delivery",
            Kind::Word(|| names(&GUARANTEES)),
            "\"at_least_once\"",
            "When nobody knows whether it arrived: at_least_once sends again, at_most_once asks you.",
        ),
        Setting::with(
            "quiet",
            Kind::Text,
            "\"\"",
            "Hours in which only what is urgent goes out, such as 22:00-07:00, by `[server] timezone`.",
        ),
        Setting::with(
            "fold",
            Kind::Duration,
            "\"0\"",
            "Identical notifications of the API within so long are sent once, the rest as a count.",
        ),
        Setting::with(
            "hook_secret",
            Kind::Secret,
            "\"\"",
            "Opens /hook/NAME: what proves that its service sends; docs/hooks.md says what it holds.",
        ),
    ],
};
