//! The dialects over HTTP: the only actix code of theirs.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web;
use serde_json::json;

use super::Answer;
use super::Call;
use super::DIALECTS;
use super::Desk;
use super::Dialect;
use super::preview;
use crate::code;
use crate::code::Code;

/// The largest body that is read, in bytes. A message may have a quarter of it; attachments and
/// whole webhooks of other services come along, and are refused with a reason.
const LARGEST_BODY: usize = 1 << 20;

/// How long a client may take for its body.
const SLOW_BODY: Duration = Duration::from_secs(10);

/// Scripts in pages may read the answers, as with the services: who has the key may send from
/// anywhere, and there is no cookie that a page could misuse.
const ANY_ORIGIN: (header::HeaderName, &str) = (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");

/// Serves every dialect: those with a base below it, those without one at their own paths.
pub fn routes(desk: Arc<Desk>) -> impl Fn(&mut web::ServiceConfig) + Send + Sync + 'static {
    move |config| {
        for dialect in DIALECTS {
            let desk = Arc::clone(&desk);
            let answer = move |request: HttpRequest, payload: web::Payload| {
                let desk = Arc::clone(&desk);
                async move { serve(&desk, dialect, &request, payload).await }
            };
            if !dialect.base.is_empty() {
                config.service(web::scope(dialect.base).default_service(web::to(answer.clone())));
            }
            for path in dialect.paths {
                let paths = [(*path).to_owned(), format!("{path}/")];
                config.service(web::resource(paths).default_service(web::to(answer.clone())));
            }
        }
    }
}

async fn serve(
    desk: &Desk,
    dialect: &Dialect,
    request: &HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    if request.method() == Method::HEAD {
        return HttpResponse::Ok().content_type("application/json; charset=utf-8").finish();
    }
    if request.method() == Method::OPTIONS {
        return HttpResponse::NoContent()
            .insert_header(ANY_ORIGIN)
            .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, DELETE, HEAD"))
            .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, "*, Authorization"))
            .finish();
    }
    let headers = headers(request);
    let is_get = request.method() == Method::GET;
    if is_get && preview::is_preview(&headers) {
        return refuse(code::DIALECT_PREVIEW);
    }
    let reading = payload.to_bytes_limited(LARGEST_BODY);
    let body = match tokio::time::timeout(SLOW_BODY, reading).await {
        Ok(Ok(Ok(body))) => body,
        Ok(Ok(Err(_))) => return HttpResponse::BadRequest().finish(),
        Ok(Err(_)) => return refuse(code::DIALECT_TOO_LARGE),
        Err(_) => return HttpResponse::RequestTimeout().force_close().finish(),
    };
    let target = request.uri().path_and_query().map_or("/", |it| it.as_str());
    let target = target.strip_prefix(dialect.base).unwrap_or(target);
    let method = request.method().as_str();
    let call = Call::new(method, target, headers, body.to_vec(), desk.now());
    let answer = desk.answer(dialect, &call).await;
    if answer.status >= 400 {
        tracing::debug!(dialect = dialect.name, status = answer.status, "refused a call");
    }
    respond(answer)
}

/// Headers may have UTF-8 in them, as ntfy's clients send it.
fn headers(request: &HttpRequest) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = request.headers().iter();
    headers.map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect()
}

fn respond(answer: Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    HttpResponse::build(status)
        .insert_header(ANY_ORIGIN)
        .insert_header((header::CONTENT_TYPE, answer.content_type))
        .body(answer.body)
}

fn refuse(code: Code) -> HttpResponse {
    let status = StatusCode::from_u16(code.status).unwrap_or(StatusCode::BAD_REQUEST);
    let error = json!({ "code": code.name, "message": code.meaning, "advice": code.advice });
    HttpResponse::build(status).json(json!({ "error": error }))
}
