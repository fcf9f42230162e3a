//! Logins.

use yizhan::platform::login;

use super::owned;
use super::request;
use crate::platform::MINI;
use crate::platform::OFFICIAL;

#[tokio::test(start_paused = true)]
async fn logins() {
    assert_eq!(
        request(MINI, login::CodeToSession { js_code: owned("J") }).await,
        "GET /sns/jscode2session?js_code=J&grant_type=authorization_code&appid=wx00112233445566bb&secret=SECRET"
    );
    assert_eq!(
        request(OFFICIAL, login::CodeToUser { code: owned("C") }).await,
        "GET /sns/oauth2/access_token?code=C&grant_type=authorization_code&appid=wx00112233445566bb&secret=SECRET"
    );
    assert_eq!(
        request(OFFICIAL, login::JsapiTicket {}).await,
        "GET /cgi-bin/ticket/getticket?type=jsapi"
    );
    assert_eq!(
        request(MINI, login::PhoneNumber { code: owned("P") }).await,
        r#"POST /wxa/business/getuserphonenumber {"code":"P"}"#
    );
}
