//! `/api/v1/replay`: a message once more through the real path, signed and sealed as its account has
//! it, under an id of its own, so that it is worked on and not recognised.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;
use serde_json::json;
use tokio::sync::oneshot;

use super::Api;
use super::endpoint::Answer;
use super::endpoint::Answering;
use super::endpoint::Call;
use super::field;
use super::field::Field;
use super::field::Shape;
use super::refusal::Refusal;
use crate::account::Account;
use crate::account::RawCallback;
use crate::code;
use crate::config::account::Source;
use crate::config::fault::did_you_mean;
use crate::config::secret::Secret;
use crate::intake::Intake;
use crate::simulator;
use crate::simulator::RawRequest;
use crate::simulator::RawResponse;
use crate::simulator::Simulator;
use crate::simulator::What;
use crate::wechat::Mode;
use crate::wechat::inbound::Inbound;

/// What `POST` takes.
pub(super) const FIELDS: &[Field] = &[
    Field::may("account", Shape::Name, "The account that it is sent to."),
    Field::may(
        "message",
        Shape::Text(100_000),
        "The message as WeChat writes it, decrypted: XML, or JSON in a string.",
    ),
];

/// By what a repetition is recognised: the id of a message, the time of an event.
static IDS: LazyLock<Regex> = LazyLock::new(|| of_member("MsgId"));
static TIMES: LazyLock<Regex> = LazyLock::new(|| of_member("CreateTime"));

fn of_member(name: &str) -> Regex {
    let pattern = format!(r#"(<{name}>(?:<!\[CDATA\[)?|"{name}"\s*:\s*"?)[0-9]+"#);
    Regex::new(&pattern).expect("a literal name in a literal pattern")
}

/// Both must be there.
pub(super) fn rule() -> Value {
    json!({ "required": ["account", "message"] })
}

/// What could be run.
pub(super) fn example() -> Value {
    json!({
        "account": "shop",
        "message": "<xml><ToUserName>gh_1</ToUserName><FromUserName>oAnna</FromUserName>\
            <CreateTime>1767225600</CreateTime><MsgType>text</MsgType><Content>help</Content>\
            <MsgId>1</MsgId></xml>",
    })
}

/// `POST`: delivers it as the platform does.
pub(super) fn run(api: &Api, call: Call) -> Answering<'_> {
    Box::pin(async move {
        let name = field::text(&call.body, "account");
        let accounts = &api.intake.accounts;
        let account = accounts.get(&name).ok_or_else(|| {
            let advice = did_you_mean(&name, accounts.keys().map(String::as_str));
            Refusal::new(code::API_UNKNOWN, format!("there is no account `{name}`")).advise(advice)
        })?;
        let document = renewed(&field::text(&call.body, "message"), &api.intake);
        let inbound = Inbound::parse(document.clone().into_bytes());
        let kind = inbound.ok().map(|it| it.type_name()).filter(|it| !it.is_empty());
        let Some(kind) = kind else {
            return Err(Refusal::new(code::API_UNREADABLE, code::API_UNREADABLE.meaning));
        };
        let platform = played(account, &api.intake)?;
        let (tell, told) = oneshot::channel();
        api.tasks.spawn(async move {
            let exchange = platform.deliver(&document).await;
            // Nobody is told if the caller has gone.
            drop(tell.send(exchange));
        });
        let exchange = told.await.map_err(|_| Refusal::of(code::STORE_FAILED))?;
        let last = exchange.tries.last().map(|last| &last.what);
        let reply = match last {
            Some(What::Answered(Some(shown))) => json!({ "type": shown.kind, "text": shown.text }),
            _ => Value::Null,
        };
        let took = u64::try_from(exchange.took().as_millis()).unwrap_or(u64::MAX);
        let is_answered = exchange.is_answered();
        Ok(Answer::Json(
            200,
            json!({ "type": kind, "answered": is_answered, "reply": reply, "ms": took }),
        ))
    })
}

/// The message under another id and of now.
fn renewed(message: &str, intake: &Intake) -> String {
    let id = format!("${{1}}{}{:010}", intake.clock.unix(), intake.entropy.nonce());
    let now = format!("${{1}}{}", intake.clock.unix());
    let message = IDS.replace(message, id.as_str());
    TIMES.replace(&message, now.as_str()).into_owned()
}

/// The platform that sends to this account.
fn played(account: &Account, intake: &Arc<Intake>) -> Result<Arc<Simulator>, Refusal> {
    let agreement = &account.agreement;
    let unsigned = || crate::wechat::secret::Token::parse("unsigned");
    let token = agreement.token.clone().map_or_else(unsigned, Ok);
    let token = token.map_err(|_| Refusal::of(code::API_INVALID))?;
    let app_id = agreement.receive_id.clone();
    let mut played = simulator::Account::new(agreement.platform, token, app_id);
    played.mode = agreement.mode;
    played.cipher = agreement.ciphers.first().filter(|_| agreement.mode != Mode::Plain).cloned();
    let played = match account.source {
        Source::Signature => played,
        Source::CloudRun => played.on_cloud_run(),
        Source::CloudFunction => played.on_cloud_function(),
    };
    let callback = format!("/callback/{}", account.name);
    let wire = wire(Arc::clone(intake), Arc::clone(&account.name));
    let world = (Arc::clone(&intake.clock), Arc::clone(&intake.entropy));
    Ok(Simulator::new(played, &callback, wire, world.0, world.1))
}

/// Straight into the intake of this process.
fn wire(
    intake: Arc<Intake>,
    account: Arc<str>,
) -> impl Fn(RawRequest) -> Pin<Box<dyn Future<Output = RawResponse> + Send>> {
    move |request| {
        let (intake, account) = (Arc::clone(&intake), Arc::clone(&account));
        Box::pin(async move {
            let callback = RawCallback {
                has_source: request.header("x-wx-source").is_some(),
                authorization: request.header("authorization").map(Secret::new),
                query: request.query,
                body: request.body,
                served: None,
                headers: Vec::new(),
            };
            match intake.answer(&account, callback).await {
                Ok(body) => RawResponse { status: 200, body: body.into_bytes() },
                Err(error) => RawResponse { status: error.code().status, body: Vec::new() },
            }
        })
    }
}
