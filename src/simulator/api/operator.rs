//! Operators: people who serve customers, and their sessions.
//!
//! Sources: "Customer service management", "Session control", "Get chat records".

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use super::call::Call;
use super::call::Outcome;
use super::call::answer;
use super::call::done;
use super::call::done_with;
use super::call::number;
use super::call::text;
use super::endpoint::Endpoint;
use super::endpoint::OFFICIAL;
use super::endpoint::any;
use super::endpoint::get;
use super::endpoint::post;
use super::refusal::Refusal;
use super::refusal::refuse;

#[rustfmt::skip]
pub(super) const ENDPOINTS: &[Endpoint] = &[
    get("/cgi-bin/customservice/getkflist", OFFICIAL, "all operators", list),
    get("/cgi-bin/customservice/getonlinekflist", OFFICIAL, "operators who are online", online),
    post("/customservice/kfaccount/add", OFFICIAL, "add an operator", add),
    post("/customservice/kfaccount/update", OFFICIAL, "rename an operator", update),
    any("/customservice/kfaccount/del", OFFICIAL, "remove an operator", remove),
    post("/customservice/kfaccount/inviteworker", OFFICIAL, "bind an operator to a WeChat user", invite),
    post("/customservice/kfaccount/uploadheadimg", OFFICIAL, "give an operator a picture", picture),
    post("/customservice/kfsession/create", OFFICIAL, "open a session", open),
    post("/customservice/kfsession/close", OFFICIAL, "close a session", close),
    get("/customservice/kfsession/getsession", OFFICIAL, "the session of a user", session),
    get("/customservice/kfsession/getsessionlist", OFFICIAL, "the sessions of an operator", sessions),
    get("/customservice/kfsession/getwaitcase", OFFICIAL, "users who wait for an operator", waiting),
    post("/customservice/msgrecord/getmsglist", OFFICIAL, "what was said", records),
];

/// The most operators of an account.
const OPERATORS: usize = 100;

/// The longest nickname, in characters of Chinese.
const NICKNAME_CHARS: usize = 16;

/// Who serves, and whom.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Operators {
    all: BTreeMap<String, Operator>,
    /// Operator and time of opening, by OpenID.
    sessions: BTreeMap<String, (String, i64)>,
}

#[derive(Debug)]
struct Operator {
    id: usize,
    nickname: String,
    bound_to: String,
}

/// Refuses an operator the account does not have.
pub(super) fn check(call: &Call<'_>, account: &str) -> Result<(), Refusal> {
    match call.world.nouns.operators.all.contains_key(account) {
        true => Ok(()),
        false => Err(refuse(61452)),
    }
}

/// `kf_account` of the body, well formed: `name@account`.
fn account(call: &Call<'_>) -> Result<String, Refusal> {
    let account = call.text("kf_account", 61451)?;
    check_name(&account)?;
    Ok(account)
}

fn check_name(account: &str) -> Result<(), Refusal> {
    match account.split_once('@') {
        Some((name, _)) if name.len() > 10 => Err(refuse(61454)),
        Some((name, _)) if name.bytes().any(|it| !it.is_ascii_alphanumeric() && it != b'_') => {
            Err(refuse(61455))
        }
        Some((name, of)) if !name.is_empty() && !of.is_empty() => Ok(()),
        _ => Err(refuse(61452)),
    }
}

fn list(call: &mut Call<'_>) -> Outcome {
    let all = call.world.nouns.operators.all.iter().map(|(account, it)| {
        let mut described = json!({
            "kf_account": account,
            "kf_id": it.id,
            "kf_nick": it.nickname,
            "kf_headimgurl": "",
        });
        if !it.bound_to.is_empty() {
            described["kf_wx"] = it.bound_to.as_str().into();
        }
        described
    });
    answer(json!({"kf_list": all.collect::<Vec<_>>()}))
}

fn online(call: &mut Call<'_>) -> Outcome {
    let operators = &call.world.nouns.operators;
    // Who is bound to a WeChat user is taken to sit at the desk.
    let online = operators.all.iter().filter(|(_, it)| !it.bound_to.is_empty());
    let online = online.map(|(account, it)| {
        let serves = operators.sessions.values().filter(|(by, _)| by == account).count();
        json!({"kf_account": account, "status": 1, "kf_id": it.id, "accepted_case": serves})
    });
    answer(json!({"kf_online_list": online.collect::<Vec<_>>()}))
}

fn add(call: &mut Call<'_>) -> Outcome {
    let account = account(call)?;
    let nickname = text(&call.body, "nickname").to_owned();
    let operators = &mut call.world.nouns.operators.all;
    match operators.len() {
        _ if operators.contains_key(&account) => return Err(refuse(61453)),
        _ if nickname.chars().count() > NICKNAME_CHARS => return Err(refuse(61454)),
        count if count >= OPERATORS => return Err(refuse(61456)),
        _ => {}
    }
    let id = 1_001 + operators.len();
    operators.insert(account, Operator { id, nickname, bound_to: String::new() });
    done()
}

fn update(call: &mut Call<'_>) -> Outcome {
    let account = account(call)?;
    let nickname = text(&call.body, "nickname").to_owned();
    find(call, &account)?.nickname = nickname;
    done()
}

fn find<'c>(call: &'c mut Call<'_>, account: &str) -> Result<&'c mut Operator, Refusal> {
    call.world.nouns.operators.all.get_mut(account).ok_or_else(|| refuse(65401))
}

fn remove(call: &mut Call<'_>) -> Outcome {
    let account = match call.query.get("kf_account") {
        "" => call.text("kf_account", 61451)?,
        given => given.to_owned(),
    };
    match call.world.nouns.operators.all.remove(&account) {
        Some(_) => done(),
        None => Err(refuse(61452)),
    }
}

fn invite(call: &mut Call<'_>) -> Outcome {
    let account = account(call)?;
    let invited = call.text("invite_wx", 65416)?;
    let is_bound = call.world.nouns.operators.all.values().any(|it| it.bound_to == invited);
    if is_bound {
        return Err(refuse(65407));
    }
    let operator = find(call, &account)?;
    if !operator.bound_to.is_empty() {
        return Err(refuse(65412));
    }
    operator.bound_to = invited;
    done()
}

fn picture(call: &mut Call<'_>) -> Outcome {
    let account = call.query.get("kf_account").to_owned();
    find(call, &account)?;
    let Some(part) = call.parts.first() else { return Err(refuse(41005)) };
    let name = part.file_name.to_ascii_lowercase();
    match [".jpg", ".jpeg", ".png"].iter().any(|end| name.ends_with(end)) {
        true => done(),
        false => Err(refuse(61457)),
    }
}

fn open(call: &mut Call<'_>) -> Outcome {
    let account = call.text("kf_account", 65416)?;
    let user = call.text("openid", 40003)?;
    if find(call, &account)?.bound_to.is_empty() {
        return Err(refuse(65415));
    }
    call.follower(&user)?;
    let now = call.now;
    let sessions = &mut call.world.nouns.operators.sessions;
    if sessions.get(&user).is_some_and(|(by, _)| *by != account) {
        return Err(refuse(65414));
    }
    sessions.insert(user.clone(), (account.clone(), now));
    notify(call, &user, "kf_create_session", &account);
    done()
}

fn close(call: &mut Call<'_>) -> Outcome {
    let account = call.text("kf_account", 65416)?;
    let user = call.text("openid", 40003)?;
    let sessions = &mut call.world.nouns.operators.sessions;
    if sessions.get(&user).is_none_or(|(by, _)| *by != account) {
        return Err(refuse(65413));
    }
    sessions.remove(&user);
    notify(call, &user, "kf_close_session", &account);
    done()
}

fn notify(call: &mut Call<'_>, user: &str, event: &str, account: &str) {
    let fields = json!({"MsgType": "event", "Event": event, "KfAccount": account});
    call.world.later(super::SOON, user, fields);
}

fn session(call: &mut Call<'_>) -> Outcome {
    let user = call.query.get("openid").to_owned();
    call.user(&user)?;
    let (account, since) = match call.world.nouns.operators.sessions.get(&user) {
        Some((account, since)) => (account.as_str(), *since),
        None => ("", 0),
    };
    done_with(json!({"kf_account": account, "createtime": since}))
}

fn sessions(call: &mut Call<'_>) -> Outcome {
    let account = call.query.get("kf_account");
    check(call, account)?;
    let sessions = call.world.nouns.operators.sessions.iter();
    let own = sessions.filter(|(_, (by, _))| by == account);
    let own = own.map(|(user, (_, since))| json!({"openid": user, "createtime": since}));
    answer(json!({"sessionlist": own.collect::<Vec<_>>()}))
}

fn waiting(_: &mut Call<'_>) -> Outcome {
    // Sessions are opened at once here, so that nobody waits.
    answer(json!({"count": 0, "waitcaselist": []}))
}

/// The largest span of one question: a day.
const RECORD_SPAN: i64 = 86_400;

fn records(call: &mut Call<'_>) -> Outcome {
    let (start, end) = (call.number("starttime", 65416)?, call.number("endtime", 65416)?);
    let after = number(&call.body, "msgid").unwrap_or(1);
    let most = call.number("number", 65416)?;
    if end < start || most < 1 {
        return Err(refuse(65416));
    }
    if end - start > RECORD_SPAN {
        return Err(refuse(65417));
    }
    let users = call.world.users.all.iter();
    let messages = users.flat_map(|(id, user)| user.inbox.iter().map(move |it| (id, it)));
    let wanted = messages.filter(|(_, it)| {
        let by = it.message["customservice"]["kf_account"].as_str();
        by.is_some() && (start..=end).contains(&it.at)
    });
    let mut found: Vec<(u64, Value)> = wanted
        .map(|(id, it)| {
            let by = &it.message["customservice"]["kf_account"];
            let text = &it.text;
            (
                it.seq,
                json!({"openid": id, "opercode": 2002, "text": text, "time": it.at, "worker": by}),
            )
        })
        .filter(|(seq, _)| i64::try_from(*seq).is_ok_and(|seq| seq >= after))
        .collect();
    found.sort_by_key(|(seq, _)| *seq);
    found.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    let next = found.last().map_or(after, |(seq, _)| i64::try_from(*seq).unwrap_or(after) + 1);
    let records: Vec<Value> = found.into_iter().map(|(_, it)| it).collect();
    answer(json!({"number": records.len(), "msgid": next, "recordlist": records}))
}
