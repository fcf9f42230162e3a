//! HTTP for machines: the list of routes.

mod body;
mod callback;
mod error;
mod health;
mod hook;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use actix_web::App;
use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use actix_web::web;

pub use self::callback::RefusalLog;
use crate::intake::Intake;

/// How long a client may take for its request line and headers, and then for its body. WeChat
/// takes milliseconds.
const SLOW_REQUEST: Duration = Duration::from_secs(10);

/// How long an idle connection is kept. WeChat's senders reuse theirs.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// More routes, which other modules bring.
pub type Routes = Arc<dyn Fn(&mut web::ServiceConfig) + Send + Sync>;

/// What the receiver needs.
#[derive(Clone)]
pub struct Receiver {
    /// Answers callbacks.
    pub intake: Arc<Intake>,
    /// The largest body read, in bytes.
    pub body_limit: usize,
    /// Whether `/readyz` says yes.
    pub is_ready: Arc<AtomicBool>,
    /// Bounds what is logged of refused callbacks.
    pub refusals: Arc<RefusalLog>,
    /// More routes.
    pub routes: Vec<Routes>,
}

/// A server that was bound and not yet awaited.
pub struct Bound {
    /// Where it listens.
    pub addresses: Vec<SocketAddr>,
    /// Stops it.
    pub handle: ServerHandle,
    /// Ends when it was stopped.
    pub running: std::pin::Pin<Box<dyn Future<Output = std::io::Result<()>> + Send>>,
}

impl Receiver {
    /// Binds `listen` (`host:port`) and starts `workers` threads. On `stop(true)` it takes no more
    /// connections and finishes what is in flight within `grace`.
    ///
    /// # Errors
    ///
    /// That of binding: the address is taken, or not ours.
    pub fn bind(self, listen: &str, workers: usize, grace: Duration) -> std::io::Result<Bound> {
        let server = HttpServer::new(move || {
            let receiver = self.clone();
            App::new().app_data(web::Data::new(receiver.clone())).configure(|config| {
                routes(config);
                for routes in &receiver.routes {
                    routes(config);
                }
            })
        });
        let server = server
            .workers(workers)
            .client_request_timeout(SLOW_REQUEST)
            .keep_alive(KEEP_ALIVE)
            .shutdown_timeout(grace.as_secs())
            .disable_signals()
            .bind(listen)?;
        let addresses = server.addrs();
        let server = server.run();
        Ok(Bound { addresses, handle: server.handle(), running: Box::pin(server) })
    }
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource(["/callback/{account}", "/callback/{account}/{app_id}"])
                .route(web::get().to(callback::check_url))
                .route(web::post().to(callback::receive))
                .default_service(web::to(error::method)),
        )
        .service(
            web::resource("/hook/{channel}")
                .route(web::get().to(hook::receive))
                .route(web::post().to(hook::receive))
                .default_service(web::to(error::method)),
        )
        .route("/healthz", web::get().to(health::live))
        .route("/readyz", web::get().to(health::ready))
        .route("/metrics", web::get().to(health::metrics))
        .default_service(web::to(error::not_found));
}
