//! The new set as a whole, or the old one stays.

use std::process::Command;
use std::time::Duration;

use yizhan::tasks::Tasks;

use super::Desk;
use super::settings;

const OLD: &str = "[[rule]]\nname = 'a'\nset = { n = '1' }\nreply = 'old {{ user.n }}'\n";
const NEW: &str = "[[rule]]\nname = 'a'\nreply = 'new {{ user.n }}'\n";

#[tokio::test]
async fn a_changed_file_takes_effect_and_what_is_known_of_users_stays() {
    let desk = Desk::with(OLD);
    assert_eq!(desk.says("x").await.as_deref(), Some("old 1"));
    desk.write("10-rules.toml", NEW);
    assert_eq!(desk.handler.reload(), Ok(()));
    assert_eq!(desk.says("x").await.as_deref(), Some("new 1"));
    assert_eq!(desk.counts.failures.get(), 0);
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
    assert_eq!(desk.counts.failures.get(), 1);

    desk.write("20-more.toml", "");
    assert_eq!(desk.handler.reload(), Ok(()));
    assert_eq!(desk.handler.faults(), None);
    assert_eq!(desk.says("x").await.as_deref(), Some("new 1"));
}

#[tokio::test]
async fn a_folder_that_is_gone_keeps_the_old_set() {
    let desk = Desk::with(OLD);
    std::fs::remove_dir_all(&desk.folder).unwrap();
    assert!(desk.handler.reload().is_err());
    assert_eq!(desk.says("x").await.as_deref(), Some("old 1"));
}

#[tokio::test]
async fn a_pipe_among_the_files_is_a_fault_and_not_waited_for() {
    let desk = Desk::with(OLD);
    let pipe = desk.folder.join("pipe.toml");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let faults = desk.handler.reload().unwrap_err();
    assert!(faults.to_string().ends_with("pipe.toml: cannot be read: it is no file"), "{faults}");
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

/// Waits until `x` is answered with `expected`, and fails after five seconds.
async fn wait_for(desk: &Desk, expected: &str) {
    for _ in 0..100 {
        if desk.says("x").await.as_deref() == Some(expected) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(desk.says("x").await.as_deref(), Some(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_folder_is_watched() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("handlers");
    std::fs::create_dir(&rules).unwrap();
    let text = |word: &str| format!("[[rule]]\nname = 'a'\nreply = '{word}'\n");
    std::fs::write(rules.join("a.toml"), text("one")).unwrap();
    let desk = Desk::of(rules.clone(), settings()).unwrap();
    let tasks = Tasks::new();
    desk.handler.watch(&tasks).unwrap();
    wait_for(&desk, "one").await;

    // As editors do it: written beside, then renamed over.
    std::fs::write(rules.join("a.toml~"), text("two")).unwrap();
    std::fs::rename(rules.join("a.toml~"), rules.join("a.toml")).unwrap();
    wait_for(&desk, "two").await;

    // As deployments do it: the whole folder at once, and a change in the new one.
    let next = folder.path().join("next");
    std::fs::create_dir(&next).unwrap();
    std::fs::write(next.join("a.toml"), text("three")).unwrap();
    std::fs::rename(&rules, folder.path().join("before")).unwrap();
    std::fs::rename(&next, &rules).unwrap();
    wait_for(&desk, "three").await;
    std::fs::write(rules.join("a.toml"), text("four")).unwrap();
    wait_for(&desk, "four").await;

    assert!(tasks.stop(Duration::from_secs(1)).await);
}
