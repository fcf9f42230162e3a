//! What answers a message: Rust code over a typed message, or the rules.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::outcome::Outcome;
use crate::outcome::Progress;
use crate::platform::Client;
use crate::platform::Clients;
use crate::wechat::Platform;
use crate::wechat::id::AppId;
use crate::wechat::inbound::Inbound;
use crate::wechat::inbound::Payload;
use crate::wechat::reply::Reply;

/// What a handler may know beside the message.
#[derive(Clone, Debug)]
pub struct Context {
    /// The account's name in the config.
    pub account: Arc<str>,
    /// The AppID of the account that was written to: its own, or where an open platform hands on
    /// the message of an account that it serves, the one in the path.
    pub app_id: Arc<str>,
    /// The account's platform, which limits what may be replied.
    pub platform: Platform,
    /// Who wrote the message or caused the event: an OpenID or UserID; empty where nobody did.
    pub from: String,
    /// The time, since 1970.
    pub now: Duration,
    /// What calls WeChat for each account that may.
    pub clients: Clients,
    /// Takes what there is to say before the answer is ready.
    pub progress: Progress,
}

impl Context {
    /// What calls WeChat for the message's account; none where it has no `app_secret` and is not
    /// behind 微信云托管. Of a message that an open platform hands on, it acts for the account that
    /// was written to.
    ///
    /// ```no_run
    /// use yizhan::app::Station;
    /// use yizhan::dispatch::handler::Context;
    /// use yizhan::dispatch::handler::HandlerError;
    /// use yizhan::wechat::inbound::message::Text;
    ///
    /// /// Says which language the sender reads.
    /// async fn language(_: Text, context: Context) -> Result<String, HandlerError> {
    ///     let wechat = context.wechat().ok_or(HandlerError::Failed("no app_secret".into()))?;
    ///     let query = [("openid", context.from.as_str())];
    ///     let user = wechat.get("/cgi-bin/user/info", &query).await;
    ///     let user = user.map_err(|error| HandlerError::Other(error.into()))?;
    ///     Ok(format!("你的语言是 {}", user["language"]))
    /// }
    ///
    /// # async fn main_() -> Result<(), Box<dyn std::error::Error>> {
    /// Station::load("yizhan.toml")?.on(language).serve().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wechat(&self) -> Option<Arc<Client>> {
        let client = self.clients.get(&self.account)?;
        if client.app_id().as_str() == &*self.app_id {
            return Some(Arc::clone(client));
        }
        let served = AppId::parse(&self.app_id).ok()?;
        Some(client.on_behalf_of(&served))
    }
}

/// Why a handler has no outcome. Logged, counted, and answered with the account's apology.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandlerError {
    /// A typed handler was given a message without the documented shape.
    #[error(transparent)]
    Shape(#[from] crate::wechat::inbound::read::ReadError),
    /// It took longer than `[inbox] handler_timeout`.
    #[error("it took longer than {} s and was ended", .0.as_secs())]
    TimedOut(Duration),
    /// The handler's own reason. It must not carry a secret or what the user wrote.
    #[error("{0}")]
    Failed(String),
    /// The handler's own reason, with its source.
    #[error(transparent)]
    Other(#[from] Box<dyn std::error::Error + Send + Sync>),
}

/// A handler's work that takes time. It is run to its end whether or not WeChat still waits.
pub type Work = Pin<Box<dyn Future<Output = Result<Outcome, HandlerError>> + Send>>;

/// What a handler says to a message.
pub enum Answer {
    /// Not mine.
    Pass,
    /// Known at once, without a task of its own.
    Now(Result<Outcome, HandlerError>),
    /// Known after some work.
    Later(Work),
    /// Known after some work, of which the sender is told when it begins if it takes longer than a
    /// delivery waits, and when it is done.
    Reported(Work, Report),
}

/// What is said of work that takes long.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Report {
    /// The rule or handler, as in [`Outcome::by`].
    pub by: String,
    /// Said at the beginning; none: what is usual.
    pub started: Option<String>,
    /// Said if the work fails and the account has no `apology`; none: what is usual.
    pub failed: Option<String>,
}

/// Something that answers messages.
pub trait Handler: Send + Sync {
    /// Answers, or passes the message on. Must not block: what takes time is [`Answer::Later`].
    fn answer(&self, inbound: &Arc<Inbound>, context: &Context) -> Answer;
}

/// What an async handler may return: a reply, a text, an [`Outcome`], or a result of one.
pub trait IntoOutcome {
    /// Turns it into an outcome of the handler called `by`.
    ///
    /// # Errors
    ///
    /// [`HandlerError`] if it was an error.
    fn into_outcome(self, by: &str) -> Result<Outcome, HandlerError>;
}

impl<R: Into<Reply>> IntoOutcome for R {
    fn into_outcome(self, by: &str) -> Result<Outcome, HandlerError> {
        Ok(Outcome::reply(self, by))
    }
}

impl IntoOutcome for Outcome {
    fn into_outcome(mut self, by: &str) -> Result<Outcome, HandlerError> {
        if self.by.is_empty() {
            by.clone_into(&mut self.by);
        }
        Ok(self)
    }
}

impl<R: IntoOutcome, E: Into<HandlerError>> IntoOutcome for Result<R, E> {
    fn into_outcome(self, by: &str) -> Result<Outcome, HandlerError> {
        self.map_err(Into::into)?.into_outcome(by)
    }
}

/// An async function over a typed message as a [`Handler`]:
/// `typed(|text: Text, _: Context| async move { text.content })`.
///
/// It is asked only for messages of its type; a message of that type without the documented shape
/// is a [`HandlerError::Shape`].
pub fn typed<P, F, Fut>(function: F) -> impl Handler
where
    P: Payload,
    F: Fn(P, Context) -> Fut + Send + Sync,
    Fut: Future<Output: IntoOutcome> + Send + 'static,
{
    Typed { function, payload: PhantomData::<fn() -> P> }
}

struct Typed<F, P> {
    function: F,
    payload: PhantomData<fn() -> P>,
}

impl<P, F, Fut> Handler for Typed<F, P>
where
    P: Payload,
    F: Fn(P, Context) -> Fut + Send + Sync,
    Fut: Future<Output: IntoOutcome> + Send + 'static,
{
    fn answer(&self, inbound: &Arc<Inbound>, context: &Context) -> Answer {
        match inbound.read::<P>() {
            None => Answer::Pass,
            Some(Err(error)) => Answer::Now(Err(error.into())),
            Some(Ok(payload)) => {
                let work = (self.function)(payload, context.clone());
                let by = std::any::type_name::<P>().rsplit("::").next().unwrap_or_default();
                Answer::Later(Box::pin(async move { work.await.into_outcome(by) }))
            }
        }
    }
}
