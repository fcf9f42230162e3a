//! A kind of channel, and what one of it is made from.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::Bound;
use super::Channel;
use super::HttpChannel;
use super::http::Http;
use super::tokened::TokenChannel;
use super::tokened::Tokened;
use crate::clock::Clock;
use crate::config::channel::Channel as Common;
use crate::config::settings::Setting;
use crate::config::sheet::Fields;
use crate::exchange::Exchange;
use crate::notification::Terms;
use crate::platform::Clients;
use crate::window::Windows;

/// One kind: what its owner sets, and how one of it is made.
#[derive(Debug)]
pub struct ChannelKind {
    /// What `kind` says.
    pub name: &'static str,
    /// What it is, in one line.
    pub doc: &'static str,
    /// Its settings, beside those of every kind.
    pub settings: &'static [Setting],
    /// A whole `[[channel]]`, as an owner would write it.
    pub example: &'static str,
    /// How its service wants to be used, unless the owner says otherwise.
    pub terms: fn() -> Terms,
    /// What its service takes of one notification.
    pub limits: &'static [Bound],
    /// Makes one. Notes what is wrong with the settings, and gives none then.
    pub build: fn(&Setup<'_>) -> Option<Arc<dyn Channel>>,
}

/// What channels send through.
#[derive(Clone)]
pub struct Means {
    /// Outgoing HTTP.
    pub exchange: Arc<Exchange>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The accounts of WeChat that may be sent through.
    pub clients: Clients,
    /// Whom those accounts may write to.
    pub windows: Arc<Windows>,
}

/// What one channel is made from.
pub struct Setup<'s> {
    /// The settings that every kind has.
    pub common: &'s Common,
    /// All settings of its table.
    pub fields: &'s Fields<'s>,
    /// What it sends through.
    pub means: &'s Means,
    /// How it is to be used: what is usual for its kind, and what the owner said instead.
    pub terms: Terms,
}

impl Setup<'_> {
    /// `base_url`, or the service's own address.
    pub fn base_url(&self, own: &str) -> String {
        self.common.base_url.clone().unwrap_or_else(|| own.to_owned())
    }

    /// The channel that sends `channel`'s requests.
    pub fn http(&self, channel: impl HttpChannel + 'static) -> Option<Arc<dyn Channel>> {
        let exchange = Arc::clone(&self.means.exchange);
        Some(Arc::new(Http { channel, exchange, terms: self.terms.clone() }))
    }

    /// The same for a service that wants a token.
    pub(super) fn tokened(&self, channel: impl TokenChannel + 'static) -> Arc<dyn Channel> {
        let exchange = Arc::clone(&self.means.exchange);
        let (clock, terms) = (Arc::clone(&self.means.clock), self.terms.clone());
        Arc::new(Tokened { channel, exchange, clock, terms, held: Mutex::default() })
    }
}

/// What is usual for a kind, with what the owner set instead.
pub(super) fn terms(usual: &Terms, common: &Common) -> Terms {
    Terms {
        rate: common.rate.or(usual.rate),
        concurrency: common.concurrency.unwrap_or(usual.concurrency).max(1),
        limit: common.timeout.unwrap_or(usual.limit),
        guarantee: common.guarantee,
        takes_id: usual.takes_id,
        takes_link: usual.takes_link,
        fallback: common.fallback.clone(),
        falls_back_on_unknown: common.falls_back_on_unknown,
        quiet: common.quiet.clone(),
        waits_for_channel: None,
    }
}
