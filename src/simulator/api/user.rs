//! Who follows, and what is known of them.
//!
//! Sources: "Get user basic information", "Get follower list", "Set user remark".

use serde_json::Value;
use serde_json::json;

use super::call::Call;
use super::call::Outcome;
use super::call::answer;
use super::call::done;
use super::call::items;
use super::call::text;
use super::endpoint::Endpoint;
use super::endpoint::OFFICIAL;
use super::endpoint::get;
use super::endpoint::post;
use super::refusal::refuse;
use super::refusal::refuse_with;
use crate::simulator::world::user::User;

#[rustfmt::skip]
pub(super) const ENDPOINTS: &[Endpoint] = &[
    get("/cgi-bin/user/info", OFFICIAL, "one follower", info),
    post("/cgi-bin/user/info/batchget", OFFICIAL, "up to 100 followers", batch),
    get("/cgi-bin/user/get", OFFICIAL, "all followers' OpenIDs, by 10,000", list),
    post("/cgi-bin/user/info/updateremark", OFFICIAL, "give a follower a remark", remark),
];

/// OpenIDs in one answer.
const PAGE: usize = 10_000;

/// Followers in one question.
const BATCH: usize = 100;

/// Characters of a remark.
const REMARK_CHARS: usize = 30;

fn info(call: &mut Call<'_>) -> Outcome {
    let id = call.query.get("openid").to_owned();
    let user = call.user(&id)?;
    answer(describe(&id, user))
}

fn batch(call: &mut Call<'_>) -> Outcome {
    let body = std::mem::take(&mut call.body);
    let asked = items(&body, "user_list");
    if asked.is_empty() || asked.len() > BATCH {
        return Err(refuse_with(40035, "invalid parameter: user_list"));
    }
    let mut found = Vec::new();
    for item in asked {
        let id = text(item, "openid");
        found.push(describe(id, call.user(id)?));
    }
    answer(json!({"user_info_list": found}))
}

fn describe(id: &str, user: &User) -> Value {
    if !user.is_following {
        return json!({"subscribe": 0, "openid": id});
    }
    let (how, scene) = match user.scene.is_empty() {
        true => ("ADD_SCENE_SEARCH", 0),
        false => ("ADD_SCENE_QR_CODE", user.scene.parse().unwrap_or(0)),
    };
    let scene_str = if scene == 0 { user.scene.as_str() } else { "" };
    json!({
        "subscribe": 1,
        "openid": id,
        "language": "zh_CN",
        "subscribe_time": user.since,
        "unionid": format!("u{id}"),
        "remark": user.remark,
        "groupid": user.tags.first().copied().unwrap_or(0),
        "tagid_list": user.tags,
        "subscribe_scene": how,
        "qr_scene": scene,
        "qr_scene_str": scene_str,
    })
}

fn list(call: &mut Call<'_>) -> Outcome {
    let after = call.query.get("next_openid");
    let all = &call.world.users.all;
    if !after.is_empty() && !all.contains_key(after) {
        return Err(refuse(40003));
    }
    let following = all.iter().filter(|(_, user)| user.is_following);
    let total = following.clone().count();
    let page: Vec<&str> =
        following.map(|(id, _)| id.as_str()).filter(|id| *id > after).take(PAGE).collect();
    let next = page.last().copied().unwrap_or_default();
    let mut found = json!({"total": total, "count": page.len(), "next_openid": next});
    if !page.is_empty() {
        found["data"] = json!({"openid": page});
    }
    answer(found)
}

fn remark(call: &mut Call<'_>) -> Outcome {
    let id = call.text("openid", 40003)?;
    let remark = text(&call.body, "remark").to_owned();
    if remark.chars().count() >= REMARK_CHARS {
        return Err(refuse(40035));
    }
    call.follower(&id)?.remark = remark;
    done()
}
