//! `[[form]]`.

use super::Kind;
use super::Section;
use super::Setting;

/// `[[form]]`.
pub const FORM: Section = Section {
    name: "form",
    is_many: true,
    is_open: false,
    doc: "A page that asks somebody to decide. POST /api/v1/forms/NAME sends its link.",
    settings: &[
        Setting::bare("name", Kind::Text, "\"review\"", "What the API calls it.").required(),
        Setting::bare("title", Kind::Text, "\"投稿审核\"", "What stands above it.").required(),
        Setting::with(
            "template",
            Kind::Text,
            "\"\"",
            "A file with what is shown: HTML and Jinja over the data. Empty: the data as a list.",
        ),
        Setting::with("style", Kind::Text, "\"\"", "A file with CSS of yours, behind our own."),
        Setting::bare(
            "channels",
            Kind::Texts,
            "[\"ops\"]",
            "The channels through which its link is sent.",
        )
        .required(),
        Setting::with(
            "message",
            Kind::Text,
            "\"\"",
            "What is said beside the link: Jinja over the data, with title, to and link.",
        ),
        Setting::with(
            "hook",
            Kind::Text,
            "\"\"",
            "Who is told what was decided: one POST, signed by the Standard Webhooks scheme.",
        ),
        Setting::with(
            "secret",
            Kind::Secret,
            "\"\"",
            "Signs it: whsec_ and 24 to 64 bytes in base64. Empty: [server] webhook_secret.",
        ),
        Setting::with(
            "expires",
            Kind::Duration,
            "\"3d\"",
            "How long its links are good: 1m to 90d.",
        ),
        Setting::bare(
            "action",
            Kind::Tables,
            "[{ name = \"approve\", label = \"通过\", look = \"primary\" }]",
            "Its buttons: name, label, and look (plain, primary, danger).",
        ),
        Setting::bare(
            "field",
            Kind::Tables,
            "[{ name = \"reason\", label = \"理由\", type = \"text\", required = false }]",
            "What can be filled in: name, label, type (text, long, choice, many), options, required.",
        ),
    ],
};
