//! The table of metrics, in OpenMetrics at `/metrics`.
//!
//! Labels have few values: the account's name and our own words, never what arrives.

use std::fmt;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// The labels of a metric of one account.
#[derive(Clone, Debug, Eq, Hash, PartialEq, EncodeLabelSet)]
pub struct AccountLabels {
    /// The account's name in the config.
    pub account: String,
}

/// The labels of a refused callback.
#[derive(Clone, Debug, Eq, Hash, PartialEq, EncodeLabelSet)]
pub struct RefusedLabels {
    /// The account's name in the config; empty if there is no such account.
    pub account: String,
    /// The error code.
    pub code: &'static str,
}

/// The labels of a handler's trouble.
#[derive(Clone, Debug, Eq, Hash, PartialEq, EncodeLabelSet)]
pub struct TroubleLabels {
    /// The error code.
    pub code: &'static str,
}

macro_rules! account_metrics {
    ($($field:ident: $help:literal;)*) => {
        /// The counters of one account, found once when the station starts.
        #[derive(Clone, Debug, Default)]
        pub struct AccountMetrics {
            $(#[doc = $help] pub $field: Counter,)*
        }

        #[derive(Default)]
        struct Families {
            $($field: Family<AccountLabels, Counter>,)*
        }

        impl Families {
            fn register(&self, registry: &mut Registry) {
                $(registry.register(stringify!($field), $help, self.$field.clone());)*
            }

            fn of(&self, labels: &AccountLabels) -> AccountMetrics {
                AccountMetrics { $($field: self.$field.get_or_create(labels).clone(),)* }
            }
        }

        /// Name and help of each counter that an account has.
        pub const ACCOUNT_METRICS: &[(&str, &str)] =
            &[$((concat!("yizhan_", stringify!($field), "_total"), $help)),*];
    };
}

account_metrics! {
    callbacks: "Callbacks that were verified, deliveries of one message counted each";
    messages: "Messages and events that were worked on, each once";
    repeats: "Deliveries of a message that was known already";
    unknown_types: "Messages and events of a type without a struct of its own";
    failed_handlers: "Messages whose handler returned an error";
    held_answers: "Answers kept for the user's next message";
    pushed_answers: "Answers sent as messages of their own because no delivery could carry them";
    refused_replies: "Replies that the platform does not take";
}

/// All metrics of a station.
pub struct Metrics {
    registry: Registry,
    accounts: Families,
    refused: Family<RefusedLabels, Counter>,
    troubles: Family<TroubleLabels, Counter>,
    /// Reloads of the rules that kept the old set because of a fault.
    pub reload_failures: Counter,
    /// Callbacks written to files.
    pub captures_written: Counter,
    /// Callbacks that were not, because the disk was slow or full.
    pub captures_dropped: Counter,
}

impl Metrics {
    /// Counters at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("yizhan");
        let accounts = Families::default();
        accounts.register(&mut registry);
        let refused = Family::default();
        let help = "Callbacks that were refused, by code";
        registry.register("refused_callbacks", help, Family::clone(&refused));
        let troubles = Family::default();
        let help = "Handlers that panicked or were ended, and answers that came too late, by code";
        registry.register("handler_troubles", help, Family::clone(&troubles));
        let reload_failures = Counter::default();
        let help = "Reloads of the rules that kept the old set because of a fault";
        registry.register("rule_reload_failures", help, reload_failures.clone());
        let captures_written = Counter::default();
        let help = "Callbacks written to `[server] capture`";
        registry.register("captures_written", help, captures_written.clone());
        let captures_dropped = Counter::default();
        let help = "Callbacks that were not captured, because the disk was slow or full";
        registry.register("captures_dropped", help, captures_dropped.clone());
        Self {
            registry,
            accounts,
            refused,
            troubles,
            reload_failures,
            captures_written,
            captures_dropped,
        }
    }

    /// The counters of the account called `name`.
    pub fn account(&self, name: &str) -> AccountMetrics {
        self.accounts.of(&AccountLabels { account: name.to_owned() })
    }

    /// Counts a refused callback. `account` must be a configured name, or empty.
    pub fn count_refused(&self, account: &str, code: &'static str) {
        let labels = RefusedLabels { account: account.to_owned(), code };
        self.refused.get_or_create(&labels).inc();
    }

    /// Counts a handler's trouble.
    pub fn count_trouble(&self, code: &'static str) {
        self.troubles.get_or_create(&TroubleLabels { code }).inc();
    }

    /// All of them as OpenMetrics text.
    ///
    /// # Errors
    ///
    /// None in practice: a `String` takes everything.
    pub fn encode(&self) -> Result<String, fmt::Error> {
        let mut out = String::new();
        prometheus_client::encoding::text::encode(&mut out, &self.registry)?;
        Ok(out)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Metrics")
    }
}
