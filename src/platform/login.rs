//! Who somebody is: the login of 小程序, OAuth in pages of 公众号, the tickets of JS-SDK.
//!
//! Source: "Mini program login" and "Web authorization", reference section 9.6.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::api::Proof;
use super::api::answers;
use super::api::api;

const SECRET: Proof = Proof::Secret { id: "appid", secret: "secret" };

api! {
    /// Exchanges the code of `wx.login`, which works once, for who it is.
    #[derive(Default)]
    Get "/sns/jscode2session", CodeToSession {
        /// From `wx.login`.
        js_code: String,
    } -> Session, proof: SECRET, fixed: &[("grant_type", "authorization_code")];

    /// Exchanges the code of an OAuth page, which works once, for who it is.
    #[derive(Default)]
    Get "/sns/oauth2/access_token", CodeToUser {
        /// What the page was opened with.
        code: String,
    } -> Grant, proof: SECRET, fixed: &[("grant_type", "authorization_code")];

    /// A new token of a user, with the refresh token of the one before.
    #[derive(Default)]
    Get "/sns/oauth2/refresh_token", Refresh {
        /// The account.
        appid: String,
        /// Of the grant before.
        refresh_token: String,
    } -> Grant, proof: Proof::None, fixed: &[("grant_type", "refresh_token")];

    /// What a user shows of themselves; the token is the user's, not the account's.
    #[derive(Default)]
    Get "/sns/userinfo", UserInfo {
        /// Of the grant, with the scope `snsapi_userinfo`.
        access_token: String,
        /// Who.
        openid: String,
        /// `zh_CN`, `zh_TW` or `en`.
        lang: Option<String>,
    } -> Value, proof: Proof::None;

    /// The telephone number that a user allowed a 小程序 to see.
    #[derive(Default)]
    Post "/wxa/business/getuserphonenumber", PhoneNumber {
        /// Of the button; works once.
        code: String,
    } -> PhoneAnswer;

    /// What pages sign their use of JS-SDK with. Keep it for its two hours: it is counted.
    Get "/cgi-bin/ticket/getticket", JsapiTicket {} -> Ticket, fixed: &[("type", "jsapi")];
}

/// Who uses a 小程序.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Session {
    /// The user, for this account.
    pub openid: String,
    /// The same person in all accounts of one owner.
    pub unionid: Option<String>,
    /// Signs and seals what the 小程序 sends. Keep it on the server.
    pub session_key: String,
}

impl fmt::Debug for Session {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Session").field("openid", &self.openid).finish_non_exhaustive()
    }
}

/// What a user granted to a page.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Grant {
    /// The user's token, for [`UserInfo`].
    pub access_token: String,
    /// How long it works, in seconds.
    pub expires_in: u64,
    /// For [`Refresh`], for 30 days.
    pub refresh_token: String,
    /// The user, for this account.
    pub openid: String,
    /// What they granted.
    pub scope: String,
    /// The same person in all accounts of one owner.
    pub unionid: Option<String>,
}

impl fmt::Debug for Grant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Grant").field("openid", &self.openid).finish_non_exhaustive()
    }
}

/// What pages sign with.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Ticket {
    /// It.
    pub ticket: String,
    /// How long it works, in seconds.
    pub expires_in: u64,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Ticket(for {} s)", self.expires_in)
    }
}

answers! {
    /// A telephone number.
    PhoneAnswer {
        /// It.
        phone_info: Phone,
    }
    /// A telephone number.
    #[serde(rename_all = "camelCase")]
    Phone {
        /// With the country's code, where that is not 86.
        phone_number: String,
        /// Without.
        pure_phone_number: String,
        /// Such as `86`.
        country_code: String,
    }
}

/// The page on which a user of a 公众号 says who they are, and which then opens `back_to` with a
/// `code`. `scope` is `snsapi_base` (silent) or `snsapi_userinfo`.
pub fn authorize_url(app_id: &str, back_to: &str, scope: &str, state: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("appid", app_id).append_pair("redirect_uri", back_to);
    query.append_pair("response_type", "code").append_pair("scope", scope);
    let query = query.append_pair("state", state).finish();
    format!("https://open.weixin.qq.com/connect/oauth2/authorize?{query}#wechat_redirect")
}

#[cfg(test)]
mod tests {
    use super::Grant;
    use super::Session;
    use super::authorize_url;

    #[test]
    fn the_login_page_has_its_query_escaped() {
        assert_eq!(
            authorize_url("wx1", "https://e.com/in?a=b", "snsapi_base", "s"),
            "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1\
             &redirect_uri=https%3A%2F%2Fe.com%2Fin%3Fa%3Db&response_type=code\
             &scope=snsapi_base&state=s#wechat_redirect"
        );
    }

    #[test]
    fn keys_and_tokens_do_not_print_themselves() {
        let session = Session { session_key: "KEY".to_owned(), ..Session::default() };
        let grant = Grant { access_token: "TOKEN".to_owned(), ..Grant::default() };
        let text = format!("{session:?} {grant:?}");
        assert_eq!(text, "Session { openid: \"\", .. } Grant { openid: \"\", .. }");
    }
}
