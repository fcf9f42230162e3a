//! What an endpoint is, and finding one.

use super::NOUNS;
use super::call::Call;
use super::call::Outcome;
use crate::simulator::world::calls::Limit;
use crate::wechat::Platform;

/// One path of the API on one or more platforms.
pub struct Endpoint {
    /// How it wants to be called.
    pub(super) method: Method,
    /// The whole path.
    pub path: &'static str,
    /// Where it exists: a sum of the constants beside [`OFFICIAL`].
    pub(super) on: u8,
    /// What it does, in a phrase.
    pub purpose: &'static str,
    pub(super) key: Key,
    pub(super) limit: Limit,
    pub(super) run: fn(&mut Call<'_>) -> Outcome,
}

/// How an endpoint wants to be called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Method {
    Get,
    Post,
    Any,
}

/// What opens an endpoint.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Key {
    /// `access_token` in the query.
    Token,
    /// Nothing; where a secret is in query or body, the endpoint looks at it.
    Nothing,
    /// `component_access_token` in the query.
    Component,
}

/// 公众号, and what the open platform does for one.
pub(super) const OFFICIAL: u8 = 1;
/// 小程序.
pub(super) const MINI: u8 = 2;
/// 企业微信.
pub(super) const WECOM: u8 = 4;
/// 开放平台 itself.
pub(super) const OPEN: u8 = 8;
/// 公众号 and 小程序.
pub(super) const MP: u8 = OFFICIAL | MINI;
/// 公众号, 小程序 and 企业微信.
pub(super) const ALL: u8 = MP | WECOM;

/// The platforms of the table by their bit, as [`Endpoint::platforms`] names them.
pub const ON_NAMES: [(u8, &str); 4] =
    [(OFFICIAL, "公众号"), (MINI, "小程序"), (WECOM, "企业微信"), (OPEN, "开放平台")];

const fn endpoint(
    method: Method,
    path: &'static str,
    on: u8,
    purpose: &'static str,
    run: fn(&mut Call<'_>) -> Outcome,
) -> Endpoint {
    let limit = Limit { daily: None, per_minute: None };
    Endpoint { method, path, on, purpose, key: Key::Token, limit, run }
}

pub(super) const fn get(
    path: &'static str,
    on: u8,
    purpose: &'static str,
    run: fn(&mut Call<'_>) -> Outcome,
) -> Endpoint {
    endpoint(Method::Get, path, on, purpose, run)
}

pub(super) const fn post(
    path: &'static str,
    on: u8,
    purpose: &'static str,
    run: fn(&mut Call<'_>) -> Outcome,
) -> Endpoint {
    endpoint(Method::Post, path, on, purpose, run)
}

pub(super) const fn any(
    path: &'static str,
    on: u8,
    purpose: &'static str,
    run: fn(&mut Call<'_>) -> Outcome,
) -> Endpoint {
    endpoint(Method::Any, path, on, purpose, run)
}

impl Endpoint {
    /// The same without a token.
    pub(super) const fn keyless(mut self) -> Self {
        self.key = Key::Nothing;
        self
    }

    /// The same with the component's token.
    pub(super) const fn of_component(mut self) -> Self {
        self.key = Key::Component;
        self
    }

    /// The same with a number of calls a day.
    pub(super) const fn daily(mut self, most: u64) -> Self {
        self.limit.daily = Some(most);
        self
    }

    /// The same with a number of calls a minute.
    pub(super) const fn per_minute(mut self, most: u64) -> Self {
        self.limit.per_minute = Some(most);
        self
    }

    /// `GET`, `POST`, or both.
    pub fn methods(&self) -> &'static str {
        match self.method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Any => "GET, POST",
        }
    }

    /// The names of the platforms that have it.
    pub fn platforms(&self) -> String {
        let names = ON_NAMES.iter().filter(|(bit, _)| self.on & bit != 0);
        names.map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn is_on(&self, platform: Platform) -> bool {
        let bits = match platform {
            Platform::OfficialAccount => OFFICIAL,
            Platform::MiniProgram => MINI,
            Platform::Wecom | Platform::WecomBot => WECOM,
            // It calls on behalf of accounts of both kinds.
            Platform::OpenPlatform => OPEN | MP,
        };
        self.on & bits != 0
    }
}

/// Every endpoint of the table.
pub fn all() -> impl Iterator<Item = &'static Endpoint> {
    NOUNS.iter().copied().flatten()
}

/// The endpoint at `path`, if `platform` has it.
pub(in crate::simulator) fn find(path: &str, platform: Platform) -> Option<&'static Endpoint> {
    all().find(|endpoint| endpoint.path == path && endpoint.is_on(platform))
}
