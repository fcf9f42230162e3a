//! What an intelligent robot says later: once, at the address that came with the message.
//!
//! Source: "Intelligent robot", `response_url`: one POST within an hour. What is answered to a second
//! one, or after that, is not documented; here it is 40058.

use std::collections::BTreeMap;

use crate::clock::Clock as _;
use crate::simulator::Simulator;
use crate::simulator::api::call::Call;
use crate::simulator::api::call::Outcome;
use crate::simulator::api::call::done;
use crate::simulator::api::call::text;
use crate::simulator::api::endpoint::Endpoint;
use crate::simulator::api::endpoint::WECOM;
use crate::simulator::api::endpoint::post;
use crate::simulator::api::refusal::refuse;
use crate::simulator::api::refusal::refuse_with;

#[rustfmt::skip]
pub(in crate::simulator::api) const ENDPOINTS: &[Endpoint] = &[
    post(PATH, WECOM, "answer a message to an intelligent robot later, once", respond).keyless(),
];

const PATH: &str = "/cgi-bin/aibot/response";

/// Seconds in which an answer is taken.
const LIFE: i64 = 3_600;

/// The most messages whose answers are waited for.
const REMEMBERED: usize = 10_000;

/// Who is answered, and until when, by code. An answer uses its code up.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Responses(BTreeMap<String, (String, i64)>);

impl Simulator {
    /// The address at which a message of `user` is answered later.
    pub(in crate::simulator) fn response_url(&self, user: &str) -> String {
        let now = self.virtual_clock.unix();
        let code = self.entropy.alphanumeric(32);
        let mut world = self.world();
        let responses = &mut world.nouns.responses.0;
        responses.retain(|_, (_, until)| now < *until);
        if responses.len() >= REMEMBERED {
            responses.pop_first();
        }
        responses.insert(code.clone(), (user.to_owned(), now + LIFE));
        format!("{}{PATH}?response_code={code}", self.account.api_base)
    }
}

fn respond(call: &mut Call<'_>) -> Outcome {
    let body = std::mem::take(&mut call.body);
    let kind = text(&body, "msgtype");
    let shown = match kind {
        "markdown" => text(&body["markdown"], "content"),
        "template_card" => text(&body["template_card"]["main_title"], "title"),
        _ => return Err(refuse(40008)),
    };
    if shown.is_empty() {
        return Err(refuse(44004));
    }
    let now = call.now;
    let found = call.world.nouns.responses.0.remove(call.query.get("response_code"));
    let Some((user, _)) = found.filter(|(_, until)| now < *until) else {
        return Err(refuse_with(40058, "invalid response_code"));
    };
    call.push(&user, kind, shown, body.clone());
    done()
}
