//! The key that a store makes for itself: a file beside it, for its owner alone.

use std::fs;
use std::fs::OpenOptions;
use std::io;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::config::sealing::SealingKey;
use crate::entropy::Entropy;
use crate::store::StoreError;

/// Where the key of the store at `path` is: `FILE.key`.
pub(super) fn path_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".key");
    name.into()
}

/// The key in the file at `path`; none where there is no file.
pub(super) fn read(path: &Path) -> Result<Option<SealingKey>, StoreError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(path, error)),
    };
    match SealingKey::parse(text.trim_end()) {
        Some(key) => Ok(Some(key)),
        None => Err(StoreError::NoKey(path.to_owned())),
    }
}

/// Makes a key and keeps it at `path`, on the disk before anything is sealed with it. Where another
/// process has made one meanwhile, theirs.
pub(super) fn make(path: &Path, entropy: &dyn Entropy) -> Result<SealingKey, StoreError> {
    let mut bytes = Zeroizing::new([0; 32]);
    entropy.fill(bytes.as_mut());
    let key = SealingKey::new(*bytes);
    write(path, &key, entropy.nonce()).map_err(|error| unusable(path, error))?;
    read(path)?.ok_or_else(|| StoreError::NoKey(path.to_owned()))
}

/// Under a name of its own first, so that nobody reads half of it.
fn write(path: &Path, key: &SealingKey, nonce: u32) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{nonce:08x}"));
    let draft = PathBuf::from(draft);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let done = file
        .write_all(key.to_hex().as_bytes())
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync_all())
        .and_then(|()| match fs::hard_link(&draft, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        });
    fs::remove_file(&draft)?;
    done?;
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn unusable(path: &Path, error: io::Error) -> StoreError {
    StoreError::Open { path: path.to_owned(), source: Arc::new(error) }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::make;
    use super::path_of;
    use super::read;
    use crate::entropy::SeededEntropy;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = path_of(&folder.path().join("yizhan.db"));
        assert_eq!(path, folder.path().join("yizhan.db.key"));
        assert_eq!(read(&path).unwrap(), None);
        let key = make(&path, &SeededEntropy::new(1)).unwrap();
        assert_eq!(make(&path, &SeededEntropy::new(2)).unwrap(), key);
        assert_eq!(read(&path).unwrap().unwrap(), key);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}\n", *key.to_hex()));
        // No draft is left.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_without_a_key_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        fs::write(&path, "").unwrap();
        for error in [read(&path).unwrap_err(), make(&path, &SeededEntropy::new(1)).unwrap_err()] {
            assert!(error.to_string().starts_with('`') && error.to_string().contains("a.key"));
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
    }
}
