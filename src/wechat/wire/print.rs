//! Tree → JSON, as `decode`, external handlers and templates see a message.

use std::collections::HashMap;

use super::Field;
use super::Kind;

/// The largest integer every JSON reader keeps exactly: 2^53.
const EXACT: u64 = 1 << 53;

impl Field<'_> {
    /// Writes the field as JSON, members in the order of the document. A name that repeats becomes
    /// an array; a number that a reader could round becomes a string.
    pub fn to_json(self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    /// Appends what [`Field::to_json`] gives.
    pub fn write_json(self, out: &mut String) {
        match self.kind() {
            Kind::Text => write_string(self.text(), out),
            Kind::Number if !is_exact(self.text()) => write_string(self.text(), out),
            Kind::Number | Kind::Bool | Kind::Null => out.push_str(self.text()),
            Kind::List => write_all('[', self.children(), ']', out, Field::write_json),
            Kind::Object => self.write_object(out),
        }
    }

    fn write_object(self, out: &mut String) {
        let mut groups: Vec<Vec<Self>> = Vec::new();
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for child in self.children() {
            let group = *seen.entry(child.name()).or_insert(groups.len());
            match groups.get_mut(group) {
                Some(fields) => fields.push(child),
                None => groups.push(vec![child]),
            }
        }
        write_all('{', groups.into_iter(), '}', out, |group, out| {
            write_string(group[0].name(), out);
            out.push(':');
            match group.as_slice() {
                [single] => single.write_json(out),
                several => write_all('[', several.iter().copied(), ']', out, Field::write_json),
            }
        });
    }
}

fn write_all<T>(
    begin: char,
    items: impl Iterator<Item = T>,
    end: char,
    out: &mut String,
    write: impl Fn(T, &mut String),
) {
    out.push(begin);
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(end);
}

/// Appends `text` as a CDATA section. A `]]>` inside would end it: it is spread over two.
pub(crate) fn write_cdata(text: &str, out: &mut String) {
    out.push_str("<![CDATA[");
    if !text.as_bytes().contains(&b']') {
        out.push_str(text);
        out.push_str("]]>");
        return;
    }
    for (index, part) in text.split("]]>").enumerate() {
        if index > 0 {
            out.push_str("]]]]><![CDATA[>");
        }
        out.push_str(part);
    }
    out.push_str("]]>");
}

/// Appends `text` as a JSON string, without `\u` escapes for what can stand as it is: some of
/// WeChat's services show them to the user.
pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                out.push_str("\\u00");
                for shift in [4, 0] {
                    let digit = (u32::from(control) >> shift) & 0xf;
                    out.extend(char::from_digit(digit, 16));
                }
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Whether a reader that keeps numbers as 64-bit floats has the same value as was written.
fn is_exact(number: &str) -> bool {
    let unsigned = number.strip_prefix('-').unwrap_or(number);
    if unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return unsigned.parse::<u64>().is_ok_and(|integer| integer <= EXACT);
    }
    unsigned
        .parse::<f64>()
        .is_ok_and(|float| float.is_finite() && decimal(unsigned) == decimal(&format!("{float:e}")))
}

/// The digits of a number without zeros at either end, and the power of ten of the last of them:
/// the same for `1.10`, `1.1` and `11e-1`.
fn decimal(unsigned: &str) -> Option<(String, i64)> {
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_end_matches('0');
    let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
    let places = i64::try_from(fraction.len()).ok()?;
    let power = exponent.parse::<i64>().ok()?.checked_add(zeros)?.checked_sub(places)?;
    let significant = significant.trim_start_matches('0');
    let power = if significant.is_empty() { 0 } else { power };
    Some((significant.to_owned(), power))
}
