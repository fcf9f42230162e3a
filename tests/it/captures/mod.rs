//! The captures under `fixtures/callbacks`: made by the simulator's follower from the accounts and
//! the cases here, always the same bytes. `YIZHAN_WRITE_FIXTURES=1 cargo test captures` writes
//! them.

mod cases;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use url::form_urlencoded;
use yizhan::capture::Capture;
use yizhan::clock::Clock;
use yizhan::config::Config;
use yizhan::config::account::Account;
use yizhan::config::account::Source;
use yizhan::entropy::Entropy;
use yizhan::simulator;
use yizhan::simulator::RawRequest;
use yizhan::simulator::RawResponse;
use yizhan::simulator::Simulator;
use yizhan::wechat::Mode;
use yizhan::wechat::Platform;
use yizhan::wechat::callback::Agreement;
use yizhan::wechat::envelope::Cipher;
use yizhan::wechat::id::OpenId;
use yizhan::wechat::inbound::Inbound;
use yizhan::wechat::secret::Token;

use self::cases::CASES;
use self::cases::Case;

/// 2026-01-01T00:00:00Z
const NEW_YEAR: u64 = 1_767_225_600;

/// A year after that: fixtures do not grow stale.
const LATER: i64 = 1_798_761_600;

/// Always shows [`NEW_YEAR`].
struct NewYear;

impl Clock for NewYear {
    fn since_epoch(&self) -> Duration {
        Duration::from_secs(NEW_YEAR)
    }
}

/// SplitMix64. Written out here, so that the captures depend on no version of a library.
struct Splits(AtomicU64);

impl Entropy for Splits {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = mixed.to_be_bytes()[0];
        }
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn accounts() -> Vec<Account> {
    let text = fs::read_to_string(fixtures().join("accounts.toml")).unwrap();
    let folder = fixtures();
    let loaded = Config::parse("accounts.toml", &text, &folder, &BTreeMap::new()).unwrap();
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    loaded.config.accounts
}

impl Case {
    fn account(&self, accounts: &[Account]) -> Account {
        accounts.iter().find(|account| account.name == self.account).unwrap().clone()
    }

    fn path(&self, platform: Platform) -> PathBuf {
        let folder = fixtures().join("callbacks").join(platform.name());
        folder.join(format!("{}.http", self.name))
    }

    /// The platform's side of the account.
    fn simulator(&self, account: &Account) -> Arc<Simulator> {
        // Behind Cloud Run nothing is signed, so the token does not matter.
        let token = account.token.clone().unwrap_or_else(|| Token::parse("unused").unwrap());
        let mut sender = simulator::Account::new(account.platform, token, account.app_id.clone())
            .format(self.format);
        if account.mode != Mode::Plain {
            let key = if self.has_previous_key { &account.keys[1] } else { &account.keys[0] };
            sender = sender.sealed(account.mode, key);
        }
        if account.source == Source::CloudRun {
            sender = sender.on_cloud_run();
        }
        // A seed of its own for each case: a new one leaves the others as they are.
        let seed = self.account.bytes().chain(self.name.bytes());
        let seed = seed.fold(0, |seed: u64, byte| seed.wrapping_mul(131) + u64::from(byte));
        let wire = |_: RawRequest| async { RawResponse { status: 500, body: Vec::new() } };
        let callback = format!("/callback/{}", self.account);
        let entropy = Arc::new(Splits(AtomicU64::new(seed)));
        Simulator::new(sender, &callback, wire, Arc::new(NewYear), entropy)
    }

    fn capture(&self, account: &Account) -> Capture {
        let simulator = self.simulator(account);
        let request = match self.message {
            "" => simulator.check_request().0,
            message => simulator.request(&document(&simulator, account, message)),
        };
        let RawRequest { method, path, query, headers, body } = request;
        let host = ("Host".to_owned(), "bot.example.com".to_owned());
        let length = ("Content-Length".to_owned(), body.len().to_string());
        let length = Some(length).filter(|_| !body.is_empty());
        let headers = std::iter::once(host).chain(headers).chain(length).collect();
        Capture { method: method.to_owned(), path, query, headers, body }
    }
}

fn document(simulator: &Arc<Simulator>, account: &Account, message: &str) -> String {
    let from = match account.platform.is_wecom() {
        true => "zhangsan",
        false => "oFixtureUser000000000000001",
    };
    let follower = simulator.follower(OpenId::parse(from).unwrap());
    let message = match message.starts_with('<') {
        true => Value::from(message),
        false => serde_json::from_str(message).unwrap(),
    };
    match message.get("action") {
        Some(_) => message.to_string(),
        None => follower.document(message),
    }
}

/// What `decode` prints, without `file`. The capture is opened as its account does it.
fn decoded(capture: &Capture, account: &Account) -> String {
    if capture.method == "GET" {
        return decoded_check(capture, account);
    }
    let inbound = open(capture, account);
    let fields: Value = serde_json::from_str(&inbound.root().to_json()).unwrap();
    let line = json!({
        "kind": inbound.kind(),
        "type": inbound.type_name(),
        "typed": inbound.check().is_some_and(|check| check.is_ok()),
        "key": inbound.key().as_str(),
        "fields": fields,
    });
    format!("{line}\n")
}

/// A URL check says nothing but its query.
fn decoded_check(capture: &Capture, account: &Account) -> String {
    let echo = agreement(account).check_url(&capture.query, LATER).unwrap();
    assert!(echo.bytes().all(|byte| byte.is_ascii_digit()), "{echo}");
    let fields = form_urlencoded::parse(capture.query.as_bytes());
    let fields: Map<_, _> = fields.map(|(name, value)| (name.into_owned(), value.into())).collect();
    let (kind, name) = ("probe", "url-check");
    let line = json!({"kind": kind, "type": name, "typed": true, "key": "", "fields": fields});
    format!("{line}\n")
}

fn open(capture: &Capture, account: &Account) -> Inbound {
    if account.source == Source::CloudRun {
        assert!(capture.header("x-wx-source").is_some());
        return Agreement::open_unsigned(capture.body.clone()).unwrap().inbound;
    }
    agreement(account).open(&capture.query, capture.body.clone(), LATER).unwrap().inbound
}

fn agreement(account: &Account) -> Agreement {
    Agreement {
        platform: account.platform,
        mode: account.mode,
        token: account.token.clone(),
        ciphers: account.keys.iter().map(Cipher::new).collect(),
        receive_id: account.app_id.clone(),
        max_age: account.max_age,
    }
}

#[test]
fn the_captures_are_what_the_follower_sends() {
    let accounts = accounts();
    let writes = std::env::var_os("YIZHAN_WRITE_FIXTURES").is_some();
    for case in CASES {
        let account = case.account(&accounts);
        let path = case.path(account.platform);
        let capture = case.capture(&account);
        let expected = decoded(&capture, &account);
        if writes {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, capture.to_bytes()).unwrap();
            fs::write(path.with_extension("expected"), &expected).unwrap();
        }
        let kept = fs::read(&path).unwrap_or_default();
        let shown = path.display();
        assert!(kept == capture.to_bytes(), "{shown} is not what the follower sends");
        let kept = fs::read_to_string(path.with_extension("expected")).unwrap_or_default();
        assert_eq!(kept, expected, "{shown}");
    }
}

#[test]
fn every_capture_has_its_case() {
    let accounts = accounts();
    let mut expected: Vec<PathBuf> =
        CASES.iter().map(|case| case.path(case.account(&accounts).platform)).collect();
    let mut found = Vec::new();
    for platform in Platform::ALL {
        let folder = fixtures().join("callbacks").join(platform.1);
        let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        found.extend(files.filter(|path| path.extension().is_some_and(|it| it == "http")));
    }
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}
