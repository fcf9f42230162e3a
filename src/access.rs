//! Who may use the HTTP API: the keys at run time.
//!
//! The keys can be replaced while the station runs ([`Keys::replace`]), so that one is rotated
//! without a restart. A token is looked for by its digest in every key, and each comparison takes
//! the same time, so that how long a refusal takes says nothing about any token.

use std::sync::Arc;

use arc_swap::ArcSwap;
use sha2::Digest as _;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::config::Config;
use crate::config::access;
use crate::config::access::Scope;
use crate::config::channel::Channel;

/// The keys that are good now.
pub struct Keys {
    ring: ArcSwap<Ring>,
}

/// All keys of one config.
struct Ring {
    is_on: bool,
    /// Each token's digest with its key.
    held: Vec<([u8; 32], Arc<Key>)>,
}

impl Keys {
    /// The keys of `config`. Without a token of the owner's own none of them is good.
    pub fn of(config: &Config) -> Self {
        Self { ring: ArcSwap::from_pointee(Ring::of(config)) }
    }

    /// Puts the keys of `config` in place of those of today. Requests that were let in go on.
    pub fn replace(&self, config: &Config) {
        self.ring.store(Arc::new(Ring::of(config)));
    }

    /// Whether there is an API: the config has `[admin] token`.
    pub fn is_on(&self) -> bool {
        self.ring.load().is_on
    }

    /// The key that `token` belongs to.
    pub fn find(&self, token: &str) -> Option<Arc<Key>> {
        let given: [u8; 32] = Sha256::digest(token).into();
        let ring = self.ring.load();
        let mut found = None;
        // All of them, whether or not one has been found.
        for (digest, key) in &ring.held {
            if bool::from(digest.ct_eq(&given)) {
                found = Some(Arc::clone(key));
            }
        }
        found
    }
}

impl Ring {
    fn of(config: &Config) -> Self {
        let is_on = config.admin_token.is_some();
        let mut held = Vec::new();
        for configured in config.keys.iter().filter(|_| is_on) {
            let key = Arc::new(Key::of(configured, &config.channels));
            let digests = configured.tokens.iter().map(|it| Sha256::digest(it.expose()).into());
            held.extend(digests.map(|digest| (digest, Arc::clone(&key))));
        }
        Self { is_on, held }
    }
}

/// One key, and what it may do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Key {
    /// What the config calls it; never secret.
    pub name: String,
    may: Vec<Scope>,
    channels: Vec<String>,
}

impl Key {
    fn of(key: &access::Key, all: &[Channel]) -> Self {
        let mut channels: Vec<String> = Vec::new();
        for scope in &key.may {
            let named: Vec<&String> = match scope {
                Scope::Send(channel) => vec![channel],
                Scope::SendAll => all.iter().map(|channel| &channel.name).collect(),
                _ => Vec::new(),
            };
            for name in named {
                if !channels.contains(name) {
                    channels.push(name.clone());
                }
            }
        }
        Self { name: key.name.clone(), may: key.may.clone(), channels }
    }

    /// Whether it has this right.
    pub fn may(&self, scope: &Scope) -> bool {
        match scope {
            Scope::Send(channel) => self.may_send(channel),
            scope => self.may.contains(scope),
        }
    }

    /// Whether it may send through this channel.
    pub fn may_send(&self, channel: &str) -> bool {
        let is_it = |scope: &Scope| match scope {
            Scope::Send(name) => name == channel,
            Scope::SendAll => true,
            _ => false,
        };
        self.may.iter().any(is_it)
    }

    /// The channels it may send through, each once, in the order in which its scopes name them;
    /// `send:*` stands for every `[[channel]]` in the order of the config.
    pub fn channels(&self) -> &[String] {
        &self.channels
    }

    /// Whether it may see notifications, messages, accounts, channels and rules.
    pub fn may_read(&self) -> bool {
        self.may(&Scope::Read)
    }

    /// Whether it may send one message to many.
    pub fn may_campaign(&self) -> bool {
        self.may(&Scope::Campaign)
    }

    /// Whether it may change what is running.
    pub fn is_admin(&self) -> bool {
        self.may(&Scope::Admin)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::Keys;
    use crate::config::Config;

    const ACCOUNT: &str = "[[account]]\nname = 'shop'\nplatform = 'official-account'\n\
        app_id = 'wx1'\ntoken = 'abc'\nmode = 'plain'\n\
        [[channel]]\nname = 'ops'\nkind = 'log'\n[[channel]]\nname = 'mail'\nkind = 'log'\n";

    const ADMIN: &str = "[admin]\ntoken = 'the-owner-alone'\n";

    fn config(text: &str) -> Config {
        let text = format!("{ACCOUNT}{text}");
        let loaded = Config::parse("a.toml", &text, Path::new(""), &BTreeMap::new());
        loaded.unwrap_or_else(|faults| panic!("{faults}")).config
    }

    #[test]
    fn a_token_leads_to_its_key_and_to_what_it_may_do() {
        let keys = "[[key]]\nname = 'ci'\ntoken = 'ci-token-0001'\nmay = ['send:mail', 'read']\n\
            [[key]]\nname = 'all'\ntoken = 'all-token-0001'\nmay = ['send:mail', 'send:*', 'admin']\n";
        let keys = Keys::of(&config(&format!("{ADMIN}{keys}")));
        let ci = keys.find("ci-token-0001").unwrap();
        assert_eq!((ci.name.as_str(), ci.channels()), ("ci", &["mail".to_owned()][..]));
        assert!(ci.may_send("mail") && ci.may_read());
        assert!(!ci.may_send("ops") && !ci.may_campaign() && !ci.is_admin());
        let all = keys.find("all-token-0001").unwrap();
        assert_eq!(all.channels(), ["mail", "ops"]);
        assert!(all.may_send("ops") && all.is_admin() && !all.may_read());
        for wrong in ["", "ci-token-000", "ci-token-00011", "the-owner-alone"] {
            assert_eq!(keys.find(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_key_is_rotated_while_the_station_runs() {
        let key = |tokens: &str| config(&format!("{ADMIN}[[key]]\nname = 'ci'\n{tokens}"));
        let keys = Keys::of(&key("token = 'old-token-0001'"));
        assert!(keys.find("old-token-0001").is_some());
        keys.replace(&key("token = 'new-token-0001'\nprevious_token = 'old-token-0001'"));
        assert_eq!(keys.find("old-token-0001"), keys.find("new-token-0001"));
        assert!(keys.find("new-token-0001").is_some());
        keys.replace(&key("token = 'new-token-0001'"));
        assert!(keys.find("old-token-0001").is_none());
    }

    #[test]
    fn without_a_token_of_the_owner_no_key_is_good() {
        let keys = Keys::of(&config("[[key]]\nname = 'ci'\ntoken = 'ci-token-0001'\n"));
        assert!(!keys.is_on());
        assert_eq!(keys.find("ci-token-0001"), None);
    }
}
