//! Followers and tags.

use serde_json::json;
use yizhan::platform::user;

use super::limit;
use super::owned;
use super::request;
use crate::platform;
use crate::platform::OFFICIAL;
use crate::platform::Wire;
use crate::platform::client;

#[tokio::test(start_paused = true)]
async fn users_and_tags() {
    let info = user::Info { openid: owned("oRef1"), lang: Some(owned("zh_CN")) };
    assert_eq!(request(OFFICIAL, info).await, "GET /cgi-bin/user/info?openid=oRef1&lang=zh_CN");
    let wanted = user::Wanted { openid: owned("oRef1"), lang: None };
    assert_eq!(
        request(OFFICIAL, user::Infos { user_list: vec![wanted] }).await,
        r#"POST /cgi-bin/user/info/batchget {"user_list":[{"openid":"oRef1"}]}"#
    );
    let remark = user::SetRemark { openid: owned("oRef1"), remark: owned("安娜") };
    assert_eq!(
        request(OFFICIAL, remark).await,
        r#"POST /cgi-bin/user/info/updateremark {"openid":"oRef1","remark":"安娜"}"#
    );
    let tag = user::NewTag { id: None, name: Some(owned("VIP")) };
    assert_eq!(
        request(OFFICIAL, user::CreateTag { tag }).await,
        r#"POST /cgi-bin/tags/create {"tag":{"name":"VIP"}}"#
    );
    assert_eq!(
        request(OFFICIAL, user::Tag { openid_list: vec![owned("oRef1")], tagid: 2 }).await,
        r#"POST /cgi-bin/tags/members/batchtagging {"openid_list":["oRef1"],"tagid":2}"#
    );
    assert_eq!(
        request(OFFICIAL, user::Block { openid_list: vec![owned("oRef1")] }).await,
        r#"POST /cgi-bin/tags/members/batchblacklist {"openid_list":["oRef1"]}"#
    );
    let many = user::Block { openid_list: vec![String::new(); 21] };
    assert_eq!(limit(OFFICIAL, many).await, "`openid_list` has 21 users; 1 to 20");
}

#[tokio::test(start_paused = true)]
async fn all_followers_are_walked_page_by_page() {
    let wire = Wire::new(|asked| {
        let page = match asked.line.split("next_openid=").nth(1) {
            None => {
                json!({"total": 3, "count": 2, "data": {"openid": ["o1", "o2"]}, "next_openid": "o2"})
            }
            Some("o2") => {
                json!({"total": 3, "count": 1, "data": {"openid": ["o3"]}, "next_openid": "o3"})
            }
            Some(_) => json!({"total": 3, "count": 0, "next_openid": ""}),
        };
        Ok(platform::token(asked, "T1").unwrap_or(page))
    });
    let client = client(OFFICIAL, &wire);
    let mut pages = user::followers(&client);
    let mut all = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        all.extend(page);
    }
    assert_eq!(all, ["o1", "o2", "o3"]);
    assert_eq!(pages.next().await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn pages_of_users() {
    let last = || Some(owned("oRef1"));
    assert_eq!(request(OFFICIAL, user::List { next_openid: None }).await, "GET /cgi-bin/user/get");
    assert_eq!(
        request(OFFICIAL, user::List { next_openid: last() }).await,
        "GET /cgi-bin/user/get?next_openid=oRef1"
    );
    assert_eq!(
        request(OFFICIAL, user::WithTag { tagid: 2, next_openid: last() }).await,
        r#"POST /cgi-bin/user/tag/get {"tagid":2,"next_openid":"oRef1"}"#
    );
    assert_eq!(
        request(OFFICIAL, user::Blacklist { begin_openid: last() }).await,
        r#"POST /cgi-bin/tags/members/getblacklist {"begin_openid":"oRef1"}"#
    );
}

#[tokio::test(start_paused = true)]
async fn tags_are_listed_renamed_taken_off_and_removed() {
    let tag = |name: Option<&str>| user::NewTag { id: Some(2), name: name.map(owned) };
    let openid_list = || vec![owned("oRef1"), owned("oRef2")];
    assert_eq!(request(OFFICIAL, user::Tags {}).await, "GET /cgi-bin/tags/get");
    assert_eq!(
        request(OFFICIAL, user::UpdateTag { tag: tag(Some("VIP")) }).await,
        r#"POST /cgi-bin/tags/update {"tag":{"id":2,"name":"VIP"}}"#
    );
    assert_eq!(
        request(OFFICIAL, user::DeleteTag { tag: tag(None) }).await,
        r#"POST /cgi-bin/tags/delete {"tag":{"id":2}}"#
    );
    assert_eq!(
        request(OFFICIAL, user::Untag { openid_list: openid_list(), tagid: 2 }).await,
        r#"POST /cgi-bin/tags/members/batchuntagging {"openid_list":["oRef1","oRef2"],"tagid":2}"#
    );
    assert_eq!(
        request(OFFICIAL, user::TagsOf { openid: owned("oRef1") }).await,
        r#"POST /cgi-bin/tags/getidlist {"openid":"oRef1"}"#
    );
    assert_eq!(
        request(OFFICIAL, user::Unblock { openid_list: openid_list() }).await,
        r#"POST /cgi-bin/tags/members/batchunblacklist {"openid_list":["oRef1","oRef2"]}"#
    );
}
