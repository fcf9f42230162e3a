//! The rules of the demo: the folder that is there, or the shipped ones in a folder of their own,
//! and one rule more that is slow.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context as _;

use crate::cli::shipped;
use crate::config::Config;
use crate::dispatch::rules::Counts;
use crate::dispatch::rules::RulesHandler;
use crate::dispatch::rules::Settings;

const SLOW: &str = include_str!("slow.toml");

/// Folders of rules; what was written for the demo goes when this is dropped.
pub(super) struct Prepared {
    /// The rules to show.
    pub(super) folder: PathBuf,
    /// Where they come from, for people.
    pub(super) origin: String,
    own: PathBuf,
}

/// Finds the rules, or writes the shipped ones.
pub(super) fn prepare(folder: &Path, port: u16) -> anyhow::Result<Prepared> {
    let own = std::env::temp_dir().join(format!("yizhan-demo-{}", std::process::id()));
    let slow = own.join("slow");
    fs::create_dir_all(&slow).with_context(|| format!("cannot write to `{}`", own.display()))?;
    fs::write(slow.join("slow.toml"), SLOW.replace("PORT", &port.to_string()))?;
    if folder.is_dir() {
        let folder = fs::canonicalize(folder)?;
        return Ok(Prepared { origin: folder.display().to_string(), folder, own });
    }
    let folder = own.join("handlers");
    fs::create_dir_all(&folder)?;
    for (name, text) in shipped::HANDLERS {
        fs::write(folder.join(name), text)?;
    }
    Ok(Prepared { origin: folder.display().to_string(), folder, own })
}

impl Prepared {
    /// The slow rule.
    pub(super) fn slow(&self, config: &Config) -> anyhow::Result<RulesHandler> {
        let accounts = config.accounts.iter().map(|account| account.name.clone()).collect();
        let settings = Settings::from(config);
        let folder = self.own.join("slow");
        Ok(RulesHandler::load(folder, accounts, settings, Counts::default())?)
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // A folder that stays in the temporary files harms nobody.
        let _ = fs::remove_dir_all(&self.own);
    }
}
