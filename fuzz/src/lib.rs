//! Everything that reads bytes from outside, one function each: none may panic, and what is read
//! must hold together. `make fuzz` calls them through libFuzzer; `cargo test` includes this file
//! and calls them with random input (`tests/it/properties.rs`).

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::BlockModeEncrypt as _;
use cbc::cipher::KeyIvInit as _;
use cbc::cipher::block_padding::NoPadding;
use yizhan::capture::Capture;
use yizhan::config::Config;
use yizhan::config::environment::Environment;
use yizhan::config::secret::WebhookSecret;
use yizhan::config::server::RuleOrder;
use yizhan::dialects::Answer;
use yizhan::dialects::Call;
use yizhan::dialects::DIALECTS;
use yizhan::dialects::Dialect;
use yizhan::dialects::Fate;
use yizhan::dialects::FateState;
use yizhan::dialects::Reading;
use yizhan::dialects::Refusal;
use yizhan::dialects::Sent;
use yizhan::dialects::Told;
use yizhan::dispatch::rules::Outlets;
use yizhan::dispatch::rules::Rules;
use yizhan::dispatch::rules::Settings;
use yizhan::exchange::Allowed;
use yizhan::store::DeliveryId;
use yizhan::wechat::Mode;
use yizhan::wechat::Platform;
use yizhan::wechat::callback::Agreement;
use yizhan::wechat::envelope::Cipher;
use yizhan::wechat::id::AppId;
use yizhan::wechat::inbound::Inbound;
use yizhan::wechat::query::Query;
use yizhan::wechat::secret::EncodingAesKey;
use yizhan::wechat::secret::Token;
use yizhan::wechat::signature;
use yizhan::wechat::wire::Tree;
use yizhan::wechat::wire::WireError;

/// The query of a callback, and the URL check with it.
pub fn query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(query) = Query::parse(&text) {
        // Whatever it is, it was in there: nothing is made up.
        assert!(query.nonce().map_or(0, str::len) <= text.len());
    }
    for platform in [Platform::OfficialAccount, Platform::Wecom] {
        assert!(agreement(platform).check_url(&text, 0).is_err(), "an unsigned query was taken");
    }
}

/// What an envelope holds once it is decrypted: `bytes`, whole blocks of them, sealed by us.
pub fn envelope(bytes: &[u8]) {
    assert!(cipher().open(&String::from_utf8_lossy(bytes)).is_err() || bytes.len() > 40);
    let mut blocks = bytes[..bytes.len() / 16 * 16].to_vec();
    let key = STANDARD.decode(format!("{KEY}=")).expect("a literal");
    let encryptor = cbc::Encryptor::<aes::Aes256>::new_from_slices(&key, &key[..16]);
    let length = blocks.len();
    encryptor
        .expect("a key and half of it")
        .encrypt_padded::<NoPadding>(&mut blocks, length)
        .expect("whole blocks");
    if let Ok(opened) = cipher().open(&STANDARD.encode(&blocks)) {
        assert!(20 + opened.message.len() + opened.receive_id.len() < bytes.len());
        let again = cipher().seal(&opened.message, &opened.receive_id, &opened.random);
        assert_eq!(cipher().open(&again), Ok(opened));
    }
}

/// A body that was signed, sealed and in clear.
pub fn callback(bytes: &[u8]) {
    let token = Token::parse(TOKEN).expect("a literal");
    let plain = Agreement { mode: Mode::Plain, ..agreement(Platform::OfficialAccount) };
    let signed = signature::sign(&token, "1", "2");
    let query = format!("signature={}&timestamp=1&nonce=2", signed.as_str());
    if let Ok(received) = plain.open(&query, bytes.to_vec(), 1) {
        hold_together(&received.inbound);
    }
    let encrypt = cipher().seal(bytes, "wx1", b"0123456789abcdef");
    let signed = signature::sign_sealed(&token, "1", "2", &encrypt);
    let query = format!("msg_signature={}&timestamp=1&nonce=2", signed.as_str());
    let body = format!("<xml><Encrypt>{encrypt}</Encrypt></xml>");
    let safe = agreement(Platform::OfficialAccount);
    let opened = safe.open(&query, body.into_bytes(), 1);
    assert_eq!(opened.is_ok(), Tree::parse(bytes.to_vec()).is_ok());
    assert!(safe.open(&query, bytes.to_vec(), 1).is_err(), "an unsealed body was taken");
}

/// A document in XML.
pub fn xml(bytes: &[u8]) {
    if bytes.trim_ascii_start().starts_with(b"<") {
        document(bytes);
    }
}

/// A document in JSON.
pub fn json(bytes: &[u8]) {
    if bytes.trim_ascii_start().starts_with(b"{") {
        document(bytes);
    }
}

/// A document in either format.
pub fn document(bytes: &[u8]) {
    if let Ok(inbound) = Inbound::parse(bytes.to_vec()) {
        hold_together(&inbound);
    }
}

/// A file of rules.
pub fn rules(bytes: &[u8]) {
    let files = [("fuzz.toml".to_owned(), String::from_utf8_lossy(bytes).into_owned())];
    let settings = Settings {
        private_hosts: Allowed::default(),
        webhook_secret: WebhookSecret::parse("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"),
        timezone: jiff::tz::TimeZone::UTC,
        outlets: Outlets { channels: vec!["ops".to_owned()], ..Outlets::default() },
        assistants: Vec::new(),
        order: RuleOrder::default(),
        public_url: Some("https://bot.example.com".to_owned()),
    };
    match Rules::parse(&files, &["shop"], &settings) {
        Ok(rules) => assert_eq!(rules.len(), rules.names().count()),
        Err(faults) => assert!(!faults.to_string().is_empty()),
    }
}

/// The config file.
pub fn config(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Config::parse("fuzz.toml", &text, Path::new(""), &NoEnvironment) {
        Ok(loaded) => assert!(!loaded.config.server.listen.is_empty()),
        Err(faults) => assert!(!faults.to_string().is_empty()),
    }
}

/// A captured request.
pub fn capture(bytes: &[u8]) {
    let Ok(capture) = Capture::parse(bytes) else { return };
    let again = Capture::parse(&capture.to_bytes()).expect("what we write can be read");
    assert_eq!((again.target(), again.body), (capture.target(), capture.body));
}

const TOKEN: &str = "Token0123";
const KEY: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPA";

fn cipher() -> Cipher {
    Cipher::new(&EncodingAesKey::parse(KEY).expect("a literal"))
}

fn agreement(platform: Platform) -> Agreement {
    Agreement {
        platform,
        mode: Mode::Safe,
        token: Some(Token::parse(TOKEN).expect("a literal")),
        ciphers: vec![cipher()],
        receive_id: AppId::parse("wx1").expect("a literal"),
        max_age: Duration::ZERO,
    }
}

/// Asks everything that can be asked of a document.
fn hold_together(inbound: &Inbound) {
    let printed = inbound.root().to_json();
    serde_json::from_str::<serde_json::Value>(&printed).expect("JSON");
    match Tree::parse(printed.clone().into_bytes()) {
        // What is printed loses nothing when it is read and printed again.
        Ok(again) => assert_eq!(again.root().to_json(), printed),
        // A name that repeats becomes an array, one level more.
        Err(error) => assert_eq!(error, WireError::TooDeep),
    }
    assert!(!inbound.key().as_str().is_empty());
    assert!(!inbound.kind().is_empty());
    assert!(inbound.source().len() >= inbound.text().len());
    assert_eq!(inbound.check().is_some(), inbound.is_known());
    assert!(inbound.root().all("a.b").len() <= printed.len());
}

/// A call of another service's client, in every dialect: it is read, and answered whatever becomes
/// of it. As `fixtures/dialects` has them: method and path, headers, an empty line, the body.
pub fn dialect(bytes: &[u8]) {
    let blank = bytes.windows(2).position(|it| it == b"\n\n").unwrap_or(bytes.len());
    let head = String::from_utf8_lossy(&bytes[..blank]);
    let body = bytes.get(blank + 2..).unwrap_or_default();
    let mut lines = head.lines();
    let first = lines.next().unwrap_or_default();
    let (method, target) = first.split_once(' ').unwrap_or(("POST", first));
    let target = target.strip_suffix(" HTTP/1.1").unwrap_or(target);
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers: Vec<_> =
        headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    for dialect in DIALECTS {
        let now = Duration::from_hours(490_896);
        let call = Call::new(method, target, headers.clone(), body.to_vec(), now);
        for answer in answers(dialect, &call) {
            assert!((200..600).contains(&answer.status), "{}", dialect.name);
            if answer.content_type.starts_with("application/json") {
                serde_json::from_str::<serde_json::Value>(&answer.body).expect("JSON");
            }
        }
    }
}

/// What a call is answered if it is accepted, and if not.
fn answers(dialect: &Dialect, call: &Call) -> Vec<Answer> {
    let id = DeliveryId::floor(Duration::from_hours(490_896));
    let answer = |told: Told<'_>| (dialect.answer)(call, &told);
    match (dialect.read)(call) {
        Reading::Say(answer) => vec![answer],
        Reading::Check { key } => {
            vec![answer(Told::Key(Ok(key))), answer(Told::Key(Err(Refusal::Key)))]
        }
        Reading::Withdraw { .. } => {
            let outcomes = [Ok(0), Ok(1), Err(Refusal::Key)];
            outcomes.map(|outcome| answer(Told::Withdrawn(outcome))).into()
        }
        Reading::Ask(_) => {
            let state = FateState::Failed("http.404".to_owned());
            let fate = Fate {
                id,
                state,
                title: String::new(),
                body: String::new(),
                changed: Duration::MAX,
            };
            vec![answer(Told::Fate(None)), answer(Told::Fate(Some(Box::new(fate))))]
        }
        Reading::Send { keys, message } => {
            let message = message.as_ref();
            let sent = keys.iter().map(|key| Ok(Sent { id, key: key.clone() }));
            let refused = keys.iter().map(|_| Err(Refusal::TooMany));
            let outcomes = [sent.collect(), refused.collect(), Vec::new()];
            outcomes.map(|outcomes| answer(Told::Sent { message, outcomes })).into()
        }
    }
}

struct NoEnvironment;

impl Environment for NoEnvironment {
    fn get(&self, _: &str) -> Option<String> {
        None
    }

    fn starting_with(&self, _: &str) -> BTreeMap<String, String> {
        BTreeMap::new()
    }
}
