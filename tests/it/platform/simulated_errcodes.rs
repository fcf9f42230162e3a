//! Every errcode of the table, said by the simulated platform and handled by the client.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::Mutex;

use serde_json::json;
use yizhan::exchange::Request;
use yizhan::notification::Blame;
use yizhan::platform::Sending;
use yizhan::platform::Transport;
use yizhan::simulator::fault::Fault;
use yizhan::wechat::Platform;
use yizhan::wechat::errcode::Surface;
use yizhan::wechat::errcode::TABLE;

use super::OFFICIAL;
use super::WECOM;
use super::client_over;
use super::simulated::Desk;
use super::simulated::Line;
use super::store;

/// A line on which requests are counted: those that fetch a token, and the others.
struct Counted {
    line: Line,
    made: Mutex<(usize, usize)>,
}

impl Transport for Counted {
    fn send(&self, request: Request) -> Sending<'_> {
        let mut made = self.made.lock().unwrap();
        match request.url.contains("token?") || request.url.ends_with("/stable_token") {
            true if !request.url.contains("access_token=") => made.0 += 1,
            _ => made.1 += 1,
        }
        drop(made);
        self.line.send(request)
    }
}

/// What becomes of a message for which the platform has only `code`.
async fn outcome(surface: Surface, code: i64) -> String {
    let (platform, settings, path) = match surface {
        Surface::Wecom => (Platform::Wecom, WECOM, "/cgi-bin/message/send"),
        _ => (Platform::OfficialAccount, OFFICIAL, "/cgi-bin/message/custom/send"),
    };
    let desk = Desk::new(platform);
    let fault = Fault { count: 100, ..Fault::errcode(path, code) };
    desk.simulator.fault(fault).unwrap();
    let line = Line(Arc::clone(&desk.simulator));
    let counted = Arc::new(Counted { line, made: Mutex::default() });
    let transport: Arc<dyn Transport> = Arc::<Counted>::clone(&counted);
    let client = client_over(settings, transport, store(), 1);
    let begun = tokio::time::Instant::now();
    let error = client.post_json(path, &json!({ "touser": "oAnna" })).await.unwrap_err();
    let seconds = begun.elapsed().as_secs();
    let failure = error.failure();
    assert_eq!(failure.code, code.to_string());
    assert!(!failure.advice.is_empty(), "{code}");
    assert!(failure.detail.contains("rid") || surface == Surface::Wecom, "{code}: {failure:?}");
    let (tokens, calls) = *counted.made.lock().unwrap();
    let then = match failure.blame {
        Blame::Request => "refused".to_owned(),
        Blame::Unknown => "unknown".to_owned(),
        Blame::Service { retry_after: None } => "again".to_owned(),
        Blame::Service { retry_after: Some(after) } => format!("again after {} s", after.as_secs()),
        Blame::Quota { retry_after: None } => "waits for quota".to_owned(),
        Blame::Quota { retry_after: Some(after) } => {
            format!("waits for quota, {} s", after.as_secs())
        }
    };
    format!("{calls} calls, {tokens} tokens, {seconds} s, then {then}")
}

#[tokio::test(start_paused = true)]
async fn every_errcode_is_said_by_the_platform_and_handled() {
    let mut found = String::new();
    for surface in [Surface::Mp, Surface::Wecom] {
        let mut outcomes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in TABLE.iter().filter(|row| row.surface == surface && row.number != 0) {
            let outcome = outcome(surface, row.number).await;
            outcomes.entry(outcome).or_default().push(row.number.to_string());
        }
        for (outcome, codes) in outcomes {
            let codes: Vec<String> = codes.chunks(14).map(|line| line.join(" ")).collect();
            let codes = codes.join("\n    ");
            writeln!(found, "{surface}: {outcome}\n    {codes}").unwrap();
        }
    }
    assert_eq!(found, include_str!("simulated_errcodes.txt"));
}
