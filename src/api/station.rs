//! What there is to send through and to answer with: accounts, channels, rules.

use serde_json::Value;
use serde_json::json;

use super::Api;
use super::endpoint::Answer;
use super::endpoint::Answering;
use super::endpoint::Call;
use super::notifications::moment;

/// The accounts, by name; no secret of theirs.
pub(super) fn accounts(api: &Api, _: Call) -> Answering<'_> {
    let mut accounts: Vec<_> = api.intake.accounts.values().collect();
    accounts.sort_by(|a, b| a.name.cmp(&b.name));
    let shown = accounts.into_iter().map(|account| {
        json!({
            "name": &*account.name,
            "platform": account.agreement.platform.name(),
            "app_id": &*account.app_id,
            "mode": account.agreement.mode.name(),
            "may_push": account.may_push,
        })
    });
    let shown: Vec<Value> = shown.collect();
    Box::pin(async move { Ok(Answer::Json(200, json!({ "accounts": shown }))) })
}

/// The channels with when the first of what waits in each is due, and the topics.
pub(super) fn channels(api: &Api, call: Call) -> Answering<'_> {
    Box::pin(async move {
        let key = call.key()?;
        let outbox = api.submissions.outbox();
        let lanes = outbox.store().lanes().await?;
        let listed = outbox.channels();
        let shown = listed.iter().map(|(name, _)| {
            let waiting = lanes.iter().find(|lane| lane.name == name);
            let channel = name.split('/').next().unwrap_or(name);
            json!({
                "name": name,
                "kind": api.submissions.kind(name),
                "waiting_since": waiting.map(|lane| moment(lane.due)),
                "may_send": key.may_send(channel),
            })
        });
        let shown: Vec<Value> = shown.collect();
        let topics: Vec<Value> = api
            .submissions
            .topics()
            .into_iter()
            .map(|(name, channels)| json!({ "name": name, "channels": channels }))
            .collect();
        Ok(Answer::Json(200, json!({ "channels": shown, "topics": topics })))
    })
}

/// The names of the rules in the order in which they are asked, and what was wrong with the files
/// when they were last read.
pub(super) fn rules(api: &Api, _: Call) -> Answering<'_> {
    Box::pin(async move {
        let rules = api.rules.as_ref().map(crate::dispatch::rules::RulesHandler::rules);
        let names: Vec<&str> = rules.iter().flat_map(|rules| rules.names()).collect();
        let faults = api.rules.as_ref().and_then(crate::dispatch::rules::RulesHandler::faults);
        let faults: Vec<String> =
            faults.iter().flat_map(|faults| faults.iter().map(ToString::to_string)).collect();
        Ok(Answer::Json(200, json!({ "rules": names, "faults": faults })))
    })
}
