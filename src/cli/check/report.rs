//! What was found, printed as soon as it is known.

use std::io;
use std::io::Write;

use serde::Serialize;

use crate::config::fault::Fault;
use crate::config::fault::Faults;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    /// It must be put right.
    Fault,
    /// Its owner should know.
    Warning,
}

/// One thing that was found by trying.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    pub(super) severity: Severity,
    /// The account it is about; left out of the JSON where it is about none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<String>,
    #[serde(flatten)]
    pub(super) fault: Fault,
}

/// Prints findings, and counts the faults among them.
pub(super) struct Report<W> {
    out: W,
    is_json: bool,
    faults: usize,
}

impl<W: Write> Report<W> {
    pub(super) fn new(out: W, is_json: bool) -> Self {
        Self { out, is_json, faults: 0 }
    }

    /// How many faults there were.
    pub(super) fn faults(&self) -> usize {
        self.faults
    }

    /// What config and rules have wrong: in JSON faults first, for people warnings first.
    pub(super) fn add_all(&mut self, faults: &Faults, file: &str) -> io::Result<()> {
        if self.is_json {
            let line = |severity, fault: &Fault| {
                Finding { severity, account: None, fault: fault.clone() }
            };
            for fault in faults.iter() {
                self.json(&line(Severity::Fault, fault))?;
            }
            for warning in faults.warnings() {
                self.json(&line(Severity::Warning, warning))?;
            }
            return Ok(());
        }
        for warning in faults.warnings() {
            writeln!(self.out, "warning: {warning}")?;
        }
        match faults.len() {
            0 => writeln!(self.out, "{file}: no faults"),
            1 => writeln!(self.out, "{faults}\n1 fault"),
            many => writeln!(self.out, "{faults}\n{many} faults"),
        }
    }

    /// One more.
    pub(super) fn add(&mut self, finding: &Finding) -> io::Result<()> {
        self.faults += usize::from(finding.severity == Severity::Fault);
        match (self.is_json, finding.severity) {
            (true, _) => self.json(finding),
            (false, Severity::Fault) => writeln!(self.out, "{}", finding.fault),
            (false, Severity::Warning) => writeln!(self.out, "warning: {}", finding.fault),
        }
    }

    /// Something that works; scripts read only what does not.
    pub(super) fn works(&mut self, what: &str) -> io::Result<()> {
        if self.is_json { Ok(()) } else { writeln!(self.out, "ok: {what}") }
    }

    /// How many online checks failed.
    pub(super) fn end(&mut self) -> io::Result<()> {
        match (self.is_json, self.faults) {
            (true, _) => Ok(()),
            (false, 0) => writeln!(self.out, "online: no faults"),
            (false, 1) => writeln!(self.out, "online: 1 fault"),
            (false, many) => writeln!(self.out, "online: {many} faults"),
        }
    }

    fn json(&mut self, finding: &Finding) -> io::Result<()> {
        writeln!(self.out, "{}", serde_json::to_string(finding)?)
    }
}
