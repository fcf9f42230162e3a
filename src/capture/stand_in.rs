//! The made-up account that stands in for a real one in captures: the same kind, mode and source,
//! with an id, a token and a key that follow from its name. They are no secrets, and because they
//! stay the same, captures of yesterday open today.

use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::Digest as _;
use sha2::Sha256;

use super::Capture;
use super::disguise::Disguise;
use super::recorder::Taken;
use super::recorder::What;
use crate::clock::Clock;
use crate::config::account::Account;
use crate::config::account::Source;
use crate::entropy::Entropy;
use crate::simulator;
use crate::simulator::RawResponse;
use crate::simulator::Simulator;
use crate::wechat::Mode;
use crate::wechat::Platform;
use crate::wechat::envelope::Cipher;
use crate::wechat::id::AppId;
use crate::wechat::secret::EncodingAesKey;
use crate::wechat::secret::Token;

/// How the file of the stand-ins begins.
const HEAD: &str = "\
# The accounts of the captures beside this file, as `yizhan decode` and `yizhan replay` need them.
# All of it is made up: these tokens and keys are known to anybody and protect nothing.
";

/// One account as it appears in captures.
#[derive(Clone)]
pub(super) struct StandIn {
    name: String,
    platform: Platform,
    mode: Mode,
    source: Source,
    agent_id: Option<u32>,
    app_id: String,
    token: String,
    aes_key: String,
}

impl StandIn {
    pub(super) fn of(account: &Account) -> Self {
        let digest = |what: &str| Sha256::digest(format!("yizhan capture {what} {}", account.name));
        let hex = |bytes: &[u8]| {
            bytes.iter().fold(String::new(), |mut text, byte| {
                write!(text, "{byte:02x}").expect("a String takes everything");
                text
            })
        };
        let begins = |prefix: &&str| account.app_id.as_str().starts_with(*prefix);
        let prefix = ["wx", "ww"].into_iter().find(begins).unwrap_or("wx");
        let app_id = match account.app_id.as_str() {
            "" => String::new(),
            _ => format!("{prefix}{}", hex(&digest("id")[..8])),
        };
        Self {
            name: account.name.clone(),
            platform: account.platform,
            mode: account.mode,
            source: account.source,
            agent_id: account.agent_id,
            app_id,
            token: format!("Capture{}", hex(&digest("token")[..12])),
            aes_key: STANDARD_NO_PAD.encode(digest("key")),
        }
    }

    /// Its lines in `accounts.toml`.
    fn write(&self, out: &mut String) {
        let Self { name, app_id, token, aes_key, .. } = self;
        let (platform, mode) = (self.platform.name(), self.mode.name());
        let mut line = |key: &str, value: &str| out.extend([key, " = \"", value, "\"\n"]);
        line("\n[[account]]\nname", name);
        line("platform", platform);
        line("app_id", app_id);
        line("mode", mode);
        line("source", self.source.name());
        line("max_age", "0");
        if self.source != Source::CloudRun {
            line("token", token);
        }
        if self.mode != Mode::Plain {
            line("encoding_aes_key", aes_key);
        }
        if let Some(id) = self.agent_id {
            writeln!(out, "agent_id = {id}").expect("a String takes everything");
        }
    }

    /// What came, as the platform would have sent it to this account.
    pub(super) fn capture(
        &self,
        taken: &Taken,
        disguise: &Disguise,
        clock: &Arc<dyn Clock>,
        entropy: &Arc<dyn Entropy>,
    ) -> Option<Capture> {
        let mut account = simulator::Account::new(
            self.platform,
            Token::parse(&self.token).ok()?,
            AppId::parse(&self.app_id).ok()?,
        );
        account = match self.source {
            Source::CloudRun => account.on_cloud_run(),
            Source::CloudFunction => account.on_cloud_function(),
            Source::Signature => account,
        };
        account.mode = self.mode;
        account.cipher = EncodingAesKey::parse(&self.aes_key).ok().map(|key| Cipher::new(&key));
        let mut path = format!("/callback/{}", self.name);
        if let Some(served) = &taken.served {
            path.extend(["/", &disguise.replace(served.as_str())]);
        }
        let wire = |_| async { RawResponse { status: 503, body: Vec::new() } };
        let (clock, entropy) = (Arc::clone(clock), Arc::clone(entropy));
        let request = match &taken.what {
            What::Check => Simulator::new(account, &path, wire, clock, entropy).check_request().0,
            What::Message { inbound, format } => {
                let document = disguise.document(inbound);
                account = account.format(*format);
                account.original_id = disguise.replace(inbound.to());
                Simulator::new(account, &path, wire, clock, entropy).request(&document)
            }
        };
        let came = disguise_headers(&taken.headers, disguise);
        let made = request.headers.into_iter();
        let (own, made): (Vec<_>, Vec<_>) =
            made.partition(|(name, _)| name.eq_ignore_ascii_case("authorization"));
        let headers = if came.is_empty() { made } else { came };
        let host = ("Host".to_owned(), "bot.example.com".to_owned());
        let length = ("Content-Length".to_owned(), request.body.len().to_string());
        let length = Some(length).filter(|_| !request.body.is_empty());
        Some(Capture {
            method: request.method.to_owned(),
            path: request.path,
            query: request.query,
            headers: std::iter::once(host).chain(headers).chain(own).chain(length).collect(),
            body: request.body,
        })
    }
}

/// `accounts.toml`.
pub(super) fn write_all<'a>(accounts: impl Iterator<Item = &'a StandIn>) -> String {
    let mut out = HEAD.to_owned();
    accounts.for_each(|account| account.write(&mut out));
    out
}

/// Headers of a request that a capture has: as they are, or disguised. All others may hold
/// anything, and are left out.
const HEADERS: &[(&str, bool)] = &[
    ("user-agent", true),
    ("accept", true),
    ("content-type", true),
    ("pragma", true),
    ("x-wx-source", true),
    ("x-wx-sources", true),
    ("x-wx-appid", false),
    ("x-wx-openid", false),
    ("x-wx-unionid", false),
    ("x-wx-from-appid", false),
    ("x-wx-from-openid", false),
    ("x-wx-from-unionid", false),
];

/// Whether a capture has the header called `name`.
pub fn has_header(name: &str) -> bool {
    HEADERS.iter().any(|(it, _)| it.eq_ignore_ascii_case(name))
}

fn disguise_headers(headers: &[(String, String)], disguise: &Disguise) -> Vec<(String, String)> {
    let line = |(name, value): &(String, String)| {
        let (_, is_kept) = HEADERS.iter().find(|(it, _)| it.eq_ignore_ascii_case(name))?;
        let value = if *is_kept { value.clone() } else { disguise.replace(value) };
        Some((name.clone(), value))
    };
    headers.iter().filter_map(line).collect()
}
