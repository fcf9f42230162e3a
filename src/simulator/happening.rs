//! What a callback means for the platform's memory, faults on its way, and the callbacks that jobs
//! end in.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::Map;
use serde_json::Value;
use tokio::time::Instant;
use tokio::time::sleep_until;
use tokio::time::timeout;

use super::Exchange;
use super::Pushed;
use super::Simulator;
use super::Try;
use super::What;
use super::api::ANYBODY;
use super::fault::CALLBACK;
use super::fault::Fault;
use super::fault::Kind;
use super::follower::document;
use super::world::user::Trigger;
use super::world::user::User;
use crate::clock::Clock as _;
use crate::wechat::id::OpenId;
use crate::wechat::inbound::Family;
use crate::wechat::inbound::Inbound;

/// Whose inbox holds what robots wrote.
const GROUP: &str = "group";

/// How long a callback that is to be overtaken waits for the one that overtakes it.
const OVERTAKEN_WITHIN: Duration = Duration::from_secs(5);

impl Simulator {
    /// Lets the platform know of somebody who follows since now, without an event.
    pub fn knows(&self, open_id: &OpenId) {
        let now = self.virtual_clock.unix();
        self.world().users.meet(open_id.as_str(), now);
    }

    /// Who is there from the start, and acts where nobody is named.
    pub fn first_follower(&self) -> OpenId {
        let id = match self.account.platform.is_wecom() {
            true => "zhangsan",
            false => "oSimulatedFollower0000000001",
        };
        OpenId::parse(id).expect("it has no blanks")
    }

    /// Whether somebody follows the account.
    pub fn is_following(&self, open_id: &OpenId) -> bool {
        let world = self.world();
        world.users.all.get(open_id.as_str()).is_some_and(|user| user.is_following)
    }

    /// Lets somebody agree to `count` subscription messages of a template, or to none any more.
    pub fn grant(&self, open_id: &OpenId, template: &str, count: u32) {
        let now = self.virtual_clock.unix();
        let mut world = self.world();
        let Some(user) = world.users.meet(open_id.as_str(), now) else { return };
        user.grant(template, count);
    }

    /// Lets everything that is sent to somebody be refused with `errcode`, or no longer.
    pub fn refuses(&self, open_id: &OpenId, errcode: Option<i64>) {
        let now = self.virtual_clock.unix();
        if let Some(user) = self.world().users.meet(open_id.as_str(), now) {
            user.refuses = errcode;
        }
    }

    /// What the account sent to somebody through the API, after number `since`: at most the last
    /// 200 messages. `group` stands for the group of 企业微信's robots.
    pub fn pushed(&self, open_id: &OpenId, since: u64) -> Vec<Pushed> {
        let world = self.world();
        if open_id.as_str() == GROUP {
            return world.users.group.iter().filter(|it| it.seq > since).cloned().collect();
        }
        let user = world.users.all.get(open_id.as_str());
        let inbox = user.into_iter().flat_map(|user| &user.inbox);
        inbox.filter(|it| it.seq > since).cloned().collect()
    }

    /// Lets something go wrong.
    ///
    /// # Errors
    ///
    /// What does not fit together, in words.
    pub fn fault(&self, fault: Fault) -> Result<(), String> {
        self.world().faults.add(fault)
    }

    /// What happened: see [`super::transcript::Transcript::since`].
    pub fn transcript(&self, since: u64, limit: usize, kind: Option<&str>) -> Value {
        self.world().transcript.since(since, limit, kind)
    }

    /// Delivers what jobs end in, when it is due, for ever: template messages, mass messages,
    /// publications, checks. Nothing of them arrives unless somebody awaits this.
    pub async fn work_off(&self) {
        let mut running = FuturesUnordered::new();
        loop {
            let due = self.world().jobs.iter().map(|job| job.due).min();
            tokio::select! {
                () = self.wake.notified() => {}
                Some(_) = running.next() => {}
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    for document in self.take_due() {
                        running.push(async move { self.deliver(&document).await });
                    }
                }
            }
        }
    }

    fn take_due(&self) -> Vec<String> {
        let now = Instant::now();
        let jobs = std::mem::take(&mut self.world().jobs);
        let (due, later): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.due <= now);
        self.world().jobs.extend(later);
        due.into_iter().map(|job| document(self, &job.from, job.fields)).collect()
    }

    /// Opens the windows that a message opens, and keeps the list of followers.
    pub(super) fn note_message(&self, message: &str) {
        let Ok(inbound) = Inbound::parse(message.as_bytes().to_vec()) else { return };
        if matches!(inbound.from(), "" | "sys" | ANYBODY) {
            return;
        }
        let now = self.virtual_clock.unix();
        let mut world = self.world();
        let Some(user) = world.users.meet(inbound.from(), now) else { return };
        match (inbound.family(), inbound.name()) {
            (Family::Message, _) => user.allow(Trigger::Message, now),
            (_, "CLICK" | "scancode_push" | "scancode_waitmsg") => user.allow(Trigger::Click, now),
            (_, "SCAN") => user.allow(Trigger::Scan, now),
            (_, "user_enter_tempsession") => user.allow(Trigger::Enter, now),
            (_, "subscribe") => {
                let scene = inbound.event_key().strip_prefix("qrscene_").unwrap_or_default();
                follow(user, scene, now);
            }
            (_, "unsubscribe") => *user = User::default(),
            _ => {}
        }
    }

    /// One callback with what goes wrong on its way.
    pub(super) async fn deliver_with_faults(&self, message: &str) -> Exchange {
        let fault = self.world().faults.strike(CALLBACK);
        let exchange = match fault.as_ref().map(|fault| fault.kind) {
            Some(Kind::Lost) => lost(),
            Some(Kind::Double) => {
                let (first, _) = tokio::join!(self.try_deliver(message), self.try_deliver(message));
                first
            }
            Some(Kind::Reorder) => {
                // If none comes, it is late and nothing more.
                drop(timeout(OVERTAKEN_WITHIN, self.delivered.notified()).await);
                self.try_deliver(message).await
            }
            Some(Kind::Slow) => {
                let pause = fault.and_then(|fault| fault.slow_ms).unwrap_or_default();
                tokio::time::sleep(Duration::from_millis(pause)).await;
                self.try_deliver(message).await
            }
            _ => self.try_deliver(message).await,
        };
        self.delivered.notify_waiters();
        exchange
    }

    pub(super) fn note_exchange(&self, message: &str, exchange: &Exchange) {
        let mut fields = Map::new();
        // Tickets and codes of the open platform are secrets.
        let notice = Inbound::parse(message.as_bytes().to_vec()).ok();
        let notice = notice.filter(|it| it.family() == Family::Platform);
        let shown = notice.map(|it| format!("(hidden: {})", it.name()));
        fields.insert("message".to_owned(), shown.as_deref().unwrap_or(message).into());
        if let Value::Object(exchange) = exchange.to_json() {
            fields.extend(exchange);
        }
        let at = self.virtual_clock.milliseconds();
        self.world().transcript.add(at, "callback", fields);
    }
}

fn follow(user: &mut User, scene: &str, now: i64) {
    if !user.is_following {
        *user = User::following(now);
    }
    scene.clone_into(&mut user.scene);
    user.allow(Trigger::Follow, now);
}

/// What is known of a callback that never left.
fn lost() -> Exchange {
    let what = What::Unreachable("lost on its way, as asked for".to_owned());
    let one = Try { at: Duration::ZERO, took: Duration::ZERO, what };
    Exchange { tries: vec![one], shown: None }
}
