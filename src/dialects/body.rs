//! A body of whatever form: JSON, a form, a multipart form, with the content type that says so or
//! with another one.

use serde_json::Map;
use serde_json::Value;

use super::decode;

/// The most fields, parameters or parts that are read; what follows is passed over.
const MOST: usize = 200;

/// What a body says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body {
    /// Its fields; empty where it has none.
    pub object: Map<String, Value>,
    /// The content type says JSON, or it is a JSON object.
    pub is_json: bool,
    /// The content type says JSON, and it is none.
    pub is_broken: bool,
    /// A multipart form with a file in it, which no notification carries.
    pub has_file: bool,
}

/// Reads a body. The content type decides only where the body itself does not: ` application/json`
/// with a form behind it, and JSON that is called a form, are both about.
pub(super) fn read(content_type: &str, body: &[u8]) -> Body {
    let kind = content_type.trim().to_ascii_lowercase();
    if kind.starts_with("multipart/form-data") {
        return multipart(content_type, body);
    }
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim();
    let says_json = kind.contains("json");
    if says_json || text.starts_with('{') {
        if let Ok(Value::Object(object)) = serde_json::from_str(text) {
            return Body { object, is_json: true, ..Body::default() };
        }
        // A form may begin with a brace, and may be called JSON.
        let is_broken =
            says_json && !text.is_empty() && (text.starts_with(['{', '[']) || !text.contains('='));
        if is_broken {
            return Body { is_json: true, is_broken, ..Body::default() };
        }
    }
    let form = pairs(&String::from_utf8_lossy(body));
    Body { object: object(form), ..Body::default() }
}

/// The pairs of a form or a query, decoded once. Scripts post texts that they did not escape: a
/// part without `=`, or with a name no field has, is what followed a `&` in the text before it.
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    let mut joined: Vec<String> = Vec::new();
    for part in text.split('&') {
        let is_pair = part.split_once('=').is_some_and(|(name, _)| is_name(name));
        match joined.last_mut() {
            Some(last) if !is_pair => {
                last.push_str("%26");
                last.push_str(part);
            }
            _ => joined.push(part.to_owned()),
        }
        if joined.len() > MOST {
            break;
        }
    }
    let pairs = joined.iter().filter_map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let name = decode::percent(name.trim(), true);
        (!name.is_empty()).then(|| (name, decode::percent(value, true)))
    });
    pairs.collect()
}

/// What a field may be called, escaped or not.
fn is_name(name: &str) -> bool {
    let is_letter = |it: char| it.is_ascii_alphanumeric() || "_-.:[]%".contains(it);
    !name.is_empty() && name.trim().chars().all(is_letter)
}

/// The first value of each name.
fn object(pairs: Vec<(String, String)>) -> Map<String, Value> {
    let mut object = Map::new();
    for (name, value) in pairs {
        object.entry(name).or_insert(Value::String(value));
    }
    object
}

/// Source: RFC 7578.
fn multipart(content_type: &str, body: &[u8]) -> Body {
    let mut read = Body::default();
    let Some(boundary) = parameter(content_type, "boundary") else {
        return read;
    };
    let delimiter = format!("--{boundary}");
    let Some(start) = find(body, delimiter.as_bytes()) else {
        return read;
    };
    let mut rest = &body[start + delimiter.len()..];
    while !rest.starts_with(b"--") && read.object.len() < MOST {
        let end = find(rest, delimiter.as_bytes()).unwrap_or(rest.len());
        part(&rest[..end], &mut read);
        rest = rest.get(end + delimiter.len()..).unwrap_or(b"--");
    }
    read
}

/// One part: its head, an empty line, its value. A part that is none is passed over.
fn part(bytes: &[u8], read: &mut Body) {
    let Some(blank) = find(bytes, b"\r\n\r\n") else {
        return;
    };
    let (head, value) = (String::from_utf8_lossy(&bytes[..blank]), &bytes[blank + 4..]);
    let value = value.strip_suffix(b"\r\n").unwrap_or(value);
    let is_it = |line: &&str| line.to_ascii_lowercase().starts_with("content-disposition:");
    let Some(disposition) = head.split("\r\n").find(is_it) else {
        return;
    };
    if parameter(disposition, "filename").is_some() || parameter(disposition, "filename*").is_some()
    {
        read.has_file = true;
        return;
    }
    if let Some(name) = parameter(disposition, "name") {
        let value = String::from_utf8_lossy(value).into_owned();
        read.object.entry(name).or_insert(Value::String(value));
    }
}

/// The value of `name=value` or `name="value"` among a header's parameters.
fn parameter(header: &str, name: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|parameter| {
        let (found, value) = parameter.split_once('=')?;
        let is_it = found.trim().eq_ignore_ascii_case(name);
        is_it.then(|| value.trim().trim_matches('"').to_owned()).filter(|it| !it.is_empty())
    })
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, wanted)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use super::Body;
    use super::pairs;
    use super::read;

    fn fields(content_type: &str, body: &str) -> Value {
        Value::Object(read(content_type, body.as_bytes()).object)
    }

    #[test]
    fn json_is_json_whatever_it_is_called() {
        let expected = json!({ "title": "磁盘", "n": 1, "none": null });
        let body = r#" {"title":"磁盘","n":1,"none":null} "#;
        for kind in [
            "application/json",
            " application/json",
            "text/plain",
            "",
            "application/x-www-form-urlencoded",
        ] {
            assert_eq!(fields(kind, body), expected, "{kind}");
        }
        assert_eq!(fields("application/json", "\u{feff}{\"a\":\"b\"}"), json!({ "a": "b" }));
    }

    #[test]
    fn a_form_is_a_form_whatever_it_is_called() {
        let expected = json!({ "title": "disk full", "desp": "100%\nnode 7" });
        let body = "title=disk+full&desp=100%\nnode%207";
        for kind in ["application/x-www-form-urlencoded; charset=utf-8", "application/json", ""] {
            assert_eq!(fields(kind, body), expected, "{kind}");
        }
    }

    #[test]
    fn a_text_that_was_not_escaped_is_kept_whole() {
        let expected = json!({ "text": "A & B && 磁盘=满", "desp": "c" });
        assert_eq!(fields("", "text=A & B && 磁盘=满&desp=c"), expected);
        assert_eq!(pairs("a&b"), [("a&b".to_owned(), String::new())]);
        assert_eq!(pairs(""), []);
    }

    #[test]
    fn multipart_has_fields_and_files() {
        let body = "--B\r\nContent-Disposition: form-data; name=\"message\"\r\n\r\na\r\nb\r\n--B\r\n\
            content-disposition: form-data; name=priority\r\n\r\n5\r\n--B--\r\n";
        let kind = "multipart/form-data; boundary=B";
        assert_eq!(fields(kind, body), json!({ "message": "a\r\nb", "priority": "5" }));
        let file =
            "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\nx\r\n--B--";
        assert_eq!(read(kind, file.as_bytes()), Body { has_file: true, ..Body::default() });
    }

    #[test]
    fn what_is_broken_has_no_fields_and_no_end_is_missed() {
        let broken = Body { is_json: true, is_broken: true, ..Body::default() };
        for body in ["{\"a\":", "[1]", "nonsense"] {
            assert_eq!(read("application/json", body.as_bytes()), broken, "{body}");
        }
        let kind = "multipart/form-data; boundary=B";
        for body in
            ["", "--B", "--B\r\n", "--B\r\n\r\n", "--B\r\nContent-Disposition: x\r\n\r\n--B"]
        {
            assert_eq!(read(kind, body.as_bytes()), Body::default(), "{body}");
        }
        assert_eq!(read("multipart/form-data", b"--B--"), Body::default());
    }
}
