//! What users do beside writing: follow, scan, click, agree, refuse, log in.

use actix_web::web;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::Told;
use super::actor;
use super::bad;
use super::seat;
use super::tell;
use crate::simulator::Follower;
use crate::simulator::Seats;
use crate::wechat::wire::Format;

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

/// Who acts.
fn follower(action: &Action, seats: &Seats) -> actix_web::Result<Follower> {
    let seat = seat(seats, action.account.as_deref())?;
    Ok(seat.simulator.follower(actor(seat, action.from.as_deref())?))
}

/// A member that an action needs.
fn needed<'a>(name: &str, member: Option<&'a String>) -> actix_web::Result<&'a str> {
    let absent = || bad(&format!("`{name}` is missing"), "docs/simulate.md has every action.");
    member.map(String::as_str).ok_or_else(absent)
}

async fn follow(action: web::Json<Action>, seats: web::Data<Seats>) -> Told {
    let follower = follower(&action, &seats)?;
    tell(&follower.subscribes(action.scene.as_deref()).await.to_json())
}

async fn unfollow(action: web::Json<Action>, seats: web::Data<Seats>) -> Told {
    tell(&follower(&action, &seats)?.unsubscribes().await.to_json())
}

async fn click(action: web::Json<Action>, seats: web::Data<Seats>) -> Told {
    let follower = follower(&action, &seats)?;
    tell(&follower.clicks(needed("key", action.key.as_ref())?).await.to_json())
}

/// Scans a code of `qrcode/create` by its ticket, or any scene. Who does not follow yet, follows.
async fn scan(action: web::Json<Action>, seats: web::Data<Seats>) -> Told {
    let follower = follower(&action, &seats)?;
    let simulator = &seat(&seats, action.account.as_deref())?.simulator;
    let scene = match &action.scene {
        Some(scene) => scene.clone(),
        None => {
            let ticket = needed("ticket", action.ticket.as_ref())?;
            let over = || bad("no such ticket, or it is over", "Take one of `qrcode/create`.");
            simulator.scene_of(ticket).ok_or_else(over)?
        }
    };
    let (event, key) = match simulator.is_following(follower.open_id()) {
        true => ("SCAN", scene),
        false => ("subscribe", format!("qrscene_{scene}")),
    };
    let ticket = action.ticket.clone().unwrap_or_else(|| "SIMULATED-TICKET".to_owned());
    let fields = json!({"MsgType": "event", "Event": event, "EventKey": key, "Ticket": ticket});
    tell(&follower.sends(fields).await.to_json())
}

/// Agrees to `count` subscription messages of a template, or refuses with 0; the account hears of
/// it.
async fn agree(action: web::Json<Action>, seats: web::Data<Seats>) -> Told {
    let follower = follower(&action, &seats)?;
    let simulator = &seat(&seats, action.account.as_deref())?.simulator;
    let template = needed("template_id", action.template_id.as_ref())?;
    let count = action.count.unwrap_or(1);
    simulator.grant(follower.open_id(), template, count);
    let status = if count == 0 { "reject" } else { "accept" };
    let entry = |scene: Value| json!({"TemplateId": template, "SubscribeStatusString": status, "PopupScene": scene});
    let mut fields = json!({"MsgType": "event", "Event": "subscribe_msg_popup_event"});
    match simulator.account.format {
        // JSON has no wrapper around the list, and its numbers are texts.
        Format::Json => fields["List"] = entry("0".into()),
        Format::Xml => fields["SubscribeMsgPopupEvent"] = json!({"List": entry(0.into())}),
    }
    tell(&follower.sends(fields).await.to_json())
}

/// Everything sent to somebody is refused with `errcode` from now on; without one no longer.
async fn refuse(action: web::Json<Action>, seats: web::Data<Seats>) -> Told {
    let seat = seat(&seats, action.account.as_deref())?;
    let user = actor(seat, action.from.as_deref())?;
    seat.simulator.refuses(&user, action.errcode);
    tell(&json!({"errcode": action.errcode}))
}

/// `{"code"}`: a login code, as the client of the user would get one.
async fn code(action: web::Json<Action>, seats: web::Data<Seats>) -> Told {
    let seat = seat(&seats, action.account.as_deref())?;
    let user = actor(seat, action.from.as_deref())?;
    tell(&json!({"code": seat.simulator.login_code(&user)}))
}

/// A customer writes to 微信客服.
async fn customer(action: web::Json<Action>, seats: web::Data<Seats>) -> Told {
    let simulator = &seat(&seats, action.account.as_deref())?.simulator;
    let customer = action.from.as_deref().unwrap_or("wmSimulatedCustomer00000001");
    let text = needed("text", action.text.as_ref())?;
    tell(&simulator.customer_says(customer, text).await.to_json())
}

async fn ticket(action: web::Json<Action>, seats: web::Data<Seats>) -> Told {
    let simulator = &seat(&seats, action.account.as_deref())?.simulator;
    tell(&simulator.pushes_ticket().await.to_json())
}

async fn authorize(action: web::Json<Action>, seats: web::Data<Seats>) -> Told {
    let simulator = &seat(&seats, action.account.as_deref())?.simulator;
    let account = needed("app_id", action.app_id.as_ref())?;
    tell(&simulator.authorizes(account).await.to_json())
}

async fn unauthorize(action: web::Json<Action>, seats: web::Data<Seats>) -> Told {
    let simulator = &seat(&seats, action.account.as_deref())?.simulator;
    let account = needed("app_id", action.app_id.as_ref())?;
    tell(&simulator.unauthorizes(account).await.to_json())
}
