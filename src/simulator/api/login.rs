//! Codes for users: web login, mini-program login, phone numbers, tickets for pages.
//!
//! Sources: "Web page authorization", "code2Session", "Get phone number", "JS-SDK appendix 1".

use std::collections::BTreeMap;

use serde_json::json;

use super::call::Call;
use super::call::Outcome;
use super::call::answer;
use super::call::done_with;
use super::endpoint::Endpoint;
use super::endpoint::MINI;
use super::endpoint::OFFICIAL;
use super::endpoint::WECOM;
use super::endpoint::any;
use super::endpoint::get;
use super::endpoint::post;
use super::refusal::Refusal;
use super::refusal::refuse;
use super::refusal::refuse_with;
use crate::clock::Clock as _;
use crate::simulator::Simulator;
use crate::simulator::world::token::Standing;
use crate::wechat::id::OpenId;

#[rustfmt::skip]
pub(super) const ENDPOINTS: &[Endpoint] = &[
    any("/sns/oauth2/access_token", OFFICIAL, "a user's token for a code of web login", web_token).keyless(),
    any("/sns/oauth2/refresh_token", OFFICIAL, "renew a user's token", refresh).keyless(),
    any("/sns/userinfo", OFFICIAL, "who logged in on the web", profile).keyless(),
    any("/sns/auth", OFFICIAL, "whether a user's token still works", auth).keyless(),
    get("/sns/jscode2session", MINI, "who logged in in the 小程序", session).keyless(),
    post("/wxa/business/getuserphonenumber", MINI, "a user's phone number for a code", phone),
    get("/cgi-bin/ticket/getticket", OFFICIAL, "the ticket that signs pages", ticket),
    get("/cgi-bin/get_jsapi_ticket", WECOM, "the ticket that signs pages", ticket),
    get("/cgi-bin/ticket/get", WECOM, "an application's ticket that signs pages", ticket),
];

/// Seconds a code lives, and a refresh_token: 30 days.
const CODE_LIFE: i64 = 300;
const REFRESH_LIFE: i64 = 30 * 86_400;

/// The most codes and refresh_tokens remembered.
const REMEMBERED: usize = 10_000;

/// Logins a minute of one user.
const LOGINS: usize = 100;

/// Codes and what they became.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Logins {
    codes: BTreeMap<String, Code>,
    /// User and end by refresh_token.
    refresh: BTreeMap<String, (String, i64)>,
    /// Times of mini-program logins by user.
    minute: BTreeMap<String, Vec<i64>>,
    ticket: Option<(String, i64)>,
}

#[derive(Debug)]
struct Code {
    user: String,
    until: i64,
    is_used: bool,
}

impl Simulator {
    /// A login code of a user, as their client would get one: good once, for 5 minutes.
    pub fn login_code(&self, open_id: &OpenId) -> String {
        let now = self.virtual_clock.unix();
        let code = format!("0{}", self.entropy.alphanumeric(31));
        let user = open_id.as_str().to_owned();
        let mut world = self.world();
        world.users.meet(&user, now);
        let codes = &mut world.nouns.logins.codes;
        codes.retain(|_, it| now < it.until + 86_400);
        if codes.len() >= REMEMBERED {
            codes.pop_first();
        }
        codes.insert(code.clone(), Code { user, until: now + CODE_LIFE, is_used: false });
        code
    }
}

/// The user of a code, which is used up by this.
pub(super) fn redeem(call: &mut Call<'_>, code: &str) -> Result<String, Refusal> {
    let now = call.now;
    match call.world.nouns.logins.codes.get_mut(code) {
        None => Err(refuse(40029)),
        Some(it) if it.is_used => Err(refuse(40163)),
        Some(it) if now >= it.until => Err(refuse(42003)),
        Some(it) => {
            it.is_used = true;
            Ok(it.user.clone())
        }
    }
}

/// `appid` and `secret` of the query.
fn check_account(call: &Call<'_>) -> Result<(), Refusal> {
    match (call.query.get("appid"), call.query.get("secret")) {
        ("", _) => Err(refuse(41002)),
        (_, "") => Err(refuse(41004)),
        (id, _) if !call.account.is_called(id) => Err(refuse(40013)),
        (_, secret) if !call.account.knows_secret(secret) => Err(refuse(40125)),
        _ => Ok(()),
    }
}

fn web_token(call: &mut Call<'_>) -> Outcome {
    check_account(call)?;
    if call.query.get("grant_type") != "authorization_code" {
        return Err(refuse(40002));
    }
    let code = call.query.get("code").to_owned();
    let user = redeem(call, &code)?;
    give_token(call, &user)
}

fn give_token(call: &mut Call<'_>, user: &str) -> Outcome {
    let line = format!("sns:{user}");
    let (value, seconds) = call.world.tokens.issue(&line, call.now, 0, call.entropy);
    let refresh = format!("84_{}", call.id(133));
    let until = call.now + REFRESH_LIFE;
    let all = &mut call.world.nouns.logins.refresh;
    if all.len() >= REMEMBERED {
        all.pop_first();
    }
    all.insert(refresh.clone(), (user.to_owned(), until));
    answer(json!({
        "access_token": value,
        "expires_in": seconds,
        "refresh_token": refresh,
        "openid": user,
        "scope": "snsapi_userinfo",
        "unionid": format!("u{user}"),
    }))
}

fn refresh(call: &mut Call<'_>) -> Outcome {
    if call.query.get("grant_type") != "refresh_token" {
        return Err(refuse(40002));
    }
    let found = call.world.nouns.logins.refresh.get(call.query.get("refresh_token"));
    let Some((user, until)) = found.cloned() else { return Err(refuse(40030)) };
    match call.now < until {
        true => give_token(call, &user),
        false => Err(refuse(42002)),
    }
}

/// The user of `access_token`, who has to be `openid`.
fn logged_in(call: &Call<'_>) -> Result<String, Refusal> {
    let user = call.query.get("openid");
    let (standing, line) = call.world.tokens.standing(call.query.get("access_token"), call.now);
    match (standing, line.strip_prefix("sns:")) {
        (Standing::Unknown | Standing::Replaced, _) | (_, None) => Err(refuse(40001)),
        (Standing::Expired, _) => Err(refuse(42001)),
        (Standing::Valid, Some(owner)) if owner == user => Ok(user.to_owned()),
        (Standing::Valid, Some(_)) => Err(refuse(49003)),
    }
}

fn profile(call: &mut Call<'_>) -> Outcome {
    let user = logged_in(call)?;
    answer(json!({
        "openid": user,
        "nickname": "微信用户",
        "sex": 0,
        "province": "",
        "city": "",
        "country": "",
        "headimgurl": "https://thirdwx.qlogo.cn/mmopen/simulated/132",
        "privilege": [],
        "unionid": format!("u{user}"),
    }))
}

fn auth(call: &mut Call<'_>) -> Outcome {
    logged_in(call)?;
    super::call::done()
}

fn session(call: &mut Call<'_>) -> Outcome {
    check_account(call)?;
    if call.query.get("grant_type") != "authorization_code" {
        return Err(refuse(40002));
    }
    let code = call.query.get("js_code").to_owned();
    let user = redeem(call, &code)?;
    let now = call.now;
    let minute = call.world.nouns.logins.minute.entry(user.clone()).or_default();
    minute.retain(|at| now - at < 60);
    if minute.len() >= LOGINS {
        return Err(refuse(45011));
    }
    minute.push(now);
    let key = format!("{}==", call.id(22));
    answer(json!({"openid": user, "session_key": key, "unionid": format!("u{user}")}))
}

fn phone(call: &mut Call<'_>) -> Outcome {
    let code = call.text("code", 40029)?;
    redeem(call, &code)?;
    done_with(json!({"phone_info": {
        "phoneNumber": "13800138000",
        "purePhoneNumber": "13800138000",
        "countryCode": "86",
        "watermark": {"timestamp": call.now, "appid": call.account.app_id.as_str()},
    }}))
}

fn ticket(call: &mut Call<'_>) -> Outcome {
    let is_wecom = call.account.platform.is_wecom();
    if !is_wecom && !matches!(call.query.get("type"), "jsapi" | "wx_card") {
        return Err(refuse_with(40035, "invalid parameter: type"));
    }
    let now = call.now;
    let kept = call.world.nouns.logins.ticket.clone().filter(|(_, until)| now < *until);
    let (ticket, until) = kept.unwrap_or_else(|| (call.id(86), now + 7_200));
    call.world.nouns.logins.ticket = Some((ticket.clone(), until));
    done_with(json!({"ticket": ticket, "expires_in": until - now}))
}
