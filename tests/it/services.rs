//! What every kind of channel asks of its service, and what it makes of the answers.
//!
//! `fixtures/channels/KIND/channel.toml` holds one `[[channel]]` or more; `{base}` in it is this
//! test's server. What each sends for one notification is in `NAME.request`. Each `CASE.http` is
//! an answer to the first channel, or to the one called before a dot (`NAME.CASE.http`);
//! `CASE.expected` is what the channel says of it. A channel that asks for a token first gets
//! `NAME.token`, and has asked as `NAME.token.request` says. With `UPDATE_FIXTURES=1` they are
//! written.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use yizhan::channels::Channel;
use yizhan::channels::Channels;
use yizhan::channels::KINDS;
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

/// Kinds that speak to no HTTP service, or through an account's client; their own tests show what
/// they do.
pub(crate) const WITHOUT_HTTP: &[&str] =
    &["email", "log", "wechat-customer", "wechat-template", "wecom-app"];

/// Headers that say something about a service; the rest is the HTTP client's.
const SHOWN_HEADERS: &[&str] =
    &["access-key", "authorization", "content-type", "priority", "title", "x-"];

#[tokio::test]
async fn every_kind_asks_and_understands_its_service() {
    let mut faults = Vec::new();
    for kind in KINDS.iter().filter(|kind| !WITHOUT_HTTP.contains(&kind.name)) {
        let folder = Path::new("fixtures/channels").join(kind.name);
        if folder.join("channel.toml").is_file() {
            faults.extend(faults_of(&folder).await);
        } else {
            faults.push(format!("{}: channel.toml is missing", folder.display()));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n\n"));
}

/// What differs from the files in one kind's folder.
async fn faults_of(folder: &Path) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (first, channels) = channels(folder, &base);
    let mut faults = Vec::new();
    for (name, channel) in channels.iter() {
        let answers = [token(folder, name), Some("HTTP/1.1 503 Busy\n\n".to_owned())];
        let (requests, _) = exchange(&listener, channel, answers.into_iter().flatten()).await;
        let (last, first) = requests.split_last().unwrap();
        faults.extend(compare(&folder.join(format!("{name}.request")), last));
        if let Some(first) = first.first() {
            faults.extend(compare(&folder.join(format!("{name}.token.request")), first));
        }
    }
    let cases = files(folder, "http");
    if cases.len() < 2 {
        faults.push(format!("{}: a yes and a no are the least", folder.display()));
    }
    for path in cases {
        let case = path.file_stem().unwrap().to_str().unwrap();
        let name = case.split_once('.').map_or(first.as_str(), |(name, _)| name);
        // A channel for each case: one that has a token would not ask for it again.
        let (_, channels) = self::channels(folder, &base);
        let channel = channels.of_lane(name).expect("the case is of a channel in the folder");
        let is_of_token = case.contains("token-");
        let token = if is_of_token { None } else { token(folder, name) };
        let answers = [token, Some(fs::read_to_string(&path).unwrap())];
        let (_, verdict) = exchange(&listener, channel, answers.into_iter().flatten()).await;
        let (shown, printed) = (shown(&verdict), format!("{verdict:?}"));
        for secret in ["SECRET", "geheim"] {
            assert!(!printed.contains(secret), "{}: {printed}", path.display());
        }
        faults.extend(compare(&path.with_extension("expected"), &shown));
    }
    faults
}

/// What a channel is answered that asks for a token first.
pub(crate) fn token(folder: &Path, name: &str) -> Option<String> {
    fs::read_to_string(folder.join(format!("{name}.token"))).ok()
}

/// The channels of a folder, and the name of the first.
pub(crate) fn channels(folder: &Path, base: &str) -> (String, Channels) {
    channels_within(folder, base, Allowed::parse(["127.0.0.1"]).unwrap(), "")
}

/// The same where `allowed` is what may be reached inside, each with `setting` beside its own.
pub(crate) fn channels_within(
    folder: &Path,
    base: &str,
    allowed: Allowed,
    setting: &str,
) -> (String, Channels) {
    let text = fs::read_to_string(folder.join("channel.toml")).unwrap().replace("{base}", base);
    let text = text.replace("[[channel]]\n", &format!("[[channel]]\n{setting}\n"));
    let account = "[[account]]\nname = \"shop\"\nplatform = \"official-account\"\n\
        app_id = \"wx0123456789abcdef\"\ntoken = \"SHOPTOKEN\"\nmode = \"plain\"\n";
    let none = BTreeMap::<String, String>::new();
    let file = folder.join("channel.toml");
    let whole = format!("{account}{text}");
    let loaded = Config::parse(&file.display().to_string(), &whole, Path::new(""), &none).unwrap();
    let store = yizhan::store::open("memory:", Path::new("")).unwrap();
    let means = Means {
        exchange: Arc::new(Exchange::new(allowed)),
        clock: Arc::new(SystemClock),
        clients: Clients::default(),
        windows: Arc::new(Windows::new(store, Arc::new(SystemClock))),
    };
    let mut faults = Faults::new();
    let channels = Channels::build(&loaded.config.channels, &means, &mut faults);
    assert!(faults.is_empty(), "{faults}");
    (loaded.config.channels[0].name.clone(), channels)
}

/// The one notification, on its way.
pub(crate) fn parcel() -> Parcel {
    let notification = Notification {
        title: "磁盘 <7>".to_owned(),
        link: Some("https://a.example/go".to_owned()),
        format: Format::Markdown,
        ..Notification::text("ops", "node *7* is **full**:\n[log](https://a.example/l?a=1&b=2)")
    };
    Parcel {
        id: DeliveryId::floor(Duration::from_hours(490_896)),
        attempt: 1,
        now: Duration::from_secs(1_700_000_000),
        notification: Arc::new(notification),
    }
}

/// Sends the one notification through `channel`, which asks for each of `answers`.
async fn exchange(
    listener: &TcpListener,
    channel: &Arc<dyn Channel>,
    answers: impl Iterator<Item = String>,
) -> (Vec<String>, Result<Receipt, Failure>) {
    let parcel = parcel();
    let serve = async {
        let mut requests = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            requests.push(read(&mut stream).await);
            let (head, body) = answer.split_once("\n\n").unwrap();
            let (head, body) = (head.replace('\n', "\r\n"), body.trim_end());
            let length = body.len();
            let answer =
                format!("{head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        requests
    };
    // A channel that refuses before it sends would leave the server waiting.
    let both = async { tokio::join!(serve, channel.send(&parcel)) };
    tokio::time::timeout(Duration::from_secs(10), both)
        .await
        .expect("it asks as often as it is answered")
}

/// One request: its first line, the headers that matter, its body.
pub(crate) async fn read(stream: &mut TcpStream) -> String {
    read_whole(stream).await.expect("the request comes to its end")
}

/// The same; none where whoever asks hangs up before its end.
pub(crate) async fn read_whole(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let mut lines = head.lines().map(str::to_ascii_lowercase);
        let length = lines.find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if body.len() < length.unwrap_or(0) {
            continue;
        }
        let mut lines = head.lines();
        let first = lines.next().unwrap().trim_end_matches(" HTTP/1.1");
        let mut shown: Vec<&str> = lines
            .filter(|line| SHOWN_HEADERS.iter().any(|it| line.to_ascii_lowercase().starts_with(it)))
            .collect();
        shown.sort_unstable();
        return Some(format!("{first}\n{}\n\n{body}\n", shown.join("\n")));
    }
}

/// A verdict as its file has it.
fn shown(verdict: &Result<Receipt, Failure>) -> String {
    match verdict {
        Ok(receipt) => {
            let id = receipt.id.as_deref().unwrap_or("-");
            format!("delivered {id}\n{}\n", receipt.detail)
        }
        Err(failure) => {
            let wait = match failure.blame {
                Blame::Service { retry_after } | Blame::Quota { retry_after } => retry_after,
                Blame::Request | Blame::Unknown => None,
            };
            let wait = wait.map(|wait| format!(" {wait:?}")).unwrap_or_default();
            let Failure { code, advice, detail, .. } = failure;
            format!("{}{wait} {code}\n{detail}\n{advice}\n", failure.blame.word())
        }
    }
}

/// What differs from a file.
pub(crate) fn compare(path: &Path, found: &str) -> Option<String> {
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        fs::write(path, found).unwrap();
        return None;
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    (expected != found).then(|| format!("{}: expected\n{expected}\nfound\n{found}", path.display()))
}

/// The files of a folder with an extension, sorted.
pub(crate) fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|it| it == extension)).collect();
    files.sort();
    files
}
