//! Messages of an application to members, and what becomes of them later.
//!
//! Sources: 企业微信 90236, 94888 "Update template card", 94867 "Recall", 92369 "Statistics".

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;
use sha2::Digest as _;
use sha2::Sha256;

use super::card;
use super::content;
use crate::simulator::api::call::Call;
use crate::simulator::api::call::Outcome;
use crate::simulator::api::call::done;
use crate::simulator::api::call::done_with;
use crate::simulator::api::call::items;
use crate::simulator::api::call::number;
use crate::simulator::api::call::text;
use crate::simulator::api::endpoint::Endpoint;
use crate::simulator::api::endpoint::WECOM;
use crate::simulator::api::endpoint::post;
use crate::simulator::api::refusal::Refusal;
use crate::simulator::api::refusal::refuse;
use crate::simulator::api::refusal::refuse_with;

#[rustfmt::skip]
pub(in crate::simulator::api) const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/message/send", WECOM, "send an application message", send).per_minute(10_000),
    post("/cgi-bin/message/update_template_card", WECOM, "change a template card that was sent", update_card),
    post("/cgi-bin/message/update_taskcard", WECOM, "change an old task card that was sent", update_task),
    post("/cgi-bin/message/recall", WECOM, "take a message back within 24 hours", recall),
    post("/cgi-bin/message/get_statistics", WECOM, "messages of the last days", statistics),
];

/// Members, parties and tags in one call.
const MEMBERS: usize = 1_000;
const GROUPS: usize = 100;

/// Messages to one member a minute; what is more vanishes without an error.
const TO_ONE_A_MINUTE: usize = 30;

/// Seconds within which a message can be taken back, and a card changed.
const RECALL: i64 = 86_400;
const RESPONSE: i64 = 72 * 3_600;

/// Seconds for which a message is a double, unless the call says otherwise; and the most.
const DOUBLE: i64 = 1_800;
const DOUBLE_MOST: i64 = 14_400;

/// The most messages and cards remembered.
const REMEMBERED: usize = 10_000;

/// What was sent.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Sent {
    /// Time and members by `msgid`.
    messages: BTreeMap<String, (i64, Vec<String>)>,
    /// Time and task by `response_code`.
    cards: BTreeMap<String, (i64, String)>,
    /// When a body of this hash was sent, for `enable_duplicate_check`.
    bodies: BTreeMap<[u8; 32], i64>,
    /// Times of the last minute by member.
    minute: BTreeMap<String, Vec<i64>>,
    total: u64,
}

/// `agentid`, which has to be this application's.
pub(super) fn check_agent(call: &Call<'_>) -> Result<(), Refusal> {
    match number(&call.body, "agentid") {
        None => Err(refuse(41011)),
        agent if call.account.agent_id.is_some() && agent != call.account.agent_id => {
            Err(refuse(40056))
        }
        Some(_) => Ok(()),
    }
}

/// Who is meant by a `|`-joined list.
fn split(list: &str) -> Vec<&str> {
    list.split('|').map(str::trim).filter(|it| !it.is_empty()).collect()
}

/// Whom a message reaches, and the names that are none.
fn receivers(call: &Call<'_>) -> Result<(Vec<String>, Vec<String>), Refusal> {
    let [users, parties, tags] = ["touser", "toparty", "totag"].map(|it| text(&call.body, it));
    let (users, parties, tags) = (split(users), split(parties), split(tags));
    if users.is_empty() && parties.is_empty() && tags.is_empty() {
        return Err(refuse_with(40063, "some parameters are empty: touser, toparty, totag"));
    }
    if users.len() > MEMBERS || parties.len() > GROUPS || tags.len() > GROUPS {
        return Err(refuse_with(40058, "touser, toparty or totag exceed max size"));
    }
    let members = &call.world.users.all;
    // All members are in party 1, the company itself.
    if users == ["@all"] || parties.contains(&"1") {
        return Ok((members.keys().cloned().collect(), Vec::new()));
    }
    let (known, unknown): (Vec<_>, Vec<_>) =
        users.into_iter().map(str::to_owned).partition(|id| members.contains_key(id));
    Ok((known, unknown))
}

fn send(call: &mut Call<'_>) -> Outcome {
    check_agent(call)?;
    let (to, invalid) = receivers(call)?;
    let body = call.body.clone();
    let shown = content::check(call, &body, content::APP)?;
    let [parties, tags] = ["toparty", "totag"].map(|it| split(text(&body, it)));
    let no_parties: Vec<&str> = parties.into_iter().filter(|it| *it != "1").collect();
    let (no_parties, no_tags) = (no_parties.join("|"), tags.join("|"));
    if to.is_empty() {
        let refusal = refuse(81013).with("invaliduser", invalid.join("|"));
        return Err(refusal.with("invalidparty", no_parties).with("invalidtag", no_tags));
    }
    let mut answer = json!({
        "invaliduser": invalid.join("|"), "invalidparty": no_parties, "invalidtag": no_tags,
        "unlicenseduser": "",
    });
    if is_double(call, &body) {
        answer["msgid"] = call.id(64).into();
        return done_with(answer);
    }
    let kind = text(&body, "msgtype").to_owned();
    for user in &to {
        if may_have_another(call, user) {
            call.push(user, &kind, &shown, body.clone());
        }
    }
    let id = call.id(64);
    answer["msgid"] = id.as_str().into();
    let now = call.now;
    let card = &body["template_card"];
    if kind == "template_card" && card::has_response_code(card) {
        let code = call.id(64);
        answer["response_code"] = code.as_str().into();
        let task = text(card, "task_id").to_owned();
        keep(&mut call.world.nouns.sent.cards, code, (now, task));
    }
    keep(&mut call.world.nouns.sent.messages, id, (now, to));
    call.world.nouns.sent.total += 1;
    done_with(answer)
}

fn keep<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: V) {
    if map.len() >= REMEMBERED {
        map.pop_first();
    }
    map.insert(key, value);
}

/// Whether the same was sent a while ago, where the call asks to look.
fn is_double(call: &mut Call<'_>, body: &Value) -> bool {
    if number(body, "enable_duplicate_check") != Some(1) {
        return false;
    }
    let span = number(body, "duplicate_check_interval").unwrap_or(DOUBLE).clamp(0, DOUBLE_MOST);
    let (key, now) = (Sha256::digest(body.to_string()).into(), call.now);
    let bodies = &mut call.world.nouns.sent.bodies;
    bodies.retain(|_, at| now - *at < DOUBLE_MOST);
    if bodies.get(&key).is_some_and(|at| now - at < span) {
        return true;
    }
    keep(bodies, key, now);
    false
}

fn may_have_another(call: &mut Call<'_>, user: &str) -> bool {
    let now = call.now;
    let times = call.world.nouns.sent.minute.entry(user.to_owned()).or_default();
    times.retain(|at| now - at < 60);
    times.push(now);
    times.len() <= TO_ONE_A_MINUTE
}

fn update_card(call: &mut Call<'_>) -> Outcome {
    check_agent(call)?;
    let is_button = !text(&call.body["button"], "replace_name").is_empty();
    if !is_button && !call.body["template_card"].is_object() {
        return Err(refuse_with(40063, "some parameters are empty: button, template_card"));
    }
    let code = call.text("response_code", 60140)?;
    let found = call.world.nouns.sent.cards.remove(&code);
    if found.is_none_or(|(at, _)| call.now - at > RESPONSE) {
        return Err(refuse(60140));
    }
    let users = items(&call.body, "userids").iter().filter_map(Value::as_str);
    let (known, unknown): (Vec<String>, Vec<String>) =
        users.map(str::to_owned).partition(|id| call.world.users.all.contains_key(id));
    for user in known {
        let (body, shown) = (call.body.clone(), call.body["button"]["replace_name"].clone());
        call.push(&user, "update_template_card", shown.as_str().unwrap_or_default(), body);
    }
    // An array here, unlike in the answer of a send.
    done_with(json!({"invaliduser": unknown}))
}

fn update_task(call: &mut Call<'_>) -> Outcome {
    check_agent(call)?;
    let task = call.text("task_id", 42014)?;
    if text(&call.body, "replace_name").is_empty() {
        return Err(refuse(42018));
    }
    let users = call.texts("userids", 40063)?;
    let is_known = |user: &&String| {
        let inbox = call.world.users.all.get(*user).map(|user| &user.inbox);
        inbox.is_some_and(|inbox| {
            inbox.iter().any(|it| it.message["interactive_taskcard"]["task_id"] == task.as_str())
        })
    };
    let unknown: Vec<&String> = users.iter().filter(|user| !is_known(user)).collect();
    match unknown.len() == users.len() {
        true => Err(refuse(42016)),
        false => done_with(json!({"invaliduser": unknown})),
    }
}

fn recall(call: &mut Call<'_>) -> Outcome {
    let id = call.text("msgid", 40058)?;
    match call.world.nouns.sent.messages.remove(&id) {
        None => Err(refuse_with(40058, "invalid msgid")),
        Some((at, _)) if call.now - at > RECALL => Err(refuse(42052)),
        Some(_) => done(),
    }
}

fn statistics(call: &mut Call<'_>) -> Outcome {
    let agent = call.account.agent_id.unwrap_or_default();
    let count = call.world.nouns.sent.total;
    done_with(json!({"statistics": [{"agentid": agent, "app_name": "模拟应用", "count": count}]}))
}
