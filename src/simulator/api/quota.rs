//! Quotas, what became of a call, and the addresses of the platform.
//!
//! Sources: "Clear quota", "Query quota", "Query rid", "Callback check", "Get API server IP".

use serde_json::Value;
use serde_json::json;

use super::call::Call;
use super::call::Outcome;
use super::call::answer;
use super::call::done;
use super::call::done_with;
use super::call::text;
use super::endpoint;
use super::endpoint::ALL;
use super::endpoint::Endpoint;
use super::endpoint::MP;
use super::endpoint::get;
use super::endpoint::post;
use super::refusal::refuse;

#[rustfmt::skip]
pub(super) const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/clear_quota", MP, "forget the calls counted today", clear),
    post("/cgi-bin/clear_quota/v2", MP, "the same with the secret instead of a token", clear_by_secret).keyless(),
    post("/cgi-bin/openapi/quota/get", MP, "calls of a path today, and its limit", quota),
    post("/cgi-bin/openapi/rid/get", MP, "what became of a call", rid),
    post("/cgi-bin/callback/check", MP, "check the way to the callback URL", check),
    get("/cgi-bin/get_api_domain_ip", ALL, "addresses of the API's servers", addresses),
    get("/cgi-bin/getcallbackip", ALL, "addresses that callbacks come from", addresses),
];

/// What `quota/get` says of a path without a limit.
const NO_LIMIT: u64 = 100_000_000;

fn clear(call: &mut Call<'_>) -> Outcome {
    match text(&call.body, "appid") {
        "" => Err(refuse(41002)),
        app_id if !call.account.is_called(app_id) => Err(refuse(40013)),
        _ if !call.world.calls.clear(call.now) => Err(refuse(48006)),
        _ => done(),
    }
}

fn clear_by_secret(call: &mut Call<'_>) -> Outcome {
    // The parameters may stand in the query or in the body.
    let of = |name| match call.query.get(name) {
        "" => text(&call.body, name),
        given => given,
    };
    match (of("appid"), of("appsecret")) {
        ("", _) => Err(refuse(41002)),
        (_, "") => Err(refuse(41004)),
        (app_id, _) if !call.account.is_called(app_id) => Err(refuse(40013)),
        (_, secret) if !call.account.knows_secret(secret) => Err(refuse(40125)),
        _ if !call.world.calls.clear(call.now) => Err(refuse(48006)),
        _ => done(),
    }
}

fn quota(call: &mut Call<'_>) -> Outcome {
    let path = text(&call.body, "cgi_path");
    let Some(endpoint) = endpoint::find(path, call.account.platform) else {
        return Err(refuse(76021));
    };
    let limit = call.world.calls.limit(path, endpoint.limit).daily.unwrap_or(NO_LIMIT);
    let used = call.world.calls.today(path, call.now);
    let quota = json!({"daily_limit": limit, "used": used, "remain": limit.saturating_sub(used)});
    done_with(json!({"quota": quota}))
}

fn rid(call: &mut Call<'_>) -> Outcome {
    let rid = text(&call.body, "rid");
    let parts: Vec<&str> = rid.split('-').collect();
    if parts.len() != 3 || parts.iter().any(|it| it.len() != 8 || !is_hex(it)) {
        return Err(refuse(76002));
    }
    let mark = format!("rid: {rid}");
    let is_it = |entry: &Value| text(&entry["answer"], "errmsg").ends_with(&mark);
    let Some(entry) = call.world.transcript.find(is_it) else { return Err(refuse(76001)) };
    let at = entry["at_ms"].as_i64().unwrap_or_default() / 1_000;
    if call.now - at > 7 * 86_400 {
        return Err(refuse(76004));
    }
    done_with(json!({"request": {
        "invoke_time": at,
        "cost_in_ms": entry["took_ms"],
        "request_url": entry["path"],
        "request_body": entry["body"].to_string(),
        "response_body": entry["answer"].to_string(),
        "client_ip": "127.0.0.1",
    }}))
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn check(call: &mut Call<'_>) -> Outcome {
    let (action, operator) = (text(&call.body, "action"), text(&call.body, "check_operator"));
    if !matches!(action, "all" | "dns" | "ping") {
        return Err(refuse(40201));
    }
    if !matches!(operator, "" | "DEFAULT" | "CHINANET" | "UNICOM" | "CAP") {
        return Err(refuse(40202));
    }
    let dns = json!([{"ip": "127.0.0.1", "real_operator": "DEFAULT"}]);
    let ping = json!([{"ip": "127.0.0.1", "from_operator": "DEFAULT", "package_loss": "0%", "time": "0.100ms"}]);
    let mut found = json!({});
    if action != "ping" {
        found["dns"] = dns;
    }
    if action != "dns" {
        found["ping"] = ping;
    }
    answer(found)
}

fn addresses(call: &mut Call<'_>) -> Outcome {
    let list: Value = json!({"ip_list": ["127.0.0.1"]});
    match call.account.platform.is_wecom() {
        true => done_with(list),
        false => answer(list),
    }
}
