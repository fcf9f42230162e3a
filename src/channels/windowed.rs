//! A channel to users of WeChat that sends nobody more than they allow.

use std::sync::Arc;
use std::time::Duration;

use super::Channel;
use super::Parcel;
use super::Sending;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::notification::Receipt;
use crate::notification::Terms;
use crate::window::Shut;
use crate::window::Windows;

/// How long a message waits that must wait for its user's next one: nobody knows when that comes,
/// and looking costs nothing.
const LOOK_AGAIN: Duration = Duration::from_mins(10);

/// Wraps a channel that sends customer-service messages of one account: whatever WeChat would
/// refuse with 45015 or 45047 is refused here, without asking.
pub struct Windowed {
    /// The account's name in the config.
    pub account: String,
    /// What sends.
    pub channel: Arc<dyn Channel>,
    /// What users allow.
    pub windows: Arc<Windows>,
}

impl Channel for Windowed {
    fn terms(&self) -> Terms {
        self.channel.terms()
    }

    fn send<'a>(&'a self, parcel: &'a Parcel) -> Sending<'a> {
        Box::pin(self.guarded(parcel))
    }
}

impl Windowed {
    async fn guarded(&self, parcel: &Parcel) -> Result<Receipt, Failure> {
        // Customer-service messages have one receiver; of several none is guarded, and the channel
        // says what it thinks of them.
        let [user] = parcel.notification.to.as_slice() else {
            return self.channel.send(parcel).await;
        };
        self.windows.take(&self.account, user).await.map_err(refusal)?;
        let sent = self.channel.send(parcel).await;
        let Err(failure) = &sent else { return sent };
        match failure.code.parse().ok().and_then(Shut::of_errcode) {
            Some(shut) => {
                self.windows.learn(&self.account, user, shut);
                return Err(Failure { detail: failure.detail.clone(), ..refusal(shut) });
            }
            // It may have arrived, and then it counts.
            None if failure.blame == Blame::Unknown => {}
            None => self.windows.give_back(&self.account, user),
        }
        sent
    }
}

/// Closed for good, as far as this message goes; used up until the user writes again.
fn refusal(shut: Shut) -> Failure {
    let blame = match shut {
        Shut::Closed => Blame::Request,
        Shut::UsedUp => Blame::Service { retry_after: Some(LOOK_AGAIN) },
    };
    let (code, detail) = (shut.code(), shut.to_string());
    Failure { advice: code.advice.to_owned(), detail, ..Failure::new(blame, code.name) }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::Mutex;
    use std::time::Duration;

    use super::Windowed;
    use crate::channels::Channel;
    use crate::channels::Parcel;
    use crate::channels::Sending;
    use crate::clock::TokioClock;
    use crate::notification::Blame;
    use crate::notification::Failure;
    use crate::notification::Notification;
    use crate::notification::Receipt;
    use crate::notification::Terms;
    use crate::store;
    use crate::store::DeliveryId;
    use crate::wechat::Platform;
    use crate::wechat::inbound::Inbound;
    use crate::window::Trigger;
    use crate::window::Windows;

    /// Fails as it is told, the last first; then everything arrives.
    struct Service(Mutex<Vec<Failure>>, Mutex<u32>);

    impl Channel for Service {
        fn terms(&self) -> Terms {
            Terms::default()
        }

        fn send<'a>(&'a self, _: &'a Parcel) -> Sending<'a> {
            *self.1.lock().unwrap() += 1;
            let failure = self.0.lock().unwrap().pop();
            Box::pin(std::future::ready(failure.map_or(Ok(Receipt::default()), Err)))
        }
    }

    struct Desk {
        service: Arc<Service>,
        channel: Windowed,
    }

    impl Desk {
        fn failing(failures: Vec<Failure>) -> Self {
            let store = store::open("memory:", Path::new("")).unwrap();
            let clock = Arc::new(TokioClock::starting_at(1_767_225_600));
            let windows = Arc::new(Windows::new(store, clock));
            let service = Arc::new(Service(Mutex::new(failures), Mutex::default()));
            let channel = Arc::clone(&service) as _;
            let channel = Windowed { account: "shop".to_owned(), channel, windows };
            Self { service, channel }
        }

        fn user_writes(&self) {
            let inbound = Inbound::parse(b"<xml><MsgType>text</MsgType></xml>".to_vec()).unwrap();
            let trigger = Trigger::of(&inbound, Platform::OfficialAccount).unwrap();
            self.channel.windows.heard("shop", "oAnna", trigger);
        }

        /// The code of the failure, and whether it is tried again.
        async fn send(&self) -> Result<(), (String, bool)> {
            let to = vec!["oAnna".to_owned()];
            let parcel = Parcel {
                id: DeliveryId::floor(Duration::ZERO),
                attempt: 1,
                now: Duration::ZERO,
                notification: Arc::new(Notification { to, ..Notification::text("c", "hi") }),
            };
            let sent = self.channel.send(&parcel).await;
            let told = |it: Failure| (it.code, matches!(it.blame, Blame::Service { .. }));
            sent.map(drop).map_err(told)
        }

        fn asked(&self) -> u32 {
            *self.service.1.lock().unwrap()
        }
    }

    fn used_up() -> Result<(), (String, bool)> {
        Err(("window.used_up".to_owned(), true))
    }

    fn closed() -> Result<(), (String, bool)> {
        Err(("window.closed".to_owned(), false))
    }

    #[tokio::test(start_paused = true)]
    async fn the_sixth_message_is_not_sent_until_the_user_writes_again() {
        let desk = Desk::failing(Vec::new());
        desk.user_writes();
        for _ in 0..5 {
            assert_eq!(desk.send().await, Ok(()));
        }
        assert_eq!((desk.send().await, desk.asked()), (used_up(), 5));
        desk.user_writes();
        assert_eq!((desk.send().await, desk.asked()), (Ok(()), 6));
        tokio::time::advance(Duration::from_hours(48)).await;
        assert_eq!((desk.send().await, desk.asked()), (closed(), 6));
    }

    #[tokio::test(start_paused = true)]
    async fn what_wechat_refuses_is_asked_once() {
        let refused = |code| Failure::new(Blame::Request, code);
        let desk = Desk::failing(vec![refused("45015"), refused("45047")]);
        assert_eq!((desk.send().await, desk.asked()), (used_up(), 1));
        assert_eq!((desk.send().await, desk.asked()), (used_up(), 1));
        desk.user_writes();
        assert_eq!((desk.send().await, desk.asked()), (closed(), 2));
        assert_eq!((desk.send().await, desk.asked()), (closed(), 2));
    }

    #[tokio::test(start_paused = true)]
    async fn what_certainly_did_not_arrive_does_not_count() {
        let busy = Failure::new(Blame::Service { retry_after: None }, "-1");
        let lost = Failure::new(Blame::Unknown, "timeout");
        let desk = Desk::failing(vec![lost, busy]);
        desk.user_writes();
        assert_eq!(desk.send().await, Err(("-1".to_owned(), true)));
        assert_eq!(desk.send().await, Err(("timeout".to_owned(), false)));
        for _ in 0..4 {
            assert_eq!(desk.send().await, Ok(()));
        }
        assert_eq!((desk.send().await, desk.asked()), (used_up(), 6));
    }
}
