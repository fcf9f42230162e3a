//! Where tokens come from: ONE VARIANT for each of WeChat's ways.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use crate::platform::Client;
use crate::platform::api::Proof;
use crate::platform::call::Call;
use crate::platform::error::PlatformError;
use crate::wechat::id::AppId;

/// How long the fetching of a token may take: below what a process may hold the lock.
const TIMEOUT: Duration = Duration::from_secs(5);

/// One of WeChat's ways to get a token.
pub(in crate::platform) enum Issuer {
    /// `stable_token`: the same token for everybody who asks.
    Stable,
    /// `token`: each call makes a new one, and ends the one before in about 5 minutes.
    Classic,
    /// `gettoken` of 企业微信: the same token within its life.
    Wecom,
    /// `api_component_token` of an open platform, for the ticket that WeChat pushes.
    Component,
    /// `api_authorizer_token`: an account that authorized this open platform.
    Authorizer {
        /// The open platform.
        component: Arc<Client>,
        /// The account.
        app_id: AppId,
    },
}

/// A token as it was issued.
#[derive(Deserialize)]
pub(in crate::platform) struct Issued {
    #[serde(alias = "component_access_token", alias = "authorizer_access_token")]
    pub(in crate::platform) access_token: String,
    /// In seconds.
    pub(in crate::platform) expires_in: u64,
    /// The next one of an authorized account; may change with each token.
    #[serde(default)]
    pub(in crate::platform) authorizer_refresh_token: Option<String>,
}

impl Issuer {
    /// What tells its tokens from others in the store.
    pub(in crate::platform) fn name(&self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Classic => "classic",
            Self::Wecom => "wecom",
            Self::Component => "component",
            Self::Authorizer { .. } => "authorizer",
        }
    }

    /// The query parameter that its tokens travel in.
    pub(in crate::platform) fn parameter(&self) -> &'static str {
        match self {
            Self::Component => "component_access_token",
            _ => "access_token",
        }
    }

    /// Whether it can be told to end a token that it believes in.
    pub(in crate::platform) fn can_force(&self) -> bool {
        matches!(self, Self::Stable)
    }

    /// Fetches a token. `is_forced`: a new one, even if the one before is good.
    ///
    /// Boxed, because the token of an authorized account needs the component's own first.
    pub(in crate::platform) fn fetch<'a>(
        &'a self,
        client: &'a Client,
        is_forced: bool,
    ) -> Pin<Box<dyn Future<Output = Result<Issued, PlatformError>> + Send + 'a>> {
        Box::pin(async move {
            if let Self::Authorizer { component, app_id } = self {
                return component.authorizer_token(app_id).await;
            }
            let call = self.call(client, is_forced).await?;
            client.ask_for(&Call { timeout: TIMEOUT, proof: Proof::None, ..call }).await
        })
    }

    async fn call(&self, client: &Client, is_forced: bool) -> Result<Call<'static>, PlatformError> {
        let (id, secret) = (client.app_id().as_str(), client.secret()?);
        Ok(match self {
            Self::Classic => Call::get(
                "/cgi-bin/token",
                [("grant_type", "client_credential"), ("appid", id), ("secret", secret)],
            ),
            Self::Wecom => Call::get("/cgi-bin/gettoken", [("corpid", id), ("corpsecret", secret)]),
            Self::Component => {
                let ticket = client.ticket().await?;
                let body = json!({
                    "component_appid": id,
                    "component_appsecret": secret,
                    "component_verify_ticket": ticket,
                });
                Call::post("/cgi-bin/component/api_component_token", &body)
            }
            Self::Stable | Self::Authorizer { .. } => {
                let body = json!({
                    "grant_type": "client_credential",
                    "appid": id,
                    "secret": secret,
                    "force_refresh": is_forced,
                });
                Call::post("/cgi-bin/stable_token", &body)
            }
        })
    }
}
