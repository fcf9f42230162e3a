//! `--repeat` and `--concurrency`: a load test with a summary.

use std::io::IsTerminal as _;
use std::io::Write as _;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::Instant;

use super::Args;
use super::Message;
use super::Sides;
use super::millis;
use super::side;
use crate::wechat::inbound::Inbound;

/// Sends every message `--repeat` times, `--concurrency` at a time. Whether all were answered.
pub(super) async fn run(
    sides: &Sides,
    messages: &[Message],
    args: &Args,
) -> anyhow::Result<bool> {
    let total = messages.len() * args.repeat as usize;
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    let senders = (0..args.concurrency).map(|_| send_until(sides, messages, total, &next));
    let results = join_all(senders).await;
    let took = begun.elapsed();
    let mut latencies: Vec<Duration> = Vec::with_capacity(total);
    let mut failures = Vec::new();
    for (answered, failed) in results {
        latencies.extend(answered);
        failures.extend(failed);
    }
    latencies.sort_unstable();
    summarise(&latencies, &failures, took, args.json)?;
    Ok(failures.is_empty())
}

/// One sender: takes the next message until there is none left.
async fn send_until(
    sides: &Sides,
    messages: &[Message],
    total: usize,
    next: &AtomicUsize,
) -> (Vec<Duration>, Vec<String>) {
    let (mut answered, mut failed) = (Vec::new(), Vec::new());
    let shows_progress = std::io::stderr().is_terminal();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= total {
            return (answered, failed);
        }
        if shows_progress && number.is_multiple_of(1_000) {
            eprint!("\r{number} of {total}");
        }
        let message = &messages[number % messages.len()];
        let round = number / messages.len();
        let document = message.document.as_deref().map(|document| renew(document, round));
        let seen = side::send(&message.platform, document.as_deref()).await;
        if let Some(document) = &document {
            sides.forget(document);
        }
        match seen.is_answered {
            true => answered.push(seen.took),
            false => failed.push(format!("{}: {}", message.file, seen.reply)),
        }
    }
}

/// The same message as a new one: another `MsgId`, or another time where it has none.
fn renew(document: &str, round: usize) -> String {
    let Ok(inbound) = Inbound::parse(document.as_bytes().to_vec()) else {
        return document.to_owned();
    };
    let id = if inbound.msg_id().is_empty() { inbound.created() } else { inbound.msg_id() };
    let renewed = match id.parse::<u64>() {
        Ok(number) => (number + round as u64).to_string(),
        Err(_) => format!("{id}-{round}"),
    };
    match id {
        "" => document.to_owned(),
        id => document.replacen(id, &renewed, usize::from(round > 0)),
    }
}

fn summarise(
    latencies: &[Duration],
    failures: &[String],
    took: Duration,
    is_json: bool,
) -> anyhow::Result<()> {
    let at = |share: usize| {
        let index = (latencies.len() * share / 1_000).min(latencies.len().saturating_sub(1));
        latencies.get(index).copied().map_or(0.0, |latency| latency.as_secs_f64() * 1_000.0)
    };
    let count = f64::from(u32::try_from(latencies.len()).unwrap_or(u32::MAX));
    let rate = count / took.as_secs_f64().max(f64::EPSILON);
    let mut out = std::io::stdout();
    if is_json {
        let line = json!({
            "answered": latencies.len(), "failed": failures.len(), "seconds": took.as_secs_f64(),
            "per_second": rate, "p50_ms": at(500), "p90_ms": at(900), "p99_ms": at(990),
            "max_ms": at(1_000),
        });
        writeln!(out, "{line}")?;
    } else {
        let (answered, failed) = (latencies.len(), failures.len());
        writeln!(out, "{answered} answered, {failed} failed in {:.1} ms", millis(took))?;
        writeln!(out, "{rate:.0} a second")?;
        writeln!(
            out,
            "median {:.3} ms, 90 % {:.3} ms, 99 % {:.3} ms, longest {:.3} ms",
            at(500),
            at(900),
            at(990),
            at(1_000)
        )?;
    }
    for failure in failures.iter().take(10) {
        eprintln!("yizhan: {failure}");
    }
    Ok(())
}
