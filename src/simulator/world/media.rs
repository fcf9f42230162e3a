//! Files that were uploaded, for three days or for good.

use std::collections::BTreeMap;

/// Seconds a temporary file is kept. Source: "Add temporary media".
pub(in crate::simulator) const LIFE: i64 = 3 * 86_400;

/// The most bytes kept over all files; the oldest go first.
pub(in crate::simulator) const BYTES: usize = 128 << 20;

/// The most files kept.
const FILES: usize = 10_000;

/// Every file, by its media id.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Media {
    files: BTreeMap<String, File>,
    bytes: usize,
    next: u64,
}

/// One file.
#[derive(Clone, Debug)]
pub(in crate::simulator) struct File {
    /// `image`, `voice`, `video`, `thumb`, `file`; `news` for a draft.
    pub(in crate::simulator) kind: String,
    pub(in crate::simulator) name: String,
    pub(in crate::simulator) content_type: String,
    pub(in crate::simulator) bytes: Vec<u8>,
    /// When it came, in seconds.
    pub(in crate::simulator) created: i64,
    pub(in crate::simulator) is_permanent: bool,
    /// Of a permanent video.
    pub(in crate::simulator) title: String,
    /// Of a permanent video.
    pub(in crate::simulator) introduction: String,
    number: u64,
}

impl File {
    /// A temporary file that came at `now`.
    pub(in crate::simulator) fn new(kind: &str, name: &str, content_type: &str, now: i64) -> Self {
        Self {
            kind: kind.to_owned(),
            name: name.to_owned(),
            content_type: content_type.to_owned(),
            bytes: Vec::new(),
            created: now,
            is_permanent: false,
            title: String::new(),
            introduction: String::new(),
            number: 0,
        }
    }

    fn is_there(&self, now: i64) -> bool {
        self.is_permanent || now - self.created < LIFE
    }
}

impl Media {
    /// Keeps a file under `id`.
    pub(in crate::simulator) fn keep(&mut self, id: &str, mut file: File) {
        self.next += 1;
        file.number = self.next;
        self.bytes += file.bytes.len();
        if let Some(old) = self.files.insert(id.to_owned(), file) {
            self.bytes -= old.bytes.len();
        }
        while self.bytes > BYTES || self.files.len() > FILES {
            let oldest = self.files.iter().min_by_key(|(_, file)| file.number);
            let Some(oldest) = oldest.map(|(id, _)| id.clone()) else { break };
            self.remove(&oldest);
        }
    }

    /// The file, while it is there.
    pub(in crate::simulator) fn find(&self, id: &str, now: i64) -> Option<&File> {
        self.files.get(id).filter(|file| file.is_there(now))
    }

    /// The same, if it is one that stays for good.
    pub(in crate::simulator) fn find_permanent(&self, id: &str) -> Option<&File> {
        self.files.get(id).filter(|file| file.is_permanent)
    }

    /// Forgets a file. Whether there was one.
    pub(in crate::simulator) fn remove(&mut self, id: &str) -> bool {
        let gone = self.files.remove(id);
        self.bytes -= gone.as_ref().map_or(0, |file| file.bytes.len());
        gone.is_some()
    }

    /// The permanent files of one kind, newest first.
    pub(in crate::simulator) fn permanent(&self, kind: &str) -> Vec<(&str, &File)> {
        let files = self.files.iter().filter(|(_, file)| file.is_permanent && file.kind == kind);
        let mut files: Vec<_> = files.map(|(id, file)| (id.as_str(), file)).collect();
        files.sort_by_key(|(_, file)| std::cmp::Reverse(file.number));
        files
    }
}

#[cfg(test)]
mod tests {
    use super::BYTES;
    use super::File;
    use super::Media;

    fn file(length: usize) -> File {
        let mut file = File::new("image", "a.png", "image/png", 0);
        file.bytes = vec![0; length];
        file
    }

    #[test]
    fn a_file_is_there_for_three_days() {
        let mut media = Media::default();
        media.keep("m1", file(1));
        assert!(media.find("m1", 259_199).is_some());
        assert!(media.find("m1", 259_200).is_none());
    }

    #[test]
    fn the_oldest_files_go_when_there_are_too_many_bytes() {
        let mut media = Media::default();
        media.keep("m1", file(BYTES));
        media.keep("m2", file(1));
        assert!(media.find("m1", 0).is_none());
        assert!(media.find("m2", 0).is_some());
    }
}
