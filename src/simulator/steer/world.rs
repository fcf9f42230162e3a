//! What the platform's side is told: limits, addresses, permissions.

use std::net::IpAddr;

use actix_web::web;
use serde::Deserialize;
use serde_json::json;

use super::Told;
use super::Which;
use super::seat;
use super::tell;
use crate::simulator::Seats;
use crate::simulator::Source;
use crate::simulator::world::calls::Calls;
use crate::simulator::world::calls::Limit;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/limits", web::post().to(set_limits))
        .route("/revoke", web::post().to(revoke))
        .route("/verify", web::post().to(verify));
}

/// Each member sets one thing; an empty list takes it back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    account: Option<String>,
    /// The path whose calls are limited.
    path: Option<String>,
    daily: Option<u64>,
    per_minute: Option<u64>,
    /// Who may fetch tokens: the console's IP list.
    addresses: Option<Vec<IpAddr>>,
    /// What Cloud Run's open API service may call.
    open_apis: Option<Vec<String>>,
    /// What is not granted to the account.
    denied: Option<Vec<String>>,
}

async fn set_limits(limits: web::Json<Limits>, seats: web::Data<Seats>) -> Told {
    let limits = limits.into_inner();
    let seat = seat(&seats, limits.account.as_deref())?;
    let calls = &mut seat.simulator.world().calls;
    if let Some(path) = &limits.path {
        let limit = Limit { daily: limits.daily, per_minute: limits.per_minute };
        calls.set_limit(path, limit);
    }
    if let Some(addresses) = limits.addresses {
        calls.addresses = Some(addresses).filter(|list| !list.is_empty());
    }
    if let Some(open_apis) = limits.open_apis {
        calls.open_apis = Some(open_apis).filter(|list| !list.is_empty());
    }
    if let Some(denied) = limits.denied {
        calls.denied = denied;
    }
    let Calls { addresses, open_apis, denied, .. } = calls;
    tell(&json!({"addresses": addresses, "open_apis": open_apis, "denied": denied}))
}

async fn revoke(which: web::Json<Which>, seats: web::Data<Seats>) -> Told {
    seat(&seats, which.account.as_deref())?.simulator.revoke_tokens();
    tell(&json!({"revoked": true}))
}

/// The check of the URL, as the console makes it when the settings are saved.
async fn verify(which: web::Json<Which>, seats: web::Data<Seats>) -> Told {
    let simulator = &seat(&seats, which.account.as_deref())?.simulator;
    let checked = match simulator.account.source {
        Source::Signature => simulator.verify_url().await,
        Source::CloudRun => simulator.probe().await,
        // A function is chosen in a list; nothing is called.
        Source::CloudFunction => Ok(()),
    };
    let reason = checked.err().map(|error| error.to_string());
    tell(&json!({"verified": reason.is_none(), "reason": reason}))
}
