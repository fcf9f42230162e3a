//! What the values of template and subscription messages may be: by the beginning of their keys.
//!
//! Source: "Send subscription message", parameter value limits.

use serde_json::Value;

use super::refusal::Refusal;
use super::refusal::refuse_with;

/// Whether a value may stand under a key that begins so.
type Rule = fn(&str) -> bool;

#[rustfmt::skip]
const RULES: &[(&str, Rule)] = &[
    ("thing", |value| chars(value) <= 20),
    ("number", |value| chars(value) <= 32 && value.parse::<f64>().is_ok()),
    ("letter", |value| chars(value) <= 32 && value.bytes().all(|it| it.is_ascii_alphabetic())),
    ("symbol", |value| chars(value) <= 5 && !value.chars().any(char::is_alphanumeric)),
    ("character_string", |value| chars(value) <= 32 && value.is_ascii()),
    ("time", |value| value.contains(':') && of(value, "0123456789:-~/. 年月日")),
    ("date", |value| value.starts_with(|it: char| it.is_ascii_digit()) && of(value, "0123456789:-~/. 年月日")),
    ("amount", amount),
    ("phone_number", |value| chars(value) <= 17 && of(value, "0123456789+- ()")),
    ("car_number", |value| chars(value) <= 8),
    ("name", |value| chars(value) <= if value.is_ascii() { 20 } else { 10 }),
    ("phrase", |value| chars(value) <= 5 && !value.is_ascii()),
    ("enum", |_| true),
];

fn chars(value: &str) -> usize {
    value.chars().count()
}

fn of(value: &str, letters: &str) -> bool {
    value.chars().all(|it| letters.contains(it))
}

/// One sign of a currency, at most ten digits, perhaps decimals and 元.
fn amount(value: &str) -> bool {
    let value = value.strip_suffix('元').unwrap_or(value);
    let number = value.trim_start_matches(['￥', '¥', '$', '€', '£']);
    let whole = number.split('.').next().unwrap_or_default();
    chars(value) - chars(number) <= 1 && whole.len() <= 10 && number.parse::<f64>().is_ok()
}

/// Checks `{"thing1":{"value":"…"}}`. Keys of another kind (`first`, `keyword1`) may hold anything.
///
/// # Errors
///
/// 47003, which names the field.
pub(super) fn check(data: &Value) -> Result<(), Refusal> {
    let Some(data) = data.as_object() else {
        return Err(refuse_with(47003, "argument invalid! data is empty"));
    };
    for (key, entry) in data {
        let prefix = key.trim_end_matches(|it: char| it.is_ascii_digit());
        let Some((_, rule)) = RULES.iter().find(|(name, _)| *name == prefix) else { continue };
        let value = match &entry["value"] {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        let is_fine = !value.trim().is_empty() && !value.contains(char::is_control) && rule(&value);
        if !is_fine {
            return Err(refuse_with(47003, format!("argument invalid! data.{key}.value invalid")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::check;

    #[test]
    fn each_kind_of_value_has_its_rule() {
        for (key, value, is_fine) in [
            ("thing1", "一二三四五六七八九十一二三四五六七八九十", true),
            ("thing1", "一二三四五六七八九十一二三四五六七八九十一", false),
            ("thing1", "", false),
            ("thing1", "a\nb", false),
            ("number2", "-1.5", true),
            ("number2", "many", false),
            ("letter3", "AbC", true),
            ("letter3", "A1", false),
            ("symbol4", "!?", true),
            ("symbol4", "a", false),
            ("character_string5", "A-1_x", true),
            ("character_string5", "字", false),
            ("time6", "2026-01-01 08:00", true),
            ("time6", "08:00~09:00", true),
            ("time6", "eight", false),
            ("date7", "2026年01月01日", true),
            ("date7", "tomorrow", false),
            ("amount8", "￥10.50元", true),
            ("amount8", "￥￥10", false),
            ("amount8", "12345678901", false),
            ("phone_number9", "+86-0766-66888866", true),
            ("phone_number9", "call me", false),
            ("car_number10", "粤A8Z888挂", true),
            ("car_number10", "粤A8Z888挂挂", false),
            ("name11", "张三", true),
            ("name11", "abcdefghijklmnopqrstu", false),
            ("phrase12", "已完成", true),
            ("phrase12", "一二三四五六", false),
            ("first", "anything\nat all", true),
            ("keyword1", "", true),
        ] {
            let mut data = json!({});
            data[key] = json!({"value": value});
            let found = check(&data);
            assert_eq!(found.is_ok(), is_fine, "{key} {value:?}");
            if let Err(refusal) = found {
                let expected = format!("argument invalid! data.{key}.value invalid");
                assert_eq!((refusal.code, refusal.text), (47003, Some(expected)));
            }
        }
    }
}
