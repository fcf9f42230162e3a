//! What helps to find out why something does not work: quotas, requests by their `rid`, whether
//! WeChat reaches us, from where it calls.
//!
//! Source: "OpenAPI management" and "Network detection", reference section 7.5.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use super::api::Done;
use super::api::Proof;
use super::api::answers;
use super::api::api;

api! {
    /// Gives the account its daily quotas back: 10 times a month.
    #[derive(Default)]
    Post "/cgi-bin/clear_quota", ClearQuota {
        /// The account.
        appid: String,
    } -> Done;

    /// The same without a token, for when fetching one is what is used up.
    Post "/cgi-bin/clear_quota/v2", ClearQuotaBySecret {} -> Done,
        proof: Proof::Secret { id: "appid", secret: "appsecret" };

    /// What is left of the day's quota of one API.
    #[derive(Default)]
    Post "/cgi-bin/openapi/quota/get", GetQuota {
        /// Such as `/cgi-bin/message/custom/send`.
        cgi_path: String,
    } -> QuotaAnswer;

    /// What WeChat knows of a request, for 7 days.
    #[derive(Default)]
    Post "/cgi-bin/openapi/rid/get", GetRid {
        /// From an errmsg.
        rid: String,
    } -> Value;

    /// Has WeChat look our callback's name up and reach its address.
    Post "/cgi-bin/callback/check", CheckCallback {
        /// What it does.
        action: Action,
        /// From whose network.
        check_operator: Carrier,
    } -> Checked;

    /// From where WeChat calls us: addresses, or networks as CIDR. Changes now and then.
    Get "/cgi-bin/getcallbackip", CallbackIps {} -> IpList;

    /// Where the API answers.
    Get "/cgi-bin/get_api_domain_ip", ApiIps {} -> IpList;
}

/// What WeChat tries.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Both.
    #[default]
    All,
    /// The name.
    Dns,
    /// The way.
    Ping,
}

/// From whose network WeChat tries.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Carrier {
    /// 中国电信
    Chinanet,
    /// 中国联通
    Unicom,
    /// 腾讯
    Cap,
    /// WeChat chooses.
    #[default]
    Default,
}

answers! {
    /// What is left.
    QuotaAnswer {
        /// It.
        quota: Quota,
    }
    /// A day's quota.
    Quota {
        /// How many calls there are.
        daily_limit: i64,
        /// How many were made.
        used: i64,
        /// How many are left.
        remain: i64,
    }
    /// Where WeChat is.
    IpList {
        /// Addresses and networks.
        ip_list: Vec<String>,
    }
    /// What WeChat found.
    Checked {
        /// The addresses of our name.
        dns: Vec<Address>,
        /// The way to each.
        ping: Vec<Ping>,
    }
    /// An address of our name.
    Address {
        /// It.
        ip: String,
        /// In whose network it is.
        real_operator: String,
    }
}

/// The way to one address.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Ping {
    /// Where to.
    pub ip: String,
    /// From whose network.
    pub from_operator: String,
    /// Such as `0%`.
    pub package_loss: String,
    /// Such as `23.079ms`.
    pub time: String,
}
