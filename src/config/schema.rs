//! The config as a JSON schema for editors, and as the documented file of defaults.

use std::fmt::Write as _;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::settings::Kind;
use super::settings::SECTIONS;
use super::settings::Section;
use super::settings::Setting;

/// Why no error is expected where text is put together.
const WRITES: &str = "a string takes everything";

/// How the file of defaults begins.
const HEAD: &str = "\
# Every setting with its default. What stands here holds where your own file says nothing, so
# yours needs only what differs. A key behind a `#` has no default.
#
# Any value can come from the environment: YIZHAN_SERVER__LISTEN for [server] listen, and by name
# YIZHAN_ACCOUNT__SHOP__TOKEN for the [[account]] called shop (my-shop: MY_SHOP).
# A secret can be written \"env:NAME\" or \"file:PATH\".
";

/// A JSON schema (draft 2020-12) of `yizhan.toml`.
pub fn schema() -> Value {
    let properties: Map<String, Value> =
        SECTIONS.iter().map(|section| (section.name.to_owned(), of_section(section))).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "yizhan.toml",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

/// `deploy/yizhan.default.toml`, as the table of settings has it.
pub fn default_file() -> String {
    let mut text = HEAD.to_owned();
    for section in SECTIONS {
        writeln!(text, "\n# {}\n{}", section.doc, section.head()).expect(WRITES);
        for setting in section.settings {
            let line = match setting.default {
                Some(default) => format!("{} = {default}", setting.key),
                None => format!("# {} = {}", setting.key, setting.example),
            };
            writeln!(text, "# {}\n{line}", setting.doc).expect(WRITES);
        }
    }
    text
}

fn of_section(section: &Section) -> Value {
    let settings = section.settings.iter();
    let properties: Map<String, Value> =
        settings.clone().map(|it| (it.key.to_owned(), of_setting(it))).collect();
    let required: Vec<&str> = settings.filter(|it| it.is_required).map(|it| it.key).collect();
    let table = json!({
        "type": "object",
        "description": section.doc,
        "properties": properties,
        "required": required,
        "additionalProperties": section.is_open,
    });
    match section.is_many {
        true => json!({ "type": "array", "description": section.doc, "items": table }),
        false => table,
    }
}

fn of_setting(setting: &Setting) -> Value {
    let mut schema = of_kind(setting.kind);
    schema["description"] = json!(setting.doc);
    if let Some(default) = setting.default.and_then(json_of) {
        schema["default"] = default;
    }
    schema
}

fn of_kind(kind: Kind) -> Value {
    match kind {
        Kind::Text | Kind::Secret => json!({ "type": "string" }),
        Kind::Texts => json!({
            "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
        }),
        Kind::Numbers => {
            let number = json!({ "type": ["integer", "string"], "pattern": "^[0-9]+$" });
            json!({ "anyOf": [number, { "type": "array", "items": number }] })
        }
        Kind::Duration => {
            json!({ "type": "string", "pattern": r"^(0|[0-9]+(\.[0-9]+)?(ms|s|m|h|d))$" })
        }
        Kind::Size => json!({
            "anyOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "string", "pattern": "^[0-9]+ *(B|kB|KiB|MB|MiB|GB|GiB)?$" },
            ],
        }),
        Kind::Integer(least, most) => {
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Secrets => {
            json!({ "type": "object", "additionalProperties": { "type": "string" } })
        }
        Kind::Tables => json!({ "type": "array", "items": { "type": "object" } }),
        Kind::Word(words) => json!({ "enum": words() }),
        Kind::Words(words) => {
            let word = json!({ "enum": words() });
            json!({ "anyOf": [word, { "type": "array", "items": word, "uniqueItems": true }] })
        }
    }
}

/// A default, which is written as TOML, as JSON.
fn json_of(default: &str) -> Option<Value> {
    let table: toml::Table = format!("value = {default}").parse().ok()?;
    serde_json::to_value(table.get("value")?).ok()
}
