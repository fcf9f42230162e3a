//! 微信客服: customers write through WeChat, the company reads and answers through the API.
//!
//! Sources: 企业微信 94670 "Receive messages and events", 94677 "Send messages", 94648, 94669.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use serde_json::Value;
use serde_json::json;

use crate::clock::Clock as _;
use crate::simulator::Exchange;
use crate::simulator::Simulator;
use crate::simulator::api::call::Call;
use crate::simulator::api::call::Outcome;
use crate::simulator::api::call::done_with;
use crate::simulator::api::call::number;
use crate::simulator::api::call::text;
use crate::simulator::api::endpoint::Endpoint;
use crate::simulator::api::endpoint::WECOM;
use crate::simulator::api::endpoint::any;
use crate::simulator::api::endpoint::post;
use crate::simulator::api::refusal::Refusal;
use crate::simulator::api::refusal::refuse;
use crate::simulator::api::refusal::refuse_with;
use crate::simulator::follower;

#[rustfmt::skip]
pub(in crate::simulator::api) const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/kf/sync_msg", WECOM, "messages of customers since a cursor", sync),
    post("/cgi-bin/kf/send_msg", WECOM, "answer a customer", send),
    post("/cgi-bin/kf/send_msg_on_event", WECOM, "welcome a customer", welcome),
    any("/cgi-bin/kf/account/list", WECOM, "the customer-service accounts", accounts),
    post("/cgi-bin/kf/service_state/get", WECOM, "who serves a customer", state),
    post("/cgi-bin/kf/service_state/trans", WECOM, "hand a customer over", transfer),
];

/// The one account there is.
const ACCOUNT: &str = "wkSimulated0000000000000000001";

/// Messages in one answer, and the most kept.
const PAGE: i64 = 1_000;
const KEPT: usize = 10_000;

/// Seconds a customer's message allows answers, and how many.
const WINDOW: i64 = 48 * 3_600;
const ANSWERS: u32 = 5;

/// Seconds a welcome code is good.
const WELCOME: i64 = 20;

/// The most customers known.
const CUSTOMERS: usize = 10_000;

/// Customers and what they wrote.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Desk {
    messages: VecDeque<(u64, Value)>,
    last: u64,
    customers: BTreeMap<String, Customer>,
    /// End by welcome code.
    welcomes: BTreeMap<String, i64>,
    token: String,
}

#[derive(Debug, Default)]
struct Customer {
    last: i64,
    answers: u32,
    state: i64,
}

impl Desk {
    fn add(&mut self, message: Value) {
        self.last += 1;
        if self.messages.len() >= KEPT {
            self.messages.pop_front();
        }
        self.messages.push_back((self.last, message));
    }
}

impl Simulator {
    /// Lets a customer write to 微信客服: the message waits for `kf/sync_msg`, the callback only
    /// signals it.
    pub async fn customer_says(&self, customer: &str, content: &str) -> Exchange {
        let now = self.virtual_clock.unix();
        let token = format!("ENC{}", self.entropy.alphanumeric(40));
        {
            let desk = &mut self.world().nouns.desk;
            if !desk.customers.contains_key(customer) {
                if desk.customers.len() >= CUSTOMERS {
                    desk.customers.pop_first();
                }
                let code = self.entropy.alphanumeric(32);
                desk.welcomes.retain(|_, until| now < *until);
                desk.welcomes.insert(code.clone(), now + WELCOME);
                let event = json!({
                    "event_type": "enter_session", "open_kfid": ACCOUNT,
                    "external_userid": customer, "scene": "simulated", "scene_param": "",
                    "welcome_code": code,
                });
                desk.add(json!({
                    "msgid": self.entropy.alphanumeric(32), "open_kfid": ACCOUNT,
                    "send_time": now, "origin": 4, "msgtype": "event", "event": event,
                }));
            }
            let known = desk.customers.entry(customer.to_owned()).or_default();
            (known.last, known.answers) = (now, 0);
            desk.token.clone_from(&token);
            desk.add(json!({
                "msgid": self.entropy.alphanumeric(32), "open_kfid": ACCOUNT,
                "external_userid": customer, "send_time": now, "origin": 3, "msgtype": "text",
                "text": {"content": content},
            }));
        }
        let fields = json!({
            "MsgType": "event", "Event": "kf_msg_or_event", "Token": token, "OpenKfId": ACCOUNT,
            "FromUserName": null, "AgentID": null,
        });
        self.deliver(&follower::document(self, "", fields)).await
    }
}

fn sync(call: &mut Call<'_>) -> Outcome {
    let desk = &call.world.nouns.desk;
    let token = text(&call.body, "token");
    if !token.is_empty() && token != desk.token {
        return Err(refuse(95007));
    }
    let account = text(&call.body, "open_kfid");
    if !account.is_empty() && account != ACCOUNT {
        return Err(refuse_with(95000, "invalid open_kfid"));
    }
    let cursor = match text(&call.body, "cursor") {
        "" => 0,
        given => given.parse::<u64>().map_err(|_| refuse_with(40058, "invalid cursor"))?,
    };
    let limit = number(&call.body, "limit").unwrap_or(PAGE);
    if !(1..=PAGE).contains(&limit) {
        return Err(refuse_with(40058, "invalid limit"));
    }
    let limit = usize::try_from(limit).unwrap_or(1);
    let mut later = desk.messages.iter().filter(|(number, _)| *number > cursor);
    let page: Vec<&(u64, Value)> = later.by_ref().take(limit).collect();
    let next = page.last().map_or(cursor, |(number, _)| *number);
    let has_more = i32::from(later.next().is_some());
    let list: Vec<&Value> = page.into_iter().map(|(_, message)| message).collect();
    done_with(json!({"next_cursor": next.to_string(), "has_more": has_more, "msg_list": list}))
}

const KINDS: [&str; 11] = [
    "text",
    "image",
    "voice",
    "video",
    "file",
    "link",
    "miniprogram",
    "msgmenu",
    "location",
    "business_card",
    "ca_link",
];

fn check(call: &Call<'_>) -> Result<String, Refusal> {
    let kind = text(&call.body, "msgtype");
    if !KINDS.contains(&kind) {
        return Err(refuse(40008));
    }
    let content = &call.body[kind];
    match kind {
        "text" if text(content, "content").is_empty() => Err(refuse(44004)),
        "image" | "voice" | "video" | "file" => {
            call.check_media(text(content, "media_id"), &[kind])?;
            Ok(kind.to_owned())
        }
        _ => Ok(kind.to_owned()),
    }
}

fn send(call: &mut Call<'_>) -> Outcome {
    let to = call.text("touser", 40003)?;
    if text(&call.body, "open_kfid") != ACCOUNT {
        return Err(refuse_with(95000, "invalid open_kfid"));
    }
    let kind = check(call)?;
    let now = call.now;
    let customer = call.world.nouns.desk.customers.get_mut(&to);
    let customer = customer.ok_or_else(|| refuse(84061))?;
    if customer.state == 4 {
        return Err(refuse(95013));
    }
    if now - customer.last >= WINDOW {
        return Err(refuse(95002));
    }
    if customer.answers >= ANSWERS {
        return Err(refuse(95001));
    }
    customer.answers += 1;
    let id = match text(&call.body, "msgid") {
        "" => call.id(32),
        given => given.to_owned(),
    };
    let mut message = json!({
        "msgid": id, "open_kfid": ACCOUNT, "external_userid": to, "send_time": now, "origin": 5,
        "servicer_userid": "", "msgtype": kind,
    });
    message[kind.as_str()] = call.body[kind.as_str()].clone();
    call.world.nouns.desk.add(message);
    done_with(json!({"msgid": id}))
}

fn welcome(call: &mut Call<'_>) -> Outcome {
    let code = call.text("code", 95007)?;
    if !matches!(text(&call.body, "msgtype"), "text" | "msgmenu") {
        return Err(refuse(40008));
    }
    match call.world.nouns.desk.welcomes.remove(&code) {
        Some(until) if call.now < until => done_with(json!({"msgid": call.id(32)})),
        _ => Err(refuse(95007)),
    }
}

fn accounts(_: &mut Call<'_>) -> Outcome {
    let account =
        json!({"open_kfid": ACCOUNT, "name": "模拟客服", "avatar": "", "manage_privilege": true});
    done_with(json!({"account_list": [account]}))
}

fn customer<'c>(call: &'c mut Call<'_>) -> Result<&'c mut Customer, Refusal> {
    let id = call.text("external_userid", 40003)?;
    call.world.nouns.desk.customers.get_mut(&id).ok_or_else(|| refuse(84061))
}

fn state(call: &mut Call<'_>) -> Outcome {
    let state = customer(call)?.state;
    done_with(json!({"service_state": state, "servicer_userid": ""}))
}

fn transfer(call: &mut Call<'_>) -> Outcome {
    let new = call.number("service_state", 40058)?;
    let customer = customer(call)?;
    if !(0..=4).contains(&new) || customer.state == 4 {
        return Err(refuse(95016));
    }
    customer.state = new;
    done_with(json!({"msg_code": ""}))
}
