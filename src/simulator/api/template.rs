//! Template messages of a 公众号, and its library of templates.
//!
//! Sources: "Template message interface", "Push one-time subscription message".

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use super::call::Call;
use super::call::Outcome;
use super::call::answer;
use super::call::done;
use super::call::done_with;
use super::call::text;
use super::endpoint::Endpoint;
use super::endpoint::OFFICIAL;
use super::endpoint::any;
use super::endpoint::get;
use super::endpoint::post;
use super::refusal::Refusal;
use super::refusal::refuse;
use super::values;

#[rustfmt::skip]
pub(super) const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/message/template/send", OFFICIAL, "send a template message; ends in TEMPLATESENDJOBFINISH", send).daily(100_000),
    post("/cgi-bin/message/template/subscribe", OFFICIAL, "send a one-time subscription message", subscribe),
    post("/cgi-bin/template/api_set_industry", OFFICIAL, "set the account's industries", set_industry),
    get("/cgi-bin/template/get_industry", OFFICIAL, "the account's industries", industry),
    post("/cgi-bin/template/api_add_template", OFFICIAL, "add a template to the library", add),
    any("/cgi-bin/template/get_all_private_template", OFFICIAL, "the library", list),
    post("/cgi-bin/template/del_private_template", OFFICIAL, "remove a template", remove),
];

/// The most templates of an account.
const TEMPLATES: usize = 25;

/// Seconds for which `client_msg_id` is recognised.
const SAME_WITHIN: i64 = 600;

/// The longest template id.
const ID_CHARS: usize = 128;

/// The library, and what was sent.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Templates {
    /// Title by id. While it is empty, any id is taken: the account's real templates are not here.
    library: BTreeMap<String, String>,
    industries: Option<(i64, i64)>,
    /// Message and time by `client_msg_id`.
    sent: BTreeMap<String, (i64, i64)>,
}

/// Refuses a template id that is too long, or that the library does not have.
fn check_id(call: &Call<'_>, id: &str) -> Result<(), Refusal> {
    let library = &call.world.nouns.templates.library;
    match id.len() {
        0 => Err(refuse(40037)),
        length if length > ID_CHARS => Err(refuse(40036)),
        _ if library.is_empty() || library.contains_key(id) => Ok(()),
        _ => Err(refuse(40037)),
    }
}

fn send(call: &mut Call<'_>) -> Outcome {
    let to = call.text("touser", 40003)?;
    let template = text(&call.body, "template_id").to_owned();
    check_id(call, &template)?;
    values::check(&call.body["data"])?;
    check_program(&call.body["miniprogram"])?;
    call.follower(&to)?;
    let same = text(&call.body, "client_msg_id").to_owned();
    let now = call.now;
    let sent = &mut call.world.nouns.templates.sent;
    sent.retain(|_, (_, at)| now - *at < SAME_WITHIN);
    if let Some((number, _)) = sent.get(&same) {
        let number = *number;
        return done_with(json!({"msgid": number}));
    }
    let number = 200_228_331 + call.world.number();
    if !same.is_empty() {
        call.world.nouns.templates.sent.insert(same, (number, now));
    }
    let is_blocked = call.user(&to)?.is_blocked;
    let status = if is_blocked { "failed:user block" } else { "success" };
    if !is_blocked {
        let (body, shown) = (call.body.clone(), shown(&call.body["data"]));
        call.push(&to, "template", &shown, body);
    }
    let event = json!({
        "MsgType": "event", "Event": "TEMPLATESENDJOBFINISH", "MsgID": number, "Status": status,
    });
    call.world.later(super::SOON, &to, event);
    done_with(json!({"msgid": number}))
}

/// The values, one a line.
pub(super) fn shown(data: &Value) -> String {
    let entries = data.as_object().into_iter().flatten();
    let lines = entries.map(|(key, entry)| match &entry["value"] {
        Value::String(value) => format!("{key}: {value}"),
        value => format!("{key}: {value}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A link to a 小程序 has an AppID, and its path no blank.
pub(super) fn check_program(program: &Value) -> Result<(), Refusal> {
    if program.is_null() || program == &json!({}) {
        return Ok(());
    }
    match (text(program, "appid"), text(program, "pagepath")) {
        (id, _) if !id.starts_with("wx") => Err(refuse(40166)),
        (_, path) if path.contains(' ') => Err(refuse(40165)),
        _ => Ok(()),
    }
}

fn subscribe(call: &mut Call<'_>) -> Outcome {
    let to = call.text("touser", 40003)?;
    let template = text(&call.body, "template_id").to_owned();
    check_id(call, &template)?;
    let user = call.user(&to)?;
    spend_grant(user, &template)?;
    let (body, shown) = (call.body.clone(), shown(&call.body["data"]));
    call.push(&to, "subscribe", &shown, body);
    done()
}

/// Takes one of the messages the user agreed to.
pub(super) fn spend_grant(
    user: &mut crate::simulator::world::user::User,
    template: &str,
) -> Result<(), Refusal> {
    match user.grants.get_mut(template) {
        Some(left) if *left > 0 => {
            *left -= 1;
            Ok(())
        }
        _ => Err(refuse(43101)),
    }
}

fn set_industry(call: &mut Call<'_>) -> Outcome {
    let first = call.number("industry_id1", 40035)?;
    let second = call.number("industry_id2", 40035)?;
    if call.world.nouns.templates.industries.is_some_and(|old| old != (first, second)) {
        // Once a month.
        return Err(refuse(43100));
    }
    call.world.nouns.templates.industries = Some((first, second));
    done()
}

fn industry(call: &mut Call<'_>) -> Outcome {
    let (first, second) = call.world.nouns.templates.industries.unwrap_or((1, 4));
    let class = |id: i64| json!({"first_class": "IT科技", "second_class": format!("{id}")});
    answer(json!({"primary_industry": class(first), "secondary_industry": class(second)}))
}

fn add(call: &mut Call<'_>) -> Outcome {
    let short = call.text("template_id_short", 40035)?;
    if call.world.nouns.templates.library.len() >= TEMPLATES {
        return Err(refuse(45029));
    }
    let id = call.id(43);
    call.world.nouns.templates.library.insert(id.clone(), short);
    done_with(json!({"template_id": id}))
}

fn list(call: &mut Call<'_>) -> Outcome {
    let library = call.world.nouns.templates.library.iter().map(|(id, title)| {
        json!({
            "template_id": id,
            "title": title,
            "primary_industry": "IT科技",
            "deputy_industry": "互联网|电子商务",
            "content": "{{thing1.DATA}}\n{{time2.DATA}}",
            "example": "",
        })
    });
    answer(json!({"template_list": library.collect::<Vec<_>>()}))
}

fn remove(call: &mut Call<'_>) -> Outcome {
    let id = call.text("template_id", 40037)?;
    match call.world.nouns.templates.library.remove(&id) {
        Some(_) => done(),
        None => Err(refuse(40037)),
    }
}
