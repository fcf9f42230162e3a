//! From an HTTP request to a call that is checked, and from its answer back. The only actix code of
//! the API.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web;
use futures_util::StreamExt as _;
use serde_json::Map;
use serde_json::Value;

use super::Api;
use super::endpoint::Answer;
use super::endpoint::Body;
use super::endpoint::Call;
use super::endpoint::Endpoint;
use super::endpoint::Json;
use super::endpoint::Method;
use super::endpoint::Needs;
use super::field;
use super::refusal::Refusal;
use crate::access::Key;
use crate::code;

/// The largest JSON body that is read, in bytes. Escapes may make it larger than what it says.
const LARGEST_JSON: usize = 1 << 20;

/// How long a client may take for its body.
const SLOW_BODY: Duration = Duration::from_secs(30);

/// Bodies up to this are read into one piece of memory, whatever length is announced.
const USUAL_BODY: usize = 64 << 10;

/// Adds the routes of `endpoints`: one resource for each path, and 405 for its other methods.
pub(super) fn routes(
    config: &mut web::ServiceConfig,
    endpoints: &'static [Endpoint],
    api: &web::Data<Api>,
) {
    let mut paths: Vec<&str> = endpoints.iter().map(|it| it.path).collect();
    paths.dedup();
    for path in paths {
        let own = || endpoints.iter().filter(|it| it.path == path);
        let mut resource = web::resource(path).app_data(api.clone());
        for endpoint in own() {
            let handler = move |api: web::Data<Api>,
                                request: HttpRequest,
                                payload: web::Payload| async move {
                match answer(endpoint, &api, &request, payload).await {
                    Ok(answer) => response(answer),
                    Err(refusal) => refusal.response(),
                }
            };
            resource = resource.route(method(endpoint.method).to(handler));
        }
        let allowed: Vec<&str> = own().map(|it| it.method.name()).collect();
        let allowed = allowed.join(", ");
        let not_allowed = move || {
            let refusal =
                Refusal::of(code::HTTP_METHOD).advise(Some(format!("this path takes {allowed}")));
            let mut response = refusal.response();
            if let Ok(value) = header::HeaderValue::from_str(&allowed) {
                response.headers_mut().insert(header::ALLOW, value);
            }
            async { response }
        };
        config.service(resource.default_service(web::to(not_allowed)));
    }
}

fn method(method: Method) -> actix_web::Route {
    match method {
        Method::Get => web::get(),
        Method::Post => web::post(),
    }
}

async fn answer(
    endpoint: &Endpoint,
    api: &Api,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<Answer, Refusal> {
    if !api.keys.is_on() {
        return Err(Refusal::of(code::API_OFF));
    }
    let key = admit(endpoint, api, request)?;
    let path = request.match_info().iter();
    let path = path.map(|(name, text)| (name.to_owned(), text.to_owned()));
    // What has no such id is not there, whatever it looks like.
    let path = field::parameters(path, endpoint.path_fields)
        .map_err(|refusal| Refusal { code: code::API_NOT_FOUND, ..refusal })?;
    let query = url::form_urlencoded::parse(request.query_string().as_bytes());
    let query = field::parameters(query.into_owned(), endpoint.query)?;
    let mut call =
        Call { key, path, query, body: Map::new(), file: Vec::new(), idempotency_key: None };
    match endpoint.body {
        Body::None => {}
        Body::File(most) => call.file = read(request, payload, most).await?,
        Body::Json(json) => {
            call.idempotency_key = idempotency_key(request, json)?;
            call.body = object(request, payload, json).await?;
        }
    }
    (endpoint.run)(api, call).await
}

/// The key that the request shows, if it may make this call.
fn admit(
    endpoint: &Endpoint,
    api: &Api,
    request: &HttpRequest,
) -> Result<Option<Arc<Key>>, Refusal> {
    if matches!(endpoint.needs, Needs::Nothing) {
        return Ok(None);
    }
    let header = request.headers().get(header::AUTHORIZATION);
    let shown = header.and_then(|it| it.to_str().ok()).and_then(|it| it.split_once(' '));
    let token = shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let key = token.and_then(|(_, token)| api.keys.find(token.trim()));
    let key = key.ok_or_else(|| Refusal::of(code::API_KEY))?;
    match endpoint.needs {
        Needs::Right(scope) if !key.may(scope) => Err(Refusal::lacks(&key.name, scope)),
        _ => Ok(Some(key)),
    }
}

/// The header `Idempotency-Key`, where the call honours it.
fn idempotency_key(request: &HttpRequest, json: Json) -> Result<Option<String>, Refusal> {
    let Some(value) = request.headers().get("idempotency-key").filter(|_| json.is_idempotent)
    else {
        return Ok(None);
    };
    let text = value.to_str().map(str::to_owned);
    text.map(Some).map_err(|_| Refusal::invalid("`Idempotency-Key` is not of visible ASCII"))
}

/// The body as a JSON object of the endpoint's fields.
async fn object(
    request: &HttpRequest,
    payload: web::Payload,
    json: Json,
) -> Result<Map<String, Value>, Refusal> {
    let header = request.headers().get(header::CONTENT_TYPE);
    let kind = header.and_then(|it| it.to_str().ok()).and_then(|it| it.split(';').next());
    if !kind.is_some_and(|it| it.trim().eq_ignore_ascii_case("application/json")) {
        return Err(Refusal::of(code::API_MEDIA_TYPE));
    }
    let body = read(request, payload, LARGEST_JSON).await?;
    // The reader itself ends at 128 levels.
    let value = serde_json::from_slice(&body);
    let value: Value = value.map_err(|error| Refusal::invalid(format!("no JSON: {error}")))?;
    let Value::Object(object) = value else {
        return Err(Refusal::invalid("the body must be a JSON object"));
    };
    field::check(&object, json.fields)?;
    Ok(object)
}

/// The whole body, up to `most` bytes.
async fn read(
    request: &HttpRequest,
    mut payload: web::Payload,
    most: usize,
) -> Result<Vec<u8>, Refusal> {
    let too_large =
        || Refusal::new(code::API_TOO_LARGE, format!("the body has more than {most} bytes"));
    let header = request.headers().get(header::CONTENT_LENGTH);
    let announced = header.and_then(|it| it.to_str().ok()).and_then(|it| it.parse().ok());
    let announced: usize = announced.unwrap_or(0);
    if announced > most {
        return Err(too_large());
    }
    let mut body = Vec::with_capacity(announced.min(USUAL_BODY));
    let reading = async {
        while let Some(part) = payload.next().await {
            let part = part.map_err(|_| Refusal::invalid("the body ends too early"))?;
            if part.len() > most - body.len() {
                return Err(too_large());
            }
            body.extend_from_slice(&part);
        }
        Ok(())
    };
    match tokio::time::timeout(SLOW_BODY, reading).await {
        Ok(read) => read.map(|()| body),
        Err(_) => Err(Refusal::of(code::API_SLOW)),
    }
}

fn response(answer: Answer) -> HttpResponse {
    match answer {
        Answer::Json(status, value) => {
            HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::OK)).json(value)
        }
        Answer::Page(page) => HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .insert_header((
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'",
            ))
            .body(page),
    }
}
