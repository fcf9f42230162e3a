//! What followers do beside writing: follow, scan, click, agree.

use actix_web::HttpResponse;
use actix_web::web;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::Told;
use super::actor;
use super::bad;
use super::either;
use super::seat;
use crate::simulator::Follower;
use crate::simulator::Seats;
use crate::wechat::Platform;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/follow", web::post().to(follow))
        .route("/unfollow", web::post().to(unfollow))
        .route("/scan", web::post().to(scan))
        .route("/click", web::post().to(click))
        .route("/agree", web::post().to(agree))
        .route("/refuse", web::post().to(refuse))
        .route("/code", web::post().to(code))
        .route("/kf", web::post().to(customer))
        .route("/ticket", web::post().to(ticket))
        .route("/authorize", web::post().to(authorize))
        .route("/unauthorize", web::post().to(unauthorize));
}

/// What an action may say; each takes some of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Action {
    account: Option<String>,
    from: Option<String>,
    key: Option<String>,
    scene: Option<String>,
    ticket: Option<String>,
    template_id: Option<String>,
    count: Option<u32>,
    text: Option<String>,
    app_id: Option<String>,
    errcode: Option<i64>,
}

fn follower(action: &Action, seats: &Seats) -> Result<Follower, Box<HttpResponse>> {
    let seat = seat(seats, action.account.as_deref())?;
    Ok(seat.simulator.follower(actor(seat, action.from.as_deref())?))
}

fn missing<T>(name: &str) -> Result<T, Box<HttpResponse>> {
    let advice = "docs/simulate.md has every action.";
    Err(Box::new(bad(&format!("`{name}` is missing"), advice)))
}

async fn follow(action: web::Json<Action>, seats: web::Data<Seats>) -> HttpResponse {
    either(match follower(&action, &seats) {
        Err(refusal) => Err(refusal),
        Ok(it) => {
            let exchange = it.subscribes(action.scene.as_deref()).await;
            Ok(HttpResponse::Ok().json(exchange.to_json()))
        }
    })
}

async fn unfollow(action: web::Json<Action>, seats: web::Data<Seats>) -> HttpResponse {
    either(match follower(&action, &seats) {
        Err(refusal) => Err(refusal),
        Ok(it) => Ok(HttpResponse::Ok().json(it.unsubscribes().await.to_json())),
    })
}

async fn click(action: web::Json<Action>, seats: web::Data<Seats>) -> HttpResponse {
    either(match (follower(&action, &seats), action.key.as_deref()) {
        (Err(refusal), _) => Err(refusal),
        (_, None) => missing("key"),
        (Ok(it), Some(key)) => Ok(HttpResponse::Ok().json(it.clicks(key).await.to_json())),
    })
}

async fn scan(action: web::Json<Action>, seats: web::Data<Seats>) -> HttpResponse {
    either(try_scan(&action, &seats).await)
}

/// Scans a code of `qrcode/create` by its ticket, or any scene. Who does not follow yet, follows.
async fn try_scan(action: &Action, seats: &Seats) -> Told {
    let follower = follower(action, seats)?;
    let simulator = &seat(seats, action.account.as_deref())?.simulator;
    let scene = match (&action.scene, &action.ticket) {
        (Some(scene), _) => scene.clone(),
        (None, Some(ticket)) => simulator.scene_of(ticket).ok_or_else(|| {
            Box::new(bad("no such ticket, or it is over", "Take one of `qrcode/create`."))
        })?,
        (None, None) => return missing("ticket"),
    };
    let is_following = simulator.is_following(follower.open_id());
    let (event, key) = match is_following {
        true => ("SCAN", scene),
        false => ("subscribe", format!("qrscene_{scene}")),
    };
    let ticket = action.ticket.clone().unwrap_or_else(|| "SIMULATED-TICKET".to_owned());
    let fields = json!({"MsgType": "event", "Event": event, "EventKey": key, "Ticket": ticket});
    Ok(HttpResponse::Ok().json(follower.sends(fields).await.to_json()))
}

async fn agree(action: web::Json<Action>, seats: web::Data<Seats>) -> HttpResponse {
    either(try_agree(&action, &seats).await)
}

/// Agrees to `count` subscription messages of a template, or refuses with 0; the account hears of
/// it.
async fn try_agree(action: &Action, seats: &Seats) -> Told {
    let follower = follower(action, seats)?;
    let simulator = &seat(seats, action.account.as_deref())?.simulator;
    let template = action.template_id.as_deref().map_or_else(|| missing("template_id"), Ok)?;
    let count = action.count.unwrap_or(1);
    simulator.grant(follower.open_id(), template, count);
    let status = if count == 0 { "reject" } else { "accept" };
    let is_json = simulator.account.platform == Platform::MiniProgram;
    // JSON has no wrapper around the list, and its numbers are texts.
    let scene: Value = if is_json { "0".into() } else { 0.into() };
    let list =
        json!({"TemplateId": template, "SubscribeStatusString": status, "PopupScene": scene});
    let mut fields = json!({"MsgType": "event", "Event": "subscribe_msg_popup_event"});
    match simulator.account.format {
        crate::wechat::wire::Format::Json => fields["List"] = list,
        crate::wechat::wire::Format::Xml => {
            fields["SubscribeMsgPopupEvent"] = json!({"List": list});
        }
    }
    Ok(HttpResponse::Ok().json(follower.sends(fields).await.to_json()))
}

/// Everything sent to somebody is refused with `errcode` from now on; without one no longer.
async fn refuse(action: web::Json<Action>, seats: web::Data<Seats>) -> HttpResponse {
    either(try_refuse(&action, &seats))
}

fn try_refuse(action: &Action, seats: &Seats) -> Told {
    let seat = seat(seats, action.account.as_deref())?;
    let user = actor(seat, action.from.as_deref())?;
    seat.simulator.refuses(&user, action.errcode);
    Ok(HttpResponse::Ok().json(json!({"errcode": action.errcode})))
}

/// `{"code"}`: a login code, as the client of the user would get one.
async fn code(action: web::Json<Action>, seats: web::Data<Seats>) -> HttpResponse {
    either(try_code(&action, &seats))
}

fn try_code(action: &Action, seats: &Seats) -> Told {
    let seat = seat(seats, action.account.as_deref())?;
    let user = actor(seat, action.from.as_deref())?;
    Ok(HttpResponse::Ok().json(json!({"code": seat.simulator.login_code(&user)})))
}

async fn customer(action: web::Json<Action>, seats: web::Data<Seats>) -> HttpResponse {
    either(try_customer(&action, &seats).await)
}

/// A customer writes to 微信客服.
async fn try_customer(action: &Action, seats: &Seats) -> Told {
    let seat = seat(seats, action.account.as_deref())?;
    let customer = action.from.as_deref().unwrap_or("wmSimulatedCustomer00000001");
    let text = action.text.as_deref().map_or_else(|| missing("text"), Ok)?;
    Ok(HttpResponse::Ok().json(seat.simulator.customer_says(customer, text).await.to_json()))
}

async fn ticket(action: web::Json<Action>, seats: web::Data<Seats>) -> HttpResponse {
    either(match seat(&seats, action.account.as_deref()) {
        Err(refusal) => Err(refusal),
        Ok(it) => Ok(HttpResponse::Ok().json(it.simulator.pushes_ticket().await.to_json())),
    })
}

async fn authorize(action: web::Json<Action>, seats: web::Data<Seats>) -> HttpResponse {
    either(match (seat(&seats, action.account.as_deref()), action.app_id.as_deref()) {
        (Err(refusal), _) => Err(refusal),
        (_, None) => missing("app_id"),
        (Ok(it), Some(id)) => {
            Ok(HttpResponse::Ok().json(it.simulator.authorizes(id).await.to_json()))
        }
    })
}

async fn unauthorize(action: web::Json<Action>, seats: web::Data<Seats>) -> HttpResponse {
    either(match (seat(&seats, action.account.as_deref()), action.app_id.as_deref()) {
        (Err(refusal), _) => Err(refusal),
        (_, None) => missing("app_id"),
        (Ok(it), Some(id)) => {
            Ok(HttpResponse::Ok().json(it.simulator.unauthorizes(id).await.to_json()))
        }
    })
}
