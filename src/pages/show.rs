//! `GET /p/{id}`: shows, and changes nothing.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web;

use super::Pages;
use super::mend;
use super::moment;
use super::view::Action;
use super::view::Decided;
use super::view::Field;
use super::view::Filled;
use super::view::Open;
use super::view::View;
use super::words;
use super::words::Words;
use crate::code;
use crate::forms::Decision;
use crate::forms::Sent;
use crate::page::Content;
use crate::page::Invitation;
use crate::page::Message;
use crate::page::PageId;
use crate::store::StoreError;

/// What a browser may load and do: our style, pictures, and a form that is posted back to us.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' https: data:; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// How long our style is kept by browsers; it changes with the program.
const STYLE_CACHE: &str = "public, max-age=3600";

pub(super) async fn show(pages: web::Data<Arc<Pages>>, request: HttpRequest) -> HttpResponse {
    let words = words_for(&request);
    let Some(id) = PageId::parse(request.match_info().query("id")) else { return gone(words) };
    match page(&pages, words, &id).await {
        Ok(response) => response,
        Err(error) => trouble(words, &error),
    }
}

async fn page(
    pages: &Pages,
    words: &'static Words,
    id: &PageId,
) -> Result<HttpResponse, StoreError> {
    let Some(page) = pages.page(id).await? else { return Ok(gone(words)) };
    let is_expired = page.is_expired(pages.forms.now());
    match &page.content {
        Content::Message(_) if is_expired => Ok(expired(words)),
        Content::Message(message) => Ok(read(words, id, message)),
        Content::Form(invitation) => {
            let Some(sent) = pages.forms.sent(&invitation.sent).await? else {
                return Ok(gone(words));
            };
            Ok(form(pages, words, id, (invitation, &sent)))
        }
        Content::Mend(mend) => Ok(mend::show(pages, words, id, (&page, mend))),
    }
}

/// A message to read.
fn read(words: &'static Words, id: &PageId, message: &Message) -> HttpResponse {
    let view = View {
        id: id.as_str(),
        state: "open",
        title: &message.title,
        html: &message.html,
        notice: None,
        ..View::notice(words, "open", "")
    };
    html(StatusCode::OK, &view)
}

/// A form: open, decided, or expired.
pub(super) fn form(
    pages: &Pages,
    words: &'static Words,
    id: &PageId,
    (invitation, sent): (&Invitation, &Sent),
) -> HttpResponse {
    if let Some(decision) = &sent.decision {
        let view = View {
            decision: Some(decided(pages, words, decision)),
            ..frame(pages, words, id, sent)
        };
        return html(StatusCode::OK, &View { state: "decided", ..view });
    }
    if sent.is_expired(pages.forms.now()) {
        return expired(words);
    }
    let view = View {
        form: Some(open(invitation, sent, None, &[])),
        until: Some(words::put(words.until, &pages.shown(sent.expires))),
        ..frame(pages, words, id, sent)
    };
    html(StatusCode::OK, &view)
}

/// The same form with what was filled in, and what is wrong with it.
pub(super) fn refused(
    pages: &Pages,
    words: &'static Words,
    id: &PageId,
    (invitation, sent): (&Invitation, &Sent),
    (fault, chosen): (String, &[Vec<String>]),
) -> HttpResponse {
    let form = Some(open(invitation, sent, Some(fault), chosen));
    html(StatusCode::UNPROCESSABLE_ENTITY, &View { form, ..frame(pages, words, id, sent) })
}

fn frame<'v>(pages: &Pages, words: &'static Words, id: &'v PageId, sent: &'v Sent) -> View<'v> {
    let form = pages.forms.form(&sent.form);
    View {
        id: id.as_str(),
        title: &sent.title,
        has_style: form.is_some_and(|form| form.set.style.is_some()),
        html: &sent.html,
        notice: None,
        ..View::notice(words, "open", "")
    }
}

fn open<'v>(
    invitation: &'v Invitation,
    sent: &'v Sent,
    fault: Option<String>,
    chosen: &'v [Vec<String>],
) -> Open<'v> {
    let fields = sent.fields.iter().enumerate().map(|(number, field)| Field {
        name: &field.name,
        label: &field.label,
        input: &field.input,
        options: &field.options,
        is_required: field.is_required,
        chosen: chosen.get(number).map_or(&[], Vec::as_slice),
    });
    let actions = sent.actions.iter();
    let actions =
        actions.map(|it| Action { name: &it.name, label: &it.label, look: &it.look }).collect();
    Open { token: &invitation.token, fault, words: None, fields: fields.collect(), actions }
}

/// Who decided what and when.
fn decided(pages: &Pages, words: &'static Words, decision: &Decision) -> Decided {
    let through = words::put(words.through, &decision.channel);
    let who = match decision.by.is_empty() {
        true => through,
        false => format!("{} · {through}", decision.by),
    };
    let fields = decision.fields.iter().filter(|field| !field.values.is_empty());
    let fields =
        fields.map(|field| Filled { label: field.label.clone(), value: field.values.join("\n") });
    Decided {
        label: decision.label.clone(),
        look: decision.look.clone(),
        who,
        at: pages.shown(decision.at),
        moment: moment(decision.at),
        fields: fields.collect(),
    }
}

/// Our own style.
pub(super) async fn our_style() -> HttpResponse {
    style(include_str!("page.css").to_owned(), STYLE_CACHE)
}

/// The style of the form on a page.
pub(super) async fn own_style(pages: web::Data<Arc<Pages>>, request: HttpRequest) -> HttpResponse {
    let Some(id) = PageId::parse(request.match_info().query("id")) else {
        return HttpResponse::NotFound().finish();
    };
    let found = async {
        let page = pages.page(&id).await.ok()??;
        let Content::Form(invitation) = page.content else { return None };
        let sent = pages.forms.sent(&invitation.sent).await.ok()??;
        let form = pages.forms.form(&sent.form)?;
        form.set.style.as_ref().map(|style| style.text.clone())
    };
    match found.await {
        Some(css) => style(css, "no-store"),
        None => HttpResponse::NotFound().finish(),
    }
}

fn style(css: String, cache: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, cache))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(css)
}

/// The words in which the reader reads.
pub(super) fn words_for(request: &HttpRequest) -> &'static Words {
    let accepted = request.headers().get(header::ACCEPT_LANGUAGE);
    words::of(accepted.and_then(|it| it.to_str().ok()).unwrap_or_default())
}

pub(super) fn gone(words: &'static Words) -> HttpResponse {
    html(StatusCode::NOT_FOUND, &View::notice(words, "gone", words.gone))
}

pub(super) fn expired(words: &'static Words) -> HttpResponse {
    html(StatusCode::GONE, &View::notice(words, "expired", words.expired))
}

/// The store did not answer; the reader is told nothing of why.
pub(super) fn trouble(words: &'static Words, error: &StoreError) -> HttpResponse {
    tracing::error!(code = code::STORE_FAILED.name, "a page cannot be shown: {error}");
    html(StatusCode::SERVICE_UNAVAILABLE, &View::notice(words, "gone", words.trouble))
}

pub(super) fn html(status: StatusCode, view: &View<'_>) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-robots-tag", "noindex, nofollow"))
        .body(view.render())
}
