//! `[[assistant]]`.

use super::Kind;
use super::Section;
use super::Setting;

/// `[[assistant]]`.
pub const ASSISTANT: Section = Section {
    name: "assistant",
    is_many: true,
    is_open: false,
    doc: "An OpenAI-compatible model that a rule can hand over to (`ask`).",
    settings: &[
        Setting::bare("name", Kind::Text, "\"helper\"", "What rules call it.").required(),
        Setting::bare(
            "base_url",
            Kind::Text,
            "\"http://127.0.0.1:11434/v1\"",
            "Where it is; `/chat/completions` comes behind. Its host may be a private one.",
        )
        .required(),
        Setting::bare("model", Kind::Text, "\"qwen3\"", "The model's name.").required(),
        Setting::bare("api_key", Kind::Secret, "\"\"", "Its key."),
        Setting::bare("system", Kind::Text, "\"你是客服助手。\"", "What it is told first."),
        Setting::with(
            "memory",
            Kind::Duration,
            "\"30m\"",
            "How long a conversation is remembered, per user. \"0\": not at all.",
        ),
        Setting::with(
            "memory_tokens",
            Kind::Integer(0, 1_000_000),
            "4000",
            "How much of it is sent along, in tokens; the oldest goes first.",
        ),
        Setting::with(
            "answer_tokens",
            Kind::Integer(0, 1_000_000),
            "0",
            "The longest answer, in tokens. 0: as the server has it.",
        ),
        Setting::with(
            "daily_tokens",
            Kind::Integer(0, 1_000_000_000),
            "100000",
            "What one user may use up in a day, in tokens. 0: any number.",
        ),
        Setting::with(
            "over_budget",
            Kind::Text,
            "\"今天问得够多了，明天再来吧。\"",
            "Said to who has used that up.",
        ),
        Setting::with(
            "timeout",
            Kind::Duration,
            "\"60s\"",
            "How long an answer may take, its tools included; what is there by then is said.",
        ),
    ],
};
