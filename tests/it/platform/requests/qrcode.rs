//! QR codes.

use std::time::Duration;

use serde_json::json;
use yizhan::platform::qrcode;

use super::limit;
use super::owned;
use super::request;
use crate::platform::OFFICIAL;
use crate::platform::Wire;
use crate::platform::client;

#[tokio::test(start_paused = true)]
async fn qr_codes() {
    let scene = || qrcode::Scene::SceneStr(owned("door-7"));
    let life = Duration::from_hours(24 * 30);
    assert_eq!(
        request(OFFICIAL, qrcode::temporary(scene(), life)).await,
        r#"POST /cgi-bin/qrcode/create {"expire_seconds":2592000,"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":"door-7"}}}"#
    );
    assert_eq!(
        request(OFFICIAL, qrcode::permanent(qrcode::Scene::SceneId(7))).await,
        r#"POST /cgi-bin/qrcode/create {"action_name":"QR_LIMIT_SCENE","action_info":{"scene":{"scene_id":7}}}"#
    );
    let number = qrcode::temporary(qrcode::Scene::SceneId(7), Duration::from_mins(1));
    assert_eq!(
        request(OFFICIAL, number).await,
        r#"POST /cgi-bin/qrcode/create {"expire_seconds":60,"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":7}}}"#
    );
    assert_eq!(
        request(OFFICIAL, qrcode::permanent(scene())).await,
        r#"POST /cgi-bin/qrcode/create {"action_name":"QR_LIMIT_STR_SCENE","action_info":{"scene":{"scene_str":"door-7"}}}"#
    );
    let long = qrcode::temporary(scene(), life + Duration::from_secs(1));
    assert_eq!(limit(OFFICIAL, long).await, "`expire_seconds` must be 1 to 2592000");
    let answer =
        json!({"ticket": "gQH/8+=", "expire_seconds": 60, "url": "http://weixin.qq.com/q/x"});
    let client = client(OFFICIAL, &Wire::answering(answer));
    let ticket = client.call(&qrcode::permanent(scene())).await.unwrap();
    assert_eq!(
        ticket.picture(),
        "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=gQH%2F8%2B%3D"
    );
}
