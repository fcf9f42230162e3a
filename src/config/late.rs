//! `late` of an account: what of it can work, and what happens where it cannot.

use super::account::Late;
use super::account::Source;
use super::defaults;
use super::table::Table;
use crate::wechat::Platform;

/// As [`super::account::Account::may_push`], of what is known while it is read.
pub(super) fn may_push(
    platform: Option<Platform>,
    source: Option<Source>,
    has_secret: bool,
    has_agent: bool,
) -> bool {
    match platform {
        Some(Platform::OfficialAccount | Platform::MiniProgram) => {
            has_secret || source == Some(Source::CloudRun)
        }
        Some(Platform::Wecom) => has_secret && has_agent,
        _ => false,
    }
}

/// Reads `late`, and warns of what has no effect in it.
pub(super) fn read(
    table: &Table<'_>,
    platform: Option<Platform>,
    may_push: bool,
) -> Option<Vec<Late>> {
    let late = table.many_of("late", &Late::ALL)?;
    if (1..late.len()).any(|at| late[..at].contains(&late[at])) {
        table.value_fault("late", "`late` names one thing twice", None);
        return None;
    }
    if let Some(platform) = platform.filter(|_| !defaults::is_default(table.place_of("late"))) {
        // A message to a robot brings along the address of a late answer.
        let may_push = may_push || platform == Platform::WecomBot;
        warn_of_late(table, &late, platform, may_push);
    }
    Some(late)
}

/// What of `late` has no effect, and what happens instead.
fn warn_of_late(table: &Table<'_>, late: &[Late], platform: Platform, may_push: bool) {
    let may_hold = platform != Platform::MiniProgram;
    let works = |it: &Late| match it {
        Late::Stream => platform == Platform::WecomBot,
        Late::Retry => true,
        Late::Push => may_push,
        Late::Hold => may_hold,
    };
    let ends = |it: &Late| works(it) && *it != Late::Retry;
    let instead = match late.iter().find(|it| ends(it)) {
        Some(Late::Stream) => "what is late is streamed",
        Some(Late::Push) => "what is late is pushed",
        Some(_) => "what is late is held for the user's next message",
        None => "what is late is lost",
    };
    for dead in late.iter().filter(|it| !works(it)) {
        let message = match (dead, platform) {
            (Late::Stream, _) => "`stream` in `late`: only a robot of 企业微信 has it",
            (Late::Hold, _) => "`hold` in `late`: a mini-program takes no answer in reply",
            (_, Platform::Wecom) => "`push` in `late` needs an `app_secret` and an `agent_id`",
            (_, Platform::OpenPlatform) => {
                "`push` in `late`: the accounts it serves are answered, not written to"
            }
            _ => "`push` in `late` needs an `app_secret`",
        };
        table.warn("late", message, Some(instead.to_owned()));
    }
    let first = late.iter().position(ends);
    let retry = late.iter().position(|it| *it == Late::Retry);
    if first.is_some() && retry > first {
        let advice = "name `retry` first to wait for WeChat's later deliveries".to_owned();
        table.warn("late", "`retry` behind what ends the wait has no effect", Some(advice));
    }
}
