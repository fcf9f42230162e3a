//! The accounts of captures: what a station captured has an `accounts.toml` beside it or above;
//! other captures belong to the accounts of the config.

use std::collections::HashMap;
use std::path::Path;
use std::path::PathBuf;

use crate::account::Account;
use crate::app;
use crate::capture::ACCOUNTS_FILE;
use crate::config::Config;
use crate::config::environment::SystemEnvironment;
use crate::metrics::Metrics;

/// How many folders above a capture may hold the file: `fixtures/callbacks/wecom/x.http` has it in
/// `fixtures`.
const ABOVE: usize = 2;

/// Accounts by name: those of the config, and those beside captures.
#[derive(Default)]
pub(super) struct Accounts {
    own: HashMap<String, Account>,
    beside: HashMap<PathBuf, HashMap<String, Account>>,
}

impl Accounts {
    pub(super) fn of(config: &Config) -> Self {
        Self { own: by_name(config), beside: HashMap::new() }
    }

    /// An account of the config.
    pub(super) fn named(&self, name: &str) -> Option<&Account> {
        self.own.get(name)
    }

    /// Reads the accounts of the capture at `file`, if it brings any.
    pub(super) fn look_beside(&mut self, file: &str) {
        let Some(path) = file_beside(file).filter(|path| !self.beside.contains_key(path)) else {
            return;
        };
        let accounts = match Config::load(&path, &SystemEnvironment) {
            Ok(loaded) => by_name(&loaded.config),
            Err(faults) => {
                eprintln!("yizhan: not used: {faults}");
                HashMap::new()
            }
        };
        self.beside.insert(path, accounts);
    }

    /// The account of the capture at `file`: the one beside it, or else the config's.
    pub(super) fn find(&self, file: &str, name: &str) -> Option<&Account> {
        let beside = file_beside(file).and_then(|path| self.beside.get(&path)?.get(name));
        beside.or_else(|| self.own.get(name))
    }
}

/// The `accounts.toml` that a capture brings.
pub(super) fn file_beside(file: &str) -> Option<PathBuf> {
    let folders = Path::new(file).ancestors().skip(1).take(1 + ABOVE);
    folders.map(|folder| folder.join(ACCOUNTS_FILE)).find(|path| path.is_file())
}

fn by_name(config: &Config) -> HashMap<String, Account> {
    let open = |account| app::open_account(account, &Metrics::new());
    config.accounts.iter().map(|account| (account.name.clone(), open(account))).collect()
}
