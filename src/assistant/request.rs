//! What a model is sent. Source: OpenAI API reference, "Create chat completion"; the members used
//! here are those that the compatible servers share.

use serde_json::Value as Json;
use serde_json::json;

use super::memory::Turn;
use super::stream::PendingCall;
use crate::config::assistant::Assistant as Config;

/// Something that the model may have done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tool {
    /// What the model calls it: letters, digits, `-` and `_`, at most 64.
    pub name: String,
    /// What it does, for the model.
    pub about: String,
    /// The names of what it must be given; each is a text.
    pub parameters: Vec<String>,
}

/// The messages of a talk at its beginning.
pub(super) fn opening(system: &str, before: &[Turn], question: &str) -> Vec<Json> {
    let mut messages = Vec::with_capacity(before.len() * 2 + 2);
    if !system.is_empty() {
        messages.push(json!({ "role": "system", "content": system }));
    }
    for turn in before {
        messages.push(json!({ "role": "user", "content": turn.question }));
        messages.push(json!({ "role": "assistant", "content": turn.answer }));
    }
    messages.push(json!({ "role": "user", "content": question }));
    messages
}

/// The calls that the model made, as it must be told them again.
pub(super) fn called(text: &str, calls: &[PendingCall]) -> Json {
    let calls: Vec<Json> = calls
        .iter()
        .map(|call| {
            json!({
                "id": call.id,
                "type": "function",
                "function": { "name": call.name, "arguments": call.arguments },
            })
        })
        .collect();
    json!({ "role": "assistant", "content": text, "tool_calls": calls })
}

/// What came of one of them.
pub(super) fn told(id: &str, result: &str) -> Json {
    json!({ "role": "tool", "tool_call_id": id, "content": result })
}

/// The body of the request.
pub(super) fn body(config: &Config, messages: &[Json], tools: &[Tool]) -> Json {
    let mut body = json!({
        "model": config.model,
        "messages": messages,
        "stream": true,
        "stream_options": { "include_usage": true },
    });
    if let Some(most) = config.answer_tokens {
        body["max_tokens"] = json!(most);
    }
    if !tools.is_empty() {
        body["tools"] = tools.iter().map(described).collect();
    }
    body
}

fn described(tool: &Tool) -> Json {
    let properties: serde_json::Map<String, Json> =
        tool.parameters.iter().map(|name| (name.clone(), json!({ "type": "string" }))).collect();
    json!({
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.about,
            "parameters": {
                "type": "object",
                "properties": properties,
                "required": tool.parameters,
            },
        },
    })
}
