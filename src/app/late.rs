//! What becomes of late answers, wired by what an account may do.

use std::sync::Arc;

use super::Parts;
use super::typing::ShowTyping;
use crate::account::Way;
use crate::code;
use crate::config::account::Account;
use crate::config::account::Late as Wanted;
use crate::config::account::Source;
use crate::dispatch::builtin::Authorizations;
use crate::wechat::Platform;

/// What is done for a late answer, in the order in which the account names it: whether WeChat's
/// retries are waited for, and the ways after that. `channel` is the account's own way to send, if
/// it has one. What the account cannot do is passed over, and `yizhan check` says so.
pub(super) fn ways(account: &Account, channel: Option<&str>) -> (bool, Vec<Way>) {
    let (mut retries, mut ways) = (false, Vec::new());
    for late in &account.late {
        match (late, channel) {
            // Whether a cloud function that gives up is called again is not documented.
            (Wanted::Retry, _) => {
                retries |= ways.is_empty() && account.source != Source::CloudFunction;
            }
            (Wanted::Stream, _) if account.platform == Platform::WecomBot => ways.push(Way::Stream),
            (Wanted::Push, Some(channel)) => ways.push(Way::Push(channel.to_owned())),
            (Wanted::Hold, _) if account.may_hold() => ways.push(Way::Hold),
            (Wanted::Stream | Wanted::Push | Wanted::Hold, _) => {}
        }
    }
    (retries, ways)
}

/// Goes on with what the last process left, keeps what the next must know, and shows users that
/// answers are being made.
pub(super) fn go_on(parts: &Parts) {
    let clients = parts.intake.clients.clone();
    let typing = ShowTyping { clients, tasks: parts.tasks.clone() };
    parts.intake.typing.get_or_init(|| Arc::new(typing));
    parts.intake.late.windows().keep_writing(&parts.tasks);
    let authorizations = Authorizations::new(
        Arc::clone(parts.intake.late.store()),
        Arc::clone(&parts.intake.clock),
        parts.tasks.clone(),
    );
    let intake = Arc::clone(&parts.intake);
    parts.tasks.spawn(async move {
        if let Err(error) = authorizations.resume(&intake.clients).await {
            let code = code::STORE_FAILED.name;
            tracing::error!(code, "authorizations of the last run cannot be read: {error}");
        }
        let count = intake.resume().await;
        if count > 0 {
            tracing::info!("working once more on {count} messages whose senders wait");
        }
    });
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::ways;
    use crate::account::Way;
    use crate::config::Config;
    use crate::config::environment::SystemEnvironment;

    fn of(platform: &str, late: &str, channel: Option<&str>) -> (bool, Vec<Way>) {
        let text = format!(
            "[[account]]\nname = 'shop'\nplatform = '{platform}'\napp_id = 'wx1'\ntoken = 'abc'\n\
             encoding_aes_key = '{}'\nlate = {late}\n",
            "A".repeat(43)
        );
        let loaded = Config::parse("a.toml", &text, Path::new(""), &SystemEnvironment);
        ways(&loaded.unwrap_or_else(|faults| panic!("{faults}")).config.accounts[0], channel)
    }

    #[test]
    fn late_answers_go_the_ways_that_the_account_names_and_has_in_their_order() {
        let push = || Way::Push("customer".to_owned());
        let channel = Some("customer");
        let account = "official-account";
        let all = "['retry', 'push', 'hold']";
        assert_eq!(of(account, all, channel), (true, vec![push(), Way::Hold]));
        assert_eq!(of(account, all, None), (true, vec![Way::Hold]));
        assert_eq!(of(account, "['push']", None), (false, vec![]));
        assert_eq!(of(account, "['push', 'retry']", channel), (false, vec![push()]));
        assert_eq!(of(account, "['push', 'retry']", None), (true, vec![]));
        assert_eq!(of(account, "['hold', 'push']", channel), (false, vec![Way::Hold, push()]));
        assert_eq!(of("mini-program", all, channel), (true, vec![push()]));
        let all = "['stream', 'retry', 'push', 'hold']";
        let ways = vec![Way::Stream, push(), Way::Hold];
        assert_eq!(of("wecom-bot", all, channel), (false, ways));
        assert_eq!(of("mini-program", all, channel), (true, vec![push()]));
    }
}
