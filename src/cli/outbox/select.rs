//! Which deliveries a command means.

use std::time::Duration;

use super::Wrong;
use crate::config::measure;
use crate::store::DeliveryId;
use crate::store::Filter;
use crate::store::State;

/// Ids, or what narrows all deliveries down.
#[derive(Debug, clap::Args)]
pub(super) struct Select {
    /// These deliveries only.
    #[arg(value_name = "ID")]
    ids: Vec<DeliveryId>,
    /// In this state: waiting, delivered, refused, expired or unknown.
    #[arg(long, value_parser = state)]
    state: Option<State>,
    /// Of this channel; for an account's own channel NAME/ACCOUNT.
    #[arg(long)]
    channel: Option<String>,
    /// With this code, such as `http.500`.
    #[arg(long)]
    code: Option<String>,
    /// Accepted since then: a time as in `2026-11-25T08:00:00Z`, or so long ago as in `2h`.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Accepted before then, written in the same way.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// All there are.
    #[arg(long)]
    all: bool,
}

fn state(word: &str) -> Result<State, String> {
    let words = State::ALL.map(|(_, word)| word).join("`, `");
    State::parse(word).ok_or_else(|| format!("one of `{words}`"))
}

impl Select {
    /// What is looked for, one filter after the other; everything, if nothing narrows it down.
    pub(super) fn any(&self, now: Duration) -> Result<Vec<Filter>, Wrong> {
        let time = |text: &Option<String>| text.as_ref().map(|it| time(it, now)).transpose();
        let filter = Filter {
            id: None,
            state: self.state,
            lane: self.channel.clone(),
            code: self.code.clone(),
            since: time(&self.since)?,
            until: time(&self.until)?,
        };
        let of_id = |id: &DeliveryId| Filter { id: Some(*id), ..filter.clone() };
        Ok(match self.ids.is_empty() {
            true => vec![filter],
            false => self.ids.iter().map(of_id).collect(),
        })
    }

    /// The same for what changes deliveries: everything is meant only if somebody says so.
    pub(super) fn some(&self, now: Duration) -> Result<Vec<Filter>, Wrong> {
        let filters = self.any(now)?;
        if !self.all && filters == [Filter::default()] {
            let advice = "name ids, narrow it down with --channel, --since …, or say --all";
            return Err(Wrong(advice.to_owned()));
        }
        Ok(filters)
    }
}

/// A time, or how long ago it was.
fn time(text: &str, now: Duration) -> Result<Duration, Wrong> {
    if let Some(ago) = measure::duration(text) {
        return Ok(now.saturating_sub(ago));
    }
    let time = text.parse::<jiff::Timestamp>().ok();
    let since_epoch = time.and_then(|it| u64::try_from(it.as_millisecond()).ok());
    since_epoch.map(Duration::from_millis).ok_or_else(|| {
        Wrong(format!("`{text}` is no time; write `2026-11-25T08:00:00Z`, or `2h` for 2 hours ago"))
    })
}
