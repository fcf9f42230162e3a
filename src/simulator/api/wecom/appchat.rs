//! Chats that an application makes.
//!
//! Source: 企业微信 90244 to 90248.

use std::collections::BTreeMap;

use serde_json::json;

use super::content;
use crate::simulator::api::call::Call;
use crate::simulator::api::call::Outcome;
use crate::simulator::api::call::done;
use crate::simulator::api::call::done_with;
use crate::simulator::api::call::text;
use crate::simulator::api::endpoint::Endpoint;
use crate::simulator::api::endpoint::WECOM;
use crate::simulator::api::endpoint::get;
use crate::simulator::api::endpoint::post;
use crate::simulator::api::refusal::Refusal;
use crate::simulator::api::refusal::refuse;
use crate::simulator::api::refusal::refuse_with;

#[rustfmt::skip]
pub(in crate::simulator::api) const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/appchat/create", WECOM, "make a chat of members", create).daily(1_000),
    post("/cgi-bin/appchat/update", WECOM, "change a chat", update),
    get("/cgi-bin/appchat/get", WECOM, "one chat", get_one),
    post("/cgi-bin/appchat/send", WECOM, "write into a chat", send),
];

/// Members of a chat.
const MEMBERS: std::ops::RangeInclusive<usize> = 2..=2_000;

/// The most chats.
const CHATS: usize = 10_000;

/// By their `chatid`.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Chats(BTreeMap<String, Chat>);

#[derive(Debug)]
struct Chat {
    name: String,
    owner: String,
    members: Vec<String>,
}

fn create(call: &mut Call<'_>) -> Outcome {
    let members = call.texts("userlist", 40063)?;
    if !MEMBERS.contains(&members.len()) {
        return Err(refuse_with(40058, "userlist has 2 to 2000 members"));
    }
    if let Some(unknown) = members.iter().find(|id| !call.world.users.all.contains_key(*id)) {
        return Err(refuse_with(60111, format!("userid not found: {unknown}")));
    }
    let id = match text(&call.body, "chatid") {
        "" => call.id(32),
        given if given.len() <= 32 && given.bytes().all(|it| it.is_ascii_alphanumeric()) => {
            given.to_owned()
        }
        _ => return Err(refuse(40050)),
    };
    let chats = &mut call.world.nouns.chats.0;
    if chats.contains_key(&id) || chats.len() >= CHATS {
        return Err(refuse_with(40058, "chatid exists"));
    }
    let owner = match text(&call.body, "owner") {
        "" => members[0].clone(),
        owner => owner.to_owned(),
    };
    let name = text(&call.body, "name").to_owned();
    chats.insert(id.clone(), Chat { name, owner, members });
    done_with(json!({"chatid": id}))
}

fn find<'c>(call: &'c mut Call<'_>, id: &str) -> Result<&'c mut Chat, Refusal> {
    call.world.nouns.chats.0.get_mut(id).ok_or_else(|| refuse(40050))
}

fn update(call: &mut Call<'_>) -> Outcome {
    let id = call.text("chatid", 40050)?;
    let body = call.body.clone();
    let list = |name| {
        let items = crate::simulator::api::call::items(&body, name).iter();
        items.filter_map(|it| it.as_str()).map(str::to_owned).collect::<Vec<_>>()
    };
    let (add, remove) = (list("add_user_list"), list("del_user_list"));
    let chat = find(call, &id)?;
    chat.members.retain(|it| !remove.contains(it));
    for member in add {
        if !chat.members.contains(&member) {
            chat.members.push(member);
        }
    }
    for (name, place) in [("name", &mut chat.name), ("owner", &mut chat.owner)] {
        if !text(&body, name).is_empty() {
            text(&body, name).clone_into(place);
        }
    }
    done()
}

fn get_one(call: &mut Call<'_>) -> Outcome {
    let id = call.query.get("chatid").to_owned();
    let chat = find(call, &id)?;
    let info = json!({
        "chatid": id, "name": chat.name, "owner": chat.owner, "userlist": chat.members,
    });
    done_with(json!({"chat_info": info}))
}

fn send(call: &mut Call<'_>) -> Outcome {
    let id = call.text("chatid", 40050)?;
    let body = call.body.clone();
    let shown = content::check(call, &body, content::CHAT)?;
    let members = find(call, &id)?.members.clone();
    let kind = text(&body, "msgtype");
    for member in members {
        call.push(&member, kind, &shown, body.clone());
    }
    done()
}
