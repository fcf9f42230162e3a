//! The same over TLS, with a certificate authority made for the test.

use std::fs;
use std::sync::Arc;

use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::CertifiedIssuer;
use rcgen::IsCa;
use rcgen::KeyPair;
use tokio::io::BufReader;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use yizhan::notification::Failure;
use yizhan::notification::Receipt;

use super::Script;
use super::channels;
use super::deliver;
use super::stream_of;
use super::table;
use super::text;

/// `\0ops@example.com\0geheim`, as PLAIN sends it.
const PLAIN: &str = "AUTH PLAIN AG9wc0BleGFtcGxlLmNvbQBnZWhlaW0=";

/// A certificate authority, and a server that it vouches for as `name`.
fn certified(name: &str) -> (String, TlsAcceptor) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![server.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        );
    (ca.pem(), TlsAcceptor::from(Arc::new(config.unwrap())))
}

/// Sends a text to a server called `name`. `security`: what the channel has. `script`: before TLS, if
/// it begins in the open, and within.
async fn send(
    name: &str,
    security: &str,
    is_trusted: bool,
    script: Script,
) -> (Vec<String>, Result<Receipt, Failure>) {
    let (ca, acceptor) = certified(name);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    fs::write(&file, ca).unwrap();
    let trust =
        if is_trusted { format!("ca = \"file:{}\"\n", file.display()) } else { String::new() };
    let settings = format!("security = \"{security}\"\npassword = \"geheim\"\n{trust}");
    let channels = channels(&table(&listener, &settings)).unwrap();
    let server = async {
        let (stream, _) = listener.accept().await.unwrap();
        let mut open = String::new();
        let is_open = security == "starttls";
        let stream = match is_open {
            true => stream_of(BufReader::new(stream), true, script, &mut open).await,
            false => Some(stream),
        };
        let mut sealed = String::new();
        if let Some(stream) = stream
            && let Ok(stream) = acceptor.accept(stream).await
        {
            stream_of(BufReader::new(stream), !is_open, script, &mut sealed).await;
        }
        vec![open, sealed]
    };
    tokio::join!(server, deliver(&channels, text()))
}

const HELLO: Script =
    &[("EHLO", "250-stand-in\r\n250-STARTTLS\r\n250 AUTH LOGIN PLAIN"), ("STARTTLS", "220 go")];

#[tokio::test]
async fn with_implicit_tls_all_of_it_is_sealed() {
    let (heard, sent) = send("127.0.0.1", "tls", true, HELLO).await;
    assert_eq!(sent.unwrap().id.as_deref(), Some(super::ID));
    let lines: Vec<&str> = heard[1].lines().take(4).collect();
    let expected =
        ["EHLO example.com", PLAIN, "MAIL FROM:<ops@example.com>", "RCPT TO:<anna@example.com>"];
    assert_eq!((heard[0].as_str(), lines.as_slice()), ("", expected.as_slice()));
}

#[tokio::test]
async fn with_starttls_the_password_waits_for_the_seal() {
    let (heard, sent) = send("127.0.0.1", "starttls", true, HELLO).await;
    assert!(sent.is_ok(), "{sent:?}");
    assert_eq!(heard[0], "EHLO example.com\r\nSTARTTLS\r\n");
    assert!(
        heard[1].starts_with(&format!("EHLO example.com\r\n{PLAIN}\r\nMAIL FROM")),
        "{heard:?}"
    );
}

#[tokio::test]
async fn a_server_without_starttls_is_told_nothing() {
    let (heard, sent) = send("127.0.0.1", "starttls", true, &[]).await;
    let failure = sent.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.blame.word()), ("smtp.client", "request"));
    assert_eq!(heard[0], "EHLO example.com\r\n");
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_ends_it_before_the_password() {
    for (name, is_trusted) in [("127.0.0.1", false), ("mail.example.com", true)] {
        for security in ["tls", "starttls"] {
            let (heard, sent) = send(name, security, is_trusted, HELLO).await;
            let failure = sent.unwrap_err();
            assert_eq!(failure.code, "smtp.tls", "{name} {security}: {failure}");
            assert!(!heard.concat().contains("AUTH PLAIN"), "{heard:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_knows_login_only_is_logged_in_to_by_two_prompts() {
    let script: Script = &[
        ("EHLO", "250-stand-in\r\n250 AUTH LOGIN"),
        ("AUTH LOGIN", "334 VXNlcm5hbWU6"),
        ("b3BzQGV4YW1wbGUuY29t", "334 UGFzc3dvcmQ6"),
        ("Z2VoZWlt", "235 welcome"),
    ];
    let (heard, sent) = send("127.0.0.1", "tls", true, script).await;
    assert!(sent.is_ok(), "{sent:?}");
    let expected = "AUTH LOGIN\r\nb3BzQGV4YW1wbGUuY29t\r\nZ2VoZWlt\r\nMAIL FROM";
    assert!(heard[1].contains(expected), "{heard:?}");
}

#[tokio::test]
async fn a_password_that_is_refused_is_the_owners_to_mend_and_not_shown() {
    let script: Script = &[
        ("EHLO", "250-stand-in\r\n250 AUTH PLAIN"),
        ("AUTH", "535 Login Fail. Please enter your authorization code"),
    ];
    let (_, sent) = send("127.0.0.1", "tls", true, script).await;
    let failure = sent.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.blame.word()), ("smtp.535", "request"));
    assert!(failure.advice.contains("授权码"), "{failure:?}");
    assert!(!format!("{failure:?}").contains("geheim"));
}

#[test]
fn what_is_no_certificate_is_no_ca() {
    let text = "[[channel]]\nname = \"mail\"\nkind = \"email\"\nhost = \"h\"\nca = \"nonsense\"\n\
        from = \"ops@example.com\"\n";
    let faults = channels(text).err().unwrap();
    assert!(faults.starts_with("yizhan.toml:11:6: `ca` is no certificate\n"), "{faults}");
}
