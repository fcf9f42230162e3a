//! The secret, and whether WeChat lets this machine's address in.

use std::net::IpAddr;
use std::sync::Arc;

use super::online::Said;
use super::online::Setup;
use super::report::Finding;
use crate::config::account::Account;
use crate::platform::Client;
use crate::platform::PlatformError;
use crate::platform::Refusal;
use crate::platform::diagnostics::Action;
use crate::platform::diagnostics::CallbackIps;
use crate::platform::diagnostics::Carrier;
use crate::platform::diagnostics::CheckCallback;
use crate::platform::diagnostics::Checked;
use crate::wechat::Platform;
use crate::wechat::errcode::Surface;

/// Codes that mean the caller's address, and where addresses are listed: ONE LINE EACH.
const ADDRESS_CODES: &[(Surface, i64, &str)] = &[
    (Surface::Mp, 40164, "基本配置 → IP 白名单 (the IP list beside the AppSecret)"),
    (Surface::Mp, 61004, "开放平台 → 第三方平台 → 白名单 IP 地址列表 (the component's IP list)"),
    (Surface::Wecom, 60020, "应用管理 → the application → 企业可信 IP (its trusted addresses)"),
];

/// Codes that mean the id and not the secret.
const ID_CODES: [i64; 2] = [40_013, 41_002];

/// Fetches a token and makes one call with it.
pub(super) async fn try_out(setup: &Setup<'_>, client: &Arc<Client>) -> Said {
    let name = &setup.account.name;
    match client.try_once(&CallbackIps {}).await {
        Ok(_) => Ok(format!("`{name}`: WeChat takes its calls from this machine")),
        Err(PlatformError::Refused(refusal)) => Err(Box::new(refused(setup, &refusal))),
        Err(PlatformError::NoTicket) => {
            let advice = "only the running station gets the ticket they go with";
            Err(Box::new(setup.warning("app_secret", "its keys were not tried", advice)))
        }
        Err(error) => {
            let (message, advice) = (error.failure().detail, error.advice());
            Err(Box::new(setup.fault("api_base", &message, advice)))
        }
    }
}

fn refused(setup: &Setup<'_>, refusal: &Refusal) -> Finding {
    let code = refusal.code;
    let found = ADDRESS_CODES.iter().find(|it| (it.0, it.1) == (refusal.surface, code));
    if let Some((_, _, place)) = found {
        let who = address(&refusal.message)
            .map_or_else(|| "this machine's address".to_owned(), |address| address.to_string());
        let message = format!("{who} is not on the IP allow-list ({code})");
        let advice = format!("add {who} in WeChat's console: {place}");
        return setup.fault("app_secret", &message, &advice);
    }
    let meaning = refusal.row().map_or("WeChat refuses", |row| row.meaning);
    let message = format!("{meaning} ({code} from {}: {})", refusal.path, refusal.message);
    let key = if ID_CODES.contains(&code) { "app_id" } else { "app_secret" };
    // Of a token that was fetched just now, only one of the code's two meanings is left.
    let advice = match code {
        40_001 => "Compare `app_secret` with WeChat's console.",
        _ => refusal.advice(),
    };
    setup.fault(key, &message, advice)
}

/// The address that an errmsg names, such as `invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not
/// in whitelist`.
fn address(errmsg: &str) -> Option<IpAddr> {
    let is_outside = |letter: char| !letter.is_ascii_hexdigit() && !".:".contains(letter);
    let mut words = errmsg.split(is_outside).map(|word| word.trim_matches('.'));
    words.find_map(|word| word.trim_end_matches(':').parse().ok())
}

/// Whether WeChat can be asked for its way to the callback URL.
pub(super) fn may_ask_for_way(account: &Account) -> bool {
    matches!(account.platform, Platform::OfficialAccount | Platform::MiniProgram)
}

/// Has WeChat look up and reach the URL that its console has.
pub(super) async fn ask_for_way(setup: &Setup<'_>, client: &Arc<Client>) -> Vec<Said> {
    let check = CheckCallback { action: Action::All, check_operator: Carrier::Default };
    match client.try_once(&check).await {
        Ok(checked) => judge(setup, &checked),
        Err(error) => {
            let message = format!("WeChat did not try its way to us: {}", error.failure().detail);
            vec![Err(Box::new(setup.warning("app_id", &message, error.advice())))]
        }
    }
}

fn judge(setup: &Setup<'_>, checked: &Checked) -> Vec<Said> {
    let warning = |message: &str, advice: &str| {
        let finding = setup.warning("app_id", message, advice);
        vec![Err(Box::new(finding))]
    };
    if checked.dns.is_empty() {
        let message = "WeChat finds no address for the name in its callback URL";
        return warning(message, "see the name's DNS records, and the URL in WeChat's console");
    }
    let is_lost = |loss: &str| loss.trim_end_matches('%').parse() == Ok(100.0);
    let lost = checked.ping.iter().find(|ping| is_lost(&ping.package_loss));
    if let Some(ping) = lost {
        let message = format!("WeChat's ping from {} does not reach {}", ping.from_operator, ping.ip);
        return warning(&message, "see the firewall; where only ping is blocked, nothing is wrong");
    }
    vec![Ok(format!("`{}`: WeChat reaches the address of its callback URL", setup.account.name))]
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn the_address_is_found_in_what_wechat_says() {
        let named = |errmsg| address(errmsg).map(|it| it.to_string());
        let mp = "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist";
        assert_eq!(named(mp).as_deref(), Some("203.0.113.7"));
        let wecom = "not allow to access from your ip, hint: [1700000000], from ip: 198.51.100.4, more \
                     info at https://open.work.weixin.qq.com/devtool/query?e=60020";
        assert_eq!(named(wecom).as_deref(), Some("198.51.100.4"));
        assert_eq!(named("invalid ip 2001:db8::7, not in whitelist").as_deref(), Some("2001:db8::7"));
        assert_eq!(named("access denied: bad face"), None);
    }
}
