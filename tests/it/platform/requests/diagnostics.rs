//! Diagnostics.

use yizhan::platform::diagnostics;

use super::owned;
use super::request;
use crate::platform::OFFICIAL;
use crate::platform::WECOM;

#[tokio::test(start_paused = true)]
async fn quotas_and_ways() {
    assert_eq!(
        request(OFFICIAL, diagnostics::ClearQuota { appid: owned("wx1") }).await,
        r#"POST /cgi-bin/clear_quota {"appid":"wx1"}"#
    );
    assert_eq!(
        request(OFFICIAL, diagnostics::ClearQuotaBySecret {}).await,
        "POST /cgi-bin/clear_quota/v2?appid=wx00112233445566bb&appsecret=SECRET {}"
    );
    assert_eq!(
        request(
            OFFICIAL,
            diagnostics::GetQuota { cgi_path: owned("/cgi-bin/message/custom/send") }
        )
        .await,
        r#"POST /cgi-bin/openapi/quota/get {"cgi_path":"/cgi-bin/message/custom/send"}"#
    );
    let check = diagnostics::CheckCallback {
        action: diagnostics::Action::All,
        check_operator: diagnostics::Carrier::Default,
    };
    assert_eq!(
        request(OFFICIAL, check).await,
        r#"POST /cgi-bin/callback/check {"action":"all","check_operator":"DEFAULT"}"#
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_by_its_id_and_the_addresses_of_wechat() {
    assert_eq!(
        request(OFFICIAL, diagnostics::GetRid { rid: owned("6a-1") }).await,
        r#"POST /cgi-bin/openapi/rid/get {"rid":"6a-1"}"#
    );
    for settings in [OFFICIAL, WECOM] {
        let callers = request(settings, diagnostics::CallbackIps {}).await;
        assert_eq!(callers, "GET /cgi-bin/getcallbackip");
        let servers = request(settings, diagnostics::ApiIps {}).await;
        assert_eq!(servers, "GET /cgi-bin/get_api_domain_ip");
    }
    let check = diagnostics::CheckCallback {
        action: diagnostics::Action::Dns,
        check_operator: diagnostics::Carrier::Chinanet,
    };
    assert_eq!(
        request(OFFICIAL, check).await,
        r#"POST /cgi-bin/callback/check {"action":"dns","check_operator":"CHINANET"}"#
    );
}
