//! `yizhan send`: one notification through one channel.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;

use super::Exit;
use super::Global;
use super::Wrong;
use super::input;
use super::ground;
use super::ground::Ground;
use super::run_async;
use crate::config::measure;
use crate::log;
use crate::notification::Format;
use crate::notification::Notification;
use crate::outbox::OutboxError;
use crate::store::Accepted;
use crate::store::Delivery;
use crate::store::DeliveryId;
use crate::store::State;
use crate::tasks::Tasks;

/// How long what is being sent may take to end, once we have waited for long enough.
const GRACE: Duration = Duration::from_secs(10);

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  yizhan send --channel ops --title Backup 'all done'
  df -h | yizhan send --channel ops --title Disk -
  yizhan send --channel ops --no-wait 'when there is time'

Prints the delivery id at once. What became of it is said on standard error.

Exit code: 0 delivered (with --no-wait: accepted), 1 not delivered, or not yet within --wait: it
stays in the outbox, and `yizhan serve` goes on with it. 2 wrong usage, such as no such channel.")]
pub(super) struct Args {
    /// The channel's name in the config.
    #[arg(long)]
    channel: String,
    /// One line above the text.
    #[arg(long, default_value = "")]
    title: String,
    /// Whom it is for, as the channel's service names people; given once for each.
    #[arg(long, value_name = "WHO")]
    to: Vec<String>,
    /// How the text is to be read.
    #[arg(long, value_parser = ["text", "markdown", "html"], default_value = "text")]
    format: String,
    /// The same key and text are one notification, however often this is called.
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Only accept it: `yizhan serve` sends it.
    #[arg(long)]
    no_wait: bool,
    /// How long to wait for the outcome.
    #[arg(long, default_value = "60s", value_parser = wait)]
    wait: Duration,
    /// One JSON object: id, state, code, note, attempts.
    #[arg(long)]
    json: bool,
    /// The text; `-` reads standard input.
    text: String,
}

fn wait(text: &str) -> Result<Duration, String> {
    measure::duration(text).ok_or_else(|| measure::DURATION_ADVICE.to_owned())
}

pub(super) fn run(args: &Args, global: &Global) -> anyhow::Result<Exit> {
    log::start_quietly();
    let notification = read(args)?;
    run_async(async {
        let ground = ground::open(global)?;
        let accepted = match ground.outbox.enqueue(notification).await {
            Ok(accepted) => accepted,
            Err(error @ OutboxError::Store(_)) => return Err(error.into()),
            Err(error) => return Err(Wrong(error.to_string()).into()),
        };
        let id = accepted.id();
        if matches!(accepted, Accepted::Conflict(_)) {
            anyhow::bail!("delivery {id} has the same idempotency key and another content");
        }
        if !args.json {
            println(&id.to_string())?;
        }
        if args.no_wait {
            if args.json {
                println(&json!({ "id": id.to_string(), "state": "waiting" }).to_string())?;
            }
            return Ok(Exit::Done);
        }
        let delivery = outcome(&ground, id, args.wait).await?;
        tell(args, &delivery)?;
        Ok(if delivery.state == State::Delivered { Exit::Done } else { Exit::Failed })
    })
}

fn read(args: &Args) -> anyhow::Result<Notification> {
    let body = input::text(&args.text).context("cannot read standard input")?;
    let format = match args.format.as_str() {
        "markdown" => Format::Markdown,
        "html" => Format::Html,
        _ => Format::Text,
    };
    Ok(Notification {
        title: args.title.clone(),
        to: args.to.clone(),
        format,
        idempotency_key: args.idempotency_key.as_ref().map(|key| format!("send/{key}")),
        ..Notification::text(&args.channel, body)
    })
}

/// Works on the channel's queue, and that of those which stand in for it, until the delivery has
/// left the queue. A station that runs on the same store may be the one that sends it.
async fn outcome(ground: &Ground, id: DeliveryId, wait: Duration) -> anyhow::Result<Delivery> {
    let tasks = Tasks::new();
    let find = async || {
        let found = ground.outbox.store().find(id).await?;
        let (delivery, _) = found.context("the delivery is not in the store any more")?;
        anyhow::Ok(delivery)
    };
    let lane = find().await?.lane;
    let stand_ins = ground.outbox.channels().of_lane(&lane).map(|it| it.terms().fallback);
    let wanted: Vec<String> = stand_ins.into_iter().flatten().chain([lane]).collect();
    ground.outbox.start_lanes(&tasks, |lane| wanted.iter().any(|it| it == lane));
    // Whether it has ended by then or not, the store says where it is.
    drop(tokio::time::timeout(wait, ground.outbox.outcome(id)).await);
    tasks.stop(GRACE).await;
    find().await
}

fn tell(args: &Args, delivery: &Delivery) -> anyhow::Result<()> {
    let Delivery { id, state, reason, attempts, .. } = delivery;
    if args.json {
        return println(
            &json!({
                "id": id.to_string(),
                "state": state.word(),
                "code": reason.code,
                "note": reason.note,
                "attempts": attempts,
            })
            .to_string(),
        );
    }
    let because = match (reason.code.as_str(), reason.note.as_str()) {
        ("", _) => String::new(),
        (code, "") => format!(": {code}"),
        (code, note) => format!(": {code}. {note}"),
    };
    let tries = if *attempts == 1 { "1 attempt" } else { &format!("{attempts} attempts") };
    eprintln!("{} after {tries}{because}", state.word());
    Ok(())
}

fn println(line: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
