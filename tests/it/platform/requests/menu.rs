//! Menus.

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
