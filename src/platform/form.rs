//! A file, and the `multipart/form-data` that carries it to WeChat.

use std::fmt;

use bytes::Bytes;

/// A file on its way to WeChat or from it.
#[derive(Clone, Eq, PartialEq)]
pub struct File {
    /// Its name, with the extension that tells its type.
    pub name: String,
    /// Its bytes.
    pub bytes: Bytes,
}

impl fmt::Debug for File {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "File({} bytes)", self.bytes.len())
    }
}

/// A `multipart/form-data` body with a file.
pub(super) struct Form {
    /// Occurs in no part; drawn at random.
    pub(super) boundary: String,
    /// The parts that are no file: name and value.
    pub(super) fields: Vec<(&'static str, String)>,
    /// The file, as the part `media`.
    pub(super) file: File,
}

impl Form {
    pub(super) fn body(&self) -> Bytes {
        let mut body = Vec::with_capacity(self.file.bytes.len() + 512);
        let boundary = &self.boundary;
        for (name, value) in &self.fields {
            let head = format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"");
            body.extend_from_slice(format!("{head}\r\n\r\n{value}\r\n").as_bytes());
        }
        // Without a file name WeChat sees no file at all (41005).
        let name = quoted(&self.file.name);
        let kind = content_type(&self.file.name);
        let head = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"media\"; \
             filename=\"{name}\"\r\ncontent-type: {kind}\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(&self.file.bytes);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        body.into()
    }
}

/// As HTML's forms quote a file name.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// What each extension is: ONE LINE EACH.
const CONTENT_TYPES: [(&str, &str); 7] = [
    ("amr", "audio/amr"),
    ("gif", "image/gif"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("png", "image/png"),
];

fn content_type(name: &str) -> &'static str {
    let extension = extension(name);
    let found = CONTENT_TYPES.iter().find(|(it, _)| it.eq_ignore_ascii_case(extension));
    found.map_or("application/octet-stream", |(_, kind)| kind)
}

/// What stands behind the last dot.
pub(super) fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::File;
    use super::Form;

    #[test]
    fn a_file_is_a_part_with_a_name_and_a_type() {
        let file = File { name: "狗\"1.jpg".to_owned(), bytes: Bytes::from_static(b"JPEG") };
        let description = ("description", "{}".to_owned());
        let form = Form { boundary: "B".to_owned(), fields: vec![description], file };
        let expected = "--B\r\ncontent-disposition: form-data; name=\"description\"\r\n\r\n{}\r\n\
            --B\r\ncontent-disposition: form-data; name=\"media\"; filename=\"狗%221.jpg\"\r\n\
            content-type: image/jpeg\r\n\r\nJPEG\r\n--B--\r\n";
        assert_eq!(form.body(), expected.as_bytes());
    }
}
