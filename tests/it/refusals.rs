//! Forged and broken requests: each is refused with the right status, says nothing, and reaches no
//! handler. Every row of [`FORGERIES`] is tried on every account it fits.

use std::fmt::Write as _;
use std::sync::Arc;

use yizhan::clock::Clock as _;
use yizhan::clock::SystemClock;
use yizhan::entropy::SeededEntropy;
use yizhan::simulator::Account;
use yizhan::simulator::RawRequest;
use yizhan::simulator::RawResponse;
use yizhan::simulator::Simulator;
use yizhan::wechat::Mode;
use yizhan::wechat::Platform;
use yizhan::wechat::envelope::Cipher;
use yizhan::wechat::id::AppId;
use yizhan::wechat::secret::EncodingAesKey;
use yizhan::wechat::secret::Token;
use yizhan::wechat::signature;
use yizhan::wechat::wire::Format;
use yizhan::wechat::wire::Tree;

use crate::support::server::Counting;
use crate::support::server::Server;
use crate::support::server::body;
use crate::support::server::status;

const KEY: &str = "KhzNNzOBjkcG/0SweC6WkCHEceYlWmvC3uLpGU4tsif";
const OTHER_KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

/// (name, platform, mode, format, AppID)
const ACCOUNTS: &[(&str, Platform, Mode, Format, &str)] = &[
    ("oa-plain", Platform::OfficialAccount, Mode::Plain, Format::Xml, "wx1"),
    ("oa-compatible", Platform::OfficialAccount, Mode::Compatible, Format::Xml, "wx2"),
    ("oa-safe", Platform::OfficialAccount, Mode::Safe, Format::Xml, "wx3"),
    ("mini-plain", Platform::MiniProgram, Mode::Plain, Format::Json, "wx4"),
    ("mini-compatible", Platform::MiniProgram, Mode::Compatible, Format::Json, "wx5"),
    ("mini-safe", Platform::MiniProgram, Mode::Safe, Format::Json, "wx6"),
    ("wecom", Platform::Wecom, Mode::Safe, Format::Xml, "ww7"),
    ("bot", Platform::WecomBot, Mode::Safe, Format::Json, ""),
    ("open", Platform::OpenPlatform, Mode::Safe, Format::Xml, "wx9"),
];

/// What a forger starts from: a request the station takes.
struct Good {
    account: Account,
    request: RawRequest,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum For {
    All,
    Plain,
    Sealed,
    Safe,
}

/// (what is wrong, on which accounts, the status, how it is made)
type Forgery = (&'static str, For, u16, fn(&Good) -> RawRequest);

const FORGERIES: &[Forgery] = &[
    ("no query at all", For::All, 401, |good| good.with_query("")),
    ("no signature", For::All, 401, |good| good.without(good.signature_name())),
    ("an empty signature", For::All, 401, |good| good.setting(good.signature_name(), "")),
    ("a signature of zeros", For::All, 401, |good| {
        good.setting(good.signature_name(), &"0".repeat(40))
    }),
    ("a signature in upper case", For::All, 401, |good| {
        let upper = good.parameter(good.signature_name()).to_uppercase();
        // Digits only would be the same in upper case.
        good.setting(good.signature_name(), &upper.replace(|c: char| c.is_ascii_digit(), "A"))
    }),
    ("a signature cut short", For::All, 401, |good| {
        let signature = good.parameter(good.signature_name());
        good.setting(good.signature_name(), &signature[..39])
    }),
    ("a signature with a blank behind it", For::All, 401, |good| {
        let signature = good.parameter(good.signature_name());
        good.setting(good.signature_name(), &format!("{signature}%20"))
    }),
    ("the signature twice", For::All, 400, |good| {
        good.adding(&format!("{}={}", good.signature_name(), good.parameter(good.signature_name())))
    }),
    ("the signature twice, one disguised", For::All, 400, |good| {
        let disguised = good.signature_name().replace('g', "%67");
        good.adding(&format!("{disguised}=0"))
    }),
    ("no timestamp", For::All, 400, |good| good.without("timestamp")),
    ("an empty timestamp", For::All, 400, |good| good.setting("timestamp", "")),
    ("another timestamp", For::All, 401, |good| good.setting("timestamp", "1767225600")),
    ("the timestamp twice", For::All, 400, |good| good.adding("timestamp=1767225600")),
    ("no nonce", For::All, 400, |good| good.without("nonce")),
    ("an empty nonce", For::All, 400, |good| good.setting("nonce", "")),
    ("another nonce", For::All, 401, |good| good.setting("nonce", "1")),
    ("the nonce twice", For::All, 400, |good| good.adding("nonce=1")),
    ("a nonce that is not percent-encoding", For::All, 400, |good| good.setting("nonce", "%zz")),
    ("a nonce that is not UTF-8", For::All, 400, |good| good.setting("nonce", "%ff")),
    ("signed with another token", For::All, 401, |good| good.signed("OtherToken", now(), None)),
    ("signed six minutes ago", For::All, 401, |good| good.signed("Token0123", now() - 360, None)),
    ("signed in 2014", For::All, 401, |good| good.signed("Token0123", 1_409_659_589, None)),
    ("a timestamp that is no number", For::All, 400, |good| {
        good.signed_at("Token0123", "soon", None)
    }),
    ("no body", For::All, 400, |good| good.with_body(b"")),
    ("blanks for a body", For::All, 400, |good| good.with_body(b" \r\n ")),
    ("a body that is no document", For::All, 400, |good| good.with_body(b"hello")),
    ("a form for a body", For::All, 400, |good| good.with_body(b"a=b&c=d")),
    ("a body that is not UTF-8", For::All, 400, |good| good.with_body(b"<xml>\xff</xml>")),
    ("a body that is cut off", For::All, 400, |good| {
        good.with_body(&good.request.body[..good.request.body.len() - 2])
    }),
    ("a body with something behind it", For::All, 400, |good| {
        good.with_body(&[&good.request.body, b"<x/>".as_slice()].concat())
    }),
    ("a DOCTYPE", For::All, 400, |good| {
        let doctype = b"<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><xml>&a;</xml>";
        good.with_body(doctype)
    }),
    ("nested a thousand deep", For::All, 400, |good| {
        let deep = format!("{}{}", "<a>".repeat(1_000), "</a>".repeat(1_000));
        good.with_body(deep.as_bytes())
    }),
    ("a JSON array", For::All, 400, |good| good.with_body(b"[1,2]")),
    ("a sealed body", For::Plain, 403, |good| {
        good.with_body(b"<xml><ToUserName>gh</ToUserName><Encrypt>AAAA</Encrypt></xml>")
    }),
    ("a sealed JSON body", For::Plain, 403, |good| good.with_body(b"{\"Encrypt\":\"AAAA\"}")),
    ("only msg_signature", For::Plain, 401, |good| {
        good.with_query(&good.request.query.replace("signature=", "msg_signature="))
    }),
    ("a body in clear, signed as in plain mode", For::Sealed, 401, |good| {
        let body = "<xml><MsgType>text</MsgType><Content>hi</Content></xml>";
        good.plainly_signed().replaced(body)
    }),
    ("a body in clear with a stolen msg_signature", For::Sealed, 403, |good| {
        good.with_body(b"<xml><MsgType>text</MsgType><Content>hi</Content></xml>")
    }),
    ("the plain signature where msg_signature is due", For::Sealed, 401, |good| {
        good.plainly_signed()
    }),
    ("the plain signature under the other's name", For::Sealed, 401, |good| {
        let plain = good.plainly_signed();
        RawRequest { query: plain.query.replace("signature=", "msg_signature="), ..plain }
    }),
    ("no Encrypt", For::Sealed, 403, |good| good.enveloped(&[])),
    ("an empty Encrypt", For::Sealed, 403, |good| good.enveloped(&[""])),
    ("Encrypt twice", For::Sealed, 403, |good| {
        let encrypt = good.encrypt();
        good.enveloped(&[&encrypt, &encrypt])
    }),
    ("Encrypt holding elements", For::Sealed, 403, |good| {
        good.with_body(b"<xml><Encrypt><a>AAAA</a></Encrypt></xml>")
    }),
    ("another message's ciphertext", For::Sealed, 401, |good| {
        let other = seal(KEY, &good.account, b"<xml/>");
        good.enveloped(&[&other])
    }),
    ("sealed with another key", For::Sealed, 400, |good| {
        good.sealing(&seal(OTHER_KEY, &good.account, good.document().as_bytes()))
    }),
    ("sealed for another account", For::Sealed, 403, |good| {
        let cipher = Cipher::new(&EncodingAesKey::parse(KEY).unwrap());
        let stranger = cipher.seal(good.document().as_bytes(), "wxstranger", b"0123456789abcdef");
        good.sealing(&stranger)
    }),
    ("ciphertext that is not base64", For::Sealed, 400, |good| good.sealing("not base64!")),
    ("ciphertext of half a block", For::Sealed, 400, |good| good.sealing("AAAAAAAAAAA=")),
    ("ciphertext without its last block", For::Sealed, 400, |good| {
        let encrypt = good.encrypt();
        good.sealing(&encrypt[..encrypt.len() / 64 * 64 - 64])
    }),
    ("no ciphertext in good base64", For::Sealed, 400, |good| good.sealing(&"A".repeat(64))),
    ("a sealed text that is no document", For::Sealed, 400, |good| good.sealed(b"hello")),
    ("nothing sealed", For::Sealed, 400, |good| good.sealed(b"")),
    ("a sealed DOCTYPE", For::Sealed, 400, |good| good.sealed(b"<!DOCTYPE x><xml></xml>")),
    ("a sealed document that is cut off", For::Sealed, 400, |good| good.sealed(b"<xml><a>")),
    ("a sealed document that is not UTF-8", For::Sealed, 400, |good| {
        good.sealed(b"<xml><a>\xff</a></xml>")
    }),
    ("a timestamp beyond 64 bits", For::All, 400, |good| {
        good.signed_at("Token0123", "99999999999999999999", None)
    }),
    ("a timestamp before 1970", For::All, 401, |good| good.signed("Token0123", -1, None)),
    ("a body in UTF-16", For::All, 400, |good| good.with_body(b"\xff\xfe<\0x\0m\0l\0/\0>\0")),
    ("a DOCTYPE behind blanks, in lower case", For::All, 400, |good| {
        good.with_body(b"\n\xef\xbb\xbf <!doctype x><xml/>")
    }),
    ("a hundred thousand brackets", For::All, 400, |good| {
        let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
        good.with_body(format!("{{\"a\":{open}{close}}}").as_bytes())
    }),
    ("Encrypt in both spellings", For::Sealed, 403, |good| {
        let body =
            format!("<xml><Encrypt>{0}</Encrypt><encrypt>{0}</encrypt></xml>", good.encrypt());
        good.with_body(body.as_bytes())
    }),
    ("Encrypt one level down", For::Sealed, 403, |good| {
        let body = format!("<xml><a><Encrypt>{}</Encrypt></a></xml>", good.encrypt());
        good.with_body(body.as_bytes())
    }),
    ("Encrypt in a list", For::Sealed, 403, |good| {
        good.with_body(format!("{{\"Encrypt\":[\"{}\"]}}", good.encrypt()).as_bytes())
    }),
    ("Encrypt twice in JSON", For::Sealed, 403, |good| {
        let body = format!("{{\"Encrypt\":\"AAAA\",\"Encrypt\":\"{}\"}}", good.encrypt());
        good.with_body(body.as_bytes())
    }),
    ("ciphertext in two lines", For::Sealed, 400, |good| {
        let encrypt = good.encrypt();
        good.sealing(&format!("{}\n{}", &encrypt[..64], &encrypt[64..]))
    }),
    ("ciphertext in the alphabet of URLs", For::Sealed, 400, |good| {
        good.sealing(&format!("-_{}", &good.encrypt()[2..]))
    }),
    ("sealed for us and something more", For::Sealed, 403, |good| {
        let cipher = Cipher::new(&EncodingAesKey::parse(KEY).unwrap());
        let longer = format!("{}\0", good.account.app_id.as_str());
        good.sealing(&cipher.seal(good.document().as_bytes(), &longer, b"0123456789abcdef"))
    }),
    ("a compatible body", For::Safe, 403, |good| {
        let body = format!(
            "<xml><MsgType>text</MsgType><Content>hi</Content><Encrypt>{}</Encrypt></xml>",
            good.encrypt()
        );
        good.with_body(body.as_bytes())
    }),
];

#[tokio::test]
async fn every_forged_or_broken_request_is_refused_and_reaches_no_handler() {
    let counting = Counting::default();
    let server = Server::start(&config(), counting.clone());
    let (mut refused, mut faults) = (0, Vec::new());
    for account in ACCOUNTS {
        let good = Good::of(account);
        let before = counting.runs();
        assert_eq!(status(&server.raw(&bytes(&good.request)).await), 200, "{}", account.0);
        assert_eq!(counting.runs(), before + 1, "{}", account.0);
        for (what, accounts, expected, forge) in FORGERIES {
            if !good.is(*accounts) {
                continue;
            }
            let answer = server.raw(&bytes(&forge(&good))).await;
            refused += 1;
            if status(&answer) != *expected || !body(&answer).is_empty() {
                faults.push(format!("{}: {what}: {answer}", account.0));
            }
            if counting.runs() != before + 1 {
                faults.push(format!("{}: {what}: reached a handler", account.0));
                break;
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(refused >= 200, "only {refused} requests were tried");
}

#[tokio::test]
async fn what_is_no_callback_is_refused_by_path_method_and_size() {
    let counting = Counting::default();
    let server = Server::start(&config(), counting.clone());
    let long = "x".repeat(1_100_000);
    let cases: &[(&str, String, u16)] = &[
        ("no such account", post("/callback/nobody", "<xml/>"), 404),
        ("no such path", post("/callback", "<xml/>"), 404),
        (
            "PUT",
            "PUT /callback/oa-plain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_owned(),
            405,
        ),
        (
            "DELETE",
            "DELETE /callback/oa-plain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_owned(),
            405,
        ),
        ("too long, announced", post("/callback/oa-plain", &long), 413),
        (
            "too long, in chunks",
            format!(
                "POST /callback/oa-plain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
                 Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{long}\r\n0\r\n\r\n",
                long.len()
            ),
            413,
        ),
        ("no HTTP", "hello\r\n\r\n".to_owned(), 400),
        ("cloud-run, no source header", post("/callback/cloud", TEXT), 403),
        ("cloud-run, sealed", with_source("<xml><Encrypt>AAAA</Encrypt></xml>"), 403),
        ("cloud-run, no document", with_source("hello"), 400),
        ("cloud-run, nothing", with_source(""), 400),
        ("cloud-run, a URL check", get("/callback/cloud?echostr=1"), 401),
        ("a probe of a signed account", post("/callback/oa-plain", PROBE), 401),
    ];
    for (what, request, expected) in cases {
        assert_eq!(status(&server.raw(request.as_bytes()).await), *expected, "{what}");
    }
    assert_eq!(counting.runs(), 0);
    for (what, request) in [
        ("cloud-run, JSON probe without header", post("/callback/cloud", PROBE)),
        ("cloud-run, XML probe", with_source("<xml>\n<action>CheckContainerPath</action>\n</xml>")),
        ("cloud-run, a text", with_source(TEXT)),
    ] {
        let answer = server.raw(request.as_bytes()).await;
        assert_eq!((status(&answer), body(&answer)), (200, "success"), "{what}");
    }
    assert_eq!(counting.runs(), 1);
}

#[tokio::test]
async fn a_forged_url_check_is_refused_and_a_good_one_gets_its_echo_and_nothing_else() {
    let server = Server::start(&config(), Counting::default());
    for account in ACCOUNTS {
        let simulator = simulator(account, &played(account));
        let (request, echo) = simulator.check_request();
        let answer = server.raw(&bytes(&request)).await;
        assert_eq!((status(&answer), body(&answer)), (200, echo.as_str()), "{}", account.0);
        let good = Good { account: played(account), request };
        let forged = [
            (401, good.without(good.signature_name())),
            (401, good.setting(good.signature_name(), &"0".repeat(40))),
            (401, good.setting("nonce", "1")),
            (400, good.without("echostr")),
            (400, good.setting("echostr", "")),
            (400, good.adding("echostr=2")),
            (400, good.without("timestamp")),
            (401, good.with_query("")),
        ];
        for (expected, request) in forged {
            let answer = server.raw(&bytes(&request)).await;
            let expected = if request.query.is_empty() { 400 } else { expected };
            assert_eq!(status(&answer), expected, "{} {}", account.0, request.query);
            assert_eq!(body(&answer), "");
        }
    }
}

const TEXT: &str = "{\"ToUserName\":\"gh\",\"FromUserName\":\"o1\",\"CreateTime\":1,\
    \"MsgType\":\"text\",\"Content\":\"hi\",\"MsgId\":1}";
const PROBE: &str = "{\"action\":\"CheckContainerPath\"}";

fn config() -> String {
    let mut config = String::new();
    for (name, platform, mode, _, app_id) in ACCOUNTS {
        let (platform, mode_name) = (platform.name(), mode.name());
        writeln!(
            config,
            "[[account]]\nname = \"{name}\"\nplatform = \"{platform}\"\napp_id = \"{app_id}\"\n\
             token = \"Token0123\"\nmode = \"{mode_name}\""
        )
        .unwrap();
        if *mode != Mode::Plain {
            writeln!(config, "encoding_aes_key = \"{KEY}\"").unwrap();
        }
    }
    config.push_str(
        "[[account]]\nname = \"cloud\"\nplatform = \"official-account\"\napp_id = \"wx10\"\n\
         source = \"cloud-run\"\nmode = \"plain\"\n",
    );
    config
}

fn played((_, platform, mode, format, app_id): &(&str, Platform, Mode, Format, &str)) -> Account {
    let token = Token::parse("Token0123").unwrap();
    let account = Account::new(*platform, token, AppId::parse(app_id).unwrap()).format(*format);
    match mode {
        Mode::Plain => account,
        mode => account.sealed(*mode, &EncodingAesKey::parse(KEY).unwrap()),
    }
}

fn simulator(
    (name, ..): &(&str, Platform, Mode, Format, &str),
    account: &Account,
) -> Arc<Simulator> {
    let nowhere = |_: RawRequest| async { RawResponse { status: 500, body: Vec::new() } };
    let entropy = Arc::new(SeededEntropy::new(5));
    let callback = format!("/callback/{name}");
    Simulator::new(account.clone(), &callback, nowhere, Arc::new(SystemClock), entropy)
}

fn now() -> i64 {
    SystemClock.unix()
}

fn seal(key: &str, account: &Account, message: &[u8]) -> String {
    let cipher = Cipher::new(&EncodingAesKey::parse(key).unwrap());
    cipher.seal(message, account.app_id.as_str(), b"0123456789abcdef")
}

impl Good {
    fn of(account: &(&str, Platform, Mode, Format, &str)) -> Self {
        let played = played(account);
        let document = match (played.platform, played.format) {
            (Platform::WecomBot, _) => {
                "{\"msgid\":\"M1\",\"aibotid\":\"B1\",\"from\":{\"userid\":\"z\"},\
                 \"msgtype\":\"text\",\"text\":{\"content\":\"hi\"}}"
            }
            (_, Format::Json) => TEXT,
            (_, Format::Xml) => {
                "<xml><ToUserName>gh</ToUserName><FromUserName>o1</FromUserName>\
                 <CreateTime>1</CreateTime><MsgType>text</MsgType><Content>hi</Content>\
                 <MsgId>1</MsgId></xml>"
            }
        };
        let request = simulator(account, &played).request(document);
        Self { account: played, request }
    }

    fn is(&self, accounts: For) -> bool {
        match accounts {
            For::All => true,
            For::Plain => self.account.mode == Mode::Plain,
            For::Sealed => self.account.mode != Mode::Plain,
            For::Safe => self.account.mode == Mode::Safe,
        }
    }

    /// The parameter that decides.
    fn signature_name(&self) -> &'static str {
        let is_check = self.request.method == "GET";
        let is_sealed = match is_check {
            true => self.account.platform.is_wecom(),
            false => self.account.mode != Mode::Plain,
        };
        if is_sealed { "msg_signature" } else { "signature" }
    }

    fn parameter(&self, name: &str) -> &str {
        let mut pairs = self.request.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(it, _)| *it == name).map_or("", |(_, value)| value)
    }

    fn with_query(&self, query: &str) -> RawRequest {
        RawRequest { query: query.to_owned(), ..self.request.clone() }
    }

    fn with_body(&self, body: &[u8]) -> RawRequest {
        RawRequest { body: body.to_vec(), ..self.request.clone() }
    }

    fn without(&self, name: &str) -> RawRequest {
        let pairs = self.request.query.split('&');
        let kept = pairs.filter(|pair| pair.split('=').next() != Some(name));
        self.with_query(&kept.collect::<Vec<_>>().join("&"))
    }

    fn setting(&self, name: &str, value: &str) -> RawRequest {
        let without = self.without(name).query;
        self.with_query(&format!("{without}&{name}={value}"))
    }

    fn adding(&self, pair: &str) -> RawRequest {
        self.with_query(&format!("{}&{pair}", self.request.query))
    }

    fn encrypt(&self) -> String {
        let tree = Tree::parse(self.request.body.clone()).unwrap();
        let encrypt = tree.root().get("Encrypt").or(tree.root().get("encrypt"));
        encrypt.map_or_else(String::new, |field| field.text().to_owned())
    }

    fn document(&self) -> String {
        let cipher = self.account.cipher.as_ref().unwrap();
        String::from_utf8(cipher.open(&self.encrypt()).unwrap().message).unwrap()
    }

    /// The same body, signed by `token` at `time`; of `encrypt` where it is another one.
    fn signed(&self, token: &str, time: i64, encrypt: Option<&str>) -> RawRequest {
        self.signed_at(token, &time.to_string(), encrypt)
    }

    fn signed_at(&self, token: &str, time: &str, encrypt: Option<&str>) -> RawRequest {
        let token = Token::parse(token).unwrap();
        let encrypt = encrypt.map_or_else(|| self.encrypt(), str::to_owned);
        let signature = match self.account.mode {
            Mode::Plain => signature::sign(&token, time, "7"),
            _ => signature::sign_sealed(&token, time, "7", &encrypt),
        };
        let name = self.signature_name();
        self.with_query(&format!("{name}={}&timestamp={time}&nonce=7", signature.as_str()))
    }

    /// `signature` only, and right.
    fn plainly_signed(&self) -> RawRequest {
        let (token, time) = (Token::parse("Token0123").unwrap(), now().to_string());
        let signature = signature::sign(&token, &time, "7");
        self.with_query(&format!("signature={}&timestamp={time}&nonce=7", signature.as_str()))
    }

    /// An envelope with these `Encrypt`s under the query that was there.
    fn enveloped(&self, encrypts: &[&str]) -> RawRequest {
        let sealed: Vec<_> = encrypts.iter().map(|it| format!("<Encrypt>{it}</Encrypt>")).collect();
        let sealed = sealed.concat();
        self.with_body(format!("<xml><ToUserName>gh</ToUserName>{sealed}</xml>").as_bytes())
    }

    /// A ciphertext that is properly signed.
    fn sealing(&self, encrypt: &str) -> RawRequest {
        let query = self.signed("Token0123", now(), Some(encrypt)).query;
        RawRequest { query, ..self.enveloped(&[encrypt]) }
    }

    /// A message that is properly sealed and signed.
    fn sealed(&self, message: &[u8]) -> RawRequest {
        self.sealing(&seal(KEY, &self.account, message))
    }
}

trait Replaced {
    fn replaced(self, body: &str) -> RawRequest;
}

impl Replaced for RawRequest {
    fn replaced(self, body: &str) -> RawRequest {
        Self { body: body.as_bytes().to_vec(), ..self }
    }
}

/// The request as it goes over the wire.
fn bytes(request: &RawRequest) -> Vec<u8> {
    let mut head = format!(
        "{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n",
        request.method,
        request.target(),
        request.body.len()
    );
    for (name, value) in &request.headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    head.push_str("\r\n");
    [head.as_bytes(), &request.body].concat()
}

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}

fn post(target: &str, body: &str) -> String {
    format!(
        "POST {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn with_source(body: &str) -> String {
    post("/callback/cloud", body).replacen("\r\n", "\r\nX-WX-SOURCE: wx_client\r\n", 1)
}
