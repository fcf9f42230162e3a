//! `report`: who asks for something that takes long is told when it begins and when it is done.

use std::sync::Arc;
use std::time::Duration;

use yizhan::account::Way;
use yizhan::dispatch::handler::Answer;
use yizhan::dispatch::handler::Context;
use yizhan::dispatch::handler::Handler;
use yizhan::dispatch::handler::HandlerError;
use yizhan::dispatch::handler::Report;
use yizhan::notification::Notification;
use yizhan::outcome::Outcome;
use yizhan::wechat::Platform;
use yizhan::wechat::inbound::Inbound;

use super::Desk;
use super::MORNING;
use super::faults_of;
use super::said;
use super::shop;
use crate::support::Setup;
use crate::support::TestStation;

/// Takes as many seconds as are asked for; `x` fails after ten.
struct Deploying(Report);

impl Handler for Deploying {
    fn answer(&self, inbound: &Arc<Inbound>, _: &Context) -> Answer {
        let text = inbound.text().to_owned();
        let seconds = text.parse().unwrap_or(10);
        let work = async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            if text == "x" {
                return Err(HandlerError::Failed("no".to_owned()));
            }
            let push = Notification::text("ops", format!("deployed {text}"));
            Ok(Outcome::reply(format!("done {text}"), "deploy").push(push))
        };
        Answer::Reported(Box::pin(work), self.0.clone())
    }
}

fn station(ways: Vec<Way>, report: Report) -> TestStation {
    let setup = Setup { ways, ..Setup::default() };
    TestStation::new(&setup, vec![Arc::new(Deploying(report))])
}

fn push() -> Vec<Way> {
    vec![Way::Push("customer".to_owned()), Way::Hold]
}

async fn wait(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_done_in_time_is_answered_as_ever() {
    let station = station(push(), Report::default());
    let exchange = station.follower("oAnna").says("4").await;
    assert_eq!(exchange.to_string(), "0 s  try 1: 200 after 4 s, text: done 4\n");
    assert_eq!(station.outbox().await, ["ops : deployed 4"]);
}

#[tokio::test(start_paused = true)]
async fn what_takes_longer_says_that_it_has_begun_and_reports_by_a_push() {
    let station = station(push(), Report::default());
    let exchange = station.follower("oAnna").says("90").await;
    let begun = "0 s  try 1: 200 after 4.5 s, text: 已开始，完成后告诉你\n";
    assert_eq!(exchange.to_string(), begun);
    wait(80).await;
    assert_eq!(station.outbox().await, Vec::<String>::new());
    wait(10).await;
    assert_eq!(station.outbox().await, ["ops : deployed 90", "customer oAnna: done 90"]);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_cannot_push_reports_with_the_next_message() {
    let report = Report { started: Some("部署 A，等一等".to_owned()), ..Report::default() };
    let own = station(vec![Way::Hold], report);
    assert_eq!(own.follower("oAnna").says("20").await.text(), "部署 A，等一等");
    let usual = station(vec![Way::Hold], Report::default());
    let anna = usual.follower("oAnna");
    assert_eq!(anna.says("20").await.text(), "已开始，稍后回复任意内容查看结果");
    // While it goes on, other messages are answered.
    assert_eq!(anna.says("0").await.text(), "done 0");
    wait(20).await;
    assert_eq!(anna.says("好了吗").await.text(), "done 20");
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_reported_too() {
    let station =
        station(push(), Report { failed: Some("部署失败".to_owned()), ..Report::default() });
    station.follower("oAnna").says("x").await;
    wait(10).await;
    assert_eq!(station.outbox().await, ["customer oAnna: 部署失败"]);
}

#[tokio::test(start_paused = true)]
async fn an_account_without_a_way_waits_as_for_any_other_work() {
    let station = station(Vec::new(), Report::default());
    let exchange = station.follower("oAnna").says("7").await;
    let expected = "0 s  try 1: no answer after 5 s\n5 s  try 2: 200 after 2 s, text: done 7\n";
    assert_eq!(exchange.to_string(), expected);
}

#[tokio::test(start_paused = true)]
async fn to_a_mini_program_only_the_outcome_is_said() {
    let setup = Setup { platform: Platform::MiniProgram, ways: push(), ..Setup::default() };
    let station = TestStation::new(&setup, vec![Arc::new(Deploying(Report::default()))]);
    station.follower("oAnna").says("20").await;
    wait(20).await;
    assert_eq!(station.outbox().await, ["ops : deployed 20", "customer oAnna: done 20"]);
}

#[tokio::test(start_paused = true)]
async fn who_was_told_that_it_has_begun_is_reported_to_by_the_next_process() {
    let setup = Setup { ways: push(), ..Setup::default() };
    let mut station = TestStation::new(&setup, vec![Arc::new(Deploying(Report::default()))]);
    station.follower("oAnna").says("100000").await;
    station.crash();
    let quick = Report { by: "deploy".to_owned(), ..Report::default() };
    station.start_again(&setup, vec![Arc::new(Deploying(quick))]).await;
    // The same work, which its limit ends.
    wait(301).await;
    assert_eq!(station.outbox().await, ["customer oAnna: 没有完成，出错了"]);
}

#[test]
fn a_rule_says_what_is_said_with_its_holes() {
    let rule = "[[rule]]\nname = 'deploy'\nmatch = '部署 {service}'\n\
        call = { url = 'http://127.0.0.1:9/' }\nreply = '{{ call.status }}'\n";
    let report = |line: &str| {
        let desk = Desk::with(&format!("{rule}{line}"));
        let inbound = Arc::new(Inbound::parse(said("u1", "部署 商城").into_bytes()).unwrap());
        match desk.handler.answer(&inbound, &shop(MORNING)) {
            Answer::Reported(_, report) => Some(report),
            _ => None,
        }
    };
    let by = || "deploy".to_owned();
    assert_eq!(report(""), None);
    assert_eq!(report("report = false"), None);
    assert_eq!(report("report = true"), Some(Report { by: by(), ..Report::default() }));
    let started = Some("开始部署 商城".to_owned());
    let told = Report { by: by(), started: started.clone(), failed: None };
    assert_eq!(report("report = '开始部署 {{ service }}'"), Some(told));
    let told = Report { by: by(), started, failed: Some("没成".to_owned()) };
    let table = "report = { started = '开始部署 {{ service }}', failed = '没成' }";
    assert_eq!(report(table), Some(told));
}

#[test]
fn what_is_wrong_with_a_report_is_said() {
    assert_eq!(
        faults_of("[[rule]]\nname = 'r'\nreport = true\nreply = 'x'"),
        "a.toml:3:1: `report` without anything that takes time\n  \
         only a `call` or a `forward` takes time\n"
    );
    assert_eq!(
        faults_of("[[rule]]\nname = 'r'\nreport = 1\ncall = { url = 'http://a.example/' }"),
        "a.toml:3:10: `report` must be a string, not an integer\n  put it in quotes\n"
    );
}
