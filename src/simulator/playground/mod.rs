//! A chat page in the browser: be a follower, see every try and what came back.
//!
//! For `demo` and `simulate` only: whoever reaches it can write to the accounts behind it.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest as _;
use sha2::Sha256;

use super::Seats;
use super::steer;

#[cfg(test)]
mod tests;

/// The largest request of the page.
const REQUEST_BYTES: usize = 64 * 1024;

/// Serves `/playground` and what its page asks for.
pub fn routes(config: &mut web::ServiceConfig, seats: web::Data<Seats>) {
    let json = steer::json_config(REQUEST_BYTES);
    config.service(
        web::scope("/playground")
            .app_data(seats)
            .app_data(json)
            .route("", web::get().to(page))
            .route("/accounts", web::get().to(accounts))
            .route("/say", web::post().to(steer::say))
            .route("/inbox", web::get().to(steer::show_inbox)),
    );
}

async fn accounts(seats: web::Data<Seats>) -> HttpResponse {
    HttpResponse::Ok().json(seats.to_json())
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
