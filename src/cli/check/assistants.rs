//! The models behind `[[assistant]]`: whether their server is there, takes the key, and has the model.
//!
//! Source: OpenAI API reference, "List models". Compatible servers have it too, most of them.

use std::io::Write;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value as Json;

use super::online::Said;
use super::online::advised;
use super::online::progress;
use super::online::tell;
use super::report::Finding;
use super::report::Report;
use super::report::Severity;
use crate::config::assistant::Assistant;
use crate::config::places::Places;
use crate::exchange::Exchange;
use crate::exchange::Method;
use crate::exchange::Request;
use crate::exchange::Response;

/// How long the answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The largest answer that is read; public servers list hundreds of models.
const LARGEST_ANSWER: usize = 4 << 20;

/// Asks each for its list of models, which costs nothing.
pub(super) async fn try_out<W: Write>(
    assistants: &[Assistant],
    places: &Places,
    report: &mut Report<W>,
) -> std::io::Result<()> {
    for assistant in assistants {
        progress(&assistant.name, "asking for the list of models");
        tell(report, ask(assistant, places).await)?;
    }
    Ok(())
}

async fn ask(assistant: &Assistant, places: &Places) -> Said {
    let key = assistant.api_key.iter();
    let headers =
        key.map(|it| ("authorization".to_owned(), format!("Bearer {}", it.expose()))).collect();
    let request = Request {
        method: Method::Get,
        url: format!("{}/models", assistant.base_url),
        headers,
        body: Bytes::new(),
        timeout: TIMEOUT,
        max_answer: LARGEST_ANSWER,
    };
    let name = &assistant.name;
    let found = |severity, key: &str, what: &str, advice: &str| {
        let fault = places.one("assistant", name, key, format!("`{name}`: {what}"));
        Err(Box::new(Finding { severity, account: None, fault: advised(fault, advice) }))
    };
    let response = match Exchange::to(&assistant.base_url).send(request).await {
        Ok(response) => response,
        Err(error) => {
            let what = format!("its server does not answer: {error}");
            return found(Severity::Fault, "base_url", &what, "start it, or correct `base_url`");
        }
    };
    match response.status {
        200 if lists(&response, &assistant.model) => {
            Ok(format!("`{name}` has the model `{}`", assistant.model))
        }
        200 => {
            let what = format!("its server does not list the model `{}`", assistant.model);
            found(Severity::Warning, "model", &what, "see `GET /models` of the server for its names")
        }
        status @ (401 | 403) => {
            let what = format!("its server refuses the key with status {status}");
            found(Severity::Fault, "api_key", &what, "correct `api_key`")
        }
        status => {
            let what = format!("its server answers `GET /models` with status {status}");
            let advice = "not every server has that list; see whether a rule with `ask` answers";
            found(Severity::Warning, "base_url", &what, advice)
        }
    }
}

/// Whether the list has `model`. Ollama calls `qwen3` `qwen3:latest`.
fn lists(response: &Response, model: &str) -> bool {
    let list: Json = serde_json::from_slice(&response.body).unwrap_or_default();
    let is_it = |it: &Json| {
        let id = it["id"].as_str().unwrap_or_default();
        id == model || id.strip_suffix(":latest") == Some(model)
    };
    list["data"].as_array().is_some_and(|models| models.iter().any(is_it))
}
