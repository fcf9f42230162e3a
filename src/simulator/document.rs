//! A message before it is signed: fields, written as XML or JSON.

use serde_json::Map;
use serde_json::Value;

use crate::wechat::wire::Format;

/// The fields of a message, in order. A list is a name that repeats, as in XML.
pub type Fields = Map<String, Value>;

/// Writes `fields` as a document of the platform: in XML texts stand in CDATA sections, and a line
/// feed follows each element.
pub fn write(fields: &Fields, format: Format) -> String {
    match format {
        Format::Json => Value::Object(fields.clone()).to_string(),
        Format::Xml => {
            let mut out = "<xml>".to_owned();
            write_members(fields, &mut out);
            out.push_str("</xml>");
            out
        }
    }
}

fn write_members(fields: &Fields, out: &mut String) {
    for (name, value) in fields {
        match value {
            Value::Array(items) => items.iter().for_each(|item| write_element(name, item, out)),
            value => write_element(name, value, out),
        }
    }
}

fn write_element(name: &str, value: &Value, out: &mut String) {
    out.extend(["<", name, ">"]);
    match value {
        Value::Object(fields) => write_members(fields, out),
        Value::String(text) => out.push_str(&cdata(text)),
        Value::Null => {}
        other => out.push_str(&other.to_string()),
    }
    out.extend(["</", name, ">\n"]);
}

/// A `]]>` inside would end the section: it is spread over two.
fn cdata(text: &str) -> String {
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}

/// Puts a text member at the end of a document: `Encrypt` beside the plain fields in 兼容模式.
pub(super) fn append(document: &str, name: &str, text: &str) -> String {
    let (end, member) = match document.trim_start().starts_with('{') {
        true => ("}", format!(",\"{name}\":{}", Value::from(text))),
        false => ("</xml>", format!("<{name}>{}</{name}>\n", cdata(text))),
    };
    let at = document.rfind(end).unwrap_or(document.len());
    let (before, after) = document.split_at(at);
    format!("{before}{member}{after}")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use super::Fields;
    use super::append;
    use super::write;
    use crate::wechat::wire::Format;

    fn fields(value: Value) -> Fields {
        match value {
            Value::Object(fields) => fields,
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn texts_become_cdata_numbers_stay_and_lists_repeat() {
        let fields = fields(json!({"A": "x ]]> y", "N": 7, "L": {"item": ["1", "2"]}}));
        let expected = "<xml><A><![CDATA[x ]]]]><![CDATA[> y]]></A>\n<N>7</N>\n\
            <L><item><![CDATA[1]]></item>\n<item><![CDATA[2]]></item>\n</L>\n</xml>";
        assert_eq!(write(&fields, Format::Xml), expected);
        let expected = r#"{"A":"x ]]> y","N":7,"L":{"item":["1","2"]}}"#;
        assert_eq!(write(&fields, Format::Json), expected);
    }

    #[test]
    fn a_member_is_appended_inside_of_the_document() {
        assert_eq!(
            append("<xml><A>1</A></xml>", "E", "x=="),
            "<xml><A>1</A><E><![CDATA[x==]]></E>\n</xml>"
        );
        assert_eq!(append(r#"{"A":1}"#, "E", "x=="), r#"{"A":1,"E":"x=="}"#);
    }
}
