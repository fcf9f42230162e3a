mod sealed {
    use std::sync::Arc;

    use crate::config::sealing::SealingKeys;
    use crate::entropy::SeededEntropy;
    use crate::store::Store;
    use crate::store::contract::contract;
    use crate::store::sealed::Change;
    use crate::store::sealed::Sealed;

    contract!(|| {
        let folder = tempfile::tempdir().unwrap();
        let (path, keys) = (folder.path().join("yizhan.db"), SealingKeys::default());
        let entropy = Arc::new(SeededEntropy::new(1));
        let store = Sealed::open(&path, &keys, Change::Allowed, entropy).unwrap();
        (Arc::new(store) as Arc<dyn Store>, folder)
    });
}

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use rusqlite::Connection;

use super::Change;
use super::Sealed;
use crate::config::sealing::SealingKey;
use crate::config::sealing::SealingKeys;
use crate::entropy::SystemEntropy;
use crate::store::Settlement;
use crate::store::Store as _;
use crate::store::StoreError;
use crate::store::open;
use crate::store::sqlite::Sqlite;

/// 2026-01-01T00:00:00Z.
const NOW: Duration = Duration::from_hours(490_896);
const HOUR: Duration = Duration::from_hours(1);
const TOKEN: &str = "91_kQ3vTnT0kEnThatNobodyMayRead";

/// A delivery's id, whose first byte is 1 until 2039.
const ID: [u8; 16] = *b"\x01\xa2\x15\x2d\xa8\xdc\x70\x00\xb1\x6b\xbd\x23\x20\xdf\x12\x14";

/// A key of 32 times `byte`.
fn key(byte: u8) -> SealingKey {
    SealingKey::new([byte; 32])
}

fn keys(key: Option<SealingKey>, previous: Option<SealingKey>) -> SealingKeys {
    SealingKeys { key, previous }
}

/// The store in `folder` with these keys.
fn with(folder: &Path, keys: &SealingKeys) -> Result<Sealed, StoreError> {
    let entropy = Arc::new(SystemEntropy);
    Sealed::open(&folder.join("yizhan.db"), keys, Change::Allowed, entropy)
}

fn refusal(folder: &Path, keys: &SealingKeys) -> String {
    let Err(error) = with(folder, keys) else { panic!("was opened") };
    error.to_string().replace(&folder.display().to_string(), "DIR")
}

async fn set(store: &impl crate::store::Store, name: &str, value: &str) {
    store.set(NOW, name, Some(value.into()), HOUR).await.unwrap();
}

async fn get(store: &impl crate::store::Store, name: &str) -> Option<String> {
    let value = store.get(NOW, name).await.unwrap();
    value.map(|it| String::from_utf8(it).unwrap())
}

/// Whether any file of the store, its log of changes included, has `text` in it.
fn is_written(folder: &Path, text: &str) -> bool {
    // A store that is being closed takes its log of changes away.
    let files = fs::read_dir(folder).unwrap().map(|it| fs::read(it.unwrap().path()));
    let files: Vec<_> = files.filter_map(Result::ok).collect();
    assert!(files.iter().any(|it| it.starts_with(b"SQLite format 3\0")));
    files.iter().any(|file| file.windows(text.len()).any(|it| it == text.as_bytes()))
}

/// One number that the file tells.
fn ask(folder: &Path, sql: &str) -> i64 {
    let database = Connection::open(folder.join("yizhan.db")).unwrap();
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// What is in the file under `name`.
fn stored(folder: &Path, name: &str) -> Vec<u8> {
    let database = Connection::open(folder.join("yizhan.db")).unwrap();
    let sql = "SELECT value FROM value WHERE key = ?1";
    database.query_row(sql, [name], |row| row.get(0)).unwrap()
}

/// Changes the file behind the store's back.
fn change(folder: &Path, sql: &str) {
    let database = Connection::open(folder.join("yizhan.db")).unwrap();
    assert_eq!(database.execute(sql, []), Ok(1));
}

#[tokio::test]
async fn no_token_is_in_the_bytes_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = open("sqlite:yizhan.db", folder.path()).unwrap();
    let token = |value: &str| Some(value.as_bytes().to_vec());
    store.set(NOW, "token/shop", token(TOKEN), HOUR).await.unwrap();
    assert!(store.compare_and_set(NOW, "a", None, token(TOKEN), HOUR).await.unwrap());
    let values = vec![("b".to_owned(), token(TOKEN), HOUR)];
    let settlement = Settlement { key: "m/1".to_owned(), values, ..Settlement::default() };
    store.settle(NOW, settlement.clone()).await.unwrap();
    let expected = vec![("c".to_owned(), None)];
    let values = vec![("c".to_owned(), token(TOKEN), HOUR)];
    let settlement = Settlement { key: "m/2".to_owned(), values, ..settlement };
    assert!(store.settle_if(NOW, expected, settlement).await.unwrap().is_some());
    for name in ["token/shop", "a", "b", "c"] {
        assert_eq!(store.get(NOW, name).await.unwrap(), token(TOKEN), "{name}");
    }
    assert!(!is_written(folder.path(), TOKEN), "open");
    drop(store);
    assert!(!is_written(folder.path(), TOKEN), "closed");
    // The names are there, so it was looked for in the right place.
    assert!(is_written(folder.path(), "token/shop"));
}

#[tokio::test]
async fn what_an_earlier_version_wrote_in_plain_is_sealed_and_its_bytes_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let earlier = Sqlite::open(&folder.path().join("yizhan.db")).unwrap();
    // Pieces of what was written over, and of what is forgotten, whose pages are free now.
    let long = TOKEN.repeat(20);
    for (prefix, value) in
        [("m", Some(&*long)), ("n", Some(&*long)), ("n", Some(TOKEN)), ("m", None)]
    {
        let set = |number| {
            let (earlier, name) = (&earlier, format!("{prefix}/{number:04}"));
            async move { earlier.set(NOW, &name, value.map(Into::into), HOUR).await.unwrap() }
        };
        join_all((0..1_200).map(set)).await;
    }
    earlier.set(NOW, "last", Some(TOKEN.into()), 2 * HOUR).await.unwrap();
    earlier.set(NOW, "id", Some(ID.to_vec()), HOUR).await.unwrap();
    drop(earlier);
    assert!(is_written(folder.path(), TOKEN));
    let free = ask(folder.path(), "SELECT freelist_count FROM pragma_freelist_count");
    assert!(free > 100, "{free} free pages");

    let store = with(folder.path(), &SealingKeys::default()).unwrap();
    assert!(!is_written(folder.path(), TOKEN));
    assert_eq!(
        ask(folder.path(), "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%fill%'"),
        0
    );
    assert_eq!(store.values(NOW, "n/", None, 5_000).await.unwrap().len(), 1_200);
    assert_eq!(get(&store, "n/1199").await.as_deref(), Some(TOKEN));
    assert_eq!(store.get(NOW, "id").await.unwrap().unwrap(), ID);
    assert_ne!(stored(folder.path(), "id"), ID, "left in plain");
    // They end when they would have.
    assert_eq!(store.get(NOW + HOUR, "n/0000").await.unwrap(), None);
    assert_eq!(store.get(NOW + HOUR, "last").await.unwrap(), Some(TOKEN.into()));
}

#[tokio::test]
async fn what_an_earlier_version_that_still_runs_writes_is_read_and_sealed_at_the_next_write() {
    let folder = tempfile::tempdir().unwrap();
    let store = with(folder.path(), &SealingKeys::default()).unwrap();
    let earlier = Sqlite::open(&folder.path().join("yizhan.db")).unwrap();
    set(&earlier, "a", "plain").await;
    assert_eq!(get(&store, "a").await.as_deref(), Some("plain"));
    let [from, to] = ["plain", TOKEN].map(|it| Some(it.into()));
    assert!(store.compare_and_set(NOW, "a", from, to, HOUR).await.unwrap());
    assert_eq!(get(&store, "a").await.as_deref(), Some(TOKEN));
    assert!(!is_written(folder.path(), TOKEN));
}

#[tokio::test]
async fn a_value_in_anothers_place_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let store = with(folder.path(), &SealingKeys::default()).unwrap();
    set(&store, "token/shop", "one").await;
    set(&store, "token/other", "two").await;
    let swap = "UPDATE value SET value = (SELECT value FROM value WHERE key = 'token/other') \
                WHERE key = 'token/shop'";
    change(folder.path(), swap);
    let error = store.get(NOW, "token/shop").await.unwrap_err();
    assert_eq!(error.to_string(), "the value `token/shop` of the store does not open with its key");
    assert_eq!(get(&store, "token/other").await.as_deref(), Some("two"));
}

#[tokio::test]
async fn a_sealed_store_without_its_key_does_not_open_and_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("yizhan.db.key");
    let own = SealingKeys::default();
    set(&with(folder.path(), &own).unwrap(), "a", "1").await;
    let made = fs::read(&file).unwrap();
    let before = fs::read(folder.path().join("yizhan.db")).unwrap();

    fs::remove_file(&file).unwrap();
    let gone = "the secrets in `DIR/yizhan.db` are sealed, and their key is gone: put \
                `DIR/yizhan.db.key` back, or write its 64 digits as `[store] key`";
    assert_eq!(refusal(folder.path(), &own), gone);
    assert!(!file.exists(), "it made another key");

    let other = "the secrets in `DIR/yizhan.db` are sealed with another key than `[store] key` or \
                 `DIR/yizhan.db.key`: put the right one back, or name it as `[store] previous_key` \
                 while the key is being changed";
    assert_eq!(refusal(folder.path(), &keys(Some(key(1)), None)), other);
    assert_eq!(refusal(folder.path(), &keys(Some(key(1)), Some(key(2)))), other);
    fs::write(&file, "00".repeat(32)).unwrap();
    assert_eq!(refusal(folder.path(), &own), other);
    fs::write(&file, "").unwrap();
    let none = "`DIR/yizhan.db.key` holds no key of 64 hexadecimal digits: put the right one back";
    assert_eq!(refusal(folder.path(), &own), none);

    assert_eq!(fs::read(folder.path().join("yizhan.db")).unwrap(), before);
    fs::write(&file, made).unwrap();
    assert_eq!(get(&with(folder.path(), &own).unwrap(), "a").await.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_key_is_changed_by_naming_the_one_before_once() {
    let folder = tempfile::tempdir().unwrap();
    let open = |new: u8, old: Option<u8>| with(folder.path(), &keys(Some(key(new)), old.map(key)));
    let running = open(1, None).unwrap();
    set(&running, "a", "1").await;
    assert!(!folder.path().join("yizhan.db.key").exists());

    let store = open(2, Some(1)).unwrap();
    assert_eq!(get(&store, "a").await.as_deref(), Some("1"));
    // An instance that has not been restarted yet.
    set(&running, "b", "2").await;
    drop(running);
    assert_eq!(get(&store, "b").await.as_deref(), Some("2"));
    drop(store);
    // The key before opens it no more.
    assert!(open(1, None).is_err());
    drop(open(2, Some(1)).unwrap());
    let store = open(2, None).unwrap();
    for (name, value) in [("a", "1"), ("b", "2")] {
        assert_eq!(get(&store, name).await.as_deref(), Some(value));
    }
}

#[tokio::test]
async fn a_key_file_is_changed_by_moving_it_away() {
    let folder = tempfile::tempdir().unwrap();
    set(&with(folder.path(), &SealingKeys::default()).unwrap(), "a", "1").await;
    let file = folder.path().join("yizhan.db.key");
    let before = SealingKey::parse(fs::read_to_string(&file).unwrap().trim()).unwrap();
    fs::remove_file(&file).unwrap();
    drop(with(folder.path(), &keys(None, Some(before.clone()))).unwrap());
    let made = SealingKey::parse(fs::read_to_string(&file).unwrap().trim()).unwrap();
    assert_ne!(made, before);
    let store = with(folder.path(), &SealingKeys::default()).unwrap();
    assert_eq!(get(&store, "a").await.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_command_beside_a_station_leaves_it_the_key_that_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let station = with(folder.path(), &keys(Some(key(1)), None)).unwrap();
    set(&station, "a", "1").await;

    let beside = |new: Option<u8>| {
        let keys = keys(new.map(key), Some(key(1)));
        let entropy = Arc::new(SystemEntropy);
        Sealed::open(&folder.path().join("yizhan.db"), &keys, Change::Forbidden, entropy).unwrap()
    };
    // With a new key, and where the station will make one for itself.
    for (new, value) in [(Some(2), "2"), (None, "3")] {
        let command = beside(new);
        assert_eq!(get(&command, "a").await, get(&station, "a").await);
        set(&command, "a", value).await;
        assert_eq!(get(&station, "a").await.as_deref(), Some(value));
    }
    assert!(!folder.path().join("yizhan.db.key").exists());
    drop(station);

    // Its next start changes the key, and what commands do then is done with the new one.
    let station = with(folder.path(), &keys(Some(key(2)), Some(key(1)))).unwrap();
    set(&beside(Some(2)), "b", "4").await;
    assert_eq!(get(&station, "a").await.as_deref(), Some("3"));
    drop(station);
    let station = with(folder.path(), &keys(Some(key(2)), None)).unwrap();
    assert_eq!(get(&station, "b").await.as_deref(), Some("4"));
}

#[test]
fn a_store_in_memory_makes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    drop(open("memory:", folder.path()).unwrap());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
