use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::Shut;
use super::Trigger;
use super::Windows;
use crate::clock::TokioClock;
use crate::store;
use crate::store::Store;
use crate::tasks::Tasks;
use crate::wechat::Platform;
use crate::wechat::inbound::Inbound;

struct Desk {
    store: Arc<dyn Store>,
    clock: Arc<TokioClock>,
    windows: Arc<Windows>,
    tasks: Tasks,
}

impl Desk {
    fn new() -> Self {
        let store = store::open("memory:", Path::new("")).unwrap();
        Self::on(store, Arc::new(TokioClock::starting_at(1_767_225_600)))
    }

    fn on(store: Arc<dyn Store>, clock: Arc<TokioClock>) -> Self {
        let windows = Arc::new(Windows::new(Arc::clone(&store), Arc::clone(&clock) as _));
        let tasks = Tasks::new();
        windows.keep_writing(&tasks);
        Self { store, clock, windows, tasks }
    }

    /// Stops in order, and starts again.
    async fn restart(self) -> Self {
        assert!(self.tasks.stop(Duration::from_secs(1)).await);
        Self::on(self.store, self.clock)
    }

    fn writes(&self) {
        let message = b"<xml><MsgType>text</MsgType></xml>".to_vec();
        let inbound = Inbound::parse(message).unwrap();
        let trigger = Trigger::of(&inbound, Platform::OfficialAccount).unwrap();
        self.windows.heard("shop", "oAnna", trigger);
    }

    async fn take(&self) -> Result<(), Shut> {
        self.windows.take("shop", "oAnna").await
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_is_sent_what_they_allow_and_no_more() {
    let desk = Desk::new();
    desk.writes();
    for _ in 0..5 {
        assert_eq!(desk.take().await, Ok(()));
    }
    assert_eq!(desk.take().await, Err(Shut::UsedUp));
    assert_eq!(desk.windows.left("shop", "oAnna").await, 0);
    assert_eq!(Shut::UsedUp.code().name, "window.used_up");
    desk.windows.give_back("shop", "oAnna");
    assert_eq!(desk.take().await, Ok(()));
    desk.writes();
    assert_eq!(desk.take().await, Ok(()));
    assert_eq!(desk.windows.left("shop", "oAnna").await, 4);
    tokio::time::advance(Duration::from_hours(48)).await;
    assert_eq!(desk.take().await, Err(Shut::Closed));
    assert_eq!(Shut::Closed.code().name, "window.closed");
}

#[tokio::test(start_paused = true)]
async fn of_a_user_nobody_heard_of_wechat_decides_and_we_learn() {
    let desk = Desk::new();
    assert_eq!(desk.take().await, Ok(()));
    let shut = Shut::of_errcode(45_047).unwrap();
    desk.windows.learn("shop", "oAnna", shut);
    assert_eq!(desk.take().await, Err(Shut::UsedUp));
    desk.windows.learn("shop", "oAnna", Shut::of_errcode(45_015).unwrap());
    assert_eq!(desk.take().await, Err(Shut::Closed));
    assert_eq!(desk.windows.left("shop", "oBen").await, u8::MAX);
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_is_known_after_a_restart() {
    let desk = Desk::new();
    desk.writes();
    for _ in 0..4 {
        assert_eq!(desk.take().await, Ok(()));
    }
    let desk = desk.restart().await;
    assert_eq!(desk.take().await, Ok(()));
    assert_eq!(desk.take().await, Err(Shut::UsedUp));
}

#[tokio::test(start_paused = true)]
async fn changes_are_written_every_two_seconds_and_only_those() {
    let desk = Desk::new();
    desk.writes();
    let key = "window/shop/oAnna";
    let now = || Duration::from_hours(490_896);
    assert_eq!(desk.store.get(now(), key).await.unwrap(), None);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let written = desk.store.get(now(), key).await.unwrap().unwrap();
    let expected = r#"{"message":{"until":1767398400000,"left":5},"act":{"until":0,"left":0}}"#;
    assert_eq!(String::from_utf8(written).unwrap(), expected);
    desk.store.set(now(), key, None, Duration::ZERO).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(desk.store.get(now(), key).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn memory_is_bounded_and_what_it_dropped_comes_from_the_store() {
    let desk = Desk::new();
    desk.writes();
    for _ in 0..5 {
        desk.take().await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    for number in 0..150_000 {
        desk.windows.learn("shop", &format!("o{number}"), Shut::Closed);
        if number % 10_000 == 0 {
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
    }
    let held = {
        let memory = desk.windows.lock();
        memory.young.len() + memory.old.len()
    };
    assert!(held <= 2 * super::USERS, "{held}");
    assert_eq!(desk.take().await, Err(Shut::UsedUp));
}
