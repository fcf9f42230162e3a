//! Secrets as the config writes them: a literal, `env:NAME`, or `file:PATH`.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Hmac;
use hmac::KeyInit as _;
use hmac::Mac as _;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::environment::Environment;
use super::table::Table;

/// The largest file a secret is read from; no secret of WeChat's has more than 64 characters.
const LARGEST_FILE: u64 = 64 << 10;

/// How many bytes a webhook secret has. Source: Standard Webhooks, "Signature scheme".
const WEBHOOK_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A secret text, such as an AppSecret. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Keeps `text` secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text, for the one place that uses it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(hidden)")
    }
}

/// What forwarded messages are signed with: 24 to 64 bytes, written as `whsec_` and base64.
#[derive(Clone)]
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

impl WebhookSecret {
    /// Reads `whsec_…`. None for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text.strip_prefix("whsec_")?).ok()?);
        WEBHOOK_BYTES.contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The value of `webhook-signature`; `timestamp` in seconds since 1970.
    ///
    /// Source: standardwebhooks.com, "Signature scheme".
    pub fn sign(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0);
        let mut mac = mac.expect("HMAC takes keys of any length");
        for part in [id.as_bytes(), b".", timestamp.to_string().as_bytes(), b".", body] {
            mac.update(part);
        }
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("WebhookSecret(hidden)")
    }
}

/// What is wrong has been noted already.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noted;

/// Where relative paths start, and where `env:` looks.
#[derive(Clone, Copy)]
pub(super) struct Origin<'a> {
    pub(super) folder: &'a Path,
    pub(super) environment: &'a dyn Environment,
}

impl Origin<'_> {
    /// The secret that `key` holds or points to; none where it is missing or empty.
    pub(super) fn secret(&self, table: &Table<'_>, key: &str) -> Result<Option<Secret>, Noted> {
        let Some(text) = table.text(key) else {
            return if table.has(key) { Err(Noted) } else { Ok(None) };
        };
        match self.find(text.value) {
            Ok(secret) => Ok((!secret.expose().is_empty()).then_some(secret)),
            Err((message, advice)) => {
                table.value_fault(key, format!("`{key}`: {message}"), Some(advice));
                Err(Noted)
            }
        }
    }

    /// What `text` holds or points to.
    fn find(&self, text: &str) -> Result<Secret, (String, String)> {
        match text.split_once(':') {
            Some(("env", name)) => self.of_variable(name),
            Some(("file", path)) => self.of_file(path),
            _ => Ok(Secret::new(text)),
        }
    }

    /// What `text` points to, if it points to anything and that is there.
    pub(super) fn resolved(&self, text: &str) -> Option<Secret> {
        let points = text.starts_with("env:") || text.starts_with("file:");
        self.find(text).ok().filter(|_| points)
    }

    /// A secret that signs webhooks; none where it is missing or empty.
    pub(super) fn webhook_secret(
        &self,
        table: &Table<'_>,
        key: &str,
    ) -> Result<Option<WebhookSecret>, Noted> {
        let Some(text) = self.secret(table, key)? else {
            return Ok(None);
        };
        WebhookSecret::parse(text.expose()).map(Some).ok_or_else(|| {
            let advice = "write `whsec_` and 24 to 64 random bytes in base64";
            table.value_fault(
                key,
                format!("`{key}` is no webhook secret"),
                Some(advice.to_owned()),
            );
            Noted
        })
    }

    fn of_variable(&self, name: &str) -> Result<Secret, (String, String)> {
        self.environment.get(name).map(Secret::new).ok_or_else(|| {
            let message = format!("the environment variable `{name}` is not set");
            (message, format!("set `{name}`, or write the secret as `file:PATH`"))
        })
    }

    fn of_file(&self, path: &str) -> Result<Secret, (String, String)> {
        let path = self.folder.join(path);
        let shown = path.display();
        let mut text = Zeroizing::new(String::new());
        let read = File::open(&path)
            .and_then(|file| file.take(LARGEST_FILE + 1).read_to_string(&mut text));
        match read {
            Ok(_) if text.len() as u64 <= LARGEST_FILE => {
                Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
            }
            Ok(_) => {
                let advice = "a secret is one short line".to_owned();
                Err((format!("`{shown}` is larger than 64 KiB"), advice))
            }
            Err(error) => {
                let advice = "a path is relative to the config file".to_owned();
                Err((format!("cannot read `{shown}`: {error}"), advice))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;
    use super::WebhookSecret;

    #[test]
    fn a_webhook_secret_is_whsec_and_24_to_64_bytes_in_base64() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert_eq!(secret.0.len(), 24);
        assert!(WebhookSecret::parse("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").is_none());
        assert!(WebhookSecret::parse("whsec_c2hvcnQ=").is_none());
        assert!(WebhookSecret::parse("whsec_!").is_none());
    }

    #[test]
    fn the_signature_is_that_of_the_published_example() {
        // Also: hmac.new(b64decode("MfKQ…"), b"msg_p5jX….1614265330.{…}", "sha256") in Python.
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        assert_eq!(
            secret.sign(id, 1_614_265_330, br#"{"test": 2432232314}"#),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn secrets_do_not_print_themselves() {
        let webhook = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let text = format!("{:?} {webhook:?}", Secret::new("abc"));
        assert_eq!(text, "Secret(hidden) WebhookSecret(hidden)");
    }
}
