//! PushDeer. Source: github.com/easychen/pushdeer, `PushDeerMessageController.php`. Whatever happens,
//! the HTTP status is 200.

use serde_json::Value;
use serde_json::json;

use super::Service;
use super::asked::Answer;
use super::asked::Asked;
use super::asked::listed;
use super::asked::text;
use super::desk::Desk;
use super::provoke::is_flood;
use super::provoke::is_wrong;

pub(super) const SERVICE: Service = Service { kind: "pushdeer", answer, hook: None };

fn answer(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    if asked.path.trim_end_matches('/') != "/message/push" {
        return Answer::page(404);
    }
    let given = asked.given();
    let keys = listed(&desk.key(text(&given, "pushkey")));
    for key in &keys {
        desk.key(key.as_str());
    }
    let no = |code: u32, error: &str| Answer::good(&json!({"code": code, "error": error}));
    match () {
        () if keys.is_empty() => return no(80501, "pushkey不能为空"),
        () if text(&given, "text").is_empty() => return no(80501, "text不能为空"),
        () if keys.iter().any(|it| is_flood(it)) => return no(80502, "推送服务暂时不可用"),
        () => {}
    }
    // Whoever has no such key is left out: an empty list is all that is said of nobody.
    let known = keys.iter().filter(|it| !is_wrong(it));
    let one = json!({"counts": 1, "logs": [], "success": "ok"}).to_string();
    let result: Value = known.map(|_| Value::from(one.as_str())).collect();
    Answer::good(&json!({"code": 0, "content": {"result": result}}))
}
