//! `[[assistant]]`: models that rules hand over to.

use std::time::Duration;

use url::Url;

use super::account::name;
use super::secret::Origin;
use super::secret::Secret;
use super::settings;
use super::table::Table;

/// The longest an answer may take; what comes later has no reader.
const LONGEST: Duration = Duration::from_mins(10);

/// The longest a conversation may be remembered.
const LONGEST_MEMORY: Duration = Duration::from_hours(24 * 7);

/// An OpenAI-compatible model.
#[derive(Clone, Debug)]
pub struct Assistant {
    /// What rules call it.
    pub name: String,
    /// Where it is, without a slash at its end.
    pub base_url: String,
    /// The model's name.
    pub model: String,
    /// Sent as `Authorization: Bearer`.
    pub api_key: Option<Secret>,
    /// What it is told first; may be empty.
    pub system: String,
    /// A conversation is forgotten after a silence of this length; zero: nothing is remembered.
    pub memory: Duration,
    /// How much of a conversation is sent along, in tokens.
    pub memory_tokens: u64,
    /// The longest answer, in tokens; none: as the server has it.
    pub answer_tokens: Option<u64>,
    /// What one user may use up in a day, in tokens; none: any number.
    pub daily_tokens: Option<u64>,
    /// Said to who has used that up.
    pub over_budget: String,
    /// How long an answer may take, its tools included.
    pub timeout: Duration,
}

/// Reads all assistants.
pub(super) fn read_all(root: Table<'_>, origin: Origin<'_>) -> Vec<Assistant> {
    let mut all: Vec<Assistant> = Vec::new();
    for table in root.tables("assistant") {
        let Some(assistant) = read(&table, origin) else { continue };
        if all.iter().any(|it| it.name == assistant.name) {
            let message = format!("a second assistant is called `{}`", assistant.name);
            table.value_fault("name", message, None);
        }
        all.push(assistant);
    }
    all
}

fn read(table: &Table<'_>, origin: Origin<'_>) -> Option<Assistant> {
    table.finish(&settings::assistant::ASSISTANT.keys());
    let name = name(table);
    let base_url = base_url(table);
    let model = table.filled_text("model").map(|it| it.value.to_owned());
    let api_key = origin.secret(table, "api_key");
    let system = table.text("system").map_or("", |it| it.value).to_owned();
    let memory = bounded(table, "memory", Duration::ZERO, LONGEST_MEMORY, "at most 7 days");
    let timeout =
        bounded(table, "timeout", Duration::from_secs(1), LONGEST, "from 1 second to 10 minutes");
    let tokens = |key, most| u64::try_from(table.integer(key, 0..=most)?).ok();
    let memory_tokens = tokens("memory_tokens", 1_000_000);
    let answer_tokens = tokens("answer_tokens", 1_000_000);
    let daily_tokens = tokens("daily_tokens", 1_000_000_000);
    let over_budget = table.filled_text("over_budget").map(|it| it.value.to_owned());
    let is_limit = |tokens: &u64| *tokens > 0;
    Some(Assistant {
        name: name?,
        base_url: base_url?,
        model: model?,
        api_key: api_key.ok()?,
        system,
        memory: memory?,
        memory_tokens: memory_tokens?,
        answer_tokens: Some(answer_tokens?).filter(is_limit),
        daily_tokens: Some(daily_tokens?).filter(is_limit),
        over_budget: over_budget?,
        timeout: timeout?,
    })
}

/// The owner wrote the host down, which is permission enough to reach it inside a private network.
fn base_url(table: &Table<'_>) -> Option<String> {
    let text = table.filled_text("base_url")?.value;
    let is_base = Url::parse(text).is_ok_and(|url| {
        let is_http = matches!(url.scheme(), "http" | "https") && url.has_host();
        is_http && url.query().is_none() && url.fragment().is_none()
    });
    if !is_base {
        let advice = "write `http://host/v1`, as the model's server documents it".to_owned();
        table.value_fault("base_url", "`base_url` is no http address", Some(advice));
        return None;
    }
    let base = text.trim_end_matches('/');
    Some(base.strip_suffix("/chat/completions").unwrap_or(base).to_owned())
}

fn bounded(
    table: &Table<'_>,
    key: &str,
    least: Duration,
    most: Duration,
    allowed: &str,
) -> Option<Duration> {
    let duration = table.duration(key)?;
    if duration < least || duration > most {
        table.value_fault(key, format!("`{key}` must be {allowed}"), None);
        return None;
    }
    Some(duration)
}
