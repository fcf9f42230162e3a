//! What the platform knows about an account it delivers for.

use std::fmt;

use crate::wechat::Mode;
use crate::wechat::Platform;
use crate::wechat::envelope::Cipher;
use crate::wechat::id::AppId;
use crate::wechat::secret::EncodingAesKey;
use crate::wechat::secret::Token;
use crate::wechat::wire::Format;

/// How callbacks prove that they come from the platform.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Source {
    /// By the signature in the query.
    #[default]
    Signature,
    /// By Cloud Run's gateway: no query, plain bodies, `x-wx-…` headers.
    CloudRun,
    /// By the token in a header: the owner's cloud function hands on what it is given.
    CloudFunction,
}

/// One account as it is set up in WeChat's console.
#[derive(Clone, Debug)]
pub struct Account {
    /// The kind of account.
    pub platform: Platform,
    /// How bodies travel; 企业微信 knows only [`Mode::Safe`].
    pub mode: Mode,
    /// How the account recognises us.
    pub source: Source,
    /// Signs everything.
    pub token: Token,
    /// Seals and opens; needed in every mode but [`Mode::Plain`].
    pub cipher: Option<Cipher>,
    /// AppID, CorpID, the component's AppID; empty for a 企业微信 robot.
    pub app_id: AppId,
    /// What users write to: `gh_…`, the CorpID, or a robot's id.
    pub original_id: String,
    /// The application in 企业微信.
    pub agent_id: Option<i64>,
    /// 数据格式: XML or JSON.
    pub format: Format,
    /// Where the API is, in addresses that are told to the account.
    pub api_base: String,
    /// What opens the API; any secret does where this is `None`.
    pub app_secret: Option<AppSecret>,
}

/// What a program proves itself with to the API. Never printed.
#[derive(Clone)]
pub struct AppSecret(String);

impl AppSecret {
    /// Any text.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for AppSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("AppSecret(hidden)")
    }
}

impl Account {
    /// An account in clear; a 企业微信 one starts sealed and needs [`Account::sealed`] too.
    pub fn new(platform: Platform, token: Token, app_id: AppId) -> Self {
        let original_id = match platform {
            Platform::Wecom => app_id.as_str().to_owned(),
            Platform::WecomBot => "AIBOT-SIMULATED".to_owned(),
            _ => "gh_0a1b2c3d4e5f".to_owned(),
        };
        let agent_id = (platform == Platform::Wecom).then_some(1_000_002);
        let format = match platform {
            Platform::WecomBot => Format::Json,
            _ => Format::Xml,
        };
        let mode = if platform.is_wecom() { Mode::Safe } else { Mode::Plain };
        Self {
            platform,
            mode,
            source: Source::Signature,
            token,
            cipher: None,
            app_id,
            original_id,
            agent_id,
            format,
            api_base: "https://qyapi.weixin.qq.com".to_owned(),
            app_secret: None,
        }
    }

    /// The same with sealed bodies.
    pub fn sealed(self, mode: Mode, key: &EncodingAesKey) -> Self {
        Self { mode, cipher: Some(Cipher::new(key)), ..self }
    }

    /// The same with another data format.
    pub fn format(self, format: Format) -> Self {
        Self { format, ..self }
    }

    /// The same behind Cloud Run's gateway.
    pub fn on_cloud_run(self) -> Self {
        Self { source: Source::CloudRun, mode: Mode::Plain, ..self }
    }

    /// The same with a secret of its own: the API takes no other.
    pub fn secret(self, secret: AppSecret) -> Self {
        Self { app_secret: Some(secret), ..self }
    }

    /// The same with an API that is somewhere else.
    pub fn reached_at(self, api_base: impl Into<String>) -> Self {
        Self { api_base: api_base.into(), ..self }
    }

    /// Whether `id` is its AppID or CorpID; an account without one is called anything.
    pub(super) fn is_called(&self, id: &str) -> bool {
        self.app_id.as_str().is_empty() || self.app_id.as_str() == id
    }

    /// Whether `secret` opens the API.
    pub(super) fn knows_secret(&self, secret: &str) -> bool {
        self.app_secret.as_ref().is_none_or(|own| own.0 == secret)
    }

    /// The same behind a cloud function, which is given JSON.
    pub fn on_cloud_function(self) -> Self {
        let (mode, source) = (Mode::Plain, Source::CloudFunction);
        Self { mode, source, format: Format::Json, ..self }
    }

    /// The line shown to a user whose message got no proper answer. 企业微信 shows nothing.
    pub(super) fn apology(&self) -> Option<&'static str> {
        match self.platform {
            Platform::OfficialAccount | Platform::OpenPlatform => {
                Some("该公众号暂时无法提供服务，请稍后再试")
            }
            Platform::MiniProgram => Some("该小程序客服暂时无法提供服务，请稍后再试"),
            Platform::Wecom | Platform::WecomBot => None,
        }
    }
}
