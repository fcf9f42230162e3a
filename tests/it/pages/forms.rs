//! A form from the request of a program to the decision of a person.

use serde_json::Value;
use serde_json::json;

use super::Desk;
use super::Hook;
use super::JSON;
use super::refusal;
use crate::support::server::body;
use crate::support::server::status;

#[tokio::test]
async fn a_form_goes_out_is_looked_at_decided_and_its_hook_called_once() {
    let hook = Hook::answering(&[]).await;
    let desk = Desk::start(&hook.url);
    let sent = desk
        .send(
            r#"{"to":["anna","ben"],"data":{"joke":"两个字节走进酒吧","note":"**冷**","raw":""}}"#,
        )
        .await;
    assert_eq!(status(&sent), 202);
    let answer: Value = serde_json::from_str(body(&sent)).unwrap();
    assert_eq!(answer["form"], "review");
    assert_eq!(answer["expires"], "2026-01-04T00:00:00Z");
    assert_eq!(answer["links"][1]["to"], "ben");
    assert_eq!(answer["link"], answer["links"][0]["link"]);
    let links = Desk::links(&sent);

    let page = desk.get(&links[1]).await;
    assert_eq!(status(&page), 200);
    for part in [
        "<title>投稿审核</title>",
        "<p class=\"joke\">两个字节走进酒吧</p>",
        "<strong>冷</strong>",
        "<button name=\"action\" value=\"approve\" class=\"primary\">通过</button>",
        "<button name=\"action\" value=\"reject\" class=\"danger\">退回</button>",
        "<input type=\"radio\" name=\"field.grade\" value=\"好\" required>",
        "2026-01-04 08:00 前有效",
    ] {
        assert!(page.contains(part), "{part} in\n{page}");
    }

    let pressed =
        desk.press(&links[1], "action=reject&field.reason=a%0D%0Ab&field.grade=%E5%A5%BD&field.tags=%E5%86%B7&field.tags=%E7%9F%AD").await;
    assert_eq!(status(&pressed), 303);
    let id = links[1].rsplit('/').next().unwrap();
    assert!(pressed.contains(&format!("location: {id}\r\n")), "{pressed}");

    let calls = hook.calls(1).await;
    let told: Value = serde_json::from_str(&calls[0].body).unwrap();
    let expected = json!({
        "type": "form.decided",
        "timestamp": "2026-01-01T00:00:00Z",
        "data": {
            "id": answer["id"],
            "form": "review",
            "action": "reject",
            "fields": { "reason": "a\nb", "grade": "好", "tags": ["冷", "短"] },
            "by": "ben",
            "channel": "log",
            "data": { "joke": "两个字节走进酒吧", "note": "**冷**", "raw": "" },
        },
    });
    assert_eq!(told, expected);

    // Everybody's page says who decided what and when, and asks nothing any more.
    for link in &links {
        let page = desk.get(link).await;
        for part in ["退回", "ben · 通过 log", "2026-01-01 08:00", "<dd>a\nb</dd>"] {
            assert!(page.contains(part), "{part} in\n{page}");
        }
        assert!(!page.contains("<form"), "{page}");
    }
    let path = format!("/api/v1/forms/review/{}", answer["id"].as_str().unwrap());
    let state = desk.ask("GET", &path, "authorization: Bearer ci-token-123456\r\n", "").await;
    let state: Value = serde_json::from_str(body(&state)).unwrap();
    assert_eq!((&state["state"], &state["decision"]["by"]), (&json!("decided"), &json!("ben")));
    assert_eq!(hook.calls(1).await.len(), 1);
}

#[tokio::test]
async fn however_many_press_it_counts_once() {
    let hook = Hook::answering(&[]).await;
    let desk = Desk::start(&hook.url);
    let data = r#"{"to":["a","b","c","d"],"data":{"joke":"x","note":"","raw":""}}"#;
    let links = Desk::links(&desk.send(data).await);
    let press = |number: usize, action: &'static str| {
        let (desk, link) = (&desk, links[number].clone());
        async move {
            status(&desk.press(&link, &format!("action={action}&field.grade=%E5%A5%BD")).await)
        }
    };
    let (a, b, c, d) = tokio::join!(
        press(0, "approve"),
        press(1, "reject"),
        press(2, "approve"),
        press(3, "reject")
    );
    assert_eq!([a, b, c, d], [303; 4]);
    assert_eq!(hook.calls(1).await.len(), 1);
    let told: Value = serde_json::from_str(&hook.calls(1).await[0].body).unwrap();
    let by = told["data"]["by"].as_str().unwrap();
    for link in &links {
        assert!(desk.get(link).await.contains(&format!("{by} · 通过 log")));
    }
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(hook.calls(1).await.len(), 1);
}

#[tokio::test]
async fn looking_decides_nothing_whoever_looks() {
    let desk = Desk::start("");
    let link = desk.one("x").await;
    let bots = ["Slackbot-LinkExpanding 1.0", "TelegramBot (like TwitterBot)", "MicroMessenger"];
    for bot in bots {
        let headers = format!("user-agent: {bot}\r\n");
        for query in ["", "?action=approve&field.grade=%E5%A5%BD"] {
            let page = desk.ask("GET", &format!("{link}{query}"), &headers, "").await;
            assert!(page.contains("<form method=\"post\""), "{page}");
            let head = desk.ask("HEAD", &link, &headers, "").await;
            assert_eq!((status(&head), body(&head)), (200, ""));
        }
    }
}

#[tokio::test]
async fn a_press_needs_the_token_of_the_page_and_comes_from_it() {
    let desk = Desk::start("");
    let (link, other) = (desk.one("x").await, desk.one("y").await);
    let page = desk.get(&other).await;
    let token = page.split_once("name=\"token\" value=\"").unwrap().1.split_once('"').unwrap().0;
    for form in
        ["action=approve", "token=&action=approve", &format!("token={token}&action=approve")]
    {
        let form = format!("{form}&field.grade=%E5%A5%BD");
        assert_eq!(status(&desk.post(&link, &form).await), 403, "{form}");
    }
    let headers =
        "content-type: application/x-www-form-urlencoded\r\nsec-fetch-site: cross-site\r\n";
    let form = format!("token={token}&action=approve&field.grade=%E5%A5%BD");
    assert_eq!(status(&desk.ask("POST", &other, headers, &form).await), 403);
    assert_eq!(status(&desk.press(&other, "action=explode&field.grade=%E5%A5%BD").await), 400);
    for link in [&link, &other] {
        assert!(desk.get(link).await.contains("<form method=\"post\""));
    }
}

#[tokio::test]
async fn what_is_filled_in_wrongly_is_said_and_what_was_filled_in_stays() {
    let desk = Desk::start("");
    let link = desk.one("x").await;
    let missing =
        desk.press(&link, "action=approve&field.reason=%3Cb%3E&field.tags=%E9%95%BF").await;
    assert_eq!(status(&missing), 422);
    for part in [
        "<p class=\"fault\" role=\"alert\">请填写「评级」</p>",
        ">&lt;b&gt;</textarea>",
        "value=\"长\" checked>",
    ] {
        assert!(missing.contains(part), "{part} in\n{missing}");
    }
    let foreign = desk.press(&link, "action=approve&field.grade=%E5%A5%BD&field.tags=x").await;
    assert!(foreign.contains("「标签」填写的内容不对"), "{foreign}");
    let twice =
        desk.press(&link, "action=approve&field.grade=%E5%A5%BD&field.grade=%E4%B8%80%E8%88%AC");
    assert_eq!(status(&twice.await), 422);
    let long = format!("action=approve&field.grade=%E5%A5%BD&field.reason={}", "x".repeat(4_001));
    assert_eq!(status(&desk.press(&link, &long).await), 422);
    let huge = format!("action=approve&field.reason={}", "x".repeat(70_000));
    assert_eq!(status(&desk.post(&link, &huge).await), 413);
    assert_eq!(status(&desk.press(&link, "action=approve&field.grade=%E5%A5%BD").await), 303);
}

#[tokio::test]
async fn a_link_expires_and_says_so_but_what_was_decided_stays() {
    let desk = Desk::start("");
    let (link, decided) = (desk.one("x").await, desk.one("y").await);
    let page = desk.get(&link).await;
    let token = page.split_once("name=\"token\" value=\"").unwrap().1.split_once('"').unwrap().0;
    desk.press(&decided, "action=approve&field.grade=%E5%A5%BD").await;
    desk.pass(3 * 24 * 3600 - 1);
    assert_eq!(status(&desk.get(&link).await), 200);
    desk.pass(1);
    let expired = desk.get(&link).await;
    assert_eq!(status(&expired), 410);
    assert!(expired.contains("这个链接已过期"), "{expired}");
    let form = format!("token={token}&action=approve&field.grade=%E5%A5%BD");
    assert_eq!(status(&desk.post(&link, &form).await), 410);
    assert!(desk.get(&decided).await.contains("anna · 通过 log"));
    desk.pass(30 * 24 * 3600);
    for path in [&link, "/p/AAAAAAAAAAAAAAAAAAAAAA", "/p/x", "/p/AAAAAAAAAAAAAAAAAAAAAA/style.css"]
    {
        assert_eq!(status(&desk.get(path).await), 404, "{path}");
    }
}

#[tokio::test]
async fn a_page_runs_and_loads_nothing_and_is_found_by_nobody() {
    let desk = Desk::start("");
    let evil = json!({"data": {
        "joke": "<script>alert(1)</script>",
        "note": "<img src=x onerror=alert(1)> [x](javascript:alert(1))",
        "raw": "<script>alert(2)</script><form action='https://a.example'><button>ok</button></form><b onclick=x style='position:fixed'>bold</b>",
        "picture": "https://a.example/b.png",
    }});
    let link = Desk::links(&desk.send(&evil.to_string()).await).remove(0);
    let page = desk.get(&link).await;
    for part in [
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "<b>bold</b>",
        "<img src=\"https://a.example/b.png\" alt=\"\">",
    ] {
        assert!(page.contains(part), "{part} in\n{page}");
    }
    for part in
        ["<script", "onerror", "onclick", "javascript:", "position:fixed", "https://a.example'"]
    {
        assert!(!page.contains(part), "{part} in\n{page}");
    }
    assert_eq!(page.matches("<form").count(), 1);
    for header in [
        "content-security-policy: default-src 'none'; style-src 'self'; img-src 'self' https: data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n",
        "referrer-policy: no-referrer\r\n",
        "x-robots-tag: noindex, nofollow\r\n",
        "cache-control: no-store\r\n",
        "x-content-type-options: nosniff\r\n",
    ] {
        assert!(page.contains(header), "{header} in\n{page}");
    }
    assert!(desk.get(&format!("{link}/style.css")).await.contains(super::STYLE));
    let ours = desk.get("/p/page.css").await;
    assert!(ours.contains("prefers-color-scheme: dark") && !ours.contains("url("), "{ours}");
}

#[tokio::test]
async fn a_form_without_buttons_is_a_page_to_read() {
    let desk = Desk::start("");
    let headers = format!("authorization: Bearer ci-token-123456\r\n{JSON}");
    let body = r#"{"title":"停机","data":{"时间":"今晚","原因":"升级 <数据库>","主机":["a","<b>"]},"expires":"1h"}"#;
    let sent = desk.ask("POST", "/api/v1/forms/notice", &headers, body).await;
    let link = Desk::links(&sent).remove(0);
    let page = desk.get(&link).await;
    let list = "<dl><dt>时间</dt><dd>今晚</dd><dt>原因</dt><dd>升级 &lt;数据库&gt;</dd>\
                <dt>主机</dt><dd>a, &lt;b&gt;</dd></dl>";
    for part in ["<h1>停机</h1>", list] {
        assert!(page.contains(part), "{part} in\n{page}");
    }
    assert!(!page.contains("<form"));
    desk.pass(3600);
    assert_eq!(status(&desk.get(&link).await), 410);
}

#[tokio::test]
async fn a_form_is_sent_out_only_as_the_key_may_and_the_form_takes_it() {
    let desk = Desk::start("");
    let ask = |token: &'static str, name: &'static str, body: &'static str| {
        let desk = &desk;
        async move {
            let headers = format!("authorization: Bearer {token}\r\n{JSON}");
            refusal(&desk.ask("POST", &format!("/api/v1/forms/{name}"), &headers, body).await)
        }
    };
    let good = "ci-token-123456";
    let table = [
        ("nobodys-token-1234", "review", "{}", (401, "api.key")),
        ("other-token-1234", "review", "{}", (403, "api.scope")),
        (good, "nothing", "{}", (404, "api.not_found")),
        (good, "review", "[]", (400, "api.invalid")),
        (good, "review", r#"{"date":{}}"#, (400, "api.invalid")),
        (good, "review", r#"{"data":{"joke":"x"}}"#, (400, "api.invalid")),
        (good, "review", r#"{"data":{},"expires":"9d"}"#, (400, "api.invalid")),
    ];
    for (token, name, body, (status, code)) in table {
        assert_eq!(ask(token, name, body).await, (status, code.to_owned()), "{name} {body}");
    }
    let missing = desk.send(r#"{"data":{"joke":"x"}}"#).await;
    assert!(missing.contains("the template fails: undefined value in line 3"), "{missing}");
    let many: Vec<String> = (0..201).map(|number| number.to_string()).collect();
    let many = json!({"to": many}).to_string();
    assert_eq!(refusal(&desk.send(&many).await), (400, "api.invalid".to_owned()));
    let large = json!({"data": {"joke": "x".repeat(300_000), "note": "", "raw": ""}}).to_string();
    let large = desk.send(&large).await;
    assert!(large.contains("the template fails: it makes more than 256 KiB"), "{large}");
    let large = json!({"data": {"joke": "x".repeat(1_100_000)}}).to_string();
    assert_eq!(refusal(&desk.send(&large).await), (413, "api.too_large".to_owned()));
}

#[tokio::test]
async fn the_same_idempotency_key_sends_the_same_form_once() {
    let desk = Desk::start("");
    let send = |body: &'static str| {
        let headers =
            format!("authorization: Bearer ci-token-123456\r\nidempotency-key: night-1\r\n{JSON}");
        let desk = &desk;
        async move { desk.ask("POST", "/api/v1/forms/review", &headers, body).await }
    };
    let joke = r#"{"data":{"joke":"x","note":"","raw":""}}"#;
    let (first, second) = (send(joke).await, send(joke).await);
    assert_eq!((status(&first), body(&first)), (202, body(&second)));
    let other = send(r#"{"data":{"joke":"y","note":"","raw":""}}"#).await;
    assert_eq!(refusal(&other), (409, "api.conflict".to_owned()));
}
