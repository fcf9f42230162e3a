//! "The other side is typing", while an answer is being made.

use std::pin::pin;
use std::time::Duration;

use tokio::time::Instant;

use crate::wechat::limits;

/// Work that takes less is over before anybody would see it.
const AFTER: Duration = Duration::from_secs(1);

/// Shows to users that an answer is being written.
pub trait Typing: Send + Sync {
    /// Begins or ends to show it to `user` of `account`, if that account may. Must not block, and
    /// whatever goes wrong is of no interest.
    fn show(&self, account: &str, user: &str, is_typing: bool);
}

/// Carries out `work`, which began with the user's message, and shows it as long as WeChat allows.
pub(super) async fn during<T>(
    typing: &dyn Typing,
    (account, user): (&str, &str),
    work: impl Future<Output = T>,
) -> T {
    let mut work = pin!(work);
    let end = Instant::now() + limits::TYPING_WINDOW;
    let mut next = Instant::now() + AFTER;
    let mut shown_until = None;
    loop {
        tokio::select! {
            biased;
            result = &mut work => {
                if shown_until.is_some_and(|until| Instant::now() < until) {
                    typing.show(account, user, false);
                }
                return result;
            }
            () = tokio::time::sleep_until(next), if next < end => {
                typing.show(account, user, true);
                next += limits::TYPING_SHOWN;
                shown_until = Some(next);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Typing;
    use super::during;

    struct Log(Mutex<Vec<(u64, bool)>>, Instant);

    impl Typing for Log {
        fn show(&self, account: &str, user: &str, is_typing: bool) {
            assert_eq!((account, user), ("shop", "oAnna"));
            self.0.lock().unwrap().push((self.1.elapsed().as_secs(), is_typing));
        }
    }

    async fn log(seconds: u64) -> Vec<(u64, bool)> {
        let log = Log(Mutex::default(), Instant::now());
        during(&log, ("shop", "oAnna"), tokio::time::sleep(Duration::from_secs(seconds))).await;
        log.0.into_inner().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn typing_is_shown_after_a_second_renewed_and_ended_by_the_answer() {
        assert_eq!(log(0).await, []);
        assert_eq!(log(3).await, [(1, true), (3, false)]);
        assert_eq!(log(20).await, [(1, true), (16, true), (20, false)]);
    }

    #[tokio::test(start_paused = true)]
    async fn thirty_seconds_after_the_message_nothing_is_shown_any_more() {
        assert_eq!(log(60).await, [(1, true), (16, true)]);
    }
}
