//! One question, from its first request to the words that answer it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;
use tokio::time::Instant;

use super::Asker;
use super::Assistant;
use super::Assistants;
use super::error::AssistantError;
use super::memory::Turn;
use super::request;
use super::request::Tool;
use super::stream::Events;
use super::stream::Gathered;
use super::stream::PendingCall;
use super::stream::error_code;
use super::stream::without_thoughts;
use super::tokens::estimate;
use crate::exchange::ExchangeError;
use crate::exchange::Method;
use crate::exchange::Request;
use crate::exchange::Streaming;
use crate::outcome::Progress;

/// The largest answer that is read, in bytes, with all that is around its words.
const LARGEST_ANSWER: usize = 4 << 20;

/// How often the model may call tools before it must say something.
const MOST_ROUNDS: u32 = 8;

/// How often one request is tried.
const TRIES: u32 = 3;

/// The wait before the second try, unless the server names one; before the third it is twice that.
const WAIT: Duration = Duration::from_secs(1);

/// What an answer ends with that was broken off.
const CUT: &str = "……";

/// What the model does next.
#[derive(Debug, Eq, PartialEq)]
pub enum Step {
    /// It has answered, in markdown.
    Said(String),
    /// It wants these done, and [`Talk::told`] what came of each.
    Calls(Vec<ToolCall>),
}

/// A call of a tool.
#[derive(Debug, Eq, PartialEq)]
pub struct ToolCall {
    id: String,
    /// The place of the tool in the list, and a value for each of its parameters; or what is wrong
    /// with the call, in words for the model.
    pub wanted: Result<(usize, Vec<(String, String)>), String>,
}

/// One question, and what has come of it so far.
pub struct Talk {
    shared: Assistants,
    assistant: Arc<Assistant>,
    /// Assistant, account and user.
    key: String,
    now: Duration,
    day: i64,
    question: String,
    before: Vec<Turn>,
    messages: Vec<Json>,
    tools: Vec<Tool>,
    until: Instant,
    rounds: u32,
    used: u64,
    /// Is told the answer while it grows.
    progress: Progress,
}

/// Why one try gave nothing, and how long the server wants us to wait.
struct Failed {
    error: AssistantError,
    wait: Option<Duration>,
}

impl<E: Into<AssistantError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self { error: error.into(), wait: None }
    }
}

impl Talk {
    pub(super) fn new(
        shared: Assistants,
        assistant: Arc<Assistant>,
        key: String,
        asker: Asker<'_>,
        question: String,
        tools: &[Tool],
    ) -> Self {
        let config = &assistant.config;
        let all = &shared.0.conversations;
        let before = all.of(&key, asker.now, config.memory, config.memory_tokens);
        let messages = request::opening(&config.system, &before, &question);
        let until = Instant::now() + config.timeout;
        let (now, day, tools) = (asker.now, asker.day, tools.to_vec());
        let (rounds, used, progress) = (0, 0, asker.progress.clone());
        Self {
            shared,
            assistant,
            key,
            now,
            day,
            question,
            before,
            messages,
            tools,
            until,
            rounds,
            used,
            progress,
        }
    }

    /// Tokens used up so far, as the server tells or as estimated.
    pub fn used(&self) -> u64 {
        self.used
    }

    /// Asks the model what it does next. What it says is remembered, and what it costs is counted.
    ///
    /// # Errors
    ///
    /// [`AssistantError`], once trying again is of no use.
    pub async fn step(&mut self) -> Result<Step, AssistantError> {
        let step = self.next().await;
        let outcome = match &step {
            Ok(Step::Calls(_)) => return step,
            Ok(Step::Said(_)) => "answered",
            Err(_) => "failed",
        };
        self.shared.0.metrics.count_question(&self.assistant.config.name, outcome);
        step
    }

    async fn next(&mut self) -> Result<Step, AssistantError> {
        if self.rounds == MOST_ROUNDS {
            return Err(AssistantError::TooManyCalls(self.rounds));
        }
        self.rounds += 1;
        let gathered = self.ask().await?;
        self.count(&gathered);
        let text = without_thoughts(&gathered.text);
        let calls = named(gathered.calls);
        if !calls.is_empty() {
            self.messages.push(request::called(&text, &calls));
            return Ok(Step::Calls(calls.into_iter().map(|call| self.understood(call)).collect()));
        }
        if text.is_empty() {
            return Err(AssistantError::Empty);
        }
        self.remember(&text);
        Ok(Step::Said(if gathered.is_cut { text + CUT } else { text }))
    }

    /// Tells the model what came of a call.
    pub fn told(&mut self, call: &ToolCall, result: &str) {
        self.messages.push(request::told(&call.id, result));
    }

    fn count(&mut self, gathered: &Gathered) {
        let used = gathered.used.unwrap_or_else(|| {
            let contents = self.messages.iter().filter_map(|it| it["content"].as_str());
            contents.map(estimate).sum::<u64>() + estimate(&gathered.text)
        });
        self.used += used;
        self.shared.0.budget.count(&self.key, self.day, used);
        self.shared.0.metrics.count_tokens(&self.assistant.config.name, used);
    }

    fn remember(&self, text: &str) {
        if self.assistant.config.memory.is_zero() {
            return;
        }
        let turn = Turn { question: self.question.clone(), answer: text.to_owned() };
        self.shared.0.conversations.add(&self.key, self.now, self.before.clone(), turn);
    }

    fn understood(&self, call: PendingCall) -> ToolCall {
        let wanted = self.tools.iter().position(|tool| tool.name == call.name);
        let wanted = match wanted {
            None => Err(format!("there is no tool `{}`", call.name)),
            Some(place) => values(&self.tools[place], &call.arguments).map(|it| (place, it)),
        };
        ToolCall { id: call.id, wanted }
    }

    async fn ask(&self) -> Result<Gathered, AssistantError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let failed = match self.ask_once().await {
                Ok(gathered) => return Ok(gathered),
                Err(failed) => failed,
            };
            let wait = failed.wait.unwrap_or(WAIT * tries);
            let is_time = Instant::now() + wait < self.until;
            if tries == TRIES || !failed.error.is_passing() || !is_time {
                return Err(match failed.error {
                    AssistantError::Exchange(ExchangeError::TimedOut { .. }) => {
                        AssistantError::TimedOut(self.assistant.config.timeout)
                    }
                    error => error,
                });
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn ask_once(&self) -> Result<Gathered, Failed> {
        let config = &self.assistant.config;
        let body = request::body(config, &self.messages, &self.tools).to_string();
        let mut headers = vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("accept".to_owned(), "text/event-stream".to_owned()),
        ];
        if let Some(key) = &config.api_key {
            headers.push(("authorization".to_owned(), format!("Bearer {}", key.expose())));
        }
        let mut answer = self
            .assistant
            .exchange
            .open(Request {
                method: Method::Post,
                url: format!("{}/chat/completions", config.base_url),
                headers,
                body: body.into(),
                timeout: self.until.saturating_duration_since(Instant::now()),
                max_answer: LARGEST_ANSWER,
            })
            .await?;
        if answer.status != 200 {
            return Err(refused(&mut answer).await);
        }
        let gathered = match header(&answer, "content-type").contains("json") {
            true => gather_whole(&mut answer).await?,
            false => gather(&mut answer, &self.progress).await?,
        };
        match gathered.is_begun {
            true => Ok(gathered),
            false => Err(AssistantError::Shape("it has no `choices`").into()),
        }
    }
}

/// Reads events until the last. What is there when the time is over is an answer too.
async fn gather(answer: &mut Streaming, progress: &Progress) -> Result<Gathered, AssistantError> {
    let (mut events, mut gathered) = (Events::default(), Gathered::default());
    loop {
        let part = match answer.next().await {
            Err(ExchangeError::TimedOut { .. }) if is_sayable(&gathered) => {
                gathered.is_cut = true;
                return Ok(gathered);
            }
            part => part?,
        };
        let found = match &part {
            Some(part) => events.feed(part),
            None => events.end().into_iter().collect(),
        };
        // Not every server says that it has done.
        let mut is_over = part.is_none();
        for event in found {
            if gathered.take_event(&event)? {
                is_over = true;
                break;
            }
        }
        if progress.is_shown() && is_sayable(&gathered) {
            progress.say(without_thoughts(&gathered.text));
        }
        if is_over {
            return Ok(gathered);
        }
    }
}

fn is_sayable(gathered: &Gathered) -> bool {
    gathered.calls.is_empty() && !without_thoughts(&gathered.text).is_empty()
}

async fn gather_whole(answer: &mut Streaming) -> Result<Gathered, AssistantError> {
    let mut gathered = Gathered::default();
    gathered.take_whole(&read(answer).await?)?;
    Ok(gathered)
}

async fn read(answer: &mut Streaming) -> Result<Vec<u8>, ExchangeError> {
    let mut body = Vec::new();
    while let Some(part) = answer.next().await? {
        body.extend_from_slice(&part);
    }
    Ok(body)
}

/// What a refusal says of itself; without a body it still has a status.
async fn refused(answer: &mut Streaming) -> Failed {
    let body = read(answer).await.unwrap_or_default();
    let code = serde_json::from_slice(&body).ok().and_then(|json: Json| error_code(&json));
    let wait = header(answer, "retry-after").parse().ok().map(Duration::from_secs);
    Failed { error: AssistantError::refused(answer.status, code.as_deref()), wait }
}

fn header<'a>(answer: &'a Streaming, name: &str) -> &'a str {
    let found = answer.headers.iter().find(|(it, _)| it == name);
    found.map_or("", |(_, value)| value.as_str())
}

/// The calls that name a tool, each with an id: some servers send none.
fn named(calls: Vec<PendingCall>) -> Vec<PendingCall> {
    let named = calls.into_iter().filter(|call| !call.name.is_empty()).enumerate();
    let with_id = |(number, call): (usize, PendingCall)| match call.id.is_empty() {
        true => PendingCall { id: format!("call_{number}"), ..call },
        false => call,
    };
    named.map(with_id).collect()
}

/// A text for each parameter of `tool`, or what is wrong, in words for the model.
fn values(tool: &Tool, arguments: &str) -> Result<Vec<(String, String)>, String> {
    let arguments = if arguments.trim().is_empty() { "{}" } else { arguments };
    let given: Json = serde_json::from_str(arguments).unwrap_or_default();
    if !given.is_object() {
        return Err("the arguments are no JSON object".to_owned());
    }
    let value = |name: &String| match &given[name] {
        Json::String(text) if !text.trim().is_empty() => Ok((name.clone(), text.trim().to_owned())),
        Json::Number(number) => Ok((name.clone(), number.to_string())),
        Json::Bool(yes) => Ok((name.clone(), yes.to_string())),
        _ => Err(format!("`{name}` must be a text")),
    };
    tool.parameters.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::Tool;
    use super::values;

    #[test]
    fn arguments_are_texts_or_the_model_is_told() {
        let tool = Tool {
            name: "deploy".to_owned(),
            about: String::new(),
            parameters: vec!["service".to_owned(), "count".to_owned()],
        };
        let values = |arguments| values(&tool, arguments);
        let both =
            [("service".to_owned(), "商城".to_owned()), ("count".to_owned(), "2".to_owned())];
        assert_eq!(values(r#"{"service":" 商城 ","count":2,"more":[]}"#), Ok(both.to_vec()));
        assert_eq!(values(""), Err("`service` must be a text".to_owned()));
        assert_eq!(values(r#"{"service":"x"}"#), Err("`count` must be a text".to_owned()));
        assert_eq!(values("[1]"), Err("the arguments are no JSON object".to_owned()));
        assert_eq!(values("{"), Err("the arguments are no JSON object".to_owned()));
    }
}
