//! What a model answers: server-sent events of `chat.completion.chunk`, or one `chat.completion`.
//!
//! Compatible servers leave members out, send empty ones, and add their own; so every member may
//! be missing, and what is not known is passed over.

use serde_json::Value as Json;

use super::error::AssistantError;

/// Splits a stream into the data of its events. Source: HTML Living Standard, "Server-sent
/// events".
#[derive(Debug, Default)]
pub(super) struct Events {
    line: Vec<u8>,
    data: Vec<String>,
    is_after_return: bool,
}

impl Events {
    /// The events that end in `part`.
    pub(super) fn feed(&mut self, part: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        for byte in part {
            match (byte, self.is_after_return) {
                (b'\n', true) => {}
                (b'\n' | b'\r', _) => found.extend(self.end_line()),
                _ => self.line.push(*byte),
            }
            self.is_after_return = *byte == b'\r';
        }
        found
    }

    /// What the end of the stream leaves: servers forget the last empty line.
    pub(super) fn end(&mut self) -> Option<String> {
        self.end_line().or_else(|| self.end_event())
    }

    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        if line.is_empty() {
            return self.end_event();
        }
        if let Some(data) = line.strip_prefix("data:") {
            self.data.push(data.strip_prefix(' ').unwrap_or(data).to_owned());
        }
        None
    }

    fn end_event(&mut self) -> Option<String> {
        (!self.data.is_empty()).then(|| std::mem::take(&mut self.data).join("\n"))
    }
}

/// A call of a tool, as far as it has been told.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct PendingCall {
    pub(super) id: String,
    pub(super) name: String,
    /// JSON, if the model made no mistake.
    pub(super) arguments: String,
}

/// The most calls of one answer, and so the highest index that counts.
const MOST_CALLS: usize = 16;

/// An answer, as far as it has been told.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Gathered {
    pub(super) text: String,
    pub(super) calls: Vec<PendingCall>,
    /// Tokens of question and answer together, where the server tells.
    pub(super) used: Option<u64>,
    /// It ended because it became too long.
    pub(super) is_cut: bool,
    /// At least one event or object had the shape of the API.
    pub(super) is_begun: bool,
}

impl Gathered {
    /// Takes the data of one event. True: it was the last one.
    pub(super) fn take_event(&mut self, data: &str) -> Result<bool, AssistantError> {
        let data = data.trim();
        if data.is_empty() {
            return Ok(false);
        }
        if data == "[DONE]" {
            return Ok(true);
        }
        let json: Json =
            serde_json::from_str(data).map_err(|_| AssistantError::Shape("an event is no JSON"))?;
        self.take(&json, "delta")?;
        Ok(false)
    }

    /// Takes an answer that is whole.
    pub(super) fn take_whole(&mut self, body: &[u8]) -> Result<(), AssistantError> {
        let json: Json =
            serde_json::from_slice(body).map_err(|_| AssistantError::Shape("it is no JSON"))?;
        self.take(&json, "message")
    }

    fn take(&mut self, json: &Json, member: &str) -> Result<(), AssistantError> {
        if let Some(code) = error_code(json) {
            return Err(AssistantError::refused(500, Some(&code)));
        }
        self.is_begun |= json["choices"].is_array();
        if let Some(used) = json["usage"]["total_tokens"].as_u64() {
            self.used = Some(used);
        }
        let choice = &json["choices"][0];
        let said = &choice[member];
        self.text.push_str(said["content"].as_str().unwrap_or_default());
        for (place, call) in said["tool_calls"].as_array().into_iter().flatten().enumerate() {
            self.take_call(call, place);
        }
        self.is_cut |= choice["finish_reason"] == "length";
        Ok(())
    }

    /// A call comes in pieces that share an index; some servers leave it out and send whole ones.
    fn take_call(&mut self, piece: &Json, place: usize) {
        let is_piece = piece["id"].as_str().is_none_or(str::is_empty);
        let index = match piece["index"].as_u64() {
            Some(index) => usize::try_from(index).unwrap_or(MOST_CALLS),
            None if is_piece => self.calls.len().saturating_sub(1).max(place),
            None => self.calls.len(),
        };
        if index >= MOST_CALLS {
            return;
        }
        if self.calls.len() <= index {
            self.calls.resize_with(index + 1, PendingCall::default);
        }
        let call = &mut self.calls[index];
        let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
        if !is_piece {
            call.id = text(&piece["id"]);
        }
        let function = &piece["function"];
        call.name.push_str(function["name"].as_str().unwrap_or_default());
        match &function["arguments"] {
            Json::Object(whole) => call.arguments = Json::Object(whole.clone()).to_string(),
            other => call.arguments.push_str(other.as_str().unwrap_or_default()),
        }
    }
}

/// The code of `{"error": …}`, in the forms that servers give it.
pub(super) fn error_code(json: &Json) -> Option<String> {
    let error = json.get("error").filter(|it| !it.is_null())?;
    let named = |member| error[member].as_str().map(str::to_owned);
    let numbered = || error["code"].as_u64().map(|code| code.to_string());
    Some(named("code").or_else(numbered).or_else(|| named("type")).unwrap_or_default())
}

/// An answer without what a reasoning model thinks aloud before it: `<think>…</think>`.
pub(super) fn without_thoughts(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, thought)) = rest.split_once("<think>") {
        out.push_str(before);
        rest = thought.split_once("</think>").map_or("", |(_, after)| after);
    }
    // Some templates open the thought in the prompt, so that only its end is in the answer.
    if out.is_empty()
        && let Some((_, after)) = rest.split_once("</think>")
    {
        rest = after;
    }
    out.push_str(rest);
    out.trim().to_owned()
}

#[cfg(test)]
mod tests;
