//! What no rule was for: mended on a page, and said again as its sender.

use yizhan::wechat::secret::Token;
use yizhan::wechat::signature;

use super::Desk;
use crate::support::START;
use crate::support::server::body;
use crate::support::server::status;

const RULES: &str = r#"
[[rule]]
name  = "lamp"
match = "打开{what}灯"
from  = ["oAnna"]
set   = { count = "{{ user.count | default(0) | int + 1 }}" }
reply = "{{ what }}灯已打开，第 {{ user.count }} 次，见 https://a.example/{{ what }}"

[[rule]]
name  = "silent"
equals = "嘘"
reply = ""

[[rule]]
name = "mend"
mend = true
"#;

impl Desk {
    /// What `user` is answered who says `text`, as the XML of WeChat.
    async fn hears(&self, user: &str, text: &str) -> String {
        let token = Token::parse("abc").unwrap();
        let signature = signature::sign(&token, &START.to_string(), "7");
        let path =
            format!("/callback/shop?signature={}&timestamp={START}&nonce=7", signature.as_str());
        let id = text.bytes().fold(7_u64, |id, byte| (id * 31 + u64::from(byte)) % 1_000_000_007);
        let voice = format!(
            "<xml><ToUserName>gh_1</ToUserName><FromUserName>{user}</FromUserName>\
             <CreateTime>{START}</CreateTime><MsgType>voice</MsgType><MediaId>m</MediaId>\
             <Format>amr</Format><Recognition><![CDATA[{text}]]></Recognition><MsgId>{id}</MsgId></xml>"
        );
        self.ask("POST", &path, "", &voice).await
    }
}

/// The path of the page to which an answer links.
fn link(answer: &str) -> String {
    let (_, rest) = answer.split_once("https://bot.example.com/y").unwrap();
    rest.chars().take_while(|it| it.is_ascii_alphanumeric() || "-_/".contains(*it)).collect()
}

fn form(text: &str) -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    format!("action=send&words={encoded}")
}

#[tokio::test]
async fn words_that_nothing_matched_are_mended_on_a_page_and_said_again_by_the_same_user() {
    let desk = Desk::with_rules(RULES);
    let answer = desk.hears("oAnna", "打开客厅的等。").await;
    assert!(
        answer.contains("没听懂「打开客厅的等」，改一改再发：https://bot.example.com/y/p/"),
        "{answer}"
    );
    let link = link(&answer);
    let page = desk.get(&link).await;
    assert!(page.contains(">打开客厅的等。</textarea>"), "{page}");

    assert_eq!(status(&desk.press(&link, &form("打开客厅灯")).await), 303);
    let page = desk.get(&link).await;
    for part in [
        "<p class=\"mine\">打开客厅灯</p>",
        "客厅灯已打开，第 1 次，见 <a href=\"https://a.example/客厅\"",
    ] {
        assert!(page.contains(part), "{part} in\n{page}");
    }
    assert!(!page.contains("<form"), "{page}");
}

#[tokio::test]
async fn mended_words_count_once_and_only_for_whoever_said_them() {
    let desk = Desk::with_rules(RULES);
    let path = link(&desk.hears("oAnna", "打开客厅的等").await);
    let page = desk.get(&path).await;
    let token = page.split_once("name=\"token\" value=\"").unwrap().1.split_once('"').unwrap().0;
    let said = format!("token={token}&{}", form("打开客厅灯"));
    let (a, b) = tokio::join!(desk.post(&path, &said), desk.post(&path, &said));
    assert_eq!((status(&a), status(&b)), (303, 303));
    desk.post(&path, &format!("token={token}&{}", form("打开厨房灯"))).await;
    assert!(desk.get(&path).await.contains("第 1 次"));
    assert!(body(&desk.hears("oAnna", "打开卧室灯").await).contains("第 2 次"));

    // The rule does not exist for anybody else, mended or not; they may mend again.
    let other = link(&desk.hears("oEve", "打开客厅的等吧").await);
    desk.press(&other, &form("打开客厅灯")).await;
    let page = desk.get(&other).await;
    assert!(page.contains("没听懂「打开客厅灯」"), "{page}");
    assert!(page.contains("<a href=\"https://bot.example.com/y/p/"), "{page}");
}

#[tokio::test]
async fn a_page_to_mend_on_says_what_it_does_not_take() {
    let desk = Desk::with_rules(RULES);
    let path = link(&desk.hears("oAnna", "打开客厅的等").await);
    assert_eq!(status(&desk.post(&path, &form("打开客厅灯")).await), 403);
    let empty = desk.press(&path, &form("  ")).await;
    assert_eq!((status(&empty), empty.contains("请写点什么")), (422, true));
    assert_eq!(status(&desk.press(&path, &form(&"长".repeat(601))).await), 422);
    desk.press(&path, &form("嘘")).await;
    assert!(desk.get(&path).await.contains("已发送，回复会出现在聊天里"));
    let path = link(&desk.hears("oAnna", "什么").await);
    desk.pass(24 * 3600);
    assert_eq!(status(&desk.get(&path).await), 410);
}
