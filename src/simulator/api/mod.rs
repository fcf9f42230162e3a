//! The platform's HTTP API: one file for each noun, one line for each endpoint.

mod call;
mod component;
mod customer;
mod draft;
mod endpoint;
mod login;
mod mass;
mod material;
mod menu;
mod multipart;
mod operator;
mod perform;
mod qrcode;
mod quota;
mod refusal;
pub(super) mod request;
mod safety;
mod subscription;
mod tag;
mod template;
mod token;
mod upload;
mod user;
mod values;
mod wecom;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use self::endpoint::Endpoint;
pub use self::endpoint::ON_NAMES;
pub use self::endpoint::all;
pub(super) use self::endpoint::find;
pub use self::refusal::errmsg;
pub use self::request::Reply;
pub use self::request::Request;
pub use self::request::Response;

/// How long a job takes until its event is on its way.
const SOON: Duration = Duration::from_millis(100);

/// Who an event is from that nobody's doing caused.
pub(super) const ANYBODY: &str = "mphelper";

/// Every noun's endpoints.
const NOUNS: &[&[Endpoint]] = &[
    token::ENDPOINTS,
    quota::ENDPOINTS,
    customer::ENDPOINTS,
    operator::ENDPOINTS,
    upload::ENDPOINTS,
    material::ENDPOINTS,
    template::ENDPOINTS,
    subscription::ENDPOINTS,
    mass::ENDPOINTS,
    menu::ENDPOINTS,
    user::ENDPOINTS,
    tag::ENDPOINTS,
    qrcode::ENDPOINTS,
    login::ENDPOINTS,
    safety::ENDPOINTS,
    draft::ENDPOINTS,
    wecom::message::ENDPOINTS,
    wecom::appchat::ENDPOINTS,
    wecom::directory::ENDPOINTS,
    wecom::kf::ENDPOINTS,
    wecom::robot::ENDPOINTS,
    wecom::bot::ENDPOINTS,
    component::ENDPOINTS,
];

/// What each noun remembers beside users, tokens and files.
#[derive(Default)]
pub(super) struct Nouns {
    chats: wecom::appchat::Chats,
    codes: qrcode::Codes,
    component: component::Component,
    desk: wecom::kf::Desk,
    logins: login::Logins,
    masses: mass::Masses,
    menus: menu::Menus,
    operators: operator::Operators,
    publications: draft::Publications,
    responses: wecom::bot::Responses,
    robots: wecom::robot::Robots,
    sent: wecom::message::Sent,
    subscriptions: subscription::Library,
    tags: tag::Tags,
    templates: template::Templates,
}
