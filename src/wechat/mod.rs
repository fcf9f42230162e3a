//! The protocol of 公众号, 小程序 and 企业微信: pure and synchronous. No socket, no clock, no
//! randomness, and nothing else of ours.
//!
//! A callback goes through it as [`query::Query`] → [`callback`] (verified, then decrypted) →
//! [`wire::Tree`] → [`inbound::Inbound`]; an answer as [`reply::Reply`] → text →
//! [`envelope::Cipher`] and [`signature`].

pub mod callback;
pub mod envelope;
pub mod errcode;
pub mod id;
pub mod inbound;
pub mod limits;
pub mod query;
pub mod reply;
pub mod secret;
pub mod signature;
pub mod wire;

/// The kinds of account WeChat offers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Platform {
    /// 公众号: subscription and service accounts.
    OfficialAccount,
    /// 小程序 and mini games.
    MiniProgram,
    /// 企业微信: an application of a company.
    Wecom,
    /// 企业微信 智能机器人.
    WecomBot,
    /// 开放平台 第三方平台: tickets, authorizations, and messages of the accounts it serves.
    OpenPlatform,
}

impl Platform {
    /// Each platform with its name in the config.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::OfficialAccount, "official-account"),
        (Self::MiniProgram, "mini-program"),
        (Self::Wecom, "wecom"),
        (Self::WecomBot, "wecom-bot"),
        (Self::OpenPlatform, "open-platform"),
    ];

    /// Its name in the config.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(platform, _)| *platform == self).map_or("", |(_, name)| name)
    }

    /// Whether this is a surface of 企业微信: everything is sealed, `echostr` included, and the
    /// plain `signature` does not exist.
    pub fn is_wecom(self) -> bool {
        matches!(self, Self::Wecom | Self::WecomBot)
    }
}

/// How the bodies of an account travel. Chosen in WeChat's console, repeated in our config.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// 明文模式: the body as it is; only timestamp and nonce are signed.
    Plain,
    /// 兼容模式: the body in clear and sealed, side by side. We read only the sealed part.
    Compatible,
    /// 安全模式: the body sealed.
    Safe,
}

impl Mode {
    /// Each mode with its name in the config.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Plain, "plain"), (Self::Compatible, "compatible"), (Self::Safe, "safe")];

    /// Its name in the config.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(mode, _)| *mode == self).map_or("", |(_, name)| name)
    }
}
