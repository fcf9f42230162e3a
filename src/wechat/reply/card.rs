//! Template cards: written like the sending API's JSON, sent as elements in Pascal case.

use serde_json::Value;

use super::write::Writer;

/// Writes the members of `card`; lists repeat their element without a wrapper.
pub(super) fn write_members(card: &Value, out: &mut Writer) {
    let Value::Object(members) = card else { return };
    for (name, value) in members {
        let name = element(name);
        match value {
            Value::Object(_) => out.object(&name, |out| write_members(value, out)),
            Value::Array(items) if items.iter().all(Value::is_object) => {
                out.repeated(&name, items, write_members);
            }
            Value::Array(items) => items.iter().for_each(|item| write_leaf(&name, item, out)),
            leaf => write_leaf(&name, leaf, out),
        }
    }
}

fn write_leaf(name: &str, value: &Value, out: &mut Writer) {
    match value {
        Value::String(text) => out.text(name, text),
        Value::Bool(flag) => out.number(name, i64::from(*flag)),
        Value::Number(number) => out.raw(name, &number.to_string()),
        Value::Null | Value::Object(_) | Value::Array(_) => {}
    }
}

/// `icon_url` → `IconUrl`. The API runs some words together.
fn element(name: &str) -> String {
    match name {
        "keyname" => return "KeyName".to_owned(),
        "checkbox" => return "CheckBox".to_owned(),
        "appid" => return "AppId".to_owned(),
        "pagepath" => return "PagePath".to_owned(),
        "userid" => return "UserId".to_owned(),
        _ => {}
    }
    let words = name.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    words.collect()
}
