//! Logins.

use serde_json::json;
use yizhan::platform::login;

use super::owned;
use super::request;
use crate::platform::MINI;
use crate::platform::OFFICIAL;
use crate::platform::Wire;
use crate::platform::client;

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

#[tokio::test(start_paused = true)]
async fn the_token_of_a_user_is_no_token_of_the_account() {
    let refresh = login::Refresh { appid: owned("wx1"), refresh_token: owned("R") };
    let info = login::UserInfo {
        access_token: owned("USER"),
        openid: owned("oRef1"),
        lang: Some(owned("zh_CN")),
    };
    let wire = Wire::answering(json!({"errcode": 0}));
    let client = client(OFFICIAL, &wire);
    client.call(&refresh).await.unwrap();
    client.call(&info).await.unwrap();
    let [refreshed, asked] = wire.asked().try_into().unwrap();
    assert_eq!(
        refreshed.line,
        "GET /sns/oauth2/refresh_token?appid=wx1&refresh_token=R&grant_type=refresh_token"
    );
    assert_eq!(refreshed.token, None);
    assert_eq!(asked.line, "GET /sns/userinfo?openid=oRef1&lang=zh_CN");
    assert_eq!(asked.token.as_deref(), Some("USER"));
}
