//! The new set as a whole, or the old one stays.

use std::time::Duration;

use yizhan::tasks::Tasks;

use super::Desk;
use super::MORNING;
use super::said;
use super::shop;

const OLD: &str = "[[rule]]\nname = 'a'\nset = { n = '1' }\nreply = 'old {{ user.n }}'\n";
const NEW: &str = "[[rule]]\nname = 'a'\nreply = 'new {{ user.n }}'\n";

#[tokio::test]
async fn a_changed_file_takes_effect_and_what_is_known_of_users_stays() {
    let desk = Desk::with(OLD);
    assert_eq!(desk.says("x").await.as_deref(), Some("old 1"));
    desk.write("10-rules.toml", NEW);
    assert_eq!(desk.handler.reload(), Ok(()));
    assert_eq!(desk.says("x").await.as_deref(), Some("new 1"));
    assert_eq!(desk.failures.get(), 0);
}

#[tokio::test]
async fn with_one_fault_in_one_file_the_whole_old_set_stays() {
    let desk = Desk::with(OLD);
    desk.write("10-rules.toml", NEW);
    desk.write("20-more.toml", "[[rule]]\nname = 'b'\nequal = 'x'\nreply = ''\n");
    let faults = desk.handler.reload().unwrap_err();
    assert!(faults.to_string().contains("did you mean `equals`?"), "{faults}");
    assert_eq!(desk.says("x").await.as_deref(), Some("old 1"));
    assert_eq!(desk.handler.faults(), Some(faults));
    assert_eq!(desk.failures.get(), 1);

    desk.write("20-more.toml", "");
    assert_eq!(desk.handler.reload(), Ok(()));
    assert_eq!(desk.handler.faults(), None);
    assert_eq!(desk.says("x").await.as_deref(), Some("new 1"));
}

#[tokio::test]
async fn a_folder_that_is_gone_keeps_the_old_set() {
    let desk = Desk::with(OLD);
    std::fs::remove_dir_all(desk.folder.path()).unwrap();
    assert!(desk.handler.reload().is_err());
    assert_eq!(desk.says("x").await.as_deref(), Some("old 1"));
}

#[tokio::test]
async fn work_that_has_begun_ends_with_the_rules_it_began_with() {
    let desk = Desk::with(OLD);
    let rules = desk.handler.rules();
    desk.write("10-rules.toml", NEW);
    desk.handler.reload().unwrap();
    assert_eq!(rules.names().collect::<Vec<_>>(), ["a"]);
    assert!(!std::sync::Arc::ptr_eq(&rules, &desk.handler.rules()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_folder_is_watched() {
    let desk = Desk::with(OLD);
    let tasks = Tasks::new();
    let watch = desk.handler.watch(&tasks).unwrap();
    // As editors do it: written beside, then renamed over.
    desk.write("10-rules.toml.tmp", NEW);
    let [from, to] =
        ["10-rules.toml.tmp", "10-rules.toml"].map(|name| desk.folder.path().join(name));
    std::fs::rename(from, to).unwrap();
    let mut said_now = None;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        said_now = desk.answer(&said("u1", "x"), &shop(MORNING)).await;
        if said_now.as_ref().is_some_and(|it| super::plain(&it.reply).starts_with("new")) {
            break;
        }
    }
    assert_eq!(super::plain(&said_now.unwrap().reply), "new 1");
    drop(watch);
    assert!(tasks.stop(Duration::from_secs(1)).await);
}
