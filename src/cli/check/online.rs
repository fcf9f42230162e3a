//! `--online`: tries what the config promises, one account after another.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use super::address;
use super::assistants;
use super::clock;
use super::keys;
use super::report::Finding;
use super::report::Report;
use super::report::Severity;
use crate::clock::Clock;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::config::account::Account;
use crate::config::account::Source;
use crate::config::account::TokenApi;
use crate::config::fault::Fault;
use crate::config::places::Places;
use crate::entropy::Entropy;
use crate::entropy::SystemEntropy;
use crate::platform::Clients;
use crate::store;

/// What a finding is made with.
pub(super) struct Setup<'a> {
    pub(super) account: &'a Account,
    pub(super) places: &'a Places,
}

impl Setup<'_> {
    /// A fault where the account has `key`.
    pub(super) fn fault(&self, key: &str, message: &str, advice: &str) -> Finding {
        self.finding(Severity::Fault, key, message, advice)
    }

    /// A warning there.
    pub(super) fn warning(&self, key: &str, message: &str, advice: &str) -> Finding {
        self.finding(Severity::Warning, key, message, advice)
    }

    fn finding(&self, severity: Severity, key: &str, message: &str, advice: &str) -> Finding {
        let name = &self.account.name;
        let fault = self.places.account(name, key, format!("`{name}`: {message}"));
        Finding { severity, account: Some(name.clone()), fault: advised(fault, advice) }
    }

    /// A fault of the account where `[server]` has its `public_url`.
    pub(super) fn url_fault(&self, message: &str, advice: &str) -> Finding {
        let name = &self.account.name;
        let fault = self.places.section("server", "public_url", format!("`{name}`: {message}"));
        let account = Some(name.clone());
        Finding { severity: Severity::Fault, account, fault: advised(fault, advice) }
    }
}

/// An error may say all there is.
pub(super) fn advised(fault: Fault, advice: &str) -> Fault {
    if advice.is_empty() { fault } else { fault.advise(advice) }
}

/// Tries everything and reports as it goes. Writes to no store but one in memory.
pub(super) async fn run<W: Write>(
    config: &Config,
    places: &Places,
    report: &mut Report<W>,
) -> anyhow::Result<()> {
    let system_clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let store = store::open("memory:", Path::new(""))?;
    let accounts = frugal(&config.accounts);
    let clients = Clients::open(&accounts, &store, &system_clock, &entropy);
    let public_url = config.server.public_url.as_deref();
    for finding in address::about(public_url, &accounts, places) {
        report.add(&finding)?;
    }
    // Many accounts share one address of the API: one that is silent is waited for once.
    let mut is_reached: BTreeMap<&str, bool> = BTreeMap::new();
    for account in &accounts {
        let setup = Setup { account, places };
        let (name, base) = (&account.name, account.api_base.as_str());
        let client = clients.get(name);
        if !is_reached.contains_key(base) {
            progress(name, &format!("asking {base} for the time"));
            let outcome = clock::compare(&setup, client.is_some(), system_clock.as_ref()).await;
            is_reached.insert(base, outcome.is_reached);
            tell(report, outcome.said)?;
        }
        let mut has_token = false;
        if let Some(client) = client.filter(|_| is_reached[base]) {
            progress(name, "fetching a token and calling the API");
            let said = keys::try_out(&setup, client).await;
            has_token = said.is_ok();
            tell(report, said)?;
        }
        // Behind 微信云托管 nothing is signed, and nobody outside reaches the container.
        let Some(public_url) = public_url.filter(|_| account.source == Source::Signature) else {
            continue;
        };
        progress(name, "calling the callback URL as WeChat does");
        tell(report, address::call(&setup, public_url, &system_clock, &entropy).await)?;
        if let Some(client) = client.filter(|_| has_token && keys::may_ask_for_way(account)) {
            progress(name, "having WeChat call the callback URL");
            for said in keys::ask_for_way(&setup, client).await {
                tell(report, said)?;
            }
        }
    }
    assistants::try_out(&config.assistants, places, report).await?;
    Ok(())
}

/// The accounts, with tokens fetched so that the one in use elsewhere stays good.
fn frugal(accounts: &[Account]) -> Vec<Account> {
    let frugal = |account: &Account| Account { token_api: TokenApi::Stable, ..account.clone() };
    accounts.iter().map(frugal).collect()
}

/// What works, in words; or what does not.
pub(super) type Said = Result<String, Box<Finding>>;

pub(super) fn tell<W: Write>(report: &mut Report<W>, said: Said) -> std::io::Result<()> {
    match said {
        Ok(what) => report.works(&what),
        Err(finding) => report.add(&finding),
    }
}

/// For whoever waits; standard output is for what was found.
pub(super) fn progress(account: &str, what: &str) {
    eprintln!("{account}: {what} …");
}
