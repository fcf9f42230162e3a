//! What becomes of late answers, wired by what an account may do.

use std::path::Path;
use std::sync::Arc;

use crate::account::Way;
use crate::clock::Clock;
use crate::config::account::Account;
use crate::config::account::Late as Wanted;
use crate::config::fault::Fault;
use crate::config::fault::Faults;
use crate::entropy::Entropy;
use crate::intake::Late;
use crate::metrics::Metrics;
use crate::notification::Notification;
use crate::store;
use crate::store::Ids;
use crate::store::NewDelivery;
use crate::window::Windows;

/// What is done for a late answer, in the order in which the account names it: whether WeChat's
/// retries are waited for, and the ways after that. What comes behind a way that always works is
/// of no effect.
pub(super) fn ways(account: &Account) -> (bool, Vec<Way>) {
    let (mut retries, mut ways) = (false, Vec::new());
    for late in &account.late {
        match late {
            Wanted::Retry => retries |= ways.is_empty(),
            Wanted::Push => {}
            Wanted::Hold => ways.push(Way::Hold),
        }
    }
    (retries, ways)
}

/// What gives late answers.
pub(super) fn open(
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
    metrics: &Arc<Metrics>,
) -> Result<Late, Faults> {
    let mut faults = Faults::new();
    let store = store::open("memory:", Path::new(""));
    let store = match store {
        Ok(store) => store,
        Err(error) => {
            faults.push(Fault::of("[store]", error.to_string()));
            return Err(faults);
        }
    };
    let windows = Windows::new(Arc::clone(&store), Arc::clone(clock));
    let ids = Ids::new(Arc::clone(entropy));
    let address = move |now, notification: Notification| NewDelivery {
        id: ids.next(now),
        lane: notification.channel.clone(),
        due: now,
        notification,
    };
    let (clock, metrics) = (Arc::clone(clock), Arc::clone(metrics));
    Ok(Late::new(store, Arc::new(windows), Box::new(address), clock, metrics))
}
