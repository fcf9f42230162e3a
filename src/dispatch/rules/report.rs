//! `report`: a rule that takes long says that it has begun, and says later what came of it.

use super::reader::Reader;
use super::run::Job;
use super::run::Run;
use super::run::fail;
use super::template::Escape;
use super::template::Template;
use crate::config::tree::Value;
use crate::dispatch::handler;
use crate::dispatch::handler::HandlerError;

/// What is said where the work takes longer than a delivery waits; none: what is usual.
#[derive(Debug, Default)]
pub(super) struct Report {
    started: Option<Template>,
    failed: Option<Template>,
}

/// What a rule does that may take long.
const WORKS: [&str; 3] = ["call", "forward", "ask"];

/// Reads `report`: `true`, the text said at the beginning, or a table of `started` and `failed`.
pub(super) fn read(reader: &Reader<'_>) -> Option<Report> {
    let table = &reader.table;
    let report = match &table.value("report")?.value {
        Value::Boolean(yes) => yes.then(Report::default),
        Value::Table(_) => {
            let inner = table.table("report")?;
            inner.finish(&["started", "failed"]);
            let text = |key| inner.has(key).then(|| inner.filled_text(key)).flatten();
            let template = |key| text(key).and_then(|text| reader.text(&text, Escape::None));
            Some(Report { started: template("started"), failed: template("failed") })
        }
        _ => {
            let started = reader.text(&table.filled_text("report")?, Escape::None)?;
            Some(Report { started: Some(started), failed: None })
        }
    };
    if report.is_some() && !WORKS.iter().any(|key| table.has(key)) {
        let advice = "only a `call` or a `forward` takes time".to_owned();
        table.fault("report", "`report` without anything that takes time", Some(advice));
    }
    report
}

impl Run {
    /// What is said of the rule that waits, if it reports.
    pub(super) fn report(&self, job: &Job) -> Result<Option<handler::Report>, HandlerError> {
        let rule = self.world.rules.rule(job.rule);
        let Some(report) = &rule.report else { return Ok(None) };
        let scope = self.scope(job.holes.clone(), None);
        let text = |template: &Option<Template>| {
            let rendered = template.as_ref().map(|it| self.render(it, &scope)).transpose();
            rendered.map_err(|error| fail(rule, "its `report` failed", error))
        };
        let (started, failed) = (text(&report.started)?, text(&report.failed)?);
        Ok(Some(handler::Report { by: rule.name.clone(), started, failed }))
    }
}
