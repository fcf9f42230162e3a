//! `email` against a small SMTP server: what it hands over, and what it makes of the replies.

mod bounds;
mod tls;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncBufReadExt as _;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt as _;
use tokio::io::BufReader;
use tokio::net::TcpListener;
use yizhan::channels::Channels;
use yizhan::channels::Means;
use yizhan::channels::Parcel;
use yizhan::clock::SystemClock;
use yizhan::config::Config;
use yizhan::config::fault::Faults;
use yizhan::exchange::Allowed;
use yizhan::exchange::Exchange;
use yizhan::notification::Blame;
use yizhan::notification::Failure;
use yizhan::notification::Format;
use yizhan::notification::Notification;
use yizhan::notification::Receipt;
use yizhan::platform::Clients;
use yizhan::store::DeliveryId;
use yizhan::window::Windows;

/// What the server replies instead of its yes, by the beginning of the command; an empty reply
/// ends the connection, `-` leaves the client waiting.
type Script = &'static [(&'static str, &'static str)];

/// The channels of a config, or what is wrong with it.
fn channels(text: &str) -> Result<Channels, String> {
    let account = "[[account]]\nname = \"shop\"\nplatform = \"official-account\"\n\
        app_id = \"wx0123456789abcdef\"\ntoken = \"SHOPTOKEN\"\nmode = \"plain\"\n";
    let none = BTreeMap::<String, String>::new();
    let loaded = Config::parse("yizhan.toml", &format!("{account}{text}"), Path::new(""), &none);
    let store = yizhan::store::open("memory:", Path::new("")).unwrap();
    let means = Means {
        exchange: Arc::new(Exchange::new(Allowed::default())),
        clock: Arc::new(SystemClock),
        clients: Clients::default(),
        windows: Arc::new(Windows::new(store, Arc::new(SystemClock))),
    };
    let mut faults = Faults::new();
    let channels = Channels::build(&loaded.unwrap().config.channels, &means, &mut faults);
    if faults.is_empty() { Ok(channels) } else { Err(faults.to_string()) }
}

/// Sends one notification to a server that keeps to `script`; gives what the server was told.
async fn send(notification: Notification, script: Script) -> (String, Result<Receipt, Failure>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    // A server that stays silent is not waited for longer than it takes to see that.
    let timeout = if script.iter().any(|(_, reply)| *reply == "-") { "1s" } else { "30s" };
    let settings = format!("security = \"none\"\ntimeout = \"{timeout}\"\n");
    let channels = channels(&table(&listener, &settings)).unwrap();
    let server = async {
        let (stream, _) = listener.accept().await.unwrap();
        let mut heard = String::new();
        stream_of(BufReader::new(stream), true, script, &mut heard).await;
        heard
    };
    tokio::join!(server, deliver(&channels, notification))
}

/// The channel `mail`, to whoever listens.
fn table(listener: &TcpListener, settings: &str) -> String {
    let port = listener.local_addr().unwrap().port();
    format!(
        "[[channel]]\nname = \"mail\"\nkind = \"email\"\nhost = \"127.0.0.1\"\nport = {port}\n\
         from = \"驿站 <ops@example.com>\"\nto = \"anna@example.com\"\n{settings}"
    )
}

async fn deliver(channels: &Channels, notification: Notification) -> Result<Receipt, Failure> {
    let parcel = Parcel {
        id: DeliveryId::floor(Duration::from_hours(490_896)),
        attempt: 1,
        now: Duration::from_secs(1_700_000_000),
        notification: Arc::new(notification),
    };
    channels.of_lane("mail").unwrap().send(&parcel).await
}

/// Serves one connection; gives it back when the client wants TLS.
async fn stream_of<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: BufReader<S>,
    greets: bool,
    script: Script,
    heard: &mut String,
) -> Option<S> {
    let mut is_data = false;
    if greets {
        stream.write_all(b"220 stand-in\r\n").await.unwrap();
    }
    loop {
        let start = heard.len();
        if stream.read_line(heard).await.unwrap_or(0) == 0 {
            return None;
        }
        let line = heard[start..].trim_end().to_owned();
        if is_data && line != "." {
            continue;
        }
        let usual = match line.split([' ', ':']).next() {
            Some("EHLO") => "250-stand-in\r\n250 8BITMIME",
            Some("DATA") => "354 go ahead",
            Some("QUIT") => "221 bye",
            Some("AUTH") => "235 welcome",
            _ => "250 ok",
        };
        let scripted = script.iter().find(|(command, _)| line.starts_with(command));
        let reply = scripted.map_or(usual, |(_, reply)| reply);
        is_data = reply.starts_with("354");
        match reply {
            "" => return None,
            "-" => {}
            reply => stream.write_all(format!("{reply}\r\n").as_bytes()).await.unwrap(),
        }
        if line == "STARTTLS" && reply.starts_with("220") {
            return Some(stream.into_inner());
        }
    }
}

fn text() -> Notification {
    Notification { title: "磁盘满".to_owned(), ..Notification::text("mail", "node 7\n.\nfull") }
}

const ID: &str = "<019b76da-a800-7000-8000-000000000000@example.com>";

#[tokio::test]
async fn a_text_is_one_part_with_a_message_id_that_stays() {
    let (heard, sent) = send(text(), &[]).await;
    assert_eq!(sent, Ok(Receipt { id: Some(ID.to_owned()), detail: String::new() }));
    let expected = "EHLO example.com\r\n\
        MAIL FROM:<ops@example.com>\r\n\
        RCPT TO:<anna@example.com>\r\n\
        DATA\r\n\
        From: =?utf-8?b?6am/56uZ?= <ops@example.com>\r\n\
        Subject: =?utf-8?b?56OB55uY5ruh?=\r\n\
        Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n\
        Message-ID: <019b76da-a800-7000-8000-000000000000@example.com>\r\n\
        To: anna@example.com\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\
        Content-Transfer-Encoding: 7bit\r\n\
        \r\n\
        node 7\r\n..\r\nfull\r\n.\r\nQUIT\r\n";
    assert_eq!(heard, expected);
}

#[tokio::test]
async fn markdown_is_sent_as_it_stands_and_as_html() {
    let body = "node **7**";
    let markdown = Notification { body: body.to_owned(), format: Format::Markdown, ..text() };
    let (heard, sent) = send(markdown, &[]).await;
    assert!(sent.is_ok(), "{sent:?}");
    let parts: Vec<&str> = heard.split("--yizhan-019b76da-a800-7000-8000-000000000000").collect();
    assert_eq!(parts.len(), 4, "{heard}");
    assert!(parts[0].contains("Content-Type: multipart/alternative;"), "{heard}");
    assert!(parts[1].contains("text/plain; charset=utf-8"), "{heard}");
    assert!(parts[1].ends_with("\r\n\r\nnode **7**\r\n"), "{heard}");
    assert!(parts[2].contains("text/html; charset=utf-8"), "{heard}");
    assert!(parts[2].ends_with("\r\n\r\n<p>node <strong>7</strong></p>\r\n"), "{heard}");
}

/// The word, the code and the wait of a verdict.
async fn verdict(script: Script) -> (&'static str, String, Option<Duration>) {
    let failure = send(text(), script).await.1.unwrap_err();
    let wait = match failure.blame {
        Blame::Service { retry_after } | Blame::Quota { retry_after } => retry_after,
        Blame::Request | Blame::Unknown => None,
    };
    (failure.blame.word(), failure.code, wait)
}

#[tokio::test]
async fn a_no_for_now_is_the_services_and_a_no_for_good_the_requests() {
    let five = Some(Duration::from_mins(5));
    let expected = ("service", "smtp.450".to_owned(), five);
    assert_eq!(verdict(&[("RCPT", "450 greylisted")]).await, expected);
    let expected = ("request", "smtp.550".to_owned(), None);
    assert_eq!(verdict(&[("RCPT", "550 no such user")]).await, expected);
    let expected = ("request", "smtp.553".to_owned(), None);
    assert_eq!(verdict(&[("MAIL", "553 not your address")]).await, expected);
    let half = Some(Duration::from_mins(30));
    assert_eq!(verdict(&[(".", "554 DT:SPM")]).await, ("quota", "smtp.554".to_owned(), half));
}

#[tokio::test]
async fn nobody_knows_what_became_of_a_mail_whose_last_reply_is_missing() {
    assert_eq!(verdict(&[("MAIL", "")]).await.0, "service");
    assert_eq!(verdict(&[(".", "")]).await.0, "unknown");
    assert_eq!(verdict(&[("DATA", "-")]).await, ("service", "smtp.timeout".to_owned(), None));
    assert_eq!(verdict(&[(".", "-")]).await, ("unknown", "smtp.timeout".to_owned(), None));
}

#[tokio::test]
async fn those_who_are_refused_do_not_keep_the_others_waiting() {
    let to = ["ben@example.com", "carl@example.com"].map(str::to_owned).to_vec();
    let notification = Notification { to, ..text() };
    let (heard, sent) = send(notification, &[("RCPT TO:<ben", "550 no such user")]).await;
    assert!(heard.contains("RCPT TO:<carl@example.com>"), "{heard}");
    assert_eq!(sent.unwrap().detail, "1 of 2 receivers were refused: smtp.550");
}

#[tokio::test]
async fn what_would_break_a_header_is_no_address() {
    let to = vec!["a@b.c\r\nBcc: d@e.f".to_owned()];
    let channels = channels(
        "[[channel]]\nname = \"mail\"\nkind = \"email\"\nhost = \"127.0.0.1\"\nport = 1\n\
         security = \"none\"\nfrom = \"ops@example.com\"\n",
    )
    .unwrap();
    let failure = deliver(&channels, Notification { to, ..text() }).await.unwrap_err();
    assert_eq!(failure.to_string(), "channel.receiver: a receiver is no mail address");
}

#[test]
fn a_password_does_not_travel_in_the_open() {
    let text = "[[channel]]\nname = \"mail\"\nkind = \"email\"\nhost = \"h\"\nsecurity = \"none\"\n\
        from = \"ops@example.com\"\npassword = \"geheim\"\n";
    let faults = channels(text).err().unwrap();
    let expected = "yizhan.toml:13:1: a password would travel in the open\n  \
        use `security = \"tls\"` or `\"starttls\"`";
    assert_eq!(faults, expected);
}

#[tokio::test]
async fn files_stand_behind_the_words_and_copies_go_out_too() {
    let native = json!({
        "cc": ["ben@example.com"],
        "bcc": ["carl@example.com"],
        "reply_to": "desk@example.com",
        "attachments": [
            {"name": "日志.txt", "type": "text/plain", "content": "bm9kZSA3"},
            {"name": "a.bin", "content": "AAEC"},
        ],
    });
    let format = Format::Markdown;
    let (heard, sent) = send(Notification { native: Some(native), format, ..text() }, &[]).await;
    assert!(sent.is_ok(), "{sent:?}");
    let (envelope, mail) = heard.split_once("DATA\r\n").unwrap();
    for receiver in ["anna", "ben", "carl"] {
        assert!(envelope.contains(&format!("RCPT TO:<{receiver}@example.com>")), "{envelope}");
    }
    assert!(mail.contains("\r\nCc: ben@example.com\r\n"), "{mail}");
    assert!(mail.contains("\r\nReply-To: desk@example.com\r\n"), "{mail}");
    assert!(!mail.contains("carl"), "{mail}");
    let parts: Vec<&str> = mail.split("--yizhan-files-").collect();
    assert!(parts[0].contains("Content-Type: multipart/mixed;"), "{mail}");
    assert!(parts[1].contains("Content-Type: multipart/alternative;"), "{mail}");
    assert!(parts[1].contains("text/plain") && parts[1].contains("text/html"), "{mail}");
    assert!(parts[2].contains("filename*0*=utf-8''%E6%97%A5%E5%BF%97.txt"), "{mail}");
    assert!(parts[2].contains("text/plain") && parts[2].contains("\r\n\r\nbm9kZSA3\r\n"), "{mail}");
    assert!(parts[3].contains("application/octet-stream"), "{mail}");
    assert!(parts[3].contains("Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n"), "{mail}");
}

#[tokio::test]
async fn html_is_cleaned_before_it_is_sent() {
    let body = "<p onclick=\"x()\">node <b>7</b><script>y()</script></p>";
    let html = Notification { body: body.to_owned(), format: Format::Html, ..text() };
    let (heard, _) = send(html, &[]).await;
    assert!(heard.contains("\r\n\r\n<p>node <b>7</b></p>\r\n"), "{heard}");
    assert!(heard.contains("\r\n\r\nnode 7\r\n"), "{heard}");
}

#[tokio::test]
async fn files_that_cannot_be_sent_are_refused_with_what_to_do() {
    let refused = async |native: Value| {
        let channels = channels(
            "[[channel]]\nname = \"mail\"\nkind = \"email\"\nhost = \"127.0.0.1\"\nport = 1\n\
             security = \"none\"\nfrom = \"ops@example.com\"\nto = \"anna@example.com\"\n",
        );
        let notification = Notification { native: Some(native), ..text() };
        deliver(&channels.unwrap(), notification).await.unwrap_err().to_string()
    };
    let file =
        |name: &str, content: &str| json!({"attachments": [{"name": name, "content": content}]});
    for (native, expected) in [
        (file("a.txt", "?"), "channel.native: a file is not base64"),
        (file("a\r\nX: y", "YQ=="), "channel.native: a file has no usable name"),
        (
            file("a", &"A".repeat(14 << 20)),
            "channel.native: the files are larger than 10 MB together",
        ),
        (json!({"files": []}), "channel.native: `native` is of another shape"),
        (json!({"cc": ["nobody"]}), "channel.receiver: a receiver is no mail address"),
    ] {
        assert_eq!(refused(native).await, expected);
    }
}
