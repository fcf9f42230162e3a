//! An open platform (第三方平台): its ticket, and the accounts that authorized it.
//!
//! Source: "Authorization of third-party platforms", reference section 13.1.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::Client;
use super::call::Call;
use super::error::PlatformError;
use super::token::Issued;
use super::token::Issuer;
use crate::store::names;
use crate::wechat::id::AppId;

/// A refresh token ends only when the account takes its authorization back.
const REFRESH_LIFE: Duration = Duration::from_hours(24 * 3_650);

/// An account that has authorized this open platform.
#[derive(Clone, Debug, Deserialize)]
pub struct Authorized {
    /// The account.
    pub authorizer_appid: String,
}

#[derive(Deserialize)]
struct Authorization {
    authorization_info: AuthorizationInfo,
}

#[derive(Deserialize)]
struct AuthorizationInfo {
    authorizer_appid: String,
    authorizer_refresh_token: String,
}

impl Client {
    /// Keeps the newest `component_verify_ticket`, for every process on the store.
    ///
    /// # Errors
    ///
    /// That of the store.
    pub async fn keep_ticket(&self, ticket: &str) -> Result<(), PlatformError> {
        let value = Some(ticket.as_bytes().to_vec());
        Ok(self
            .world
            .store
            .set(self.now(), &self.ticket_key(), value, names::COMPONENT_TICKET_TTL)
            .await?)
    }

    /// Exchanges the `AuthorizationCode` of an `authorized` event, or of the page the owner came
    /// back from, and keeps what the account's tokens are made from.
    ///
    /// # Errors
    ///
    /// [`PlatformError`]: the code works once, for some minutes.
    pub async fn authorize(&self, code: &str) -> Result<Authorized, PlatformError> {
        let body = json!({"component_appid": self.app_id().as_str(), "authorization_code": code});
        let call = Call::post("/cgi-bin/component/api_query_auth", &body);
        let answer: Authorization = self.run(&call).await?;
        let info = answer.authorization_info;
        self.keep_refresh_token(&info.authorizer_appid, &info.authorizer_refresh_token).await?;
        Ok(Authorized { authorizer_appid: info.authorizer_appid })
    }

    /// Asks for what the tokens of an account are made from, where its code was used up and the
    /// answer was lost.
    ///
    /// # Errors
    ///
    /// [`PlatformError`]: 61003 if it has not authorized us.
    pub async fn recover(&self, authorizer: &AppId) -> Result<(), PlatformError> {
        let body = json!({
            "component_appid": self.app_id().as_str(), "authorizer_appid": authorizer.as_str(),
        });
        let call = Call::post("/cgi-bin/component/api_get_authorizer_info", &body);
        let answer: Authorization = self.run(&call).await?;
        let token = answer.authorization_info.authorizer_refresh_token;
        self.keep_refresh_token(authorizer.as_str(), &token).await
    }

    /// Forgets an account that took its authorization back.
    ///
    /// # Errors
    ///
    /// That of the store.
    pub async fn forget(&self, authorizer: &AppId) -> Result<(), PlatformError> {
        let key = self.refresh_key(authorizer.as_str());
        Ok(self.world.store.set(self.now(), &key, None, Duration::ZERO).await?)
    }

    /// A client that acts for an account which authorized this open platform.
    pub fn on_behalf_of(self: &Arc<Self>, authorizer: &AppId) -> Arc<Self> {
        let component = Arc::clone(self);
        let issuer = Issuer::Authorizer { component, app_id: authorizer.clone() };
        Arc::new(self.with_issuer(authorizer.clone(), issuer))
    }

    /// The ticket, once one has come.
    pub(super) async fn ticket(&self) -> Result<String, PlatformError> {
        let value = self.world.store.get(self.now(), &self.ticket_key()).await?;
        value.and_then(|it| String::from_utf8(it).ok()).ok_or(PlatformError::NoTicket)
    }

    /// A token of an account that authorized us; its next refresh token is kept.
    pub(super) async fn authorizer_token(
        &self,
        authorizer: &AppId,
    ) -> Result<Issued, PlatformError> {
        let key = self.refresh_key(authorizer.as_str());
        let kept = self.world.store.get(self.now(), &key).await?;
        let refresh = kept.and_then(|it| String::from_utf8(it).ok());
        let refresh = refresh.ok_or_else(|| PlatformError::NotAuthorized(authorizer.clone()))?;
        let body = json!({
            "component_appid": self.app_id().as_str(),
            "authorizer_appid": authorizer.as_str(),
            "authorizer_refresh_token": refresh,
        });
        let call = Call::post("/cgi-bin/component/api_authorizer_token", &body);
        let issued: Issued = self.run(&call).await?;
        if let Some(next) = issued.authorizer_refresh_token.as_ref().filter(|it| **it != refresh) {
            self.keep_refresh_token(authorizer.as_str(), next).await?;
        }
        Ok(issued)
    }

    async fn keep_refresh_token(&self, authorizer: &str, token: &str) -> Result<(), PlatformError> {
        let (key, value) = (self.refresh_key(authorizer), Some(token.as_bytes().to_vec()));
        Ok(self.world.store.set(self.now(), &key, value, REFRESH_LIFE).await?)
    }

    fn ticket_key(&self) -> String {
        names::component_ticket(self.app_id().as_str())
    }

    fn refresh_key(&self, authorizer: &str) -> String {
        format!("refresh/{}/{authorizer}", self.app_id())
    }
}
