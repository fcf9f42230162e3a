//! Diagnostics.

use yizhan::platform::diagnostics;

use super::owned;
use super::request;
use crate::platform::OFFICIAL;

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
