//! Tags of followers, and the blacklist.
//!
//! Sources: "User tag management", "Blacklist management".

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use super::call::Call;
use super::call::Outcome;
use super::call::answer;
use super::call::done;
use super::call::number;
use super::call::text;
use super::endpoint::Endpoint;
use super::endpoint::OFFICIAL;
use super::endpoint::any;
use super::endpoint::post;
use super::refusal::Refusal;
use super::refusal::refuse;
use super::refusal::refuse_with;

#[rustfmt::skip]
pub(super) const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/tags/create", OFFICIAL, "make a tag", create),
    any("/cgi-bin/tags/get", OFFICIAL, "all tags", list),
    post("/cgi-bin/tags/update", OFFICIAL, "rename a tag", update),
    post("/cgi-bin/tags/delete", OFFICIAL, "delete a tag", remove),
    post("/cgi-bin/user/tag/get", OFFICIAL, "followers with a tag", members),
    post("/cgi-bin/tags/members/batchtagging", OFFICIAL, "tag up to 50 followers", tag),
    post("/cgi-bin/tags/members/batchuntagging", OFFICIAL, "take a tag from up to 50 followers", untag),
    post("/cgi-bin/tags/getidlist", OFFICIAL, "the tags of a follower", of_user),
    post("/cgi-bin/tags/members/getblacklist", OFFICIAL, "who is on the blacklist", blacklist),
    post("/cgi-bin/tags/members/batchblacklist", OFFICIAL, "put up to 20 followers on the blacklist", block),
    post("/cgi-bin/tags/members/batchunblacklist", OFFICIAL, "take up to 20 off the blacklist", unblock),
];

/// Name by number. Numbers below 100 are the platform's own.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Tags(BTreeMap<i64, String>);

/// The most tags of an account.
const TAGS: usize = 100;

/// Characters of a name, and tags of one follower.
const NAME_CHARS: usize = 30;
const TAGS_OF_ONE: usize = 20;

/// Followers in one call.
const TAGGED: usize = 50;
const BLOCKED: usize = 20;

/// The number of the star tag, which every account has.
const STAR: i64 = 2;

fn name(call: &Call<'_>) -> Result<String, Refusal> {
    let name = text(&call.body["tag"], "name");
    match name.chars().count() {
        // 45157 to 45159: source "User tag management", return codes.
        0 => Err(refuse_with(40035, "invalid parameter: tag.name")),
        length if length > NAME_CHARS => Err(refuse(45158)),
        _ if call.world.nouns.tags.0.values().any(|it| it == name) => Err(refuse(45157)),
        _ => Ok(name.to_owned()),
    }
}

fn create(call: &mut Call<'_>) -> Outcome {
    let name = name(call)?;
    let tags = &mut call.world.nouns.tags.0;
    if tags.len() >= TAGS {
        return Err(refuse(45056));
    }
    let id = tags.last_key_value().map_or(100, |(id, _)| id + 1);
    tags.insert(id, name.clone());
    answer(json!({"tag": {"id": id, "name": name}}))
}

fn list(call: &mut Call<'_>) -> Outcome {
    let users = &call.world.users.all;
    let count = |id: i64| users.values().filter(|user| user.tags.contains(&id)).count();
    let star = json!({"id": STAR, "name": "星标组", "count": count(STAR)});
    let own = call.world.nouns.tags.0.iter();
    let own = own.map(|(id, name)| json!({"id": id, "name": name, "count": count(*id)}));
    let tags: Vec<Value> = std::iter::once(star).chain(own).collect();
    answer(json!({"tags": tags}))
}

fn own_tag(call: &Call<'_>) -> Result<i64, Refusal> {
    let id = number(&call.body["tag"], "id");
    let id = id.ok_or_else(|| refuse_with(40035, "invalid parameter: tag.id"))?;
    match id {
        0..100 => Err(refuse(45058)),
        _ if call.world.nouns.tags.0.contains_key(&id) => Ok(id),
        _ => Err(refuse(45159)),
    }
}

fn update(call: &mut Call<'_>) -> Outcome {
    let (id, name) = (own_tag(call)?, name(call)?);
    call.world.nouns.tags.0.insert(id, name);
    done()
}

fn remove(call: &mut Call<'_>) -> Outcome {
    let id = own_tag(call)?;
    call.world.nouns.tags.0.remove(&id);
    call.world.users.all.values_mut().for_each(|user| {
        user.tags.remove(&id);
    });
    done()
}

fn tag_id(call: &Call<'_>) -> Result<i64, Refusal> {
    let id = call.number("tagid", 40035)?;
    match id == STAR || call.world.nouns.tags.0.contains_key(&id) {
        true => Ok(id),
        false => Err(refuse(45159)),
    }
}

/// OpenIDs after `next_openid` or `begin_openid`, of users that `is_wanted`.
fn page(
    call: &Call<'_>,
    after: &str,
    is_wanted: impl Fn(&crate::simulator::world::user::User) -> bool,
) -> Vec<String> {
    let users =
        call.world.users.all.iter().filter(|(id, user)| is_wanted(user) && id.as_str() > after);
    users.map(|(id, _)| id.clone()).take(10_000).collect()
}

fn members(call: &mut Call<'_>) -> Outcome {
    let id = tag_id(call)?;
    let found = page(call, text(&call.body, "next_openid"), |user| user.tags.contains(&id));
    let next = found.last().cloned().unwrap_or_default();
    let mut answered = json!({"count": found.len(), "next_openid": next});
    if !found.is_empty() {
        answered["data"] = json!({"openid": found});
    }
    answer(answered)
}

/// The followers a call is about: at most `most`, all known.
fn openids(call: &mut Call<'_>, most: usize) -> Result<Vec<String>, Refusal> {
    let ids = call.texts("openid_list", 40003).or_else(|_| call.texts("opened_list", 40003))?;
    if ids.len() > most {
        return Err(refuse(40032));
    }
    for id in &ids {
        call.user(id)?;
    }
    Ok(ids)
}

fn tag(call: &mut Call<'_>) -> Outcome {
    let (id, users) = (tag_id(call)?, openids(call, TAGGED)?);
    for user in &users {
        let tags = &mut call.user(user)?.tags;
        if tags.len() >= TAGS_OF_ONE && !tags.contains(&id) {
            return Err(refuse(45059));
        }
        tags.insert(id);
    }
    done()
}

fn untag(call: &mut Call<'_>) -> Outcome {
    let (id, users) = (tag_id(call)?, openids(call, TAGGED)?);
    for user in &users {
        call.user(user)?.tags.remove(&id);
    }
    done()
}

fn of_user(call: &mut Call<'_>) -> Outcome {
    let id = call.text("openid", 40003)?;
    let tags = &call.follower(&id)?.tags;
    answer(json!({"tagid_list": tags}))
}

fn blacklist(call: &mut Call<'_>) -> Outcome {
    let found = page(call, text(&call.body, "begin_openid"), |user| user.is_blocked);
    let total = call.world.users.all.values().filter(|user| user.is_blocked).count();
    let next = found.last().cloned().unwrap_or_default();
    let data = json!({"openid": found});
    answer(json!({"total": total, "count": found.len(), "data": data, "next_openid": next}))
}

fn block(call: &mut Call<'_>) -> Outcome {
    for user in openids(call, BLOCKED)? {
        call.user(&user)?.is_blocked = true;
    }
    done()
}

fn unblock(call: &mut Call<'_>) -> Outcome {
    for user in openids(call, BLOCKED)? {
        call.user(&user)?.is_blocked = false;
    }
    done()
}
