//! The kind that `CONTRIBUTING.md` shows how to add. It is compiled for tests only, so the page
//! cannot fall behind.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use super::Channel;
use super::Means;
use super::Parcel;
use super::Setup;
use super::chime::KIND;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::config::fault::Faults;
use crate::exchange::Allowed;
use crate::exchange::Exchange;
use crate::notification::Failure;
use crate::notification::Notification;
use crate::notification::Receipt;
use crate::platform::Clients;
use crate::store;
use crate::store::DeliveryId;
use crate::window::Windows;

#[test]
fn contributing_shows_the_file_that_is_compiled_and_it_is_short() {
    let code = include_str!("chime.rs");
    let page = include_str!("../../../CONTRIBUTING.md");
    assert!(page.contains(&format!("```rust\n{code}```\n")), "CONTRIBUTING.md shows another file");
    let lines = code.lines().filter(|line| !line.is_empty() && !line.starts_with("//"));
    assert!(lines.count() < 60);
}

/// The channel of the kind's own example, with its service at `base`.
fn channel(base: &str) -> Arc<dyn Channel> {
    let account = "[[account]]\nname = 'shop'\nplatform = 'official-account'\napp_id = 'wx1'\n\
        token = 'abc'\nmode = 'plain'\n";
    let text = format!("{account}{}base_url = '{base}'\n", KIND.example);
    let environment = BTreeMap::from([("ROOM".to_owned(), "geheim".to_owned())]);
    let loaded = Config::parse("a.toml", &text, Path::new(""), &environment).unwrap();
    let memory = store::open("memory:", Path::new("")).unwrap();
    let means = Means {
        exchange: Arc::new(Exchange::new(Allowed::parse(["127.0.0.1"]).unwrap())),
        clock: Arc::new(SystemClock),
        clients: Clients::default(),
        windows: Arc::new(Windows::new(memory, Arc::new(SystemClock))),
    };
    let common = &loaded.config.channels[0];
    let mut faults = Faults::new();
    let channel = common.sheet.read(KIND.settings, &mut faults, |fields| {
        let terms = super::kind::terms(&(KIND.terms)(), common);
        (KIND.build)(&Setup { common, fields, means: &means, terms })
    });
    assert_eq!(faults.to_string(), "");
    channel.unwrap()
}

/// What it asks of its service that answers `answer`, and what it makes of that.
async fn send(answer: &str, body: &str) -> (String, Result<Receipt, Failure>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let channel = channel(&format!("http://{}", listener.local_addr().unwrap()));
    let parcel = Parcel {
        id: DeliveryId::floor(Duration::from_hours(490_896)),
        attempt: 1,
        now: Duration::from_hours(490_896),
        notification: Arc::new(Notification::text("room", body)),
    };
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = String::new();
        while !request.ends_with('}') {
            let mut bytes = [0; 4_096];
            let length = stream.read(&mut bytes).await.unwrap();
            request.push_str(std::str::from_utf8(&bytes[..length]).unwrap());
        }
        let length = answer.len();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{answer}");
        stream.write_all(answer.as_bytes()).await.unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        format!("{}\n{body}", head.lines().next().unwrap())
    };
    tokio::join!(serve, channel.send(&parcel))
}

#[tokio::test]
async fn the_example_works() {
    let (asked, receipt) = send(r#"{"code":0,"id":"c1"}"#, "done").await;
    assert_eq!(asked, "POST /send HTTP/1.1\n{\"room\":\"geheim\",\"text\":\"done\"}");
    assert_eq!(receipt.unwrap(), Receipt { id: Some("c1".to_owned()), ..Receipt::default() });

    let (_, failure) = send(r#"{"code":7,"error":"no room geheim"}"#, "done").await;
    assert_eq!(failure.unwrap_err().to_string(), "chime.7: no room ***");

    let (asked, receipt) = send(r#"{"code":0}"#, &"字".repeat(501)).await;
    assert_eq!(asked.matches('字').count(), 499);
    let remark = "the last 2 characters were cut off: the service takes no more";
    assert_eq!(receipt.unwrap().detail, remark);
}
