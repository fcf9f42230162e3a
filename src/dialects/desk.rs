//! Where a dialect's messages are handed in: key, channels, outbox. The story of one call is
//! [`Desk::answer`].

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest as _;
use sha2::Sha256;

use super::Answer;
use super::Call;
use super::Dialect;
use super::Fate;
use super::FateState;
use super::Message;
use super::Question;
use super::Reading;
use super::Refusal;
use super::Sent;
use super::Told;
use super::ids;
use super::message::MOST_KEYS;
use super::repeats::Repeats;
use super::report::Reporter;
use super::spread::Way;
use super::spread::spread;
use crate::access::Key;
use crate::access::Keys;
use crate::clock::Clock;
use crate::code;
use crate::exchange::Exchange;
use crate::notification::Notification;
use crate::store::Delivery;
use crate::store::DeliveryId;
use crate::store::Reason;
use crate::store::State;
use crate::store::Store;
use crate::store::StoreError;
use crate::submission::Life;
use crate::submission::Submission;
use crate::submission::SubmissionError;
use crate::submission::Submissions;
use crate::submission::Submitted;
use crate::tasks::Tasks;

/// How long a number leads back to its message. Source: WxPusher, "Query status".
const REMEMBER: Duration = Duration::from_hours(7 * 24);

/// The way in for other services' clients.
pub struct Desk {
    keys: Arc<Keys>,
    submissions: Submissions,
    clock: Arc<dyn Clock>,
    repeats: Repeats,
    reporter: Reporter,
}

impl Desk {
    /// Lets in who has one of `keys`, and hands in to `submissions`; results are reported through
    /// `exchange`.
    pub fn new(
        keys: Arc<Keys>,
        submissions: Submissions,
        clock: Arc<dyn Clock>,
        (tasks, exchange): (&Tasks, &Arc<Exchange>),
    ) -> Self {
        let reporter = Reporter::new(tasks.clone(), Arc::clone(exchange), submissions.clone());
        Self { keys, submissions, clock, repeats: Repeats::default(), reporter }
    }

    /// The time, for reading a call.
    pub fn now(&self) -> Duration {
        self.clock.since_epoch()
    }

    /// Answers one call as the service would have.
    pub async fn answer(&self, dialect: &Dialect, call: &Call) -> Answer {
        let told = match (dialect.read)(call) {
            Reading::Say(answer) => return answer,
            Reading::Check { key } => {
                Told::Key(self.key(call, &key).map(|key| key.name.clone()).ok_or(Refusal::Key))
            }
            Reading::Withdraw { key, question } => {
                Told::Withdrawn(self.withdraw(dialect, call, &key, question).await)
            }
            Reading::Ask(question) => Told::Fate(self.fate(dialect, question).await),
            Reading::Send { keys, message } => {
                let mut outcomes = Vec::new();
                for key in keys.iter().take(MOST_KEYS) {
                    outcomes.push(self.send(dialect, call, key, &message).await);
                }
                return (dialect.answer)(call, &Told::Sent { message: &message, outcomes });
            }
        };
        (dialect.answer)(call, &told)
    }

    /// The key of a token. In its place a `-` may stand, with the token in `Authorization`: an
    /// address is written into many logs, a header into few.
    fn key(&self, call: &Call, token: &str) -> Option<Arc<Key>> {
        match token {
            "-" => self.keys.find(&call.bearer()?),
            token => self.keys.find(token),
        }
    }

    /// Hands a message in for one key.
    async fn send(
        &self,
        dialect: &Dialect,
        call: &Call,
        token: &str,
        message: &Message,
    ) -> Result<Sent, Refusal> {
        let key = self.key(call, token).ok_or(Refusal::Key)?;
        let topics = self.submissions.topics().into_iter().collect();
        let parts = spread(message, &self.ways(&key), &topics)?;
        // What is fetched twice is sent once; what is posted twice is meant twice.
        let once = (call.method == "GET").then(|| {
            let digest = digest(dialect.name, token, message);
            let first_seen = self.repeats.first(digest, call.now).as_millis();
            format!("{}/{}/{first_seen}", dialect.name, STANDARD.encode(digest))
        });
        let mut sent: Vec<Submitted> = Vec::new();
        for (index, (channels, notification)) in parts.into_iter().enumerate() {
            let again = once.as_ref().map(|once| format!("{once}/{index}"));
            match self.submit(&key, channels, notification, again).await {
                Ok(submitted) => sent.push(submitted),
                // The first part was accepted, so the call was; the log has what became of the rest.
                Err(error) if !sent.is_empty() => {
                    tracing::warn!(
                        dialect = dialect.name,
                        key = key.name,
                        "a part of a message was refused: {error}"
                    );
                }
                Err(error) => return Err(refusal(&error)),
            }
        }
        let first = sent.first().expect("a message is spread over one part or two");
        let id = first.id;
        if dialect.numbers {
            self.remember(dialect, id).await?;
        }
        if !message.report_to.is_empty() {
            self.reporter.report(dialect, first.clone(), message.report_to.clone());
        }
        self.wait(dialect.patience, &sent).await?;
        Ok(Sent { id, key: key.name.clone() })
    }

    /// Hands one part in, and says what it became.
    async fn submit(
        &self,
        key: &Key,
        channels: Vec<String>,
        notification: Notification,
        idempotency_key: Option<String>,
    ) -> Result<Submitted, SubmissionError> {
        let notification = Notification { idempotency_key, ..notification };
        let submission = Submission { channels, notification, ..Submission::default() };
        match self.submissions.accept(key, submission).await {
            // The same but for its times, which were reckoned from another now.
            Err(SubmissionError::Conflict(id)) => Ok(Submitted { id, parts: Vec::new() }),
            accepted => accepted,
        }
    }

    /// Waits until the services behind have taken all of it.
    ///
    /// # Errors
    ///
    /// The first no. What is not decided in time is not waited for: it will be tried again.
    async fn wait(&self, patience: Duration, sent: &[Submitted]) -> Result<(), Refusal> {
        if patience.is_zero() {
            return Ok(());
        }
        let outbox = self.submissions.outbox();
        let all = async {
            for part in sent.iter().flat_map(|it| &it.parts) {
                let Ok(Some(delivery)) = outbox.outcome(part.id).await else { continue };
                if delivery.state == State::Refused {
                    return Err(self.upstream(&delivery).await);
                }
            }
            Ok(())
        };
        tokio::time::timeout(patience, all).await.unwrap_or(Ok(()))
    }

    /// What the service said to the last attempt.
    async fn upstream(&self, delivery: &Delivery) -> Refusal {
        let found = self.store().find(delivery.id).await.ok().flatten();
        let last = found.and_then(|(_, attempts)| attempts.last().cloned());
        match last {
            Some(attempt) => Refusal::Upstream { code: attempt.code, detail: attempt.detail },
            None => Refusal::Upstream {
                code: delivery.reason.code.clone(),
                detail: delivery.reason.note.clone(),
            },
        }
    }

    async fn remember(&self, dialect: &Dialect, id: DeliveryId) -> Result<(), Refusal> {
        let name = number_name(dialect, ids::number(id));
        let value = Some(id.as_bytes().to_vec());
        let set = self.store().set(self.now(), &name, value, REMEMBER).await;
        set.map_err(|_| Refusal::Unavailable)
    }

    /// Gives up what has not left yet of a message of this key's. How many deliveries that were.
    async fn withdraw(
        &self,
        dialect: &Dialect,
        call: &Call,
        token: &str,
        question: Question,
    ) -> Result<u64, Refusal> {
        let key = self.key(call, token).ok_or(Refusal::Key)?;
        let life = self.life(dialect, question).await.filter(|life| life.is_by(&key.name));
        let life = life.ok_or_else(|| Refusal::Message("消息不存在".to_owned()))?;
        let reason =
            Reason { code: code::API_CANCELLED.name.to_owned(), note: "taken back".to_owned() };
        self.submissions.cancel(&life, reason).await.map_err(|_| Refusal::Unavailable)
    }

    async fn fate(&self, dialect: &Dialect, question: Question) -> Option<Box<Fate>> {
        self.life(dialect, question).await.map(|life| Box::new(fate_of(&life)))
    }

    async fn life(&self, dialect: &Dialect, question: Question) -> Option<Life> {
        let found = match question {
            Question::Id(id) => self.submissions.find(id).await,
            Question::Number(number) => self.find_number(dialect, number).await,
            Question::Nothing => Ok(None),
        };
        found.unwrap_or_else(|error| {
            let error = &error as &dyn std::error::Error;
            tracing::error!(dialect = dialect.name, error, "cannot look a message up");
            None
        })
    }

    async fn find_number(
        &self,
        dialect: &Dialect,
        number: u64,
    ) -> Result<Option<Life>, StoreError> {
        let name = number_name(dialect, number);
        let value = self.store().get(self.now(), &name).await?;
        match value.and_then(|bytes| bytes.try_into().ok()) {
            Some(bytes) => self.submissions.find(DeliveryId::from_bytes(bytes)).await,
            None => Ok(None),
        }
    }

    /// The channels of a key, with their kinds.
    fn ways(&self, key: &Key) -> Vec<Way> {
        let way = |name: &String| Way {
            name: name.clone(),
            kind: self.submissions.kind(name).unwrap_or_default(),
        };
        key.channels().iter().map(way).collect()
    }

    fn store(&self) -> &Arc<dyn Store> {
        self.submissions.outbox().store()
    }
}

fn number_name(dialect: &Dialect, number: u64) -> String {
    format!("dialect/{}/{number}", dialect.name)
}

/// What makes two calls the same: all but their times.
fn digest(dialect: &str, token: &str, message: &Message) -> [u8; 32] {
    let said = Message { not_before: None, expires: None, ..message.clone() };
    Sha256::digest(format!("{dialect} {token} {said:?}")).into()
}

fn refusal(error: &SubmissionError) -> Refusal {
    match error {
        SubmissionError::Store(_) => Refusal::Unavailable,
        SubmissionError::Channel(_) | SubmissionError::Scope { .. } | SubmissionError::Nowhere => {
            Refusal::Channel(error.to_string())
        }
        _ => Refusal::Message(error.to_string()),
    }
}

/// What a service would say of a message: it is where the part is that is furthest from being
/// delivered.
pub(super) fn fate_of(life: &Life) -> Fate {
    let found = || life.parts.iter().filter_map(|(_, found)| Some(&found.as_ref()?.delivery));
    let state = match life.state() {
        "waiting" | "folded" => FateState::Waiting,
        "delivered" => FateState::Delivered,
        word => {
            let mut codes = found().map(|it| it.reason.code.as_str()).filter(|it| !it.is_empty());
            FateState::Failed(
                codes.next().map_or(word.to_owned(), |code| format!("{word}: {code}")),
            )
        }
    };
    let first = found().next();
    let changed = found().map(|it| it.ended.unwrap_or(it.accepted)).max();
    Fate {
        id: life.id,
        state,
        title: first.map(|it| it.notification.title.clone()).unwrap_or_default(),
        body: first.map(|it| it.notification.body.clone()).unwrap_or_default(),
        changed: changed.unwrap_or(life.id.time()),
    }
}
