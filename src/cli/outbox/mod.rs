//! `yizhan outbox`: what waits, was sent, or was given up.

mod print;
mod select;

use std::io;
use std::io::Write as _;

use self::select::Select;
use super::Exit;
use super::Global;
use super::Wrong;
use super::ground;
use super::run_async;
use crate::clock::Clock as _;
use crate::clock::SystemClock;
use crate::code;
use crate::config::Config;
use crate::config::environment::SystemEnvironment;
use crate::log;
use crate::store::DeliveryId;
use crate::store::Reason;
use crate::store::Store;

/// How many deliveries are asked for at once.
const PAGE: u32 = 200;

/// How many are revived in one step of the store.
const STEP: u32 = 1_000;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  yizhan outbox list --state refused --since 1d
  yizhan outbox show 019b76da-a800-7000-8000-000000000000
  yizhan outbox revive --channel ops --since 2h
  yizhan outbox bury --channel ops --reason 'too late by now'")]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Notifications, the newest first, and how many there are in each state.
    List {
        #[command(flatten)]
        select: Select,
        /// How many at most.
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// One notification with every attempt, and what its service told of it later.
    Show {
        /// The delivery id that `send` and the API give.
        id: DeliveryId,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Put what was refused, expired or is unknown back into the queue, the oldest first.
    Revive {
        #[command(flatten)]
        select: Select,
        /// How many at most.
        #[arg(long, default_value_t = u32::MAX, hide_default_value = true)]
        limit: u32,
    },
    /// Give up what waits or is unknown. What is being sent just now is left alone.
    Bury {
        #[command(flatten)]
        select: Select,
        /// Kept with it.
        #[arg(long, default_value = "")]
        reason: String,
    },
}

pub(super) fn run(args: &Args, global: &Global) -> anyhow::Result<Exit> {
    log::start_quietly();
    let config = Config::load(&global.config, &SystemEnvironment)?.config;
    let store = ground::open_store(&config)?;
    let zone = &config.server.timezone;
    run_async(async {
        let now = SystemClock.since_epoch();
        let store = store.as_ref();
        match &args.action {
            Action::List { select, limit, json } => {
                let shown = print::Shown { zone, is_json: *json };
                list(store, select, *limit, &shown).await
            }
            Action::Show { id, json } => {
                let shown = print::Shown { zone, is_json: *json };
                let Some((delivery, attempts)) = store.find(*id).await? else {
                    anyhow::bail!("there is no delivery `{id}`, or it is not kept any more");
                };
                let reports = store.reports(*id).await?;
                shown.whole(&mut io::stdout().lock(), &delivery, &attempts, &reports)?;
                Ok(Exit::Done)
            }
            Action::Revive { select, limit } => revive(store, select, *limit).await,
            Action::Bury { select, reason } => {
                let code = code::OUTBOX_BURIED.name.to_owned();
                let reason = Reason { code, note: reason.clone() };
                let mut buried = 0;
                for filter in select.some(now)? {
                    buried += store.bury(now, filter, reason.clone()).await?;
                }
                writeln!(io::stdout(), "buried {buried}")?;
                Ok(Exit::Done)
            }
        }
    })
}

async fn list(
    store: &dyn Store,
    select: &Select,
    limit: u32,
    shown: &print::Shown<'_>,
) -> anyhow::Result<Exit> {
    let now = SystemClock.since_epoch();
    let mut left = limit;
    for filter in select.any(now)? {
        let mut cursor = None;
        while left > 0 {
            let page = store.query(filter.clone(), cursor, left.min(PAGE)).await?;
            let mut out = io::stdout().lock();
            for delivery in &page.deliveries {
                shown.line(&mut out, delivery)?;
            }
            left -= u32::try_from(page.deliveries.len())?;
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
    }
    if !shown.is_json {
        print::books(&mut io::stdout().lock(), &store.books().await?)?;
    }
    Ok(Exit::Done)
}

/// Step by step, so that a running station is not held up.
async fn revive(store: &dyn Store, select: &Select, limit: u32) -> anyhow::Result<Exit> {
    let now = SystemClock.since_epoch();
    let mut revived = 0;
    for filter in select.some(now)? {
        loop {
            let left = u64::from(limit) - revived;
            let step = u32::try_from(left.min(u64::from(STEP)))?;
            let count = store.revive(now, filter.clone(), step).await?;
            revived += count;
            if count < u64::from(STEP) || revived == u64::from(limit) {
                break;
            }
        }
    }
    writeln!(io::stdout(), "revived {revived}")?;
    Ok(Exit::Done)
}
