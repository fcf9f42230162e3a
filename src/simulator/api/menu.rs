//! The menu at the bottom of the chat, and the console's own settings.
//!
//! Sources: "Custom menu", "Personalized menu"; 企业微信 90231.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use super::call::Call;
use super::call::Outcome;
use super::call::answer;
use super::call::done;
use super::call::done_with;
use super::call::items;
use super::call::text;
use super::endpoint::Endpoint;
use super::endpoint::OFFICIAL;
use super::endpoint::WECOM;
use super::endpoint::any;
use super::endpoint::get;
use super::endpoint::post;
use super::refusal::Refusal;
use super::refusal::refuse;
use super::refusal::refuse_with;

#[rustfmt::skip]
pub(super) const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/menu/create", OFFICIAL | WECOM, "set the menu", create).daily(1_000),
    get("/cgi-bin/menu/get", OFFICIAL | WECOM, "the menu", get_one),
    any("/cgi-bin/menu/delete", OFFICIAL | WECOM, "remove the menu", remove).daily(1_000),
    post("/cgi-bin/menu/addconditional", OFFICIAL, "add a menu for some followers", add_conditional),
    post("/cgi-bin/menu/delconditional", OFFICIAL, "remove a menu for some followers", remove_conditional),
    post("/cgi-bin/menu/trymatch", OFFICIAL, "which menu a follower sees", try_match),
    get("/cgi-bin/get_current_selfmenu_info", OFFICIAL, "the menu as it is shown", current),
    get("/cgi-bin/get_current_autoreply_info", OFFICIAL, "the console's automatic replies", auto_replies),
];

/// The menus of an account.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Menus {
    buttons: Option<Value>,
    conditional: BTreeMap<i64, Value>,
}

/// Buttons in the bar, and below one of them.
const TOP: usize = 3;
const SUB: usize = 5;

/// The most menus for some followers.
const CONDITIONAL: usize = 200;

/// The member a button of each type needs.
#[rustfmt::skip]
const NEEDS: &[(&str, &str)] = &[
    ("click", "key"), ("view", "url"), ("scancode_push", "key"), ("scancode_waitmsg", "key"),
    ("pic_sysphoto", "key"), ("pic_photo_or_album", "key"), ("pic_weixin", "key"),
    ("location_select", "key"), ("media_id", "media_id"), ("view_limited", "media_id"),
    ("article_id", "article_id"), ("article_view_limited", "article_id"),
    ("miniprogram", "pagepath"), ("view_miniprogram", "pagepath"),
];

fn check(buttons: &[Value]) -> Result<(), Refusal> {
    let wrong = |name: &str| refuse_with(40035, format!("invalid parameter: button.{name}"));
    if buttons.is_empty() || buttons.len() > TOP {
        return Err(wrong("size"));
    }
    for button in buttons {
        if text(button, "name").is_empty() {
            return Err(wrong("name"));
        }
        // Libraries send an empty list where there is nothing below.
        let below = items(button, "sub_button");
        if below.len() > SUB {
            return Err(wrong("sub_button"));
        }
        for leaf in if below.is_empty() { std::slice::from_ref(button) } else { below } {
            let kind = text(leaf, "type");
            let needed = NEEDS.iter().find(|(name, _)| *name == kind);
            let (_, member) = needed.ok_or_else(|| wrong("type"))?;
            if text(leaf, member).is_empty() || text(leaf, "name").is_empty() {
                return Err(wrong(member));
            }
        }
    }
    Ok(())
}

fn create(call: &mut Call<'_>) -> Outcome {
    if call.has_escapes {
        return Err(refuse(40033));
    }
    check(items(&call.body, "button"))?;
    call.world.nouns.menus.buttons = Some(call.body["button"].clone());
    done()
}

fn get_one(call: &mut Call<'_>) -> Outcome {
    let menus = &call.world.nouns.menus;
    let Some(buttons) = &menus.buttons else { return Err(refuse(46003)) };
    if call.account.platform.is_wecom() {
        return done_with(json!({"button": buttons}));
    }
    let mut found = json!({"menu": {"button": buttons}});
    if !menus.conditional.is_empty() {
        found["conditionalmenu"] = menus.conditional.values().cloned().collect();
    }
    answer(found)
}

fn remove(call: &mut Call<'_>) -> Outcome {
    call.world.nouns.menus = Menus::default();
    done()
}

fn add_conditional(call: &mut Call<'_>) -> Outcome {
    check(items(&call.body, "button"))?;
    if call.world.nouns.menus.buttons.is_none() {
        // A menu for some is added to the menu for all.
        return Err(refuse(46003));
    }
    if call.body["matchrule"].as_object().is_none_or(serde_json::Map::is_empty) {
        return Err(refuse_with(40035, "invalid parameter: matchrule"));
    }
    if call.world.nouns.menus.conditional.len() >= CONDITIONAL {
        return Err(refuse(45048));
    }
    let id = 208_379_532 + call.world.number();
    let mut menu = call.body.clone();
    menu["menuid"] = id.into();
    call.world.nouns.menus.conditional.insert(id, menu);
    answer(json!({"menuid": id.to_string()}))
}

fn remove_conditional(call: &mut Call<'_>) -> Outcome {
    let id = call.number("menuid", 40035)?;
    match call.world.nouns.menus.conditional.remove(&id) {
        Some(_) => done(),
        None => Err(refuse(46002)),
    }
}

fn try_match(call: &mut Call<'_>) -> Outcome {
    let id = call.text("user_id", 40003)?;
    let tags = call.follower(&id)?.tags.clone();
    let menus = &call.world.nouns.menus;
    // The last one added that fits; only tags are looked at.
    let fits = |menu: &&Value| {
        let tag = super::call::number(&menu["matchrule"], "tag_id");
        tag.is_some_and(|tag| tags.contains(&tag))
    };
    let conditional = menus.conditional.values().rev().find(fits).map(|menu| &menu["button"]);
    match conditional.or(menus.buttons.as_ref()) {
        Some(buttons) => answer(json!({"button": buttons})),
        None => Err(refuse(46003)),
    }
}

fn current(call: &mut Call<'_>) -> Outcome {
    let buttons = call.world.nouns.menus.buttons.as_ref();
    let shown = buttons.map_or(json!([]), |buttons| {
        let shown = buttons.as_array().into_iter().flatten().map(|button| {
            let mut shown = button.clone();
            if !items(button, "sub_button").is_empty() {
                shown["sub_button"] = json!({"list": button["sub_button"]});
            }
            shown
        });
        shown.collect()
    });
    let is_open = i32::from(buttons.is_some());
    answer(json!({"is_menu_open": is_open, "selfmenu_info": {"button": shown}}))
}

fn auto_replies(_: &mut Call<'_>) -> Outcome {
    // With a callback URL set, the console's own replies are off.
    answer(json!({"is_add_friend_reply_open": 0, "is_autoreply_open": 0}))
}
