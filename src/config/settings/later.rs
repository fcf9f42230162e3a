//! What is read by shape only: later versions use it.

use super::Kind;
use super::Section;
use super::Setting;

/// `[[assistant]]`.
pub const ASSISTANT: Section = Section {
    name: "assistant",
    is_many: true,
    is_open: false,
    is_used: false,
    doc: "An OpenAI-compatible model that a rule can hand over to.",
    settings: &[
        Setting::bare("name", Kind::Text, "\"helper\"", "What rules call it.").required(),
        Setting::bare("base_url", Kind::Text, "\"http://127.0.0.1:11434/v1\"", "Where it is.")
            .required(),
        Setting::bare("model", Kind::Text, "\"qwen3\"", "The model's name.").required(),
        Setting::bare("api_key", Kind::Secret, "\"\"", "Its key."),
        Setting::bare("system", Kind::Text, "\"你是客服助手。\"", "What it is told first."),
        Setting::bare(
            "memory",
            Kind::Duration,
            "\"30m\"",
            "How long a conversation is remembered, per user.",
        ),
    ],
};
