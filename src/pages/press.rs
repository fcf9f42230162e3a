//! `POST /p/{id}`: somebody pressed a button. What they decided counts once, whoever else presses.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web;
use serde_json::json;
use subtle::ConstantTimeEq as _;

use super::Pages;
use super::mend;
use super::moment;
use super::show;
use super::view::View;
use super::words;
use super::words::Words;
use crate::channels::form_hook_name;
use crate::forms::Decision;
use crate::forms::Field;
use crate::forms::Filled;
use crate::forms::Sent;
use crate::forms::decision_key;
use crate::notification::Notification;
use crate::page::Content;
use crate::page::Invitation;
use crate::page::PageId;
use crate::page::millis;
use crate::store::Settled;
use crate::store::Settlement;
use crate::store::StoreError;

/// The longest text of a field, in characters.
const LONGEST_TEXT: usize = 4_000;

/// What a browser posts: names and values, as they stand in the form.
pub(super) type Posted = Vec<(String, String)>;

pub(super) async fn press(
    pages: web::Data<Arc<Pages>>,
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
) -> HttpResponse {
    let words = show::words_for(&request);
    let Some(id) = PageId::parse(request.match_info().query("id")) else {
        return show::gone(words);
    };
    let Ok(body) = body else {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, words, words.too_large);
    };
    if !is_own(&request) {
        return refuse(StatusCode::FORBIDDEN, words, words.stale);
    }
    let posted: Posted = url::form_urlencoded::parse(&body).into_owned().collect();
    match act(&pages, words, &id, &posted).await {
        Ok(response) => response,
        Err(error) => show::trouble(words, &error),
    }
}

/// Whether the browser says that our own page posted it. Old ones say nothing; the token is what
/// counts for them.
fn is_own(request: &HttpRequest) -> bool {
    let site = request.headers().get("sec-fetch-site").and_then(|it| it.to_str().ok());
    site.is_none_or(|site| matches!(site, "same-origin" | "none"))
}

async fn act(
    pages: &Pages,
    words: &'static Words,
    id: &PageId,
    posted: &Posted,
) -> Result<HttpResponse, StoreError> {
    let Some(page) = pages.page(id).await? else { return Ok(show::gone(words)) };
    match &page.content {
        Content::Message(_) => Ok(show::gone(words)),
        Content::Mend(mend) => {
            let mend = mend.clone();
            mend::say(pages, words, id, (page, mend), posted).await
        }
        Content::Form(invitation) => {
            let sent = pages.forms.sent(&invitation.sent).await?;
            let Some(sent) = sent else { return Ok(show::gone(words)) };
            decide(pages, words, id, (invitation, sent), posted).await
        }
    }
}

async fn decide(
    pages: &Pages,
    words: &'static Words,
    id: &PageId,
    (invitation, mut sent): (&Invitation, Sent),
    posted: &Posted,
) -> Result<HttpResponse, StoreError> {
    if !has_token(posted, &invitation.token) {
        return Ok(refuse(StatusCode::FORBIDDEN, words, words.stale));
    }
    // Decided already: the page says by whom.
    if sent.decision.is_some() {
        return Ok(see(id));
    }
    if sent.is_expired(pages.forms.now()) {
        return Ok(show::expired(words));
    }
    let pressed = value(posted, "action");
    let action = sent.actions.iter().find(|it| Some(it.name.as_str()) == pressed);
    let Some(action) = action.cloned() else {
        return Ok(refuse(StatusCode::BAD_REQUEST, words, words.stale));
    };
    let chosen: Vec<Vec<String>> = sent.fields.iter().map(|it| values(posted, it)).collect();
    for (field, chosen_of_it) in sent.fields.iter().zip(&chosen) {
        if let Some(fault) = fault(words, field, chosen_of_it) {
            let both = (invitation, &sent);
            return Ok(show::refused(pages, words, id, both, (fault, &chosen)));
        }
    }
    let fields = sent.fields.iter().zip(chosen).map(|(field, values)| Filled {
        name: field.name.clone(),
        label: field.label.clone(),
        values,
        is_many: field.input == "many",
    });
    let decision = Decision {
        action: action.name,
        label: action.label,
        look: action.look,
        by: invitation.to.clone(),
        channel: invitation.channel.clone(),
        at: millis(pages.forms.now()),
        fields: fields.collect(),
    };
    sent.decision = Some(decision.clone());
    settle(pages, &invitation.sent, &sent, &decision).await?;
    Ok(see(id))
}

/// Writes down the decision and the call of the hook in one transaction, unless somebody else was
/// faster.
async fn settle(
    pages: &Pages,
    id: &str,
    sent: &Sent,
    decision: &Decision,
) -> Result<(), StoreError> {
    let now = pages.forms.now();
    let hook = sent.has_hook.then(|| pages.forms.outbox().address(now, call(id, sent, decision)));
    let lane = hook.as_ref().map(|delivery| delivery.lane.clone());
    let settlement = Settlement {
        key: decision_key(id),
        answer: Vec::new(),
        remember: sent.keep(now),
        deliveries: hook.into_iter().collect(),
        values: vec![sent.row(id, now)],
    };
    if let Settled::New(_) = pages.forms.store().settle(now, settlement).await? {
        pages.forms.outbox().wake(lane.as_deref());
        let (form, action) = (sent.form.as_str(), decision.action.as_str());
        tracing::info!(form, action, "a form was decided");
    }
    Ok(())
}

/// What the owner's hook is told. Shape: Standard Webhooks, "Payload structure".
fn call(id: &str, sent: &Sent, decision: &Decision) -> Notification {
    let native = json!({
        "type": "form.decided",
        "timestamp": moment(decision.at),
        "data": {
            "id": id,
            "form": sent.form,
            "action": decision.action,
            "fields": decision.values(),
            "by": decision.by,
            "channel": decision.channel,
            "data": sent.data,
        },
    });
    Notification {
        channel: form_hook_name(&sent.form),
        native: Some(native),
        by: Some(sent.by.clone()),
        ..Notification::default()
    }
}

pub(super) fn value<'p>(posted: &'p Posted, name: &str) -> Option<&'p str> {
    posted.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
}

pub(super) fn has_token(posted: &Posted, token: &str) -> bool {
    let shown = value(posted, "token").unwrap_or_default();
    bool::from(shown.as_bytes().ct_eq(token.as_bytes()))
}

/// What was filled into a field; nothing of what is empty.
fn values(posted: &Posted, field: &Field) -> Vec<String> {
    let name = format!("field.{}", field.name);
    let given = posted.iter().filter(|(it, _)| *it == name);
    let trimmed = given.map(|(_, value)| value.trim().replace("\r\n", "\n"));
    trimmed.filter(|value| !value.is_empty()).collect()
}

/// What is wrong with what was filled in.
fn fault(words: &Words, field: &Field, chosen: &[String]) -> Option<String> {
    if chosen.is_empty() {
        return field.is_required.then(|| words::put(words.missing, &field.label));
    }
    let has_options = !field.options.is_empty();
    let is_known = |value: &String| match has_options {
        true => field.options.contains(value),
        false => value.chars().count() <= LONGEST_TEXT,
    };
    let is_good = chosen.iter().all(is_known) && (chosen.len() == 1 || field.input == "many");
    (!is_good).then(|| words::put(words.unknown, &field.label))
}

/// The browser looks at the page again, by a request that changes nothing.
pub(super) fn see(id: &PageId) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, id.as_str()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .finish()
}

pub(super) fn refuse(
    status: StatusCode,
    words: &'static Words,
    sentence: &'static str,
) -> HttpResponse {
    show::html(status, &View::notice(words, "gone", sentence))
}
