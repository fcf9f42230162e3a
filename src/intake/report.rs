//! Work that reports: its sender is told that it has begun, and what came of it once it is done.

use std::sync::Arc;

use super::Intake;
use super::Message;
use crate::account::Way;
use crate::dispatch::handler::HandlerError;
use crate::dispatch::handler::Report;
use crate::dispatch::handler::Work;
use crate::inbox::Settled;
use crate::outcome::Outcome;
use crate::wechat::Platform;
use crate::wechat::reply::Reply;

/// Said at the beginning where the outcome is pushed.
const STARTED: &str = "已开始，完成后告诉你";

/// Said at the beginning where the outcome waits for the sender's next message.
const STARTED_AND_HELD: &str = "已开始，稍后回复任意内容查看结果";

/// Said where the work came to nothing and the account has no `apology`.
const FAILED: &str = "没有完成，出错了";

impl Intake {
    /// The work on a message. If it is not done when the first delivery must be answered, the
    /// sender is told that it has begun; their next message does not wait for it.
    pub(super) async fn work_and_report(
        self: Arc<Self>,
        message: Message,
        mut work: Work,
        report: Report,
    ) -> Settled {
        // A 小程序 takes nothing inside the window: there the outcome is pushed, as any late one.
        let says = message.account.platform() != Platform::MiniProgram;
        let Some(way) = message.way_out().filter(|_| says) else {
            let result = self.ended_in_time(work).await;
            return self.conclude(message, result, &report).await;
        };
        let patience = &message.account.patience;
        // Where the first delivery is the last, its answer must be there before it is given up.
        let soon =
            if patience.retries { patience.reply_within } else { patience.reply_within * 4 / 5 };
        if let Ok(result) = tokio::time::timeout(soon, &mut work).await {
            return self.conclude(message, result, &report).await;
        }
        let usual = if *way == Way::Hold { STARTED_AND_HELD } else { STARTED };
        let started = report.started.clone().unwrap_or_else(|| usual.to_owned());
        self.late.promise(&message).await;
        let mut said = self.say(&message, Ok(Outcome::reply(started, report.by.as_str())));
        // What no answer carries leaves at once: the message itself is settled with its outcome.
        self.late.send_now(&message, said.take_notifications()).await;
        let intake = Arc::clone(&self);
        self.inbox.spawn(async move {
            let result = intake.ended_in_time(work).await;
            let settled = Arc::clone(&intake).conclude(message, result, &report).await;
            if let Some(after) = settled.after {
                after(false).await;
            }
        });
        Settled::from(said.reply)
    }

    async fn ended_in_time(&self, work: Work) -> Result<Outcome, HandlerError> {
        let limit = self.handler_timeout;
        let ended = tokio::time::timeout(limit, work).await;
        ended.unwrap_or(Err(HandlerError::TimedOut(limit)))
    }

    /// What came of it is said, and something is said whatever came of it.
    async fn conclude(
        self: Arc<Self>,
        message: Message,
        result: Result<Outcome, HandlerError>,
        report: &Report,
    ) -> Settled {
        let is_failure = result.is_err();
        let mut said = self.say(&message, result);
        if is_failure && said.reply == Reply::Success {
            let failed = report.failed.as_deref().unwrap_or(FAILED);
            said = self.say(&message, Ok(Outcome::reply(failed, report.by.as_str())));
        }
        self.settle(message, said).await
    }
}
