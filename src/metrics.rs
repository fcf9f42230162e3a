//! The table of metrics, in OpenMetrics at `/metrics`.
//!
//! Labels have few values: the account's name and our own words, never what arrives.

use std::fmt;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
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
    streamed_answers: "Answers of robots that the platform asked for";
    refused_replies: "Replies that the platform does not take";
}

/// The labels of a channel.
#[derive(Clone, Debug, Eq, Hash, PartialEq, EncodeLabelSet)]
pub struct ChannelLabels {
    /// The lane: the channel's name, and the account's behind a slash where there is one.
    pub channel: String,
}

/// The labels of an attempt.
#[derive(Clone, Debug, Eq, Hash, PartialEq, EncodeLabelSet)]
pub struct AttemptLabels {
    /// As [`ChannelLabels::channel`].
    pub channel: String,
    /// `delivered`, or whose fault it was.
    pub outcome: &'static str,
}

/// The labels of what a service told later.
#[derive(Clone, Debug, Eq, Hash, PartialEq, EncodeLabelSet)]
pub struct ReportLabels {
    /// As [`ChannelLabels::channel`].
    pub channel: String,
    /// `confirmed` or `failed`; `foreign`: it is about nothing that we sent.
    pub fate: &'static str,
}

/// The labels of a count of deliveries.
#[derive(Clone, Debug, Eq, Hash, PartialEq, EncodeLabelSet)]
pub struct StateLabels {
    /// Where they are.
    pub state: &'static str,
}

/// How long a send may take, in the histogram; in seconds.
const SEND_SECONDS: [f64; 9] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];

/// How old a notification may be when it is delivered, in the histogram; in seconds.
const AGE_SECONDS: [f64; 9] = [0.1, 0.5, 1.0, 5.0, 30.0, 300.0, 1_800.0, 7_200.0, 86_400.0];

/// What the outbox counts.
#[derive(Clone, Debug)]
pub struct OutboxMetrics {
    /// Every attempt, by what became of it.
    pub attempts: Family<AttemptLabels, Counter>,
    /// What services told of what they took, every telling.
    pub reports: Family<ReportLabels, Counter>,
    /// Questions to services that they did not answer.
    pub unanswered: Family<ChannelLabels, Counter>,
    /// Sends that took place after an earlier one of which nobody knows.
    pub interrupted: Family<ChannelLabels, Counter>,
    /// Channels that are paused: 1, otherwise 0.
    pub paused: Family<ChannelLabels, Gauge>,
    /// How many deliveries are in each state, those that are not kept any more included.
    pub deliveries: Family<StateLabels, Gauge>,
    /// All that was ever accepted, less what became of it; anything but 0 is a fault.
    pub imbalance: Gauge,
    /// How long the notification that is due the longest is overdue.
    pub overdue: Gauge<f64, AtomicU64>,
    /// Lanes in which something waits for a channel that the config does not have.
    pub orphans: Gauge,
    /// How long sends take.
    pub send_seconds: Histogram,
    /// How old notifications are when they are delivered.
    pub age_seconds: Histogram,
    /// Operations that the store could not do.
    pub store_errors: Counter,
}

impl OutboxMetrics {
    fn register(registry: &mut Registry) -> Self {
        let it = Self {
            attempts: Family::default(),
            reports: Family::default(),
            unanswered: Family::default(),
            interrupted: Family::default(),
            paused: Family::default(),
            deliveries: Family::default(),
            imbalance: Gauge::default(),
            overdue: Gauge::default(),
            orphans: Gauge::default(),
            send_seconds: Histogram::new(SEND_SECONDS),
            age_seconds: Histogram::new(AGE_SECONDS),
            store_errors: Counter::default(),
        };
        let help = "Attempts to send, by what became of them";
        registry.register("outbox_attempts", help, it.attempts.clone());
        let help = "What services told later of what they took, by what became of it";
        registry.register("outbox_reports", help, it.reports.clone());
        let help = "Questions what became of something that a service did not answer";
        registry.register("outbox_unanswered", help, it.unanswered.clone());
        let help = "Sends after an earlier one that was interrupted, and may have arrived";
        registry.register("outbox_interrupted", help, it.interrupted.clone());
        let help = "Whether a channel is paused because it only failed for hours";
        registry.register("outbox_channel_paused", help, it.paused.clone());
        let help = "Notifications by state, those that are not kept any more included";
        registry.register("outbox_deliveries", help, it.deliveries.clone());
        let help = "All that was accepted less what became of it; anything but 0 is a fault";
        registry.register("outbox_imbalance", help, it.imbalance.clone());
        let help = "How long the notification that is due the longest is overdue";
        registry.register("outbox_overdue_seconds", help, it.overdue.clone());
        let help = "Channels for which something waits and that the config does not have";
        registry.register("outbox_orphans", help, it.orphans.clone());
        let help = "How long sends take";
        registry.register("outbox_send_seconds", help, it.send_seconds.clone());
        let help = "How old notifications are when they are delivered";
        registry.register("outbox_age_seconds", help, it.age_seconds.clone());
        let help = "Operations of the outbox that the store could not do";
        registry.register("outbox_store_errors", help, it.store_errors.clone());
        it
    }

    /// Counts one attempt.
    pub fn count_attempt(&self, channel: &str, outcome: &'static str) {
        let labels = AttemptLabels { channel: channel.to_owned(), outcome };
        self.attempts.get_or_create(&labels).inc();
    }

    /// Counts what a service told.
    pub fn count_report(&self, channel: &str, fate: &'static str) {
        let labels = ReportLabels { channel: channel.to_owned(), fate };
        self.reports.get_or_create(&labels).inc();
    }
}

/// The labels of a metric of one assistant.
#[derive(Clone, Debug, Eq, Hash, PartialEq, EncodeLabelSet)]
pub struct AssistantLabels {
    /// The assistant's name in the config.
    pub assistant: String,
}

/// The labels of a question.
#[derive(Clone, Debug, Eq, Hash, PartialEq, EncodeLabelSet)]
pub struct QuestionLabels {
    /// The assistant's name in the config.
    pub assistant: String,
    /// `answered`, `failed`, or `over_budget`.
    pub outcome: &'static str,
}

/// What assistants count.
#[derive(Clone, Debug, Default)]
pub struct AssistantMetrics {
    /// Tokens used up, as the model's server reports them or as estimated.
    pub tokens: Family<AssistantLabels, Counter>,
    /// Questions, by what became of them.
    pub questions: Family<QuestionLabels, Counter>,
}

impl AssistantMetrics {
    fn register(registry: &mut Registry) -> Self {
        let it = Self::default();
        let help = "Tokens that assistants used up, questions and answers together";
        registry.register("assistant_tokens", help, it.tokens.clone());
        let help = "Questions to assistants, by what became of them";
        registry.register("assistant_questions", help, it.questions.clone());
        it
    }

    /// Counts tokens. `assistant` must be a configured name.
    pub fn count_tokens(&self, assistant: &str, tokens: u64) {
        let labels = AssistantLabels { assistant: assistant.to_owned() };
        self.tokens.get_or_create(&labels).inc_by(tokens);
    }

    /// Counts a question. `assistant` must be a configured name.
    pub fn count_question(&self, assistant: &str, outcome: &'static str) {
        let labels = QuestionLabels { assistant: assistant.to_owned(), outcome };
        self.questions.get_or_create(&labels).inc();
    }
}

/// All metrics of a station.
pub struct Metrics {
    registry: Registry,
    accounts: Families,
    refused: Family<RefusedLabels, Counter>,
    troubles: Family<TroubleLabels, Counter>,
    /// Reloads of the rules that kept the old set because of a fault.
    pub reload_failures: Counter,
    /// Reloads of the config that kept the old one because of a fault.
    pub config_reload_failures: Counter,
    /// Callbacks written to files.
    pub captures_written: Counter,
    /// Callbacks that were not, because the disk was slow or full.
    pub captures_dropped: Counter,
    /// What assistants count.
    pub assistants: AssistantMetrics,
    /// What the outbox counts.
    pub outbox: OutboxMetrics,
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
        let config_reload_failures = Counter::default();
        let help = "Reloads of the config that kept the old one because of a fault";
        registry.register("config_reload_failures", help, config_reload_failures.clone());
        let captures_written = Counter::default();
        let help = "Callbacks written to `[server] capture`";
        registry.register("captures_written", help, captures_written.clone());
        let captures_dropped = Counter::default();
        let help = "Callbacks that were not captured, because the disk was slow or full";
        registry.register("captures_dropped", help, captures_dropped.clone());
        let assistants = AssistantMetrics::register(&mut registry);
        let outbox = OutboxMetrics::register(&mut registry);
        Self {
            registry,
            accounts,
            refused,
            troubles,
            reload_failures,
            config_reload_failures,
            captures_written,
            captures_dropped,
            assistants,
            outbox,
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
