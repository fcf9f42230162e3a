//! What one user's last actions allow. Pure.
//!
//! Source: "Customer service messages", the table of what a user does and how many messages that
//! allows for how long. Allowances of different triggers do not add up.

use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;

use crate::wechat::Platform;
use crate::wechat::inbound::Family;
use crate::wechat::inbound::Inbound;

/// Something a user did that lets us send customer-service messages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Trigger {
    /// How many messages.
    pub count: u8,
    /// For how long.
    pub lasts: Duration,
}

/// The user wrote.
const MESSAGE: Trigger = Trigger { count: 5, lasts: Duration::from_hours(48) };

/// The user acted without writing.
const ACT: Trigger = Trigger { count: 3, lasts: Duration::from_mins(1) };

/// The user of a 小程序 entered the session.
const ENTERED: Trigger = Trigger { count: 2, lasts: Duration::from_mins(1) };

impl Trigger {
    /// What `inbound` allows, if anything. 企业微信 has no such limit.
    pub fn of(inbound: &Inbound, platform: Platform) -> Option<Self> {
        let is_small = match platform {
            Platform::OfficialAccount | Platform::OpenPlatform => false,
            Platform::MiniProgram => true,
            Platform::Wecom | Platform::WecomBot => return None,
        };
        match (inbound.family(), inbound.name()) {
            (Family::Message, _) => Some(MESSAGE),
            (Family::Event, "user_enter_tempsession") if is_small => Some(ENTERED),
            (
                Family::Event,
                "CLICK" | "scancode_push" | "scancode_waitmsg" | "subscribe" | "SCAN",
            ) if !is_small => Some(ACT),
            _ => None,
        }
    }

    fn is_message(self) -> bool {
        self == MESSAGE
    }
}

/// Why nothing may be sent to a user.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Shut {
    /// The time is over; WeChat says 45015.
    #[error("the user did nothing recently that allows a customer-service message")]
    Closed,
    /// The number is used up; WeChat says 45047.
    #[error("all customer-service messages that the user allowed have been sent")]
    UsedUp,
}

/// The last trigger of one sort.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
struct Open {
    /// Until when, in milliseconds since 1970; 0: there was none.
    until: u64,
    /// How many of it are left.
    left: u8,
}

/// What a user allows: by what they wrote, and by what else they did. A message sent is taken off
/// both while both are open, since they do not add up.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub(super) struct Allowance {
    message: Open,
    act: Open,
}

impl Allowance {
    /// The user did something.
    pub(super) fn heard(&mut self, trigger: Trigger, now: Duration) {
        let open = Open { until: millis(now + trigger.lasts), left: trigger.count };
        match trigger.is_message() {
            true => self.message = open,
            false => self.act = open,
        }
    }

    /// Whether one more message may be sent.
    fn check(&self, now: Duration) -> Result<(), Shut> {
        let open = || [self.message, self.act].into_iter().filter(|it| it.until > millis(now));
        match (open().next(), open().any(|it| it.left > 0)) {
            (_, true) => Ok(()),
            (Some(_), false) => Err(Shut::UsedUp),
            (None, false) => Err(Shut::Closed),
        }
    }

    /// How many messages may be sent.
    pub(super) fn left(&self, now: Duration) -> u8 {
        let open = [self.message, self.act].into_iter().filter(|it| it.until > millis(now));
        open.map(|it| it.left).max().unwrap_or_default()
    }

    /// One message is being sent.
    pub(super) fn take(&mut self, now: Duration) -> Result<(), Shut> {
        self.check(now)?;
        for open in self.open(now) {
            open.left = open.left.saturating_sub(1);
        }
        Ok(())
    }

    /// The message that was taken was not sent.
    pub(super) fn give_back(&mut self, now: Duration) {
        for open in self.open(now) {
            open.left = open.left.saturating_add(1).min(MESSAGE.count);
        }
    }

    /// WeChat refused a message.
    pub(super) fn learn(&mut self, shut: Shut, now: Duration) {
        match shut {
            Shut::Closed => *self = Self::default(),
            Shut::UsedUp => {
                // Of a user we never heard: something is open over there, and used up.
                if self.open(now).next().is_none() {
                    self.heard(MESSAGE, now);
                }
                self.open(now).for_each(|open| open.left = 0);
            }
        }
    }

    fn open(&mut self, now: Duration) -> impl Iterator<Item = &mut Open> {
        let now = millis(now);
        [&mut self.message, &mut self.act].into_iter().filter(move |it| it.until > now)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::ACT;
    use super::Allowance;
    use super::MESSAGE;
    use super::Shut;
    use super::Trigger;
    use crate::wechat::Platform;
    use crate::wechat::inbound::Inbound;

    fn at(seconds: u64) -> Duration {
        Duration::from_hours(490_896) + Duration::from_secs(seconds)
    }

    #[test]
    fn what_a_user_does_allows_as_many_messages_as_the_pages_say() {
        let message =
            "<xml><MsgType>image</MsgType><FromUserName>o</FromUserName></xml>".to_owned();
        let event =
            |name: &str| format!("<xml><MsgType>event</MsgType><Event>{name}</Event></xml>");
        let (account, program) = (Platform::OfficialAccount, Platform::MiniProgram);
        let table = [
            (message.clone(), account, Some((5, 172_800))),
            (message.clone(), program, Some((5, 172_800))),
            (message, Platform::Wecom, None),
            (event("CLICK"), account, Some((3, 60))),
            (event("scancode_push"), account, Some((3, 60))),
            (event("scancode_waitmsg"), account, Some((3, 60))),
            (event("subscribe"), account, Some((3, 60))),
            (event("SCAN"), account, Some((3, 60))),
            (event("VIEW"), account, None),
            (event("unsubscribe"), account, None),
            (event("user_enter_tempsession"), program, Some((2, 60))),
            (event("user_enter_tempsession"), account, None),
            (event("CLICK"), program, None),
        ];
        for (document, platform, expected) in table {
            let inbound = Inbound::parse(document.clone().into_bytes()).unwrap();
            let found = Trigger::of(&inbound, platform);
            let found = found.map(|it| (it.count, it.lasts.as_secs()));
            assert_eq!(found, expected, "{document} {platform:?}");
        }
    }

    #[test]
    fn a_message_allows_five_for_48_hours() {
        let mut user = Allowance::default();
        assert_eq!(user.take(at(0)), Err(Shut::Closed));
        user.heard(MESSAGE, at(0));
        for _ in 0..5 {
            assert_eq!(user.take(at(1)), Ok(()));
        }
        assert_eq!(user.take(at(1)), Err(Shut::UsedUp));
        user.give_back(at(1));
        assert_eq!(user.take(at(48 * 3_600 - 1)), Ok(()));
        assert_eq!(user.take(at(48 * 3_600)), Err(Shut::Closed));
        user.heard(MESSAGE, at(48 * 3_600));
        assert_eq!(user.check(at(48 * 3_600)), Ok(()));
    }

    #[test]
    fn allowances_of_two_triggers_do_not_add_up() {
        let mut user = Allowance::default();
        user.heard(MESSAGE, at(0));
        user.heard(ACT, at(0));
        for _ in 0..5 {
            assert_eq!(user.take(at(1)), Ok(()));
        }
        assert_eq!(user.take(at(1)), Err(Shut::UsedUp));
        // A click after that allows three for a minute.
        user.heard(ACT, at(2));
        for _ in 0..3 {
            assert_eq!(user.take(at(61)), Ok(()));
        }
        assert_eq!(user.take(at(61)), Err(Shut::UsedUp));
        assert_eq!(user.take(at(62)), Err(Shut::UsedUp));
    }

    #[test]
    fn what_wechat_refuses_is_learnt_until_the_user_writes_again() {
        let mut user = Allowance::default();
        user.heard(MESSAGE, at(0));
        user.learn(Shut::UsedUp, at(1));
        assert_eq!(user.check(at(1)), Err(Shut::UsedUp));
        user.learn(Shut::Closed, at(2));
        assert_eq!(user.check(at(2)), Err(Shut::Closed));
        user.learn(Shut::UsedUp, at(3));
        assert_eq!(user.check(at(3)), Err(Shut::UsedUp));
        user.heard(MESSAGE, at(4));
        assert_eq!(user.check(at(4)), Ok(()));
    }
}
