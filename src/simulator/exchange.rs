//! What happened to one message: every try, and what the user saw in the end.

use std::fmt;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

/// One message from the first try to what was shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// The deliveries, at most [`crate::wechat::limits::TRIES`].
    pub tries: Vec<Try>,
    /// What the user saw; `None` for nothing.
    pub shown: Option<Shown>,
}

/// One delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct Try {
    /// When it began, since the first one began.
    pub at: Duration,
    /// How long it took until it was answered or given up.
    pub took: Duration,
    /// How it ended.
    pub what: What,
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// Received; `None` for `success` or an empty body.
    Answered(Option<Shown>),
    /// No whole answer within 5 s: the line was cut.
    HungUp,
    /// There was no connection, or it broke.
    Unreachable(String),
    /// Another HTTP status than 200.
    Refused(u16),
    /// 200, but not with what may be answered; in words.
    Abnormal(String),
}

/// A bubble in the chat.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// `text`, `image`, `news` …; `system` for the platform's own line.
    pub kind: String,
    /// What can be read of it: the text, titles, or a media id.
    pub text: String,
    /// Every field of the reply, as JSON.
    pub fields: Value,
}

impl What {
    /// Its name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Answered(_) => "answered",
            Self::HungUp => "hung_up",
            Self::Unreachable(_) => "unreachable",
            Self::Refused(_) => "refused",
            Self::Abnormal(_) => "abnormal",
        }
    }

    /// Whether the platform tries again. Abnormal data is final.
    pub(super) fn is_retried(&self) -> bool {
        matches!(self, Self::HungUp | Self::Unreachable(_) | Self::Refused(_))
    }
}

impl Exchange {
    /// Whether a try was received properly.
    pub fn is_answered(&self) -> bool {
        self.tries.iter().any(|it| matches!(it.what, What::Answered(_)))
    }

    /// What the user could read; empty for nothing.
    pub fn text(&self) -> &str {
        self.shown.as_ref().map_or("", |shown| &shown.text)
    }

    /// From the first try until the end of the last.
    pub fn took(&self) -> Duration {
        self.tries.last().map_or(Duration::ZERO, |last| last.at + last.took)
    }

    /// `{"tries":[{"at_ms","took_ms","what",…}],"shown":{"type","text","fields"} or null}`
    pub fn to_json(&self) -> Value {
        let tries: Vec<Value> = self.tries.iter().map(Try::to_json).collect();
        json!({"tries": tries, "shown": self.shown.as_ref().map(Shown::to_json)})
    }
}

impl Shown {
    fn to_json(&self) -> Value {
        json!({"type": self.kind, "text": self.text, "fields": self.fields})
    }
}

impl Try {
    fn to_json(&self) -> Value {
        let mut value = json!({
            "at_ms": milliseconds(self.at),
            "took_ms": milliseconds(self.took),
            "what": self.what.name(),
        });
        match &self.what {
            What::Answered(_) => value["status"] = json!(200),
            What::Refused(status) => value["status"] = json!(status),
            What::Abnormal(reason) => {
                value["status"] = json!(200);
                value["reason"] = json!(reason);
            }
            What::Unreachable(reason) => value["reason"] = json!(reason),
            What::HungUp => {}
        }
        value
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// One line a try: `5 s  try 2: 200 after 2 s, text: pong`; a last one for the platform's line.
impl fmt::Display for Exchange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, it) in self.tries.iter().enumerate() {
            let took = Span(it.took);
            write!(out, "{}  try {}: ", Span(it.at), index + 1)?;
            match &it.what {
                What::Answered(None) => writeln!(out, "200 after {took}, nothing to show")?,
                What::Answered(Some(shown)) => writeln!(out, "200 after {took}, {shown}")?,
                What::HungUp => writeln!(out, "no answer after {took}")?,
                What::Unreachable(reason) => writeln!(out, "no connection after {took}: {reason}")?,
                What::Refused(status) => writeln!(out, "{status} after {took}")?,
                What::Abnormal(reason) => writeln!(out, "200 after {took}, abnormal: {reason}")?,
            }
        }
        match &self.shown {
            Some(shown) if shown.kind == "system" => writeln!(out, "shown: {}", shown.text),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.kind, self.text)
    }
}

/// `12 ms`, `2 s`, `2.5 s`
struct Span(Duration);

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match milliseconds(self.0) {
            0 => out.write_str("0 s"),
            short @ 1..1000 => write!(out, "{short} ms"),
            long => {
                let tenths = (long + 50) / 100;
                match tenths % 10 {
                    0 => write!(out, "{} s", tenths / 10),
                    rest => write!(out, "{}.{rest} s", tenths / 10),
                }
            }
        }
    }
}
