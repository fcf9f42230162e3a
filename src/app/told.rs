//! What WeChat tells in callbacks of template messages that it took.

use std::sync::Arc;

use crate::code;
use crate::dispatch::handler::Answer;
use crate::dispatch::handler::Context;
use crate::dispatch::handler::Handler;
use crate::notification::Fate;
use crate::notification::Report;
use crate::outbox::Outbox;
use crate::tasks::Tasks;
use crate::wechat::inbound::Inbound;
use crate::wechat::inbound::report::TemplateSent;

/// Hands reports to the outbox, and leaves the event to the handlers behind it.
pub(super) struct Told {
    pub(super) outbox: Outbox,
    pub(super) tasks: Tasks,
}

impl Handler for Told {
    fn answer(&self, inbound: &Arc<Inbound>, context: &Context) -> Answer {
        let Some(Ok(sent)) = inbound.read::<TemplateSent>() else { return Answer::Pass };
        let Some(id) = sent.msg_id else { return Answer::Pass };
        // Of a failure the status says why, such as `failed:user block`.
        let fate = if sent.status.starts_with("success") { Fate::Confirmed } else { Fate::Failed };
        let report = Report { id, fate, detail: sent.status };
        let (outbox, account) = (self.outbox.clone(), Arc::clone(&context.account));
        // WeChat has its answer sooner: our own record of the send may have to be waited for.
        self.tasks.spawn(async move {
            if let Err(error) = outbox.report_of_account(&account, vec![report]).await {
                let code = code::STORE_FAILED.name;
                tracing::error!(code, account = &*account, "a report is lost: {error}");
            }
        });
        Answer::Pass
    }
}
