//! `yizhan serve`: runs the station.

use super::Exit;
use super::Global;
use super::run_async;
use crate::app::Station;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  yizhan serve --config /etc/yizhan/yizhan.toml

The config is read again when it is saved and on SIGHUP; all of it takes effect, or nothing.
YIZHAN_LOG sets what is logged (`info`, `yizhan=debug`), YIZHAN_LOG_FORMAT=json its form.")]
pub(super) struct Args {}

pub(super) fn run(_: &Args, global: &Global) -> anyhow::Result<Exit> {
    let station = Station::load(&global.config)?;
    run_async(async { Ok(station.serve().await?) })?;
    Ok(Exit::Done)
}
