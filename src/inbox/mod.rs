//! Each message is worked on once, however often it is delivered, and the messages of one user in
//! the order they came.
//!
//! A delivery finds its message in one of three states: new (it is worked on now), running (the
//! delivery joins and waits), or done (the same answer again). What takes no time is answered
//! without a task; what takes time is a task of its own, because actix drops the request's future
//! when WeChat hangs up, and the work must go on.

mod flight;
mod id;
mod seen;

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use dashmap::Entry;
use futures_util::FutureExt as _;
use siphasher::sip128::SipHasher13;

use self::flight::Carried;
pub use self::flight::Flight;
pub use self::id::Id;
use self::id::Map;
use self::seen::Seen;
use crate::entropy::Entropy;
use crate::tasks::Tasks;
use crate::wechat::reply::Reply;

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
pub struct Settled {
    /// The reply, which fits.
    pub reply: Reply,
    /// What follows, before the user's next message has its turn unless WeChat must be waited for.
    pub after: Option<After>,
}

/// Told whether a delivery carried the reply, or something else was said in its place.
pub type After = Box<dyn FnOnce(bool) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

impl From<Reply> for Settled {
    fn from(reply: Reply) -> Self {
        Self { reply, after: None }
    }
}

/// What the beginning of the work on a message came to.
pub enum Step {
    /// Done without waiting for anything.
    Now(Reply),
    /// Goes on in a task.
    Later(Pin<Box<dyn Future<Output = Settled> + Send>>),
}

/// Begins the work on a message. Told whether deliveries wait for it already: then something else
/// may have been said in place of its reply, and [`Step::Later`] must say what follows.
pub trait Begin: FnOnce(bool) -> Step + Send + Sync + 'static {}

impl<B: FnOnce(bool) -> Step + Send + Sync + 'static> Begin for B {}

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
}

/// A message that waits for its user's earlier ones.
struct Job {
    id: Id,
    begin: Box<dyn Begin>,
}

/// The inbox of a station.
pub struct Inbox {
    /// Messages being worked on. The flight is made when somebody has to wait for it.
    running: Map<Option<Arc<Flight>>>,
    seen: Seen<Kept>,
    /// Users with a message being worked on, and their later messages.
    lanes: Map<VecDeque<Job>>,
    pending: AtomicUsize,
    limits: Limits,
    tasks: Tasks,
    hash: SipHasher13,
    /// Called when work panics.
    panicked: Box<dyn Fn() + Send + Sync>,
}

/// The wait for an answer.
#[derive(Debug)]
pub struct Waiting(Arc<Flight>);

impl Waiting {
    /// The answer, or `None` if the work panicked.
    pub async fn answer(&self) -> Option<Reply> {
        self.0.answer().await.map(Reply::from)
    }

    /// Says `instead` to this delivery and all that follow, unless the answer has come in this
    /// moment. What is said, and whether that is in place of the answer.
    pub fn instead(&self, instead: Reply) -> (Reply, bool) {
        let (said, is_instead) = self.0.instead(instead.into());
        (said.into(), is_instead)
    }
}

impl Inbox {
    /// An empty inbox.
    pub fn new(
        limits: Limits,
        tasks: Tasks,
        entropy: &dyn Entropy,
        panicked: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let mut key = [0; 16];
        entropy.fill(&mut key);
        Self {
            running: Map::default(),
            seen: Seen::new(limits.remember, limits.capacity),
            lanes: Map::default(),
            pending: AtomicUsize::new(0),
            limits,
            tasks,
            hash: SipHasher13::new_with_key(&key),
            panicked: Box::new(panicked),
        }
    }

    /// Starts work that no delivery waits for. A station that stops waits for its end.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(work);
    }

    /// Ends once the station stops.
    pub async fn stopping(&self) {
        self.tasks.stopping().await;
    }

    /// The id of `name` (a message's key, or a user) of `account`.
    pub fn id(&self, account: &str, name: &str) -> Id {
        Id::of(self.hash, account, name)
    }

    /// Works on the message `id` of `user` unless that was begun before: `begin` is called at once,
    /// or when the user's earlier messages are done. Messages without a user are worked on side by
    /// side.
    pub fn once(self: &Arc<Self>, id: Id, user: Option<Id>, begin: impl Begin) -> Turn {
        self.enter(id, user, false, begin)
    }

    /// Works on a message whose last delivery was told something else long ago, as
    /// [`Inbox::once`]: its reply is late, whenever it comes.
    pub fn once_more(self: &Arc<Self>, id: Id, user: Option<Id>, begin: impl Begin) -> Turn {
        self.enter(id, user, true, begin)
    }

    fn enter(self: &Arc<Self>, id: Id, user: Option<Id>, is_late: bool, begin: impl Begin) -> Turn {
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
                let flight = is_late.then(|| self.new_flight());
                if let Some(flight) = &flight {
                    flight.instead(Kept::Success);
                }
                entry.insert(flight);
            }
        }
        let Some(user) = user else { return self.run(id, None, is_late, begin) };
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
                self.run(id, Some(user), is_late, begin)
            }
        }
    }

    /// Begins the work on the caller's thread.
    fn run(
        self: &Arc<Self>,
        id: Id,
        user: Option<Id>,
        is_awaited: bool,
        begin: impl FnOnce(bool) -> Step,
    ) -> Turn {
        let mut claim = Claim { inbox: Arc::clone(self), id, user, is_settled: false };
        match std::panic::catch_unwind(AssertUnwindSafe(|| begin(is_awaited))) {
            Ok(Step::Now(reply)) => Turn::Done(claim.settle(reply).0.into()),
            Ok(Step::Later(work)) => {
                let flight = self.flight(id);
                let number = flight.board();
                self.tasks.spawn(async move { claim.carry_out(work).await });
                Turn::Wait(Waiting(flight), number)
            }
            Err(_) => {
                (self.panicked)();
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
        let Ok(Settled { reply, after }) = AssertUnwindSafe(work).catch_unwind().await else {
            (self.inbox.panicked)();
            return;
        };
        let (_, carried, flight) = self.settle(reply);
        match (after, flight) {
            (Some(after), Some(flight)) => self.see_off(flight, after),
            (Some(after), None) => after(carried == Carried::Yes).await,
            (None, _) => drop(self.inbox.forget(self.id)),
        }
    }

    /// Records the answer, tells who waits, frees the key: in this order, since in any other a
    /// retry could run the work again. Where WeChat may deliver once more for the answer, the key
    /// stays taken and its flight is given.
    fn settle(&mut self, reply: Reply) -> (Kept, Carried, Option<Arc<Flight>>) {
        self.is_settled = true;
        let inbox = &self.inbox;
        let answer = Kept::from(reply);
        let flight = inbox.running.get(&self.id).and_then(|entry| entry.value().clone());
        let (said, carried) = match &flight {
            None => (answer, Carried::Yes),
            Some(flight) => flight.decide(answer),
        };
        inbox.seen.insert(self.id, said.clone());
        let landing = match carried {
            Carried::Perhaps => flight.clone(),
            _ => inbox.forget(self.id).or(flight),
        };
        if let Some(flight) = &landing {
            flight.land(said.clone());
        }
        (said.clone(), carried, landing.filter(|_| carried == Carried::Perhaps))
    }

    /// Waits, with the key still taken, for the delivery that may come for the answer. The user's
    /// next message does not wait for that.
    fn see_off(&self, flight: Arc<Flight>, after: After) {
        let (inbox, id) = (Arc::clone(&self.inbox), self.id);
        self.inbox.tasks.spawn(async move {
            let is_fetched = flight.is_fetched(Kept::Success).await;
            if !is_fetched {
                inbox.seen.insert(id, Kept::Success);
            }
            inbox.forget(id);
            after(is_fetched).await;
        });
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
            self.inbox
                .tasks
                .spawn(async move { drop(inbox.run(job.id, Some(user), true, job.begin)) });
        }
    }
}

#[cfg(test)]
mod tests;
