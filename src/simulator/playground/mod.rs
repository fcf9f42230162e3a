//! A chat page in the browser: be a follower, see every try and what came back.
//!
//! For `demo` and `simulate` only: whoever reaches it can write to the accounts behind it.

use std::sync::Arc;
use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;
use sha2::Digest as _;
use sha2::Sha256;

use super::Simulator;
use super::document::Fields;
use crate::wechat::id::OpenId;

#[cfg(test)]
mod tests;

/// Who writes if the request does not say.
const VISITOR: &str = "oPlaygroundVisitor000000001";

/// The largest request of the page.
const REQUEST_BYTES: usize = 64 * 1024;

/// The accounts one can write to.
pub struct Playground {
    seats: Vec<Seat>,
}

struct Seat {
    name: String,
    simulator: Arc<Simulator>,
    suggestions: Vec<String>,
}

impl Playground {
    /// A playground without accounts.
    pub fn new() -> Self {
        Self { seats: Vec::new() }
    }

    /// Adds an account under its name, with a few texts worth trying. The first one added is
    /// written to unless another is named.
    pub fn seat(mut self, name: &str, simulator: Arc<Simulator>, suggestions: &[&str]) -> Self {
        let suggestions = suggestions.iter().map(|text| (*text).to_owned()).collect();
        self.seats.push(Seat { name: name.to_owned(), simulator, suggestions });
        self
    }

    fn find(&self, name: Option<&str>) -> Option<&Seat> {
        match name {
            None => self.seats.first(),
            Some(name) => self.seats.iter().find(|seat| seat.name == name),
        }
    }
}

impl Default for Playground {
    fn default() -> Self {
        Self::new()
    }
}

impl Seat {
    fn to_json(&self) -> Value {
        let account = &self.simulator.account;
        json!({
            "name": self.name,
            "platform": account.platform.name(),
            "mode": account.mode.name(),
            "suggestions": self.suggestions,
        })
    }
}

/// Serves `/playground` and what its page asks for.
pub fn routes(config: &mut web::ServiceConfig, playground: web::Data<Playground>) {
    let json = web::JsonConfig::default().limit(REQUEST_BYTES).error_handler(|error, _| {
        let advice = "POST a JSON object with `Content-Type: application/json`.";
        let response = refuse(StatusCode::BAD_REQUEST, &error.to_string(), advice);
        actix_web::error::InternalError::from_response(error, response).into()
    });
    config.service(
        web::scope("/playground")
            .app_data(playground)
            .app_data(json)
            .route("", web::get().to(page))
            .route("/accounts", web::get().to(accounts))
            .route("/say", web::post().to(say)),
    );
}

/// `{"from","text"}` or `{"from","message":{…}}`, and perhaps `account`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saying {
    account: Option<String>,
    from: Option<String>,
    text: Option<String>,
    message: Option<Fields>,
}

async fn say(saying: web::Json<Saying>, playground: web::Data<Playground>) -> HttpResponse {
    let Saying { account, from, text, message } = saying.into_inner();
    let bad = |message: &str, advice| refuse(StatusCode::BAD_REQUEST, message, advice);
    let Some(seat) = playground.find(account.as_deref()) else {
        return refuse(StatusCode::NOT_FOUND, "no such account", "See `/playground/accounts`.");
    };
    let Ok(open_id) = OpenId::parse(from.as_deref().unwrap_or(VISITOR)) else {
        return bad("`from` has a blank", "Use an OpenID such as `oPlayground1`.");
    };
    let follower = seat.simulator.follower(open_id);
    let exchange = match (text, message) {
        (Some(text), None) => follower.says(&text).await,
        (None, Some(message)) => follower.sends(Value::Object(message)).await,
        _ => return bad("neither `text` nor `message`", "Give one of the two."),
    };
    HttpResponse::Ok().json(exchange.to_json())
}

async fn accounts(playground: web::Data<Playground>) -> HttpResponse {
    let seats: Vec<Value> = playground.seats.iter().map(Seat::to_json).collect();
    HttpResponse::Ok().json(seats)
}

async fn page() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, PAGE.policy.as_str()))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(PAGE.html.as_str())
}

fn refuse(status: StatusCode, message: &str, advice: &str) -> HttpResponse {
    let error = json!({"code": "playground.request", "message": message, "advice": advice});
    HttpResponse::build(status).json(json!({"error": error}))
}

/// The page in one piece, and the policy that lets nothing but its own style and script run.
struct Page {
    html: String,
    policy: String,
}

static PAGE: LazyLock<Page> = LazyLock::new(|| {
    let (style, script) = (include_str!("page.css"), include_str!("page.js"));
    let html = include_str!("page.html");
    let html = html.replace("/*style*/", style).replace("/*script*/", script);
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash(style),
        hash(script)
    );
    Page { html, policy }
});
