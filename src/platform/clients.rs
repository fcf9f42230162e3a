//! The clients of all accounts that may call WeChat.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Client;
use super::World;
use crate::clock::Clock;
use crate::config::account::Account;
use crate::entropy::Entropy;
use crate::exchange::Exchange;
use crate::store::Store;

/// Each client by the name of its account. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Clients(Arc<BTreeMap<String, Arc<Client>>>);

impl Clients {
    /// A client for each account that may have one; see [`Client::open`].
    pub fn open(
        accounts: &[Account],
        store: &Arc<dyn Store>,
        clock: &Arc<dyn Clock>,
        entropy: &Arc<dyn Entropy>,
    ) -> Self {
        let clients = accounts.iter().filter_map(|account| {
            let world = World {
                // 微信云托管 answers for `api.weixin.qq.com` at 169.254.0.x.
                transport: Arc::new(Exchange::to(&account.api_base)),
                store: Arc::clone(store),
                clock: Arc::clone(clock),
                entropy: Arc::clone(entropy),
            };
            Some((account.name.clone(), Client::open(account, world)?))
        });
        Self(Arc::new(clients.collect()))
    }

    /// The client of the account called `name`.
    pub fn get(&self, name: &str) -> Option<&Arc<Client>> {
        self.0.get(name)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Client>> {
        self.0.values()
    }

    /// The names of the accounts that have one.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl FromIterator<Arc<Client>> for Clients {
    fn from_iter<I: IntoIterator<Item = Arc<Client>>>(clients: I) -> Self {
        let named = clients.into_iter().map(|client| (client.name().to_owned(), client));
        Self(Arc::new(named.collect()))
    }
}
