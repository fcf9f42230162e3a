//! The WeChat platform, played by us: for tests, and for a desk without an account.
//!
//! A [`Simulator`] is the platform's side of one account. Its [`Follower`]s write and click; each
//! message is signed, sealed and delivered up to three times over a [`Wire`], and the answer is
//! judged as WeChat judges it. What happened is an [`Exchange`].
//!
//! It shares only the pure core `wechat/` with the server it plays against, and takes its clock
//! and its randomness as arguments.

pub mod account;
pub mod delivery;
pub mod document;
pub mod exchange;
pub mod follower;
pub mod judge;
pub mod playground;
pub mod wire;

#[cfg(test)]
mod tests;

pub use self::account::Account;
pub use self::account::Source;
pub use self::delivery::Simulator;
pub use self::exchange::Exchange;
pub use self::exchange::Shown;
pub use self::exchange::Try;
pub use self::exchange::What;
pub use self::follower::Follower;
pub use self::wire::HttpWire;
pub use self::wire::RawRequest;
pub use self::wire::RawResponse;
pub use self::wire::Unreachable;
pub use self::wire::Wire;
