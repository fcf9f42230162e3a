//! Subscription messages and their templates.
//!
//! Sources: "Send subscription notification" (公众号), "Send subscription message" (小程序).

use std::collections::BTreeMap;

use serde_json::json;

use super::call::Call;
use super::call::Outcome;
use super::call::done;
use super::call::done_with;
use super::call::text;
use super::endpoint::Endpoint;
use super::endpoint::MINI;
use super::endpoint::MP;
use super::endpoint::OFFICIAL;
use super::endpoint::get;
use super::endpoint::post;
use super::refusal::Refusal;
use super::refusal::refuse;
use super::refusal::refuse_with;
use super::template;
use super::values;
use crate::wechat::wire::Format;

#[rustfmt::skip]
pub(super) const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/message/subscribe/bizsend", OFFICIAL, "send a subscription notification", send_official),
    post("/cgi-bin/message/subscribe/send", MINI, "send a subscription message", send_mini).daily(10_000_000),
    get("/wxaapi/newtmpl/gettemplate", MP, "the account's subscription templates", list),
    post("/wxaapi/newtmpl/addtemplate", MP, "add a subscription template", add),
    post("/wxaapi/newtmpl/deltemplate", MP, "remove a subscription template", remove),
    get("/wxaapi/newtmpl/getcategory", MP, "the account's categories", category),
    get("/wxaapi/newtmpl/getpubtemplatetitles", MP, "titles of public templates", titles),
    get("/wxaapi/newtmpl/getpubtemplatekeywords", MP, "keywords of a public template", keywords),
];

/// The most templates of an account.
const TEMPLATES: usize = 50;

/// Title by template id. While it is empty, any id is taken.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Library(BTreeMap<String, String>);

fn check_id(call: &Call<'_>, id: &str) -> Result<(), Refusal> {
    let library = &call.world.nouns.subscriptions.0;
    match !id.is_empty() && (library.is_empty() || library.contains_key(id)) {
        true => Ok(()),
        false => Err(refuse(40037)),
    }
}

fn send_official(call: &mut Call<'_>) -> Outcome {
    let page = text(&call.body, "page");
    if !page.is_empty() && !page.starts_with("http") {
        return Err(refuse(41030));
    }
    send(call)
}

fn send_mini(call: &mut Call<'_>) -> Outcome {
    let state = text(&call.body, "miniprogram_state");
    if !matches!(state, "" | "developer" | "trial" | "formal") {
        return Err(refuse_with(40035, "invalid parameter: miniprogram_state"));
    }
    let language = text(&call.body, "lang");
    if !matches!(language, "" | "zh_CN" | "en_US" | "zh_HK" | "zh_TW") {
        return Err(refuse_with(40035, "invalid parameter: lang"));
    }
    // A page is a path of the program, without a host and without a slash in front.
    let page = text(&call.body, "page");
    if page.starts_with('/') || page.contains("://") {
        return Err(refuse(41030));
    }
    send(call)
}

fn send(call: &mut Call<'_>) -> Outcome {
    let to = call.text("touser", 40003)?;
    let template = text(&call.body, "template_id").to_owned();
    check_id(call, &template)?;
    template::check_program(&call.body["miniprogram"])?;
    values::check(&call.body["data"])?;
    template::spend_grant(call.follower(&to)?, &template)?;
    let (body, shown) = (call.body.clone(), template::shown(&call.body["data"]));
    call.push(&to, "subscribe", &shown, body);
    let number = 1_864_323_726_461_255_680 + call.world.number();
    let mut event = json!({"MsgType": "event", "Event": "subscribe_msg_sent_event"});
    let list = json!({
        "TemplateId": template, "MsgID": number.to_string(), "ErrorCode": "0", "ErrorStatus": "success",
    });
    match call.account.format {
        Format::Json => event["List"] = list,
        Format::Xml => event["SubscribeMsgSentEvent"] = json!({"List": list}),
    }
    call.world.later(super::SOON, &to, event);
    done_with(json!({"msgid": number}))
}

fn list(call: &mut Call<'_>) -> Outcome {
    let data = call.world.nouns.subscriptions.0.iter().map(|(id, title)| {
        let content = "{{thing1.DATA}}\n{{date2.DATA}}";
        json!({"priTmplId": id, "title": title, "content": content, "example": "", "type": 2})
    });
    done_with(json!({"data": data.collect::<Vec<_>>()}))
}

fn add(call: &mut Call<'_>) -> Outcome {
    let title = match &call.body["tid"] {
        serde_json::Value::Null => call.text("tid", 40035)?,
        serde_json::Value::String(id) => id.clone(),
        other => other.to_string(),
    };
    if call.world.nouns.subscriptions.0.len() >= TEMPLATES {
        return Err(refuse(45029));
    }
    let id = call.id(43);
    call.world.nouns.subscriptions.0.insert(id.clone(), title);
    done_with(json!({"priTmplId": id}))
}

fn remove(call: &mut Call<'_>) -> Outcome {
    let id = call.text("priTmplId", 40037)?;
    match call.world.nouns.subscriptions.0.remove(&id) {
        Some(_) => done(),
        None => Err(refuse(40037)),
    }
}

fn category(_: &mut Call<'_>) -> Outcome {
    done_with(json!({"data": [{"id": 616, "name": "公交"}]}))
}

fn titles(_: &mut Call<'_>) -> Outcome {
    let data = json!([{"tid": 99, "title": "付款成功通知", "type": 2, "categoryId": "616"}]);
    done_with(json!({"count": 1, "data": data}))
}

fn keywords(call: &mut Call<'_>) -> Outcome {
    if call.query.get("tid").is_empty() {
        return Err(refuse_with(40035, "invalid parameter: tid"));
    }
    let data = json!([
        {"kid": 1, "name": "物品名称", "example": "名称", "rule": "thing"},
        {"kid": 2, "name": "时间", "example": "2026年1月1日", "rule": "date"},
    ]);
    done_with(json!({"count": 2, "data": data}))
}
