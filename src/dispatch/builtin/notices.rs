//! Keeps what those who serve many accounts are told: tickets, and who authorized them. It is in
//! the store before WeChat is answered; then the other handlers hear of it too. Where the account may
//! call WeChat, an authorization is also exchanged for what the new account's tokens are made from.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::dispatch::Dispatcher;
use crate::dispatch::handler::Answer;
use crate::dispatch::handler::Context;
use crate::dispatch::handler::Handler;
use crate::outcome::Outcome;
use crate::store::Store;
use crate::store::names;
use crate::tasks::Tasks;
use crate::wechat::id::AppId;
use crate::wechat::inbound::Family;
use crate::wechat::inbound::Inbound;
use crate::wechat::inbound::platform::Authorization;
use crate::wechat::inbound::platform::ComponentTicket;
use crate::wechat::inbound::platform::Unauthorization;

/// Stands before `rest`.
pub struct Notices {
    store: Arc<dyn Store>,
    tasks: Tasks,
    rest: Dispatcher,
}

impl Notices {
    /// Keeps notices in `store`, and passes everything but tickets on to `rest`.
    pub fn new(store: Arc<dyn Store>, tasks: Tasks, rest: Dispatcher) -> Self {
        Self { store, tasks, rest }
    }
}

impl Handler for Notices {
    fn answer(&self, inbound: &Arc<Inbound>, context: &Context) -> Answer {
        let Some(value) = value(inbound, context) else {
            return self.rest.dispatch(inbound, context);
        };
        let (store, rest) = (Arc::clone(&self.store), self.rest.clone());
        let tasks = self.tasks.clone();
        let (inbound, context) = (Arc::clone(inbound), context.clone());
        Answer::Later(Box::pin(async move {
            let Value { name, bytes, ttl, is_ticket } = value;
            let kept = store.set(context.now, &name, bytes, ttl).await;
            kept.map_err(|error| Box::new(error) as Box<dyn std::error::Error + Send + Sync>)?;
            if let Some(exchange) = exchange(&inbound, &context) {
                tasks.spawn(exchange);
            }
            // A ticket is a secret, and comes every ten minutes: nobody else needs to see it.
            if is_ticket {
                return Ok(Outcome { by: "notices".to_owned(), ..Outcome::default() });
            }
            match rest.dispatch(&inbound, &context) {
                Answer::Pass => Ok(Outcome::default()),
                Answer::Now(result) => result,
                Answer::Later(work) | Answer::Reported(work, _) => work.await,
            }
        }))
    }
}

/// What follows an authorization or its end, for an account that may call WeChat. It is not waited
/// for: the notice is answered without it.
fn exchange(inbound: &Inbound, context: &Context) -> Option<impl Future<Output = ()> + use<>> {
    let component = Arc::clone(context.clients.get(&context.account)?);
    let notice = match (inbound.read::<Authorization>(), inbound.read::<Unauthorization>()) {
        (Some(Ok(it)), _) => Ok(it.authorization_code?),
        (_, Some(Ok(it))) => Err(AppId::parse(&it.authorizer_app_id).ok()?),
        _ => return None,
    };
    Some(async move {
        let done = match notice {
            Ok(code) => component.authorize(&code).await.map(drop),
            Err(account) => component.forget(&account).await,
        };
        if let Err(error) = done {
            let account = component.name();
            tracing::error!(account, "an authorization could not be followed: {error}");
        }
    })
}

/// What is to be kept of a notice.
struct Value {
    name: String,
    /// `None` forgets it.
    bytes: Option<Vec<u8>>,
    ttl: Duration,
    is_ticket: bool,
}

fn value(inbound: &Inbound, context: &Context) -> Option<Value> {
    if inbound.family() != Family::Platform {
        return None;
    }
    let component = inbound.root().get("AppId").map_or(&*context.app_id, |it| it.text().trim());
    let ticket = |name: String, ticket: String, ttl: Duration| {
        Some(Value { name, bytes: Some(ticket.into_bytes()), ttl, is_ticket: true })
    };
    let authorizer = |id: &str, bytes: Option<Vec<u8>>| {
        let name = names::authorizer(component, id);
        Some(Value { name, bytes, ttl: names::FOREVER, is_ticket: false })
    };
    if let Some(Ok(it)) = inbound.read::<ComponentTicket>() {
        return ticket(names::component_ticket(component), it.ticket, names::COMPONENT_TICKET_TTL);
    }
    if let Some(Ok(it)) = inbound.read::<Authorization>() {
        let kept = json!({
            "code": it.authorization_code,
            "code_expires": it.code_expired_time,
            "pre_auth_code": it.pre_auth_code,
        });
        return authorizer(&it.authorizer_app_id, Some(kept.to_string().into_bytes()));
    }
    let it = inbound.read::<Unauthorization>()?.ok()?;
    authorizer(&it.authorizer_app_id, None)
}
