//! Each message is worked on once, however often it is delivered, and the messages of one user in
//! the order they came.
//!
//! A delivery finds its message in one of three states: new (it is worked on now), running (the
//! delivery joins and waits), or done (the same answer again). What takes no time is answered
//! without a task; what takes time is a task of its own, because actix drops the request's future
//! when WeChat hangs up, and the work must go on.

mod flight;
mod held;
mod seen;

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::hash::Hasher as _;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use dashmap::DashMap;
use dashmap::Entry;
use futures_util::FutureExt as _;
use siphasher::sip128::Hasher128 as _;
use siphasher::sip128::SipHasher13;

pub use self::flight::Flight;
use self::held::Held;
use self::seen::Seen;
use crate::entropy::Entropy;
use crate::tasks::Tasks;
use crate::wechat::reply::Reply;

/// A message or a user of one account, as a keyed hash of 128 bits: small, of one size, and not to
/// be made to collide by what users write.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Id(u64, u64);

/// An answer as it is kept. Most are `success` or a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Kept {
    /// Nothing was said.
    Success,
    /// A text was said.
    Text(Arc<str>),
    /// Anything else was said.
    Other(Arc<Reply>),
}

impl From<Reply> for Kept {
    fn from(reply: Reply) -> Self {
        match reply {
            Reply::Success => Self::Success,
            Reply::Text(text) => Self::Text(text.into()),
            other => Self::Other(Arc::new(other)),
        }
    }
}

impl From<Kept> for Reply {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Success => Self::Success,
            Kept::Text(text) => Self::Text(text.as_ref().to_owned()),
            Kept::Other(reply) => Arc::unwrap_or_clone(reply),
        }
    }
}

/// What the work on a message came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    /// The reply, which fits.
    pub reply: Reply,
    /// More of it, each part to be given to one of the user's next messages.
    pub rest: Vec<Reply>,
}

impl From<Reply> for Settled {
    fn from(reply: Reply) -> Self {
        Self { reply, rest: Vec::new() }
    }
}

/// What the beginning of the work on a message came to.
pub enum Step {
    /// Done without waiting for anything.
    Now(Settled),
    /// Goes on in a task.
    Later(Pin<Box<dyn Future<Output = Settled> + Send>>),
}

/// What a delivery found.
#[derive(Debug)]
pub enum Turn {
    /// New, and done already.
    Done(Reply),
    /// The answer given before.
    Again(Reply),
    /// Being worked on: this is the delivery with that number, beginning at 1.
    Wait(Waiting, u32),
    /// The beginning of the work panicked. The key is free again.
    Panicked,
    /// Too much is waiting already.
    Full,
}

/// How much is remembered and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long an answer is kept at least.
    pub remember: Duration,
    /// How many answers are kept at most.
    pub capacity: usize,
    /// How many messages may be worked on or wait at one time.
    pub pending: usize,
    /// How long the work on one message may take.
    pub handler_timeout: Duration,
}

/// A message that waits for its user's earlier ones.
struct Job {
    id: Id,
    begin: Box<dyn FnOnce() -> Step + Send + Sync>,
}

/// The inbox of a station.
pub struct Inbox {
    /// Messages being worked on. The flight is made when somebody has to wait for it.
    running: DashMap<Id, Option<Arc<Flight>>>,
    seen: Seen<Kept>,
    held: Held,
    /// Users with a message being worked on, and their later messages.
    lanes: DashMap<Id, VecDeque<Job>>,
    pending: AtomicUsize,
    limits: Limits,
    tasks: Tasks,
    hash: SipHasher13,
    /// Called when work ends in a way the waiting deliveries do not see.
    observe: Box<dyn Fn(Trouble) + Send + Sync>,
}

/// What an operator should hear about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trouble {
    /// A handler panicked.
    Panicked,
    /// A handler was ended for taking too long.
    TimedOut,
    /// An answer came when nobody waited for it any more, and is lost.
    Late,
}

/// The wait for an answer.
#[derive(Debug)]
pub struct Waiting(Arc<Flight>);

impl Waiting {
    /// The answer, or `None` if the work panicked.
    pub async fn answer(&self) -> Option<Reply> {
        self.0.answer().await.map(Reply::from)
    }

    /// Says `instead` to this delivery and keeps the answer for the user's next message, unless
    /// the answer has come in this moment.
    pub fn hold(&self, instead: Reply) -> Reply {
        self.0.hold(instead.into()).into()
    }

    /// Says that no delivery will wait any more.
    pub fn give_up(&self) {
        self.0.give_up();
    }
}

impl Inbox {
    /// An empty inbox.
    pub fn new(
        limits: Limits,
        tasks: Tasks,
        entropy: &dyn Entropy,
        observe: impl Fn(Trouble) + Send + Sync + 'static,
    ) -> Self {
        let mut key = [0; 16];
        entropy.fill(&mut key);
        Self {
            running: DashMap::new(),
            seen: Seen::new(limits.remember, limits.capacity),
            held: Held::new(limits.remember, limits.capacity),
            lanes: DashMap::new(),
            pending: AtomicUsize::new(0),
            limits,
            tasks,
            hash: SipHasher13::new_with_key(&key),
            observe: Box::new(observe),
        }
    }

    /// The id of `name` (a message's key, or a user) of `account`.
    pub fn id(&self, account: &str, name: &str) -> Id {
        let mut hash = self.hash;
        hash.write(account.as_bytes());
        hash.write_u8(0xff);
        hash.write(name.as_bytes());
        let hash = hash.finish128();
        Id(hash.h1, hash.h2)
    }

    /// The answer that is kept for `user`, oldest first.
    pub fn take_held(&self, user: Id) -> Option<Reply> {
        self.held.take(user)
    }

    /// Works on the message `id` of `user` unless that was begun before: `begin` is called at once,
    /// or when the user's earlier messages are done. Messages without a user are worked on side by
    /// side.
    pub fn once<B>(self: &Arc<Self>, id: Id, user: Option<Id>, begin: B) -> Turn
    where
        B: FnOnce() -> Step + Send + Sync + 'static,
    {
        match self.running.entry(id) {
            Entry::Occupied(mut entry) => {
                let flight = entry.get_mut().get_or_insert_with(|| self.new_flight());
                return Turn::Wait(Waiting(Arc::clone(flight)), flight.board());
            }
            Entry::Vacant(entry) => {
                if let Some(kept) = self.seen.get(id) {
                    return Turn::Again(kept.into());
                }
                if self.pending.load(Ordering::Relaxed) >= self.limits.pending {
                    return Turn::Full;
                }
                entry.insert(None);
            }
        }
        let Some(user) = user else { return self.run(id, None, begin) };
        match self.lanes.entry(user) {
            Entry::Occupied(mut lane) => {
                // The flight first: once in the lane, the job may be done at any moment.
                let flight = self.flight(id);
                lane.get_mut().push_back(Job { id, begin: Box::new(begin) });
                let number = flight.board();
                Turn::Wait(Waiting(flight), number)
            }
            Entry::Vacant(lane) => {
                lane.insert(VecDeque::new());
                self.run(id, Some(user), begin)
            }
        }
    }

    /// Begins the work on the caller's thread.
    fn run(self: &Arc<Self>, id: Id, user: Option<Id>, begin: impl FnOnce() -> Step) -> Turn {
        let mut claim = Claim { inbox: Arc::clone(self), id, user, is_settled: false };
        match std::panic::catch_unwind(AssertUnwindSafe(begin)) {
            Ok(Step::Now(settled)) => Turn::Done(claim.settle(settled).into()),
            Ok(Step::Later(work)) => {
                let flight = self.flight(id);
                let number = flight.board();
                self.tasks.spawn(async move { claim.carry_out(work).await });
                Turn::Wait(Waiting(flight), number)
            }
            Err(_) => {
                (self.observe)(Trouble::Panicked);
                Turn::Panicked
            }
        }
    }

    fn new_flight(&self) -> Arc<Flight> {
        self.pending.fetch_add(1, Ordering::Relaxed);
        Arc::new(Flight::new())
    }

    /// The flight of a message that is running.
    fn flight(&self, id: Id) -> Arc<Flight> {
        let mut entry = self.running.entry(id).or_insert(None);
        Arc::clone(entry.get_or_insert_with(|| self.new_flight()))
    }

    /// Frees `id` for the next delivery and gives its flight, if there was one.
    fn forget(&self, id: Id) -> Option<Arc<Flight>> {
        let flight = self.running.remove(&id)?.1?;
        self.pending.fetch_sub(1, Ordering::Relaxed);
        Some(flight)
    }

    /// The next message of `user`; with none left the lane is gone.
    fn next(&self, user: Id) -> Option<Job> {
        match self.lanes.entry(user) {
            Entry::Vacant(_) => None,
            Entry::Occupied(mut lane) => {
                let job = lane.get_mut().pop_front();
                if job.is_none() {
                    lane.remove();
                }
                job
            }
        }
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Inbox({} pending)", self.pending.load(Ordering::Relaxed))
    }
}

/// The right to work on a message. However it ends, the key is free and the user's next message
/// has its turn: a panic or an aborted task drops the claim.
struct Claim {
    inbox: Arc<Inbox>,
    id: Id,
    user: Option<Id>,
    is_settled: bool,
}

impl Claim {
    async fn carry_out(mut self, work: Pin<Box<dyn Future<Output = Settled> + Send>>) {
        let limit = self.inbox.limits.handler_timeout;
        let work = AssertUnwindSafe(tokio::time::timeout(limit, work)).catch_unwind();
        match work.await {
            Ok(Ok(settled)) => drop(self.settle(settled)),
            Ok(Err(_)) => {
                (self.inbox.observe)(Trouble::TimedOut);
                self.settle(Reply::Success.into());
            }
            Err(_) => (self.inbox.observe)(Trouble::Panicked),
        }
    }

    /// Records the answer, tells who waits, frees the key: in this order, since in any other a
    /// retry could run the work again.
    fn settle(&mut self, settled: Settled) -> Kept {
        self.is_settled = true;
        let inbox = &self.inbox;
        let answer = Kept::from(settled.reply);
        let flight = inbox.running.get(&self.id).and_then(|entry| entry.value().clone());
        let said = match &flight {
            None => answer.clone(),
            Some(flight) => flight.decide(answer.clone()),
        };
        inbox.seen.insert(self.id, said.clone());
        let is_held = said != answer;
        if let Some(user) = self.user {
            let held = is_held.then_some(answer).map(Reply::from);
            inbox.held.put(user, held.into_iter().chain(settled.rest));
        }
        let is_awaited =
            inbox.forget(self.id).or(flight).is_none_or(|flight| flight.land(said.clone()));
        if !is_awaited && !is_held && said != Kept::Success {
            (inbox.observe)(Trouble::Late);
        }
        said
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if !self.is_settled
            && let Some(flight) = self.inbox.forget(self.id)
        {
            flight.crash();
        }
        let Some(user) = self.user else { return };
        if let Some(job) = self.inbox.next(user) {
            let inbox = Arc::clone(&self.inbox);
            self.inbox.tasks.spawn(async move { drop(inbox.run(job.id, Some(user), job.begin)) });
        }
    }
}

#[cfg(test)]
mod tests;
