//! One call of the API as a line of the table: what it takes, who may use it, what it answers.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Map;
use serde_json::Value;

use super::Api;
use super::field::Field;
use super::refusal::Refusal;
use crate::access::Key;
use crate::code::Code;
use crate::config::access::Scope;

/// One call of the API.
pub(super) struct Endpoint {
    pub(super) method: Method,
    /// The path, its parts in braces named by `path_fields`.
    pub(super) path: &'static str,
    /// What code that is made from the OpenAPI calls it.
    pub(super) name: &'static str,
    /// What it does, in a sentence.
    pub(super) doc: &'static str,
    pub(super) needs: Needs,
    pub(super) path_fields: &'static [Field],
    pub(super) query: &'static [Field],
    pub(super) body: Body,
    /// The status of success, and what it means.
    pub(super) success: (u16, &'static str),
    /// A JSON schema of the answer; none: it is a page.
    pub(super) answer: Option<fn() -> Value>,
    /// The calls that take the `id` of its answer, by name.
    pub(super) leads_to: &'static [&'static str],
    /// What it may refuse, beside what every call may.
    pub(super) refuses: &'static [Code],
    pub(super) run: for<'a> fn(&'a Api, Call) -> Answering<'a>,
}

/// An answer under way.
pub(super) type Answering<'a> = Pin<Box<dyn Future<Output = Result<Answer, Refusal>> + Send + 'a>>;

/// How a call is made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Method {
    Get,
    Post,
}

impl Method {
    /// As HTTP writes it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// Who may make a call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Needs {
    /// Anybody, without a key.
    Nothing,
    /// Whoever has a key; what it may do is checked with what is asked for.
    Key,
    /// A key with this right.
    Right(&'static Scope),
}

/// What a call takes as its body.
#[derive(Clone, Copy)]
pub(super) enum Body {
    /// None.
    None,
    /// A JSON object.
    Json(Json),
    /// A file as it is: at most so many bytes.
    File(usize),
}

/// A JSON object as a body.
#[derive(Clone, Copy)]
pub(super) struct Json {
    pub(super) fields: &'static [Field],
    /// What the schema says beside the fields: what must be there together.
    pub(super) rule: fn() -> Value,
    pub(super) example: fn() -> Value,
    /// Whether `Idempotency-Key` is honoured.
    pub(super) is_idempotent: bool,
}

/// One call, checked against its endpoint's table.
pub(super) struct Call {
    /// Whose it is; none where [`Needs::Nothing`].
    pub(super) key: Option<Arc<Key>>,
    pub(super) path: Map<String, Value>,
    pub(super) query: Map<String, Value>,
    pub(super) body: Map<String, Value>,
    pub(super) file: Vec<u8>,
    pub(super) idempotency_key: Option<String>,
}

impl Call {
    /// Whose it is.
    ///
    /// # Errors
    ///
    /// Nobody's.
    pub(super) fn key(&self) -> Result<&Arc<Key>, Refusal> {
        self.key.as_ref().ok_or_else(|| Refusal::of(crate::code::API_KEY))
    }
}

/// What a call is answered.
pub(super) enum Answer {
    Json(u16, Value),
    Page(String),
}
