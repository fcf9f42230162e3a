mod memory {
    use std::sync::Arc;

    use crate::store::Store;
    use crate::store::contract::contract;
    use crate::store::sqlite::Sqlite;

    contract!(|| (Arc::new(Sqlite::in_memory().unwrap()) as Arc<dyn Store>, ()));
}

mod file {
    use std::sync::Arc;

    use crate::store::Store;
    use crate::store::contract::contract;
    use crate::store::sqlite::Sqlite;

    contract!(|| {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&folder.path().join("yizhan.db")).unwrap();
        (Arc::new(store) as Arc<dyn Store>, folder)
    });
}

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use super::Sqlite;
use super::schema;
use crate::entropy::SystemEntropy;
use crate::notification::Notification;
use crate::store::Filter;
use crate::store::Ids;
use crate::store::NewDelivery;
use crate::store::State;
use crate::store::Store as _;
use crate::store::StoreError;
use crate::store::open;

/// 2026-01-01T00:00:00Z.
const NOW: Duration = Duration::from_hours(490_896);

fn text(body: &str) -> NewDelivery {
    let id = Ids::new(Arc::new(SystemEntropy)).next(NOW);
    let notification = Notification::text("ops", body);
    NewDelivery { id, lane: "ops".to_owned(), due: NOW, notification }
}

async fn count(store: &Sqlite) -> usize {
    store.query(Filter::default(), None, 1_000).await.unwrap().deliveries.len()
}

#[tokio::test]
async fn what_was_accepted_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("yizhan.db");
    let store = Sqlite::open(&file).unwrap();
    store.enqueue(NOW, vec![text("x")]).await.unwrap();
    drop(store);
    // Closed in order, everything is in one file.
    assert!(fs::metadata(folder.path().join("yizhan.db-wal")).map_or(0, |it| it.len()) == 0);
    assert_eq!(count(&Sqlite::open(&file).unwrap()).await, 1);
}

#[tokio::test]
async fn the_file_is_its_owners_alone_and_its_folder_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let store = open("sqlite:data/deep/yizhan.db", folder.path()).unwrap();
    store.enqueue(NOW, vec![text("x")]).await.unwrap();
    let rights = |path: &str| {
        let path = folder.path().join(path);
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(rights("data/deep"), 0o700);
    for file in ["yizhan.db", "yizhan.db-wal", "yizhan.db-shm"] {
        assert_eq!(rights(&format!("data/deep/{file}")), 0o600, "{file}");
    }
}

#[test]
fn a_url_of_no_store_is_refused_without_its_password() {
    for url in ["redis://:secret@host", "sqlite:", "data/yizhan.db", "memory:x"] {
        let Err(error) = open(url, Path::new("")) else { panic!("{url} was opened") };
        assert!(matches!(&error, StoreError::Url(_)), "{url}: {error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_with_the_path() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data"), "a file").unwrap();
    let Err(error) = open("sqlite:data/yizhan.db", folder.path()) else { panic!("was opened") };
    assert!(matches!(error, StoreError::Open { .. }), "{error}");
    assert!(error.to_string().contains("data/yizhan.db"), "{error}");
}

#[tokio::test]
async fn an_older_schema_is_brought_up_to_date_with_all_that_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("yizhan.db");
    let mut old = Connection::open(&file).unwrap();
    schema::upgrade(&mut old, &schema::CHANGES[..1], &file).unwrap();
    let id = text("").id;
    let sql = "INSERT INTO delivery (id, lane, due, accepted, content) \
               VALUES (?1, 'ops', 0, 0, '{\"channel\":\"ops\",\"body\":\"old\"}')";
    old.execute(sql, [id.as_bytes().as_slice()]).unwrap();
    drop(old);
    let store = Sqlite::open(&file).unwrap();
    let (found, _) = store.find(id).await.unwrap().unwrap();
    assert_eq!(found.notification, Notification::text("ops", "old"));
    store.set(NOW, "k", Some(vec![1]), Duration::from_secs(1)).await.unwrap();
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("yizhan.db");
    drop(Sqlite::open(&file).unwrap());
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let Err(error) = Sqlite::open(&file) else { panic!("was opened") };
    let known = schema::CHANGES.len();
    let expected =
        format!("the store has schema 99, this version knows {known}; run the newer version");
    assert_eq!(error.to_string(), expected);
    let version = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
    let found = Connection::open(&file).unwrap();
    assert_eq!(found.pragma_query_value(None, "user_version", version).unwrap(), 99);
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("theirs.db");
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    let before = fs::read(&file).unwrap();
    assert!(matches!(Sqlite::open(&file), Err(StoreError::Foreign(_))));
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn a_full_disk_is_reported_and_over_once_there_is_space() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&folder.path().join("yizhan.db")).unwrap();
    store.enqueue(NOW, vec![text("before")]).await.unwrap();
    let limit = |pages: i64| {
        store.writer.write(move |session| {
            let update = format!("PRAGMA max_page_count = {pages}");
            session.connection.query_row(&update, [], |_| Ok(())).map_err(super::failed)
        })
    };
    limit(1).await.unwrap();
    let long = "x".repeat(100_000);
    let error = store.enqueue(NOW, vec![text(&long)]).await.unwrap_err();
    assert!(matches!(error, StoreError::Full), "{error}");
    // What needs no space goes on, also beside what does.
    let (large, small) =
        tokio::join!(store.enqueue(NOW, vec![text(&long)]), store.unlock("name", "owner"));
    assert!(matches!(large, Err(StoreError::Full)));
    small.unwrap();
    assert_eq!(count(&store).await, 1);
    limit(1_000_000).await.unwrap();
    store.enqueue(NOW, vec![text(&long)]).await.unwrap();
    let books = store.books().await.unwrap();
    assert_eq!((books.accepted, books.balance()), (2, true));
    assert_eq!(books, store.audit().await.unwrap());
}

/// Changes the row that says `body`, behind the store's back.
async fn damage(store: &Sqlite, body: &str, change: &str) {
    let sql = format!("UPDATE delivery SET {change} WHERE content LIKE '%\"{body}\"%'");
    let damaged = store.writer.write(move |session| super::values::execute(session, &sql, &[]));
    assert_eq!(damaged.await.unwrap(), 1);
}

/// The bodies of what is claimed.
async fn claim(store: &Sqlite) -> Vec<String> {
    let claim = store.claim(NOW, "ops", 10, Duration::from_secs(90), None).await.unwrap();
    claim.deliveries.into_iter().map(|it| it.notification.body).collect()
}

#[tokio::test]
async fn what_cannot_be_read_is_set_aside_as_it_is_and_holds_up_nothing_else() {
    let store = Sqlite::in_memory().unwrap();
    let bodies = ["cut", "other", "number", "good", "bytes"];
    store.enqueue(NOW, bodies.map(text).into()).await.unwrap();
    damage(&store, "cut", "content = '{\"channel\":\"ops\",\"body\":\"'").await;
    damage(&store, "other", "content = '\"other\"'").await;
    damage(&store, "number", "attempts = 'many'").await;
    damage(&store, "bytes", "content = CAST(x'ff00fe' AS TEXT)").await;

    assert_eq!(claim(&store).await, ["good"]);

    let books = store.books().await.unwrap();
    assert_eq!((books.waiting, books.refused), (1, 4));
    assert_eq!(books, store.audit().await.unwrap());
    let code = Some("store.unreadable".to_owned());
    let set_aside = Filter { state: Some(State::Refused), code, ..Filter::default() };
    // One cannot even be shown, and does not hide the others.
    let page = store.query(set_aside.clone(), None, 10).await.unwrap();
    assert_eq!(page.deliveries.len(), 3);
    let (shown, _) = store.find(page.deliveries[0].id).await.unwrap().unwrap();
    assert_eq!((shown.lane.as_str(), shown.notification), ("ops", Notification::default()));

    // Their bytes are kept: what is repaired goes out, the others are set aside again.
    let sql = "SELECT CAST(content AS BLOB) FROM delivery WHERE typeof(content) = 'text' \
               AND NOT json_valid(content) ORDER BY seq";
    let kept = store.writer.read_inline(|connection| {
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>()
    });
    let cut = br#"{"channel":"ops","body":""#;
    assert_eq!(kept.unwrap(), [cut.to_vec(), b"\xff\0\xfe".to_vec()]);
    damage(&store, "other", "content = '{\"channel\":\"ops\",\"body\":\"other\"}'").await;
    assert_eq!(store.revive(NOW, set_aside, 10).await.unwrap(), 4);
    assert_eq!(claim(&store).await, ["other"]);
    assert_eq!(store.books().await.unwrap().refused, 3);
}

#[tokio::test]
async fn one_operation_that_fails_takes_no_other_with_it() {
    let store = Sqlite::in_memory().unwrap();
    let broken = store
        .writer
        .write(|session| super::values::execute(session, "INSERT INTO nowhere VALUES (1)", &[]));
    assert!(matches!(broken.await, Err(StoreError::Failed(_))));
    store.enqueue(NOW, vec![text("x")]).await.unwrap();
    assert_eq!(count(&store).await, 1);
}

#[tokio::test]
async fn two_instances_share_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("yizhan.db");
    let (one, two) = (Sqlite::open(&file).unwrap(), Sqlite::open(&file).unwrap());
    let lease = Duration::from_secs(90);
    for _ in 0..50 {
        let (a, b) =
            tokio::join!(one.enqueue(NOW, vec![text("x")]), two.enqueue(NOW, vec![text("y")]));
        a.unwrap();
        b.unwrap();
    }
    let (a, b) = tokio::join!(
        one.claim(NOW, "ops", 60, lease, None),
        two.claim(NOW, "ops", 60, lease, None)
    );
    let total = a.unwrap().deliveries.len() + b.unwrap().deliveries.len();
    assert_eq!(total, 100);
    assert_eq!(one.books().await.unwrap(), two.books().await.unwrap());
}
