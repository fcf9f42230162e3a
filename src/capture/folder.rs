//! The folder of captures: files named by time, the oldest removed when there are too many.

use std::collections::VecDeque;
use std::fs;
use std::fs::OpenOptions;
use std::io;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

/// The longest account and type in a file's name, in characters each.
const LONGEST_WORD: usize = 40;

/// What a file is called until it is whole.
const PART: &str = "part";

/// A folder that holds at most `keep` captures. Knows the names of its own files, and touches no
/// others.
pub(super) struct Folder {
    path: PathBuf,
    keep: usize,
    names: VecDeque<String>,
    written: u64,
}

impl Folder {
    /// Makes the folder if it is missing, readable by its owner alone; counts what is there.
    pub(super) fn open(path: &Path, keep: usize) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let mut names = Vec::new();
        for entry in fs::read_dir(path)? {
            let Ok(name) = entry?.file_name().into_string() else { continue };
            if name.strip_suffix(PART).is_some_and(|name| is_ours(name.trim_end_matches('.'))) {
                fs::remove_file(path.join(&name))?;
            } else if is_ours(&name) {
                names.push(name);
            }
        }
        names.sort();
        let mut folder = Self { path: path.to_owned(), keep, names: names.into(), written: 0 };
        folder.make_room(folder.keep)?;
        Ok(folder)
    }

    /// Writes a file that is no capture, such as `accounts.toml`.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let part = self.path.join(format!("{name}.{PART}"));
        let options = |options: &mut OpenOptions| options.open(&part);
        let mut file =
            options(OpenOptions::new().write(true).create(true).truncate(true).mode(0o600))?;
        let written = file.write_all(bytes);
        if let Err(error) = written {
            // What is half written only takes the space that is missing.
            drop(fs::remove_file(&part));
            return Err(error);
        }
        fs::rename(&part, self.path.join(name))
    }

    /// Writes one capture under the name of its time, account and type.
    pub(super) fn add(
        &mut self,
        at: Duration,
        account: &str,
        kind: &str,
        bytes: &[u8],
    ) -> io::Result<()> {
        self.make_room(self.keep.saturating_sub(1))?;
        let (millis, number) = (at.as_millis(), self.written % 10_000);
        let name = format!("{millis:013}-{number:04}-{}-{}.http", word(account), word(kind));
        self.put(&name, bytes)?;
        self.written += 1;
        self.names.push_back(name);
        Ok(())
    }

    fn make_room(&mut self, most: usize) -> io::Result<()> {
        while self.names.len() > most {
            let Some(oldest) = self.names.pop_front() else { return Ok(()) };
            // What `replay --update` wrote down of it goes with it, if there is such a file.
            drop(fs::remove_file(self.path.join(format!("{oldest}.replay"))));
            match fs::remove_file(self.path.join(&oldest)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    self.names.push_front(oldest);
                    return Err(error);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The names of the captures in a folder, in no order.
///
/// # Errors
///
/// That of the system: the folder cannot be read.
pub fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.extend(entry?.file_name().into_string().ok().filter(|name| is_ours(name)));
    }
    Ok(names)
}

/// `1767225600000-0007-shop-text.http`
fn is_ours(name: &str) -> bool {
    let is_number = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|it| it.is_ascii_digit())
    };
    let mut parts = name.splitn(3, '-');
    let (Some(millis), Some(number), Some(rest)) = (parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let is_capture = rest.strip_suffix(".http").is_some();
    is_capture && is_number(millis, 13) && is_number(number, 4)
}

/// What may stand in a file's name: WeChat's types are words, but they come from outside.
fn word(text: &str) -> String {
    let plain = |letter: char| match letter {
        letter if letter.is_ascii_alphanumeric() || letter == '_' => letter,
        _ => '-',
    };
    text.chars().take(LONGEST_WORD).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::time::Duration;

    use super::Folder;

    fn names(path: &Path) -> Vec<String> {
        let entries = fs::read_dir(path).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_oldest_goes_and_foreign_files_stay() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("captures");
        let mut folder = Folder::open(&path, 2).unwrap();
        fs::write(path.join("notes.http"), "mine").unwrap();
        for second in 1_767_225_600..1_767_225_603 {
            folder.add(Duration::from_secs(second), "shop", "event:../CLICK", b"x").unwrap();
        }
        let kept = [
            "1767225601000-0001-shop-event----CLICK.http",
            "1767225602000-0002-shop-event----CLICK.http",
            "notes.http",
        ];
        assert_eq!(names(&path), kept);
    }

    #[test]
    fn a_folder_that_is_opened_again_goes_on_where_it_was() {
        let place = tempfile::tempdir().unwrap();
        let at = Duration::from_millis(1_767_225_600_123);
        Folder::open(place.path(), 5).unwrap().add(at, "shop", "text", b"x").unwrap();
        fs::write(place.path().join("1767225600124-0001-shop-text.http.part"), "ha").unwrap();
        let mut folder = Folder::open(place.path(), 1).unwrap();
        assert_eq!(names(place.path()), ["1767225600123-0000-shop-text.http"]);
        folder.add(at + Duration::from_secs(1), "shop", "image", b"x").unwrap();
        assert_eq!(names(place.path()), ["1767225601123-0000-shop-image.http"]);
    }
}
