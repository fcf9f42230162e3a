//! Keeps what those who serve many accounts are told: tickets, and who authorized them. It is in
//! the store before WeChat is answered; then the other handlers hear of it too. Where the account may
//! call WeChat, an authorization is also exchanged for what the new account's tokens are made from.

use std::sync::Arc;
use std::time::Duration;

use super::authorizations::Authorizations;
use super::authorizations::Kept;
use crate::dispatch::Dispatcher;
use crate::dispatch::handler::Answer;
use crate::dispatch::handler::Context;
use crate::dispatch::handler::Handler;
use crate::dispatch::handler::HandlerError;
use crate::outcome::Outcome;
use crate::store::Store;
use crate::store::names;
use crate::wechat::id::AppId;
use crate::wechat::inbound::Family;
use crate::wechat::inbound::Inbound;
use crate::wechat::inbound::platform::Authorization;
use crate::wechat::inbound::platform::ComponentTicket;
use crate::wechat::inbound::platform::Unauthorization;

/// Stands before `rest`.
pub struct Notices {
    store: Arc<dyn Store>,
    authorizations: Authorizations,
    rest: Dispatcher,
}

impl Notices {
    /// Keeps notices in `store`, and passes everything but tickets on to `rest`.
    pub fn new(store: Arc<dyn Store>, authorizations: Authorizations, rest: Dispatcher) -> Self {
        Self { store, authorizations, rest }
    }
}

impl Handler for Notices {
    fn answer(&self, inbound: &Arc<Inbound>, context: &Context) -> Answer {
        let Some(value) = value(inbound, context) else {
            return self.rest.dispatch(inbound, context);
        };
        let (store, rest) = (Arc::clone(&self.store), self.rest.clone());
        let authorizations = self.authorizations.clone();
        let (inbound, context) = (Arc::clone(inbound), context.clone());
        Answer::Later(Box::pin(async move {
            let Value { name, bytes, ttl, about } = value;
            let kept = store.set(context.now, &name, bytes.clone(), ttl).await;
            kept.map_err(store_failed)?;
            let component = context.clients.get(&context.account);
            if let (Some(component), Some(account)) = (component, &about) {
                match (bytes, AppId::parse(account)) {
                    (Some(bytes), _) => drop(authorizations.follow(component, account, bytes)),
                    (None, Ok(account)) => {
                        component.forget(&account).await.map_err(store_failed)?;
                    }
                    (None, Err(_)) => {}
                }
            }
            // A ticket is a secret, and comes every ten minutes: nobody else needs to see it.
            if about.is_none() {
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

/// WeChat is not told that a notice arrived which is not kept.
fn store_failed(error: impl std::error::Error + Send + Sync + 'static) -> HandlerError {
    HandlerError::Other(Box::new(error))
}

/// What is to be kept of a notice.
struct Value {
    name: String,
    /// `None` forgets it.
    bytes: Option<Vec<u8>>,
    ttl: Duration,
    /// The account that authorized us or did so no more; none for a ticket.
    about: Option<String>,
}

fn value(inbound: &Inbound, context: &Context) -> Option<Value> {
    if inbound.family() != Family::Platform {
        return None;
    }
    let component = inbound.root().get("AppId").map_or(&*context.app_id, |it| it.text().trim());
    let ticket = |name: String, ticket: String, ttl: Duration| {
        Some(Value { name, bytes: Some(ticket.into_bytes()), ttl, about: None })
    };
    let authorizer = |id: &str, bytes: Option<Vec<u8>>| {
        let name = names::authorizer(component, id);
        Some(Value { name, bytes, ttl: names::FOREVER, about: Some(id.to_owned()) })
    };
    if let Some(Ok(it)) = inbound.read::<ComponentTicket>() {
        return ticket(names::component_ticket(component), it.ticket, names::COMPONENT_TICKET_TTL);
    }
    if let Some(Ok(it)) = inbound.read::<Authorization>() {
        let kept = Kept {
            code: it.authorization_code,
            code_expires: it.code_expired_time,
            pre_auth_code: it.pre_auth_code,
        };
        return authorizer(&it.authorizer_app_id, Some(kept.to_bytes()));
    }
    let it = inbound.read::<Unauthorization>()?.ok()?;
    authorizer(&it.authorizer_app_id, None)
}
