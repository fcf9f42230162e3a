//! What only 企业微信 has.

pub(super) mod appchat;
pub(super) mod bot;
pub(super) mod card;
pub(super) mod content;
pub(super) mod directory;
pub(super) mod kf;
pub(super) mod message;
pub(super) mod robot;
