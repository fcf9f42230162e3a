//! Menus.

use serde_json::json;
use yizhan::platform::menu;

use super::limit;
use super::owned;
use super::request;
use crate::platform::OFFICIAL;

#[tokio::test(start_paused = true)]
async fn menus() {
    use menu::Button;
    use menu::Entry;
    let name = || owned("N");
    let button = vec![
        Entry::Button(Button::Click { name: name(), key: owned("K") }),
        Entry::List {
            name: name(),
            sub_button: vec![
                Button::View { name: name(), url: owned("https://e.com") },
                Button::PicPhotoOrAlbum { name: name(), key: owned("K") },
                Button::Miniprogram {
                    name: name(),
                    url: owned("u"),
                    appid: owned("a"),
                    pagepath: owned("p"),
                },
            ],
        },
    ];
    assert_eq!(
        request(OFFICIAL, menu::Create { button }).await,
        r#"POST /cgi-bin/menu/create {"button":[{"type":"click","name":"N","key":"K"},{"name":"N","sub_button":[{"type":"view","name":"N","url":"https://e.com"},{"type":"pic_photo_or_album","name":"N","key":"K"},{"type":"miniprogram","name":"N","url":"u","appid":"a","pagepath":"p"}]}]}"#
    );
    assert_eq!(request(OFFICIAL, menu::Get {}).await, "GET /cgi-bin/menu/get");
    assert_eq!(request(OFFICIAL, menu::Delete {}).await, "GET /cgi-bin/menu/delete");
    let none = menu::Create { button: Vec::new() };
    assert_eq!(limit(OFFICIAL, none).await, "`button` has 0 buttons; 1 to 3");
}

#[tokio::test(start_paused = true)]
async fn a_button_of_each_type() {
    use menu::Button;
    let (name, key) = (|| owned("N"), || owned("K"));
    let buttons = [
        (Button::Click { name: name(), key: key() }, r#""type":"click","name":"N","key":"K""#),
        (
            Button::View { name: name(), url: owned("https://e.com") },
            r#""type":"view","name":"N","url":"https://e.com""#,
        ),
        (
            Button::ScancodePush { name: name(), key: key() },
            r#""type":"scancode_push","name":"N","key":"K""#,
        ),
        (
            Button::ScancodeWaitmsg { name: name(), key: key() },
            r#""type":"scancode_waitmsg","name":"N","key":"K""#,
        ),
        (
            Button::PicSysphoto { name: name(), key: key() },
            r#""type":"pic_sysphoto","name":"N","key":"K""#,
        ),
        (
            Button::PicPhotoOrAlbum { name: name(), key: key() },
            r#""type":"pic_photo_or_album","name":"N","key":"K""#,
        ),
        (
            Button::PicWeixin { name: name(), key: key() },
            r#""type":"pic_weixin","name":"N","key":"K""#,
        ),
        (
            Button::LocationSelect { name: name(), key: key() },
            r#""type":"location_select","name":"N","key":"K""#,
        ),
        (
            Button::MediaId { name: name(), media_id: owned("M") },
            r#""type":"media_id","name":"N","media_id":"M""#,
        ),
        (
            Button::ArticleId { name: name(), article_id: owned("A") },
            r#""type":"article_id","name":"N","article_id":"A""#,
        ),
        (
            Button::Miniprogram {
                name: name(),
                url: owned("https://e.com"),
                appid: owned("wx1"),
                pagepath: owned("p"),
            },
            r#""type":"miniprogram","name":"N","url":"https://e.com","appid":"wx1","pagepath":"p""#,
        ),
    ];
    for (button, expected) in buttons {
        let button = vec![menu::Entry::Button(button)];
        let expected = format!(r#"POST /cgi-bin/menu/create {{"button":[{{{expected}}}]}}"#);
        assert_eq!(request(OFFICIAL, menu::Create { button }).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn conditional_menus() {
    let click = menu::Button::Click { name: owned("N"), key: owned("K") };
    let add = menu::AddConditional {
        button: vec![menu::Entry::Button(click)],
        matchrule: json!({"tag_id": "2"}),
    };
    assert_eq!(
        request(OFFICIAL, add).await,
        r#"POST /cgi-bin/menu/addconditional {"button":[{"type":"click","name":"N","key":"K"}],"matchrule":{"tag_id":"2"}}"#
    );
    assert_eq!(
        request(OFFICIAL, menu::DeleteConditional { menuid: owned("208379533") }).await,
        r#"POST /cgi-bin/menu/delconditional {"menuid":"208379533"}"#
    );
    assert_eq!(
        request(OFFICIAL, menu::TryMatch { user_id: owned("oRef1") }).await,
        r#"POST /cgi-bin/menu/trymatch {"user_id":"oRef1"}"#
    );
    assert_eq!(request(OFFICIAL, menu::Current {}).await, "GET /cgi-bin/get_current_selfmenu_info");
}
