//! Files with messages: captures (`.http`) and bare messages (`.xml`, `.json`), from files,
//! folders, or standard input.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;

use crate::account::Account;
use crate::capture::Capture;
use crate::config::account::Source;
use crate::wechat::callback::Agreement;
use crate::wechat::inbound::Inbound;

/// The largest file read: ten times the largest callback.
const LARGEST_FILE: u64 = 10 << 20;

/// One file's bytes and how it is called in the output.
pub(super) struct File {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// What a file holds.
pub(super) enum Content {
    /// One request as it came.
    Capture(Capture),
    /// A decrypted message.
    Bare(Vec<u8>),
}

impl File {
    /// A file that begins with a request line is a capture, whatever it is called.
    pub(super) fn is_capture(&self) -> bool {
        self.bytes.starts_with(b"GET ") || self.bytes.starts_with(b"POST ")
    }

    pub(super) fn content(self) -> anyhow::Result<Content> {
        match self.is_capture() {
            true => Ok(Content::Capture(Capture::parse(&self.bytes)?)),
            false => Ok(Content::Bare(self.bytes)),
        }
    }
}

/// Reads a path: a file, `-` for standard input, or a folder with all captures and messages below
/// it in the order of their names.
pub(super) fn read(path: &str, found: &mut Vec<anyhow::Result<File>>) {
    if path == "-" {
        let mut bytes = Vec::new();
        let read = std::io::stdin().take(LARGEST_FILE).read_to_end(&mut bytes);
        let file = read.map(|_| File { name: path.to_owned(), bytes });
        found.push(file.context("standard input cannot be read"));
        return;
    }
    if !Path::new(path).is_dir() {
        found.push(read_file(path));
        return;
    }
    let entries = fs::read_dir(path).map(|entries| entries.flatten().collect::<Vec<_>>());
    let mut entries = match entries.with_context(|| format!("`{path}` cannot be read")) {
        Ok(entries) => entries,
        Err(error) => return found.push(Err(error)),
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let child = entry.path();
        let extension = child.extension().and_then(|extension| extension.to_str());
        if child.is_dir() || matches!(extension, Some("http" | "xml" | "json")) {
            read(&child.display().to_string(), found);
        }
    }
}

fn read_file(path: &str) -> anyhow::Result<File> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path).with_context(|| format!("`{path}` cannot be opened"))?;
    file.take(LARGEST_FILE)
        .read_to_end(&mut bytes)
        .with_context(|| format!("`{path}` cannot be read"))?;
    Ok(File { name: path.to_owned(), bytes })
}

/// The account that a capture's path names, and the one that it serves: `/callback/NAME/APPID`. Of
/// another path the last part is the name.
pub(super) fn account_of(capture: &Capture) -> (&str, Option<&str>) {
    let path = capture.path.as_str();
    let Some((_, rest)) = path.split_once("/callback/") else {
        return (path.rsplit('/').next().unwrap_or_default(), None);
    };
    let (name, served) = rest.split_once('/').unwrap_or((rest, ""));
    (name, Some(served).filter(|it| !it.is_empty()))
}

/// Verifies and decrypts a request for `account`, however old it is.
pub(super) fn open(account: &Account, query: &str, body: Vec<u8>) -> anyhow::Result<Inbound> {
    let mut agreement = account.agreement.clone();
    agreement.max_age = std::time::Duration::ZERO;
    let received = match account.source {
        Source::Signature => agreement.open(query, body, 0)?,
        Source::CloudRun | Source::CloudFunction => Agreement::open_unsigned(body)?,
    };
    Ok(received.inbound)
}
