//! An answer of a 企业微信 robot that is not ready in time: its beginning is said at once, the platform
//! asks how it goes on, and is told what there is until all of it is.
//!
//! The answer is settled in the store, under the key of every late answer, before the platform is
//! told its end; so it is given by one way only, and a process that dies in between has left behind
//! what to say when the platform asks again. What is ready and not asked for yet is kept too, so
//! that the next process need not do the work again. Where the platform asks no more, the answer goes the
//! account's next way.
//!
//! Source: "Intelligent robot", streamed replies: asked for 6 minutes; each answer is the whole text
//! so far.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use dashmap::DashMap;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::Intake;
use super::Message;
use super::late;
use super::late::Late;
use super::promise;
use crate::account::Account;
use crate::outcome::Progress;
use crate::store::Settled;
use crate::store::Settlement;
use crate::wechat::Platform;
use crate::wechat::inbound::Inbound;
use crate::wechat::inbound::bot::BotStream;
use crate::wechat::limits::STREAM_LIFE;
use crate::wechat::reply::Reply;

/// The platform is taken to ask no more when it has not for so long. How often it does is not
/// documented.
const SILENCE: Duration = Duration::from_secs(30);

/// How long after its beginning a stream is known: longer than it is asked for.
const KNOWN: Duration = Duration::from_mins(10);

/// The streams of a station, by account and id.
#[derive(Default)]
pub(super) struct Streams {
    all: DashMap<String, Arc<Stream>>,
    /// Those to be forgotten first in front.
    ages: Mutex<VecDeque<(Instant, String)>>,
}

/// One answer.
pub(super) struct Stream {
    /// The platform repeats it.
    id: String,
    /// Where it is kept once it was told.
    key: String,
    /// The name of the message that it answers.
    message: String,
    /// What its handler has said so far.
    progress: Mutex<Progress>,
    /// When it was begun, if it was: since 1970, and when the platform ends to ask.
    begun: Mutex<Option<(Duration, Instant)>>,
    /// When the platform asked last.
    asked: Mutex<Option<Instant>>,
    state: tokio::sync::Mutex<State>,
    told: Notify,
}

enum State {
    /// There is no answer yet.
    Working,
    /// It is there, and to be settled when the platform asks.
    Ready(String),
    /// It was settled, and the platform is told.
    Told(String),
    /// It goes another way.
    Over,
}

impl Streams {
    /// The stream of a message, which is not begun by that.
    fn of(&self, message: &Message) -> Arc<Stream> {
        self.forget_old();
        let key = key(&message.account, message.inbound.msg_id());
        let mut is_new = false;
        let stream = self.all.entry(key.clone()).or_insert_with(|| {
            is_new = true;
            Arc::new(Stream::new(message, key.clone()))
        });
        let stream = Arc::clone(&stream);
        if is_new {
            lock(&self.ages).push_back((Instant::now(), key));
        }
        stream
    }

    fn forget_old(&self) {
        let next = || {
            let mut ages = lock(&self.ages);
            let is_old = ages.front().is_some_and(|(made, _)| made.elapsed() >= KNOWN);
            if is_old { ages.pop_front() } else { None }
        };
        while let Some((_, key)) = next() {
            self.all.remove(&key);
        }
    }

    /// What the handler of `message` says on its way is told from now on.
    pub(super) fn show(&self, message: &Message, progress: Progress) {
        *lock(&self.of(message).progress) = progress;
    }

    /// Begins the stream of `message`, at `since`: what its delivery is told.
    pub(super) fn begin(&self, message: &Message, since: Duration, now: Duration) -> Reply {
        let stream = self.of(message);
        let left = (since + STREAM_LIFE).saturating_sub(now);
        lock(&stream.begun).get_or_insert_with(|| (since, Instant::now() + left));
        stream.part()
    }

    /// Its delivery was told the answer itself.
    pub(super) fn abandon(&self, message: &Message) {
        if let Some(stream) = self.find(&message.account, message.inbound.msg_id()) {
            *lock(&stream.begun) = None;
        }
    }

    /// The stream of `message`, if it was begun.
    pub(super) fn find_open(&self, message: &Message) -> Option<Arc<Stream>> {
        if self.all.is_empty() {
            return None;
        }
        let stream = self.find(&message.account, message.inbound.msg_id());
        stream.filter(|it| lock(&it.begun).is_some())
    }

    fn find(&self, account: &Account, id: &str) -> Option<Arc<Stream>> {
        self.all.get(&key(account, id)).map(|it| Arc::clone(&it))
    }
}

impl Stream {
    fn new(message: &Message, key: String) -> Self {
        Self {
            id: message.inbound.msg_id().to_owned(),
            key,
            message: message.name(),
            progress: Mutex::default(),
            begun: Mutex::default(),
            asked: Mutex::default(),
            state: tokio::sync::Mutex::new(State::Working),
            told: Notify::new(),
        }
    }

    /// When it was begun, since 1970.
    pub(super) fn began(&self) -> Duration {
        lock(&self.begun).map(|(since, _)| since).unwrap_or_default()
    }

    /// What there is so far.
    fn part(&self) -> Reply {
        let content = lock(&self.progress).so_far();
        Reply::Stream { id: self.id.clone(), finish: false, content }
    }

    fn end(&self, content: &str) -> Reply {
        Reply::Stream { id: self.id.clone(), finish: true, content: content.to_owned() }
    }

    /// Until when the platform may be expected to ask for what is there since `ready`.
    fn until(&self, ready: Instant) -> Instant {
        let last = lock(&self.asked).map_or(ready, |asked| asked.max(ready));
        let end = lock(&self.begun).map_or(ready, |(_, end)| end);
        end.min(last + SILENCE)
    }

    /// Gives the answer to the platform, which must ask for it. Whether it did; where it did not,
    /// it gets it no more.
    async fn offer(&self, words: String) -> bool {
        *self.state.lock().await = State::Ready(words);
        let ready = Instant::now();
        loop {
            let told = self.told.notified();
            let until = self.until(ready);
            let mut state = self.state.lock().await;
            if matches!(*state, State::Told(_)) {
                return true;
            }
            if Instant::now() >= until {
                *state = State::Over;
                return false;
            }
            drop(state);
            drop(tokio::time::timeout_at(until, told).await);
        }
    }

    /// The platform is told no answer, only that this is all.
    async fn close(&self) {
        *self.state.lock().await = State::Over;
    }
}

impl Intake {
    /// Gives `answers` by the stream of `message`, in the background. A station that stops leaves
    /// that to the next process, to which the answer is kept.
    pub(super) fn give_streamed(
        self: Arc<Self>,
        stream: Arc<Stream>,
        message: Message,
        answers: Vec<Reply>,
    ) {
        let intake = Arc::clone(&self);
        self.inbox.spawn(async move {
            tokio::select! {
                () = intake.late.give_streamed(&stream, &message, answers) => {}
                () = intake.inbox.stopping() => {}
            }
        });
    }
}

impl Late {
    /// What the platform is told that asks how a streamed answer goes on; none where it asks for
    /// nothing of ours, but of a handler.
    pub(super) async fn asked(&self, account: &Account, inbound: &Inbound) -> Option<Reply> {
        if account.platform() != Platform::WecomBot {
            return None;
        }
        let Some(Ok(BotStream { id, .. })) = inbound.read::<BotStream>() else { return None };
        if let Some(stream) = self.streams.find(account, &id) {
            return Some(self.tell_more(account, &stream).await);
        }
        // A process that has died since may have told it.
        match self.store().get(self.now(), &key(account, &id)).await {
            Ok(words) => {
                let content = String::from_utf8(words?).unwrap_or_default();
                Some(Reply::Stream { id, finish: true, content })
            }
            Err(error) => {
                self.report_store_of(account, &error);
                None
            }
        }
    }

    async fn tell_more(&self, account: &Account, stream: &Stream) -> Reply {
        *lock(&stream.asked) = Some(Instant::now());
        let mut state = stream.state.lock().await;
        if let State::Ready(words) = &mut *state {
            let words = std::mem::take(words);
            let settled = self.store().settle(self.now(), settlement(stream, &words)).await;
            *state = match settled {
                Ok(Settled::New(_)) => {
                    account.metrics.streamed_answers.inc();
                    State::Told(words)
                }
                // Another process has given it.
                Ok(Settled::Known(_)) => State::Over,
                // The platform will ask again.
                Err(error) => {
                    self.report_store_of(account, &error);
                    State::Ready(words)
                }
            };
            stream.told.notify_waiters();
        }
        match &*state {
            State::Working | State::Ready(_) => stream.part(),
            State::Told(words) => stream.end(words),
            // Lest the bubble look as if more came.
            State::Over => stream.end(&lock(&stream.progress).so_far()),
        }
    }

    /// Gives `answers` by the stream of `message`, or by the next way where it cannot.
    pub(super) async fn give_streamed(
        &self,
        stream: &Stream,
        message: &Message,
        answers: Vec<Reply>,
    ) {
        let words = match answers.as_slice() {
            [] => Some(String::new()),
            [Reply::Text(words) | Reply::Stream { content: words, .. }] => Some(words.clone()),
            _ => None,
        };
        let is_told = match words {
            Some(words) => {
                self.keep_ready(message, &words).await;
                stream.offer(words).await
            }
            None => {
                stream.close().await;
                false
            }
        };
        if !is_told {
            tracing::debug!(
                account = &*message.account.name,
                "an answer is not asked for any more"
            );
            self.give(message, answers).await;
        }
    }
}

impl Late {
    /// Keeps an answer that is to be asked for, lest its work be done once more after a crash.
    async fn keep_ready(&self, message: &Message, words: &str) {
        let (key, words) = (ready(&message.name()), Some(words.into()));
        if let Err(error) = self.store().set(self.now(), &key, words, KNOWN).await {
            self.report_store(message, &error);
        }
    }

    /// What an earlier process had ready for `message` and did not tell the platform any more.
    pub(super) async fn ready(&self, message: &Message) -> Option<Reply> {
        match self.store().get(self.now(), &ready(&message.name())).await {
            Ok(words) => Some(Reply::text(String::from_utf8(words?).unwrap_or_default())),
            Err(error) => {
                self.report_store(message, &error);
                None
            }
        }
    }
}

/// The answer is given, and is said again to whoever asks for it again.
fn settlement(stream: &Stream, words: &str) -> Settlement {
    Settlement {
        key: late::key(&stream.message),
        remember: late::KEPT,
        values: vec![
            (promise::key(&stream.message), None, Duration::ZERO),
            (ready(&stream.message), None, Duration::ZERO),
            (stream.key.clone(), Some(words.into()), KNOWN),
        ],
        ..Settlement::default()
    }
}

/// Where the answer to the message of this name is kept until it is asked for.
fn ready(name: &str) -> String {
    format!("ready/{name}")
}

/// What a stream is called in the store.
fn key(account: &Account, id: &str) -> String {
    format!("stream/{}/{id}", account.name)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
