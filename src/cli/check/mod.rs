//! `yizhan check`: every fault, with its place and what to do.

use std::io;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::Exit;
use super::Global;
use crate::app;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::config::environment::SystemEnvironment;
use crate::config::fault::Fault;
use crate::config::fault::Faults;
use crate::config::schema;
use crate::entropy::SystemEntropy;
use crate::metrics::Metrics;
use crate::store;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  yizhan check
  yizhan check --config /etc/yizhan/yizhan.toml --json
  yizhan check --schema > yizhan.schema.json

Exit code: 0 without faults (warnings are none), 2 otherwise.")]
pub(super) struct Args {
    /// One JSON object a line: severity, file, line, column, message, advice.
    #[arg(long)]
    json: bool,
    /// Print the JSON schema of the config, for editors, and check nothing.
    #[arg(long)]
    schema: bool,
}

/// One line of `--json`.
#[derive(Serialize)]
struct Line<'a> {
    severity: &'static str,
    #[serde(flatten)]
    fault: &'a Fault,
}

pub(super) fn run(args: &Args, global: &Global) -> anyhow::Result<Exit> {
    let mut out = io::stdout().lock();
    if args.schema {
        writeln!(out, "{:#}", schema::schema())?;
        return Ok(Exit::Done);
    }
    let faults = check(global);
    match args.json {
        true => print_json(&mut out, &faults)?,
        false => print(&mut out, global, &faults)?,
    }
    Ok(if faults.is_empty() { Exit::Done } else { Exit::Usage })
}

/// Everything that is wrong.
fn check(global: &Global) -> Faults {
    match Config::load(&global.config, &SystemEnvironment) {
        Err(faults) => faults,
        Ok(loaded) => {
            let mut faults = Faults::new();
            loaded.warnings.into_iter().for_each(|warning| faults.warn(warning));
            find_faults_of_channels(&loaded.config, &mut faults);
            match app::load_rules(&loaded.config, &Metrics::new()) {
                Ok(rules) => {
                    let rules = rules.map(|rules| rules.rules());
                    let warnings = rules.iter().flat_map(|rules| rules.warnings());
                    warnings.cloned().for_each(|warning| faults.warn(warning));
                }
                Err(found) => faults.append(found),
            }
            faults
        }
    }
}

/// Makes the channels and drops them: nothing is opened, and nobody called.
fn find_faults_of_channels(config: &Config, faults: &mut Faults) {
    let (clock, entropy) = (Arc::new(SystemClock) as _, Arc::new(SystemEntropy) as _);
    let store = store::open("memory:", Path::new("")).expect("memory is always there");
    let means = app::means(config, &store, (&clock, &entropy));
    drop(app::load_channels(config, &means, faults));
}

fn print_json(out: &mut impl Write, faults: &Faults) -> anyhow::Result<()> {
    let warnings = faults.warnings().map(|fault| Line { severity: "warning", fault });
    let faults = faults.iter().map(|fault| Line { severity: "fault", fault });
    for line in faults.chain(warnings) {
        writeln!(out, "{}", serde_json::to_string(&line)?)?;
    }
    Ok(())
}

fn print(out: &mut impl Write, global: &Global, faults: &Faults) -> io::Result<()> {
    for warning in faults.warnings() {
        writeln!(out, "warning: {warning}")?;
    }
    match faults.len() {
        0 => writeln!(out, "{}: no faults", global.config.display()),
        1 => writeln!(out, "{faults}\n1 fault"),
        many => writeln!(out, "{faults}\n{many} faults"),
    }
}
