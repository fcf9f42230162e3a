//! `yizhan check`: every fault, with its place and what to do.

mod address;
mod assistants;
mod books;
mod clock;
mod keys;
mod online;
mod report;

use std::io;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use self::report::Report;
use super::Exit;
use super::Global;
use super::run_async;
use crate::app;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::config::environment::SystemEnvironment;
use crate::config::fault::Faults;
use crate::config::places::Places;
use crate::config::schema;
use crate::entropy::SystemEntropy;
use crate::metrics::Metrics;
use crate::store;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  yizhan check
  yizhan check --online
  yizhan check --config /etc/yizhan/yizhan.toml --json
  yizhan check --schema > yizhan.schema.json

With --online, for each account: its secret fetches a token (stable_token, not forced), one call
shows whether this machine's address is on the IP allow-list, the clock is compared with WeChat's,
and the callback URL under `public_url` is called as WeChat's console calls it. Run it while the
station runs. Nothing is sent to users and nothing is written.

Exit code: 0 without faults (warnings are none), 2 if config or rules have faults, 1 if only what
was tried has some: the books of the store, or something of --online.")]
pub(super) struct Args {
    /// Also try the keys, the IP allow-list, the clock and the public URL.
    #[arg(long)]
    online: bool,
    /// One JSON object a line: severity, account, file, line, column, message, advice.
    #[arg(long)]
    json: bool,
    /// Print the JSON schema of the config, for editors, and check nothing.
    #[arg(long, conflicts_with = "online")]
    schema: bool,
}

pub(super) fn run(args: &Args, global: &Global) -> anyhow::Result<Exit> {
    let mut out = io::stdout().lock();
    if args.schema {
        writeln!(out, "{:#}", schema::schema())?;
        return Ok(Exit::Done);
    }
    let (config, faults) = check(global);
    let mut report = Report::new(out, args.json);
    report.add_all(&faults, &global.config.display().to_string())?;
    let Some(config) = config.filter(|_| faults.is_empty()) else {
        return Ok(Exit::Usage);
    };
    let places = Places::load(&global.config, &SystemEnvironment);
    if let Some(finding) = books::check(&config.store, &places) {
        report.add(&finding)?;
    }
    if args.online {
        run_async(online::run(&config, &places, &mut report))?;
        report.end()?;
    }
    Ok(if report.faults() == 0 { Exit::Done } else { Exit::Failed })
}

/// The config, where it could be read, and everything that is wrong.
fn check(global: &Global) -> (Option<Config>, Faults) {
    let loaded = match Config::load(&global.config, &SystemEnvironment) {
        Err(faults) => return (None, faults),
        Ok(loaded) => loaded,
    };
    let mut faults = Faults::new();
    loaded.warnings.into_iter().for_each(|warning| faults.warn(warning));
    find_faults_of_channels(&loaded.config, &mut faults);
    if let Err(found) = app::load_forms(&loaded.config) {
        faults.append(found);
    }
    match app::load_rules(&loaded.config, &Metrics::new()) {
        Ok(rules) => {
            let rules = rules.map(|rules| rules.rules());
            let warnings = rules.iter().flat_map(|rules| rules.warnings());
            warnings.cloned().for_each(|warning| faults.warn(warning));
        }
        Err(found) => faults.append(found),
    }
    (Some(loaded.config), faults)
}

/// Makes the channels and drops them: nothing is opened, and nobody called.
fn find_faults_of_channels(config: &Config, faults: &mut Faults) {
    let (clock, entropy) = (Arc::new(SystemClock) as _, Arc::new(SystemEntropy) as _);
    let store = store::open("memory:", Path::new("")).expect("memory is always there");
    let means = app::means(config, &store, (&clock, &entropy));
    drop(app::load_channels(config, &means, faults));
}
