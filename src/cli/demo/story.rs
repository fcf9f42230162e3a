//! What the demo prints: addresses, three exchanges, and where to go on.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use crate::simulator::Exchange;
use crate::simulator::Simulator;
use crate::simulator::What;
use crate::wechat::id::OpenId;

use super::Exit;
use super::SUGGESTIONS;

pub(super) fn introduce(port: u16, handlers: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    writeln!(
        out,
        "驿站 Yizhan {}: demo\n\n  \
         回调 callback    http://127.0.0.1:{port}/callback/demo   公众号，安全模式 safe mode\n  \
         试聊 playground  http://127.0.0.1:{port}/playground\n  \
         规则 rules       {handlers}\n\n\
         模拟的关注者说三句话，每次投递都重新签名和加密，5 秒后挂断，最多三次。\n\
         The simulated follower says three things, each delivery signed and sealed anew, \
         hung up after 5 s, three tries at most.\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// Says three things; then it is the visitor's turn, until the demo is `told` to end.
pub(super) async fn tell(
    simulator: &Arc<Simulator>,
    port: u16,
    is_once: bool,
    told: impl Future<Output = ()>,
) -> anyhow::Result<Exit> {
    let mut told = std::pin::pin!(told);
    let is_fine = tokio::select! {
        is_fine = exchange_three(simulator) => is_fine?,
        () = &mut told => return Ok(Exit::Done),
    };
    if !is_once {
        invite(port)?;
        told.await;
        return Ok(Exit::Done);
    }
    Ok(if is_fine { Exit::Done } else { Exit::Failed })
}

/// Prints three exchanges. Whether all of them were answered.
async fn exchange_three(simulator: &Arc<Simulator>) -> anyhow::Result<bool> {
    let follower = simulator.follower(OpenId::parse("oDemoFollower00000000000001")?);
    let mut out = std::io::stdout();
    let mut is_fine = true;
    for text in SUGGESTIONS {
        writeln!(out, "> {text}")?;
        let exchange = follower.says(text).await;
        for (number, it) in exchange.tries.iter().enumerate() {
            let (at, took) = (it.at.as_secs(), millis(it.took));
            let what = describe(&it.what);
            writeln!(out, "  {at:>2} s  第 {} 次 try: {took:>5} ms  {what}", number + 1)?;
        }
        is_fine &= exchange.is_answered() && !exchange.text().is_empty();
        writeln!(out, "{}\n", quote(&exchange))?;
    }
    Ok(is_fine)
}

fn invite(port: u16) -> std::io::Result<()> {
    writeln!(
        std::io::stdout(),
        "现在轮到你：打开 http://127.0.0.1:{port}/playground，或编辑规则文件（保存即生效）。Ctrl-C 结束。\n\
         Your turn: open the playground, or edit a rule (it is reloaded when saved). Ctrl-C ends."
    )
}

fn describe(what: &What) -> String {
    match what {
        What::Answered(Some(shown)) => format!("200, {}", shown.kind),
        What::Answered(None) => "200, success".to_owned(),
        What::HungUp => "没有回答，挂断 no answer, hung up".to_owned(),
        What::Refused(status) => format!("{status}, refused"),
        What::Abnormal(reason) => format!("200, abnormal: {reason}"),
        What::Unreachable(reason) => format!("unreachable: {reason}"),
    }
}

/// The answer, each line marked.
fn quote(exchange: &Exchange) -> String {
    let lines: Vec<_> = exchange.text().lines().map(|line| format!("< {line}")).collect();
    match lines.is_empty() {
        true => "< (没有回答 nothing)".to_owned(),
        false => lines.join("\n"),
    }
}

fn millis(duration: Duration) -> u128 {
    duration.as_millis()
}
