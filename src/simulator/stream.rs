//! A robot's streamed answer: asked for, until it ends or its time is over.
//!
//! Source: "Intelligent robot", streamed replies: for 6 minutes, each answer the whole text so far.
//! How often is not documented.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use tokio::time::Instant;

use super::Exchange;
use super::Pushed;
use super::Simulator;
use crate::clock::Clock as _;
use crate::wechat::Platform;
use crate::wechat::inbound::Inbound;
use crate::wechat::limits;

/// How long after an answer the next is asked for.
const INTERVAL: Duration = Duration::from_secs(2);

/// The answers that are asked for, by id.
#[derive(Debug, Default)]
pub(super) struct Streams(BTreeMap<String, Stream>);

#[derive(Debug)]
struct Stream {
    /// Who reads it.
    user: String,
    until: Instant,
    /// What they read now.
    shown: Value,
}

impl Simulator {
    /// Reads what came of one delivery to a robot: a stream that goes on is asked for again, and one
    /// that ended stands in the reader's chat.
    pub(super) fn follow_stream(&self, document: &str, exchange: &Exchange) {
        if self.account.platform != Platform::WecomBot {
            return;
        }
        let Ok(inbound) = Inbound::parse(document.as_bytes().to_vec()) else { return };
        let part = exchange.shown.as_ref().map_or(&Value::Null, |shown| &shown.fields["stream"]);
        let is_end = part["finish"] == true;
        let is_asked = inbound.name() == "stream";
        let id = match is_asked {
            true => inbound.root().get("stream.id").map_or("", |id| id.text()),
            false => part["id"].as_str().unwrap_or_default(),
        };
        let mut world = self.world();
        let streams = &mut world.streams.0;
        if !is_asked && !id.is_empty() && !is_end {
            let (user, until) = (inbound.from().to_owned(), Instant::now() + limits::STREAM_LIFE);
            let new = Stream { user, until, shown: Value::Null };
            streams.entry(id.to_owned()).or_insert(new);
        }
        let Some(stream) = streams.get_mut(id) else { return };
        if part.is_object() {
            stream.shown = part.clone();
        }
        if !is_end && Instant::now() + INTERVAL < stream.until {
            let (user, stream) = (stream.user.clone(), json!({ "id": id }));
            world.later(INTERVAL, &user, json!({"msgtype": "stream", "stream": stream}));
            self.wake.notify_one();
            return;
        }
        let Some(Stream { user, shown, .. }) = streams.remove(id) else { return };
        let text = shown["content"].as_str().unwrap_or_default().to_owned();
        let (at, kind) = (self.virtual_clock.unix(), "stream".to_owned());
        world.users.push(&user, Pushed { seq: 0, at, via: "stream", kind, text, message: shown });
    }
}
