//! Fetching access tokens.
//!
//! Sources: "Get access token", "Get stable access token"; 企业微信 91039.

use serde_json::json;

use super::call::Call;
use super::call::Outcome;
use super::call::answer;
use super::call::done_with;
use super::call::text;
use super::endpoint::Endpoint;
use super::endpoint::MP;
use super::endpoint::WECOM;
use super::endpoint::get;
use super::endpoint::post;
use super::refusal::Refusal;
use super::refusal::refuse;
use crate::simulator::world::calls::Over;
use crate::simulator::world::token::OVERLAP;

#[rustfmt::skip]
pub(super) const ENDPOINTS: &[Endpoint] = &[
    get("/cgi-bin/token", MP, "fetch an access_token", classic).keyless().daily(2_000),
    post("/cgi-bin/stable_token", MP, "fetch the stable access_token", stable).keyless().daily(500_000).per_minute(10_000),
    get("/cgi-bin/gettoken", WECOM, "fetch an application's access_token", wecom).keyless().per_minute(10_000),
];

fn classic(call: &mut Call<'_>) -> Outcome {
    let (grant, app_id, secret) = (call.query.get("grant_type"), "appid", "secret");
    check(call, grant, call.query.get(app_id), call.query.get(secret))?;
    let (token, life) = call.world.tokens.issue("classic", call.now, OVERLAP, call.entropy);
    answer(json!({"access_token": token, "expires_in": life}))
}

fn stable(call: &mut Call<'_>) -> Outcome {
    let [grant, app_id, secret] = ["grant_type", "appid", "secret"].map(|it| text(&call.body, it));
    check(call, grant, app_id, secret)?;
    let is_forced = call.body["force_refresh"].as_bool().unwrap_or(false);
    if is_forced {
        call.world.calls.force(call.now).map_err(|over| match over {
            Over::Day => refuse(45009),
            Over::Minute => refuse(45011),
        })?;
    }
    let newest = call.world.tokens.newest("stable", call.now);
    let (token, left) = match newest {
        Some((token, left)) if !is_forced && left > OVERLAP => (token, left),
        // In the last minutes both work; one that was forced ends the other at once.
        Some((_, left)) if !is_forced => {
            call.world.tokens.issue("stable", call.now, left, call.entropy)
        }
        _ => call.world.tokens.issue("stable", call.now, 0, call.entropy),
    };
    answer(json!({"access_token": token, "expires_in": left}))
}

fn check(call: &Call<'_>, grant: &str, app_id: &str, secret: &str) -> Result<(), Refusal> {
    match (grant, app_id, secret) {
        (grant, ..) if grant != "client_credential" => Err(refuse(40002)),
        (_, "", _) => Err(refuse(41002)),
        (_, _, "") => Err(refuse(41004)),
        (_, app_id, _) if !call.account.is_called(app_id) => Err(refuse(40013)),
        (.., secret) if !call.account.knows_secret(secret) => Err(refuse(40125)),
        _ => Ok(()),
    }
}

fn wecom(call: &mut Call<'_>) -> Outcome {
    let (corp_id, secret) = (call.query.get("corpid"), call.query.get("corpsecret"));
    match (corp_id, secret) {
        ("", _) => return Err(refuse(41002)),
        (_, "") => return Err(refuse(41004)),
        (corp_id, _) if !call.account.is_called(corp_id) => return Err(refuse(40013)),
        (_, secret) if !call.account.knows_secret(secret) => return Err(refuse(40001)),
        _ => {}
    }
    // Each application has a secret, and each secret a token of its own.
    let line = format!("corp:{secret}");
    let newest = call.world.tokens.newest(&line, call.now);
    let (token, left) =
        newest.unwrap_or_else(|| call.world.tokens.issue(&line, call.now, 0, call.entropy));
    done_with(json!({"access_token": token, "expires_in": left}))
}
