//! `yizhan import`: another program's settings as a piece of `yizhan.toml`.

mod message_pusher;
mod rows;
#[cfg(test)]
mod tests;
mod webhook;
mod write;

use std::io::Write as _;
use std::path::PathBuf;

use clap::Subcommand;

use super::Exit;
use super::Global;
use crate::entropy::SystemEntropy;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  yizhan import message-pusher message-pusher.db >> yizhan.toml

What cannot be taken over is listed in comments at the top. Nothing is printed unless all of the
file was read.")]
pub(super) struct Args {
    #[command(subcommand)]
    source: Source,
}

#[derive(Debug, Subcommand)]
enum Source {
    /// The SQLite file of a self-hosted message-pusher, version 0.4 or later.
    MessagePusher {
        /// The file; it is only read.
        file: PathBuf,
    },
}

pub(super) fn run(args: &Args, _: &Global) -> anyhow::Result<Exit> {
    let Source::MessagePusher { file } = &args.source;
    let rows = rows::read(file)?;
    let imported = message_pusher::import(&rows, &SystemEntropy);
    write!(std::io::stdout(), "{imported}")?;
    Ok(Exit::Done)
}
