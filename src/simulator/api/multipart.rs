//! `multipart/form-data`, as SDKs send uploads. Source: RFC 7578.

/// The most parts read.
const PARTS: usize = 16;

/// One part of an upload.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::simulator) struct Part {
    pub(super) name: String,
    /// Empty where the part has none.
    pub(super) file_name: String,
    pub(super) content_type: String,
    pub(super) bytes: Vec<u8>,
}

/// The parts of `body`; `None` if it is no such form.
pub(super) fn parse(content_type: &str, body: &[u8]) -> Option<Vec<Part>> {
    if !content_type.trim_start().to_ascii_lowercase().starts_with("multipart/form-data") {
        return None;
    }
    let delimiter = format!("--{}", parameter(content_type, "boundary")?);
    let delimiter = delimiter.as_bytes();
    let mut rest = &body[find(body, delimiter)? + delimiter.len()..];
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") && parts.len() < PARTS {
        let start = find(rest, b"\r\n")? + 2;
        let length = find(&rest[start..], delimiter)?;
        // The line feed in front of a delimiter belongs to the delimiter.
        let part = rest[start..start + length].strip_suffix(b"\r\n")?;
        parts.push(parse_part(part)?);
        rest = &rest[start + length + delimiter.len()..];
    }
    Some(parts)
}

fn parse_part(bytes: &[u8]) -> Option<Part> {
    let (head, body) = match bytes.strip_prefix(b"\r\n") {
        Some(body) => (&b""[..], body),
        None => {
            let end = find(bytes, b"\r\n\r\n")?;
            (&bytes[..end], &bytes[end + 4..])
        }
    };
    let mut part = Part { bytes: body.to_vec(), ..Part::default() };
    for line in String::from_utf8_lossy(head).split("\r\n") {
        let (name, value) = line.split_once(':')?;
        match name.trim().to_ascii_lowercase().as_str() {
            "content-disposition" => {
                part.name = parameter(value, "name").unwrap_or_default();
                part.file_name = file_name(value);
            }
            "content-type" => value.trim().clone_into(&mut part.content_type),
            _ => {}
        }
    }
    Some(part)
}

/// `filename`, or `filename*` where the name is not ASCII.
fn file_name(disposition: &str) -> String {
    let plain = parameter(disposition, "filename");
    plain.or_else(|| parameter(disposition, "filename*")).unwrap_or_default()
}

/// The value of `name=value` or `name="value"` among parameters.
fn parameter(header: &str, name: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|parameter| {
        let (found, value) = parameter.split_once('=')?;
        let is_it = found.trim().eq_ignore_ascii_case(name);
        is_it.then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::Part;
    use super::parse;

    #[test]
    fn parts_have_names_types_and_bytes() {
        let body = b"--B\r\nContent-Disposition: form-data; name=\"media\"; filename=\"a.png\"\r\n\
            Content-Type: image/png\r\n\r\n\x89PNG\r\n\0\r\n--B\r\n\
            content-disposition: form-data; name=description\r\n\r\n{}\r\n--B--\r\n";
        let media = Part {
            name: "media".to_owned(),
            file_name: "a.png".to_owned(),
            content_type: "image/png".to_owned(),
            bytes: b"\x89PNG\r\n\0".to_vec(),
        };
        let description =
            Part { name: "description".to_owned(), bytes: b"{}".to_vec(), ..Part::default() };
        let found = parse("multipart/form-data; boundary=\"B\"", body);
        assert_eq!(found, Some(vec![media, description]));
    }

    #[test]
    fn what_is_no_form_or_broken_off_is_none() {
        assert_eq!(parse("application/json", b"{}"), None);
        assert_eq!(parse("multipart/form-data", b"--B--"), None);
        assert_eq!(parse("multipart/form-data; boundary=B", b""), None);
        assert_eq!(parse("multipart/form-data; boundary=B", b"--B\r\nA: b\r\n\r\nx"), None);
        assert_eq!(parse("multipart/form-data; boundary=B", b"--B--"), Some(Vec::new()));
    }
}
