//! What was answered last time: a `.replay` file beside the message, written with `--update`.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::Value;
use serde_json::json;

/// The type of a message, who answered it, and what.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Said {
    pub(super) kind: String,
    pub(super) rule: Option<String>,
    pub(super) reply: String,
}

impl Said {
    /// Which rule answered cannot be seen over HTTP; then it is no difference.
    pub(super) fn differs_from(&self, other: &Self) -> bool {
        let is_seen = self.rule.is_some() && other.rule.is_some();
        self.kind != other.kind || self.reply != other.reply || is_seen && self.rule != other.rule
    }

    pub(super) fn rule(&self) -> &str {
        self.rule.as_deref().unwrap_or("-")
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"type": self.kind, "rule": self.rule, "reply": self.reply})
    }
}

/// What is written down of `file`; nothing for standard input.
pub(super) fn read(file: &str) -> anyhow::Result<Option<Said>> {
    let Some(path) = path_of(file) else { return Ok(None) };
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text.with_context(|| format!("`{}` cannot be read", path.display()))?,
    };
    let wrong = || format!("`{}` was not written by `replay --update`", path.display());
    let value: Value = serde_json::from_str(&text).with_context(wrong)?;
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    let kind = text("type").with_context(wrong)?;
    let reply = text("reply").with_context(wrong)?;
    Ok(Some(Said { kind, rule: text("rule"), reply }))
}

pub(super) fn write(file: &str, said: &Said) -> anyhow::Result<()> {
    let Some(path) = path_of(file) else { return Ok(()) };
    let line = format!("{}\n", said.to_json());
    fs::write(&path, line).with_context(|| format!("`{}` cannot be written", path.display()))
}

/// `text.xml` has `text.xml.replay`: there may be a `text.json` beside it.
fn path_of(file: &str) -> Option<PathBuf> {
    (file != "-").then(|| Path::new(&format!("{file}.replay")).to_owned())
}

#[cfg(test)]
mod tests {
    use super::Said;

    fn said(rule: Option<&str>, reply: &str) -> Said {
        Said { kind: "text".to_owned(), rule: rule.map(str::to_owned), reply: reply.to_owned() }
    }

    #[test]
    fn another_rule_or_reply_differs_and_a_rule_that_cannot_be_seen_does_not() {
        let before = said(Some("help"), "hi");
        assert!(!before.differs_from(&said(Some("help"), "hi")));
        assert!(before.differs_from(&said(Some("menu"), "hi")));
        assert!(before.differs_from(&said(Some("help"), "ho")));
        assert!(!before.differs_from(&said(None, "hi")));
    }
}
