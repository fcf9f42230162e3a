//! The open platform: a component that serves the accounts of others.
//!
//! Sources: "Third-party platform: token", "pre_auth_code", "query_auth", "authorizer token".

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use super::call::Call;
use super::call::Outcome;
use super::call::answer;
use super::call::done;
use super::call::text;
use super::endpoint::Endpoint;
use super::endpoint::OPEN;
use super::endpoint::post;
use super::refusal::Refusal;
use super::refusal::refuse;
use crate::clock::Clock as _;
use crate::simulator::Exchange;
use crate::simulator::Simulator;

#[rustfmt::skip]
pub(super) const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/component/api_start_push_ticket", OPEN, "begin to push the ticket", start_push).keyless(),
    post("/cgi-bin/component/api_component_token", OPEN, "the component's token for its ticket", token).keyless(),
    post("/cgi-bin/component/api_create_preauthcode", OPEN, "a code for the authorization page", pre_code).of_component(),
    post("/cgi-bin/component/api_query_auth", OPEN, "an account's tokens for its authorization code", query).of_component(),
    post("/cgi-bin/component/api_authorizer_token", OPEN, "renew an account's token", renew).of_component(),
    post("/cgi-bin/component/api_get_authorizer_info", OPEN, "an account that authorized", info).of_component(),
    post("/cgi-bin/component/api_get_authorizer_list", OPEN, "all accounts that authorized", list).of_component(),
];

/// Seconds a ticket, a pre_auth_code and an authorization code live.
const TICKET_LIFE: i64 = 12 * 3_600;
const PRE_LIFE: i64 = 1_800;
const CODE_LIFE: i64 = 3_600;

/// The most codes and accounts remembered.
const REMEMBERED: usize = 1_000;

/// What the component was given.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Component {
    /// Tickets with the time of their push, the newest last.
    tickets: Vec<(String, i64)>,
    /// Account and end by authorization code.
    codes: BTreeMap<String, (String, i64)>,
    /// Refresh token and time by account.
    accounts: BTreeMap<String, (String, i64)>,
}

impl Simulator {
    /// Pushes a new `component_verify_ticket`.
    pub async fn pushes_ticket(&self) -> Exchange {
        let ticket = format!("ticket@@@{}", self.entropy.alphanumeric(64));
        let now = self.virtual_clock.unix();
        {
            let tickets = &mut self.world().nouns.component.tickets;
            tickets.retain(|(_, at)| now - at < 2 * TICKET_LIFE);
            if tickets.len() >= REMEMBERED {
                tickets.remove(0);
            }
            tickets.push((ticket.clone(), now));
        }
        self.notice(json!({"InfoType": "component_verify_ticket", "ComponentVerifyTicket": ticket}))
            .await
    }

    /// Lets the account `app_id` authorize the component, which hears of it.
    pub async fn authorizes(&self, app_id: &str) -> Exchange {
        let (code, end) = self.authorization_code(app_id);
        self.notice(json!({
            "InfoType": "authorized", "AuthorizerAppid": app_id, "AuthorizationCode": code,
            "AuthorizationCodeExpiredTime": end, "PreAuthCode": "",
        }))
        .await
    }

    /// A code by which `app_id` authorizes the component, and its end in Unix seconds. Nobody is told.
    pub fn authorization_code(&self, app_id: &str) -> (String, i64) {
        let code = format!("queryauthcode@@@{}", self.entropy.alphanumeric(64));
        let end = self.virtual_clock.unix() + CODE_LIFE;
        let codes = &mut self.world().nouns.component.codes;
        if codes.len() >= REMEMBERED {
            codes.pop_first();
        }
        codes.insert(code.clone(), (app_id.to_owned(), end));
        (code, end)
    }

    /// Lets the account take its authorization back.
    pub async fn unauthorizes(&self, app_id: &str) -> Exchange {
        self.world().nouns.component.accounts.remove(app_id);
        self.notice(json!({"InfoType": "unauthorized", "AuthorizerAppid": app_id})).await
    }

    async fn notice(&self, fields: Value) -> Exchange {
        self.deliver(&crate::simulator::follower::document(self, "", fields)).await
    }
}

fn check_id(call: &Call<'_>) -> Result<(), Refusal> {
    match text(&call.body, "component_appid") {
        id if !id.is_empty() && call.account.is_called(id) => Ok(()),
        _ => Err(refuse(61011)),
    }
}

fn start_push(call: &mut Call<'_>) -> Outcome {
    check_id(call)?;
    match call.account.knows_secret(text(&call.body, "component_secret")) {
        true => done(),
        false => Err(refuse(40125)),
    }
}

fn token(call: &mut Call<'_>) -> Outcome {
    check_id(call)?;
    if !call.account.knows_secret(text(&call.body, "component_appsecret")) {
        return Err(refuse(40125));
    }
    let given = text(&call.body, "component_verify_ticket");
    let tickets = &call.world.nouns.component.tickets;
    match tickets.iter().find(|(ticket, _)| ticket == given) {
        None => return Err(refuse(61006)),
        Some((_, at)) if call.now - at >= TICKET_LIFE => return Err(refuse(61005)),
        Some(_) => {}
    }
    let (token, life) = call.world.tokens.issue("component", call.now, 300, call.entropy);
    answer(json!({"component_access_token": token, "expires_in": life}))
}

fn pre_code(call: &mut Call<'_>) -> Outcome {
    check_id(call)?;
    let code = format!("preauthcode@@@{}", call.id(64));
    answer(json!({"pre_auth_code": code, "expires_in": PRE_LIFE}))
}

/// What a component may do for an account: messages, users, and the rest.
fn rights() -> Value {
    [1, 2, 3, 4, 6, 7, 11, 15]
        .map(|id| json!({"funcscope_category": {"id": id}}))
        .into_iter()
        .collect()
}

fn query(call: &mut Call<'_>) -> Outcome {
    check_id(call)?;
    let code = call.text("authorization_code", 61009)?;
    let found = call.world.nouns.component.codes.remove(&code);
    let (account, end) = found.ok_or_else(|| refuse(61009))?;
    if call.now >= end {
        return Err(refuse(61010));
    }
    let refresh = format!("refreshtoken@@@{}", call.id(64));
    let now = call.now;
    let accounts = &mut call.world.nouns.component.accounts;
    if accounts.len() >= REMEMBERED {
        accounts.pop_first();
    }
    accounts.insert(account.clone(), (refresh.clone(), now));
    let line = format!("authorizer:{account}");
    let (value, seconds) = call.world.tokens.issue(&line, now, 300, call.entropy);
    answer(json!({"authorization_info": {
        "authorizer_appid": account, "authorizer_access_token": value, "expires_in": seconds,
        "authorizer_refresh_token": refresh, "func_info": rights(),
    }}))
}

/// `authorizer_appid` of the body, and its refresh token and time.
fn authorized(call: &Call<'_>) -> Result<(String, String, i64), Refusal> {
    let account = text(&call.body, "authorizer_appid");
    let found = call.world.nouns.component.accounts.get(account);
    let (refresh, at) = found.ok_or_else(|| refuse(61003))?;
    Ok((account.to_owned(), refresh.clone(), *at))
}

fn renew(call: &mut Call<'_>) -> Outcome {
    check_id(call)?;
    let (account, refresh, _) = authorized(call)?;
    if text(&call.body, "authorizer_refresh_token") != refresh {
        return Err(refuse(61023));
    }
    let line = format!("authorizer:{account}");
    let (value, seconds) = call.world.tokens.issue(&line, call.now, 300, call.entropy);
    answer(json!({
        "authorizer_access_token": value, "expires_in": seconds, "authorizer_refresh_token": refresh,
    }))
}

fn info(call: &mut Call<'_>) -> Outcome {
    check_id(call)?;
    let (account, refresh, _) = authorized(call)?;
    answer(json!({
        "authorizer_info": {
            "nick_name": "模拟账号", "user_name": call.account.original_id, "alias": "",
            "service_type_info": {"id": 2}, "verify_type_info": {"id": 0},
            "principal_name": "模拟公司", "business_info": {}, "head_img": "", "qrcode_url": "",
        },
        "authorization_info": {
            "authorizer_appid": account, "authorizer_refresh_token": refresh, "func_info": rights(),
        },
    }))
}

fn list(call: &mut Call<'_>) -> Outcome {
    check_id(call)?;
    let accounts = call.world.nouns.component.accounts.iter();
    let list: Vec<Value> = accounts
        .map(|(account, (refresh, at))| {
            json!({"authorizer_appid": account, "refresh_token": refresh, "auth_time": at})
        })
        .collect();
    answer(json!({"total_count": list.len(), "list": list}))
}
