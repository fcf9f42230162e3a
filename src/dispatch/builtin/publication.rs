//! 全网发布检测: what WeChat tries out before a third-party platform may be published.
//!
//! Source: open platform, "Publication check".

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use crate::config::secret::Secret;
use crate::dispatch::handler::Answer;
use crate::dispatch::handler::Context;
use crate::dispatch::handler::Handler;
use crate::exchange::Exchange;
use crate::exchange::Method;
use crate::exchange::Request;
use crate::outcome::Outcome;
use crate::store::Store;
use crate::store::names;
use crate::tasks::Tasks;
use crate::wechat::inbound::Family;
use crate::wechat::inbound::Inbound;
use crate::wechat::reply::Reply;

/// The accounts that WeChat checks with: a 公众号 and a 小程序.
const CHECKERS: [&str; 2] = ["gh_3c884a361561", "gh_8dad206e9538"];

const TEXT: &str = "TESTCOMPONENT_MSG_TYPE_TEXT";
const CODE: &str = "QUERY_AUTH_CODE:";

/// How long a call may take; the check itself waits for some seconds.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The largest answer: `func_info` is a long list.
const LARGEST_ANSWER: usize = 256 << 10;

/// A third-party platform that is to be checked.
#[derive(Clone, Debug)]
pub struct Component {
    /// Its AppID.
    pub app_id: Arc<str>,
    /// Its AppSecret; without one the third case, which calls WeChat, fails.
    pub secret: Option<Secret>,
    /// Where WeChat's API is, without a slash at its end.
    pub api_base: String,
}

/// Answers the check for the accounts that have it switched on, and passes everything else on.
pub struct PublicationCheck {
    components: HashMap<String, Component>,
    calls: Calls,
    tasks: Tasks,
}

#[derive(Clone)]
struct Calls {
    store: Arc<dyn Store>,
    exchange: Arc<Exchange>,
}

impl PublicationCheck {
    /// For these accounts, by their names in the config.
    pub fn new(
        components: HashMap<String, Component>,
        store: Arc<dyn Store>,
        exchange: Arc<Exchange>,
        tasks: Tasks,
    ) -> Self {
        Self { components, calls: Calls { store, exchange }, tasks }
    }

    /// Exchanges the code and says so as a customer-service message, beside the answer.
    fn say_later(&self, component: &Component, to: &str, code: &str, now: Duration) {
        let (calls, component) = (self.calls.clone(), component.clone());
        let (to, code) = (to.to_owned(), code.to_owned());
        self.tasks.spawn(async move {
            match calls.say(&component, &to, &code, now).await {
                Ok(()) => tracing::info!("the publication check got its customer-service message"),
                Err(error) => tracing::error!("the publication check will fail: {error}"),
            }
        });
    }
}

impl Handler for PublicationCheck {
    fn answer(&self, inbound: &Arc<Inbound>, context: &Context) -> Answer {
        let component = self.components.get(&*context.account);
        let Some(component) = component.filter(|_| CHECKERS.contains(&inbound.to())) else {
            return Answer::Pass;
        };
        let text = inbound.text().trim();
        let reply = match inbound.family() {
            Family::Event => Reply::text(format!("{}from_callback", inbound.name())),
            _ if text == TEXT => Reply::text(format!("{TEXT}_callback")),
            _ => match text.strip_prefix(CODE) {
                Some(code) => {
                    self.say_later(component, inbound.from(), code.trim(), context.now);
                    Reply::Success
                }
                None => return Answer::Pass,
            },
        };
        Answer::Now(Ok(Outcome::reply(reply, "publication-check")))
    }
}

/// Why the customer-service message was not sent. Carries no secret.
#[derive(Debug, thiserror::Error)]
enum CheckError {
    #[error("the account has no `app_secret`")]
    NoSecret,
    #[error("no ticket has come yet; WeChat sends one every ten minutes")]
    NoTicket,
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    #[error(transparent)]
    Exchange(#[from] crate::exchange::ExchangeError),
    #[error("{path} answered errcode {code}")]
    Refused { path: &'static str, code: i64 },
    #[error("{path} answered without `{field}`")]
    Shape { path: &'static str, field: &'static str },
}

impl Calls {
    async fn say(
        &self,
        component: &Component,
        to: &str,
        code: &str,
        now: Duration,
    ) -> Result<(), CheckError> {
        let secret = component.secret.as_ref().ok_or(CheckError::NoSecret)?;
        let ticket = self.store.get(now, &names::component_ticket(&component.app_id)).await?;
        let ticket = ticket.ok_or(CheckError::NoTicket)?;
        let base = &component.api_base;
        let asked = json!({
            "component_appid": &*component.app_id,
            "component_appsecret": secret.expose(),
            "component_verify_ticket": String::from_utf8_lossy(&ticket),
        });
        let path = "/cgi-bin/component/api_component_token";
        let answer = self.post(path, format!("{base}{path}"), &asked).await?;
        let token = text(&answer, path, "component_access_token")?;
        let asked = json!({"component_appid": &*component.app_id, "authorization_code": code});
        let path = "/cgi-bin/component/api_query_auth";
        let url = format!("{base}{path}?component_access_token={token}");
        let answer = self.post(path, url, &asked).await?;
        let token = text(&answer["authorization_info"], path, "authorizer_access_token")?;
        let text = format!("{code}_from_api");
        let asked = json!({"touser": to, "msgtype": "text", "text": {"content": text}});
        let path = "/cgi-bin/message/custom/send";
        let url = format!("{base}{path}?access_token={token}");
        self.post(path, url, &asked).await.map(drop)
    }

    async fn post(
        &self,
        path: &'static str,
        url: String,
        body: &Value,
    ) -> Result<Value, CheckError> {
        let request = Request {
            method: Method::Post,
            url,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.to_string().into(),
            timeout: TIMEOUT,
            max_answer: LARGEST_ANSWER,
        };
        let response = self.exchange.send(request).await?;
        let answer: Value = serde_json::from_slice(&response.body)
            .map_err(|_| CheckError::Shape { path, field: "errcode" })?;
        match answer["errcode"].as_i64() {
            None | Some(0) => Ok(answer),
            Some(code) => Err(CheckError::Refused { path, code }),
        }
    }
}

fn text(value: &Value, path: &'static str, field: &'static str) -> Result<String, CheckError> {
    value[field].as_str().map(str::to_owned).ok_or(CheckError::Shape { path, field })
}
