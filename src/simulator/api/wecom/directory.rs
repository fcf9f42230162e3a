//! Members, departments, and the application itself.
//!
//! Sources: 企业微信 90196, 90200, 90201, 90208, 90227, 90228.

use serde_json::Value;
use serde_json::json;

use super::message::check_agent;
use crate::simulator::api::call::Call;
use crate::simulator::api::call::Outcome;
use crate::simulator::api::call::answer;
use crate::simulator::api::call::done;
use crate::simulator::api::call::done_with;
use crate::simulator::api::endpoint::Endpoint;
use crate::simulator::api::endpoint::WECOM;
use crate::simulator::api::endpoint::get;
use crate::simulator::api::endpoint::post;
use crate::simulator::api::refusal::Refusal;
use crate::simulator::api::refusal::refuse;
use crate::simulator::api::refusal::refuse_with;

#[rustfmt::skip]
pub(in crate::simulator::api) const ENDPOINTS: &[Endpoint] = &[
    get("/cgi-bin/user/get", WECOM, "one member", member),
    get("/cgi-bin/user/simplelist", WECOM, "the members of a department", members),
    get("/cgi-bin/user/list", WECOM, "the members of a department, in full", members_in_full),
    post("/cgi-bin/user/convert_to_openid", WECOM, "the OpenID of a member", to_openid),
    get("/cgi-bin/user/getuserinfo", WECOM, "who logged in on the web", logged_in),
    get("/cgi-bin/auth/getuserinfo", WECOM, "who logged in on the web", logged_in),
    get("/cgi-bin/department/list", WECOM, "all departments", departments),
    get("/cgi-bin/agent/get", WECOM, "the application", agent),
    get("/cgi-bin/agent/list", WECOM, "the applications of this secret", agents),
    post("/cgi-bin/agent/set", WECOM, "change the application", set_agent),
];

fn describe(id: &str) -> Value {
    json!({
        "userid": id, "name": id, "department": [1], "order": [0], "position": "", "mobile": "",
        "gender": "0", "email": "", "is_leader_in_dept": [0], "status": 1, "enable": 1,
        "main_department": 1,
    })
}

fn member(call: &mut Call<'_>) -> Outcome {
    let id = call.query.get("userid").to_owned();
    match id.as_str() {
        "" => Err(refuse_with(40063, "some parameters are empty: userid")),
        id if call.world.users.all.contains_key(id) => done_with(describe(id)),
        _ => Err(refuse(60111)),
    }
}

/// The one department there is.
fn check_department(call: &Call<'_>) -> Result<(), Refusal> {
    match call.query.get("department_id") {
        "1" => Ok(()),
        // 60003: source "Read department members", return codes.
        _ => Err(refuse_with(60003, "department not found")),
    }
}

fn members(call: &mut Call<'_>) -> Outcome {
    check_department(call)?;
    let list = call.world.users.all.keys();
    let list = list.map(|id| json!({"userid": id, "name": id, "department": [1]}));
    done_with(json!({"userlist": list.collect::<Vec<_>>()}))
}

fn members_in_full(call: &mut Call<'_>) -> Outcome {
    check_department(call)?;
    let list: Vec<Value> = call.world.users.all.keys().map(|id| describe(id)).collect();
    done_with(json!({"userlist": list}))
}

fn to_openid(call: &mut Call<'_>) -> Outcome {
    let id = call.text("userid", 40063)?;
    match call.world.users.all.contains_key(&id) {
        true => done_with(json!({"openid": format!("oWecom{id}")})),
        false => Err(refuse(60111)),
    }
}

fn logged_in(call: &mut Call<'_>) -> Outcome {
    let code = call.query.get("code").to_owned();
    let user = crate::simulator::api::login::redeem(call, &code)?;
    done_with(json!({"UserId": user, "userid": user, "DeviceId": ""}))
}

fn departments(_: &mut Call<'_>) -> Outcome {
    let company = json!({"id": 1, "name": "模拟公司", "parentid": 0, "order": 1});
    done_with(json!({"department": [company]}))
}

fn agent(call: &mut Call<'_>) -> Outcome {
    let own = call.account.agent_id.unwrap_or_default();
    if call.query.get("agentid").parse() != Ok(own) {
        return Err(refuse(40056));
    }
    let users: Vec<Value> = call.world.users.all.keys().map(|id| json!({"userid": id})).collect();
    done_with(json!({
        "agentid": own, "name": "模拟应用", "square_logo_url": "", "description": "",
        "allow_userinfos": {"user": users}, "allow_partys": {"partyid": [1]}, "close": 0,
        "redirect_domain": "", "report_location_flag": 0, "isreportenter": 0, "home_url": "",
    }))
}

fn agents(call: &mut Call<'_>) -> Outcome {
    let own = call.account.agent_id.unwrap_or_default();
    let list = json!([{"agentid": own, "name": "模拟应用", "square_logo_url": ""}]);
    answer(json!({"errcode": 0, "errmsg": "ok", "agentlist": list}))
}

fn set_agent(call: &mut Call<'_>) -> Outcome {
    check_agent(call)?;
    done()
}
