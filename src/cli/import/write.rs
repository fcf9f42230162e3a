//! A piece of `yizhan.toml`, and what of the source is not in it.

use std::fmt;

use toml::Value;

/// One `[[section]]`.
#[derive(Debug, PartialEq)]
pub(super) struct Section {
    name: &'static str,
    entries: Vec<(&'static str, Value)>,
}

impl Section {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, entries: Vec::new() }
    }

    /// Adds a setting; an empty text is left out.
    pub(super) fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        let value = value.into();
        if value.as_str() != Some("") {
            self.entries.push((key, value));
        }
        self
    }
}

impl fmt::Display for Section {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "[[{}]]", self.name)?;
        for (key, value) in &self.entries {
            writeln!(out, "{key} = {value}")?;
        }
        Ok(())
    }
}

/// What an import gives: shown, it is TOML with comments.
#[derive(Debug, Default)]
pub(super) struct Imported {
    pub(super) sections: Vec<Section>,
    /// What is taken, and is not as it was.
    pub(super) changed: Vec<String>,
    /// What is not taken, and why.
    pub(super) left: Vec<String>,
}

impl fmt::Display for Imported {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "# From message-pusher. Keys are good once `[admin] token` is set; secrets may be")?;
        writeln!(out, "# moved to `env:NAME` or `file:PATH`. `yizhan check` says what is missing.")?;
        for (head, lines) in [("Not as it was:", &self.changed), ("Not taken:", &self.left)] {
            if !lines.is_empty() {
                writeln!(out, "#\n# {head}")?;
            }
            for line in lines {
                // A name with a line break in it must not end the comment.
                writeln!(out, "# - {}", line.replace(char::is_control, " "))?;
            }
        }
        for section in &self.sections {
            write!(out, "\n{section}")?;
        }
        Ok(())
    }
}
