//! The WeChat platform, played by us: for tests, and for a desk without an account.
//!
//! A [`Simulator`] is the platform's side of one account. Its [`Follower`]s write and click; each
//! message is signed, sealed and delivered up to three times over a [`Wire`], and the answer is
//! judged as WeChat judges it. What happened is an [`Exchange`].
//!
//! It shares only the pure core `wechat/` with the server it plays against, and takes its clock
//! and its randomness as arguments.

pub mod account;
pub mod api;
pub mod delivery;
pub mod document;
pub mod exchange;
pub mod fault;
pub mod follower;
mod happening;
pub mod judge;
pub mod playground;
pub mod route;
pub mod seats;
pub mod services;
pub mod steer;
mod stream;
pub mod time;
pub mod transcript;
pub mod wire;
mod world;

#[cfg(test)]
mod tests;

use actix_web::web;

pub use self::account::Account;
pub use self::account::AppSecret;
pub use self::account::Source;
pub use self::delivery::Simulator;
pub use self::exchange::Exchange;
pub use self::exchange::Shown;
pub use self::exchange::Try;
pub use self::exchange::What;
pub use self::follower::Follower;
pub use self::seats::Seats;
pub use self::wire::HttpWire;
pub use self::wire::RawRequest;
pub use self::wire::RawResponse;
pub use self::wire::Unreachable;
pub use self::wire::Wire;
pub use self::world::user::Pushed;

/// Serves everything of the simulated platform: its API, `/sim/…` and `/playground`.
pub fn routes(config: &mut web::ServiceConfig, seats: &web::Data<Seats>) {
    route::routes(config, seats);
    steer::routes(config, seats);
    playground::routes(config, seats.clone());
}
