//! `POST /api/v1/forms/{name}`: data through the owner's template into a page, its link through the
//! form's channels. And what became of it: `GET /api/v1/forms/{name}/{id}`.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value as Json;
use serde_json::json;
use sha2::Digest as _;
use sha2::Sha256;

use super::Pages;
use super::error::FormError;
use super::forms::Form;
use super::moment;
use super::sent;
use super::sent::Sent;
use crate::access::Key;
use crate::config::measure;
use crate::notification::Notification;
use crate::page;
use crate::page::Content;
use crate::page::Invitation;
use crate::page::Message;
use crate::page::NewPage;
use crate::page::Page;
use crate::page::PageId;
use crate::page::millis;
use crate::store::NewDelivery;
use crate::store::Settled;
use crate::store::Settlement;

/// The most links of one form: receivers times channels.
const MOST_LINKS: usize = 200;

/// The longest name of a receiver, in bytes.
const LONGEST_RECEIVER: usize = 256;

/// The longest idempotency key, in bytes.
const LONGEST_IDEMPOTENCY_KEY: usize = 255;

/// How long the same idempotency key is answered the same.
const REMEMBER: Duration = Duration::from_hours(24);

/// How long a form without one is: nobody asks for it.
const FORGET: Duration = Duration::from_secs(1);

/// The shortest time for which a caller may ask.
const SHORTEST: Duration = Duration::from_mins(1);

/// What a caller sends.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Request {
    data: Map<String, Json>,
    to: Receivers,
    title: Option<String>,
    expires: Option<String>,
}

/// One receiver, or several.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
enum Receivers {
    One(String),
    Many(Vec<String>),
}

impl Default for Receivers {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

/// What is kept under an idempotency key.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Of what was handed in.
    print: [u8; 32],
    answer: Json,
}

pub(super) async fn send(
    pages: web::Data<Arc<Pages>>,
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
) -> HttpResponse {
    let name = request.match_info().query("name");
    match accept(&pages, &request, name, body).await {
        Ok(answer) => HttpResponse::Accepted().json(answer),
        Err(error) => error.answer(),
    }
}

pub(super) async fn look(pages: web::Data<Arc<Pages>>, request: HttpRequest) -> HttpResponse {
    match state(&pages, &request).await {
        Ok(answer) => HttpResponse::Ok().json(answer),
        Err(error) => error.answer(),
    }
}

/// The key that the request shows.
fn key(pages: &Pages, request: &HttpRequest) -> Result<Arc<Key>, FormError> {
    if !pages.keys.is_on() {
        return Err(FormError::Off);
    }
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
    let token = shown.and_then(|it| it.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    token.and_then(|(_, token)| pages.keys.find(token.trim())).ok_or(FormError::Key)
}

async fn state(pages: &Pages, request: &HttpRequest) -> Result<Json, FormError> {
    let key = key(pages, request)?;
    if !key.may_read() {
        return Err(FormError::Scope("read".to_owned()));
    }
    let (name, id) = (request.match_info().query("name"), request.match_info().query("id"));
    let unknown = || FormError::Unknown(format!("{name}/{id}"));
    let id = PageId::parse(id).ok_or_else(unknown)?;
    let sent = pages.sent(id.as_str()).await?.filter(|sent| sent.form == name);
    let sent = sent.ok_or_else(unknown)?;
    let decision = sent.decision.as_ref().map(|decision| {
        json!({
            "action": decision.action, "by": decision.by, "channel": decision.channel,
            "at": moment(decision.at), "fields": decision.values(),
        })
    });
    Ok(json!({
        "id": id.as_str(), "form": name, "state": sent.state(pages.now()),
        "expires": moment(sent.expires), "data": sent.data, "decision": decision,
    }))
}

async fn accept(
    pages: &Pages,
    request: &HttpRequest,
    name: &str,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<Json, FormError> {
    let key = key(pages, request)?;
    let form = pages.forms.load().find(name);
    let form = form.ok_or_else(|| FormError::Unknown(name.to_owned()))?;
    if let Some(channel) = form.set.channels.iter().find(|channel| !key.may_send(channel)) {
        return Err(FormError::Scope(format!("send:{channel}")));
    }
    let body = body.map_err(|_| FormError::TooLarge)?;
    let asked: Request = serde_json::from_slice(&body)
        .map_err(|error| FormError::Invalid(format!("the body is not understood: {error}")))?;
    let idempotency_key = idempotency_key(request)?;
    let print: [u8; 32] =
        Sha256::digest(serde_json::to_vec(&(name, &asked)).expect("it was JSON")).into();
    let made = make(pages, &form, &key, asked)?;
    let kept = Kept { print, answer: made.answer.clone() };
    let (key, remember) = match idempotency_key {
        Some(given) => (format!("form-request/{}/{given}", key.name), REMEMBER),
        None => (format!("form-request//{}", made.id), FORGET),
    };
    let answer = serde_json::to_vec(&kept).expect("an answer is always JSON");
    let lanes: Vec<String> = made.deliveries.iter().map(|it| it.lane.clone()).collect();
    let (deliveries, values) = (made.deliveries, made.values);
    let settlement = Settlement { key, answer, remember, deliveries, values };
    match pages.outbox.store().settle(pages.now(), settlement).await? {
        Settled::New(_) => {
            pages.outbox.wake(lanes.iter().map(String::as_str));
            Ok(made.answer)
        }
        Settled::Known(answer) => match serde_json::from_slice::<Kept>(&answer) {
            Ok(kept) if kept.print == print => Ok(kept.answer),
            _ => Err(FormError::Conflict),
        },
    }
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, FormError> {
    let Some(given) = request.headers().get("idempotency-key") else { return Ok(None) };
    let given = given.to_str().unwrap_or_default();
    let is_one = (1..=LONGEST_IDEMPOTENCY_KEY).contains(&given.len())
        && given.bytes().all(|byte| byte.is_ascii_graphic());
    let refused = || {
        let most = LONGEST_IDEMPOTENCY_KEY;
        FormError::Invalid(format!("an idempotency key has 1 to {most} visible ASCII characters"))
    };
    is_one.then(|| Some(given.to_owned())).ok_or_else(refused)
}

/// A form that is ready to be written down.
struct Made {
    id: PageId,
    answer: Json,
    deliveries: Vec<NewDelivery>,
    values: Vec<(String, Option<Vec<u8>>, Duration)>,
}

fn make(pages: &Pages, form: &Form, key: &Key, asked: Request) -> Result<Made, FormError> {
    let receivers = receivers(asked.to, form.set.channels.len())?;
    let title = asked.title.filter(|it| !it.is_empty()).unwrap_or_else(|| form.set.title.clone());
    let now = pages.now();
    let ends = now + lifetime(asked.expires.as_deref(), form.set.expires)?;
    let html = form.content(&title, &asked.data)?;
    let id = PageId::new(&*pages.entropy);
    let (actions, fields) = sent::parts(&form.set);
    let is_read_only = actions.is_empty();
    let (mut links, mut deliveries, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for channel in &form.set.channels {
        for to in &receivers {
            let content = match is_read_only {
                true => Content::Message(Message { title: title.clone(), html: html.clone() }),
                false => Content::Form(Invitation {
                    sent: id.as_str().to_owned(),
                    to: to.clone(),
                    channel: channel.clone(),
                    token: PageId::new(&*pages.entropy).as_str().to_owned(),
                }),
            };
            let page = Page { expires: millis(ends), content };
            let page = NewPage { id: PageId::new(&*pages.entropy), page };
            let link = page::link(&pages.public_url, &page.id);
            let notification = Notification {
                to: Some(to.clone()).filter(|it| !it.is_empty()).into_iter().collect(),
                title: title.clone(),
                expires: Some(ends),
                by: Some(key.name.clone()),
                ..Notification::text(channel, form.message(&asked.data, (&title, to, &link))?)
            };
            let delivery = pages.outbox.prepare(notification)?;
            let id = delivery.id.to_string();
            links.push(json!({ "to": to, "channel": channel, "link": link, "delivery": id }));
            deliveries.push(delivery);
            values.push(page.row(now));
        }
    }
    let answer = json!({
        "id": id.as_str(), "form": form.set.name, "expires": moment(millis(ends)),
        "link": links.first().map(|it| &it["link"]), "links": links,
    });
    if !is_read_only {
        let sent = Sent {
            form: form.set.name.clone(),
            title,
            html,
            data: asked.data,
            actions,
            fields,
            has_hook: form.set.hook.is_some(),
            expires: millis(ends),
            by: key.name.clone(),
            decision: None,
        };
        values.push(sent.row(id.as_str(), now));
    }
    Ok(Made { id, answer, deliveries, values })
}

/// Whom the link is sent to, each once; one nameless receiver where nobody is named.
fn receivers(given: Receivers, channels: usize) -> Result<Vec<String>, FormError> {
    let given = match given {
        Receivers::One(one) => vec![one],
        Receivers::Many(many) => many,
    };
    let mut receivers: Vec<String> = Vec::new();
    for receiver in given {
        if receiver.is_empty() || receiver.len() > LONGEST_RECEIVER {
            let message = format!("a receiver in `to` has 1 to {LONGEST_RECEIVER} bytes");
            return Err(FormError::Invalid(message));
        }
        if !receivers.contains(&receiver) {
            receivers.push(receiver);
        }
        if receivers.len() * channels > MOST_LINKS {
            let message = format!("receivers times channels are more than {MOST_LINKS}");
            return Err(FormError::Invalid(message));
        }
    }
    if receivers.is_empty() {
        receivers.push(String::new());
    }
    Ok(receivers)
}

/// How long the links are good: as long as the form says, or shorter where the caller wants.
fn lifetime(asked: Option<&str>, usual: Duration) -> Result<Duration, FormError> {
    let Some(asked) = asked else { return Ok(usual) };
    let asked = measure::duration(asked).filter(|it| (SHORTEST..=usual).contains(it));
    asked.ok_or_else(|| {
        FormError::Invalid("`expires` is 1m at least, and at most the form's own".to_owned())
    })
}
