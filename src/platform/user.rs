//! Followers of a 公众号: what is known of them, their list, remarks, tags, the blacklist.
//!
//! Source: "User management", reference section 9.6.

use serde::Serialize;

use super::Client;
use super::api::Done;
use super::api::answers;
use super::api::api;
use super::error::PlatformError;
use super::limit;
use super::limit::Limit;

/// The most users of one `batchget`.
const BATCH: usize = 100;

/// The most users that one call tags. Source: "Tag management".
const TAGGED: usize = 50;

/// The most users that one call puts on the blacklist, or takes off it. Source: "Blacklist".
const LISTED: usize = 20;

/// One user of a `batchget`.
#[derive(Clone, Debug, Serialize)]
pub struct Wanted {
    /// Who.
    pub openid: String,
    /// `zh_CN`, `zh_TW` or `en`.
    pub lang: Option<String>,
}

/// A tag that is made or renamed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct NewTag {
    /// Which; none for a new one.
    pub id: Option<i64>,
    /// At most 30 characters.
    pub name: Option<String>,
}

api! {
    /// What is known of a user. Of somebody who does not follow: only that.
    #[derive(Default)]
    Get "/cgi-bin/user/info", Info {
        /// Who.
        openid: String,
        /// `zh_CN`, `zh_TW` or `en`.
        lang: Option<String>,
    } -> User;

    /// What is known of up to 100 users.
    #[derive(Default)]
    Post "/cgi-bin/user/info/batchget", Infos {
        /// Who.
        user_list: Vec<Wanted>,
    } -> Users, check: |it, _| limit::between("user_list", it.user_list.len(), 1..=BATCH, "users");

    /// One page of up to 10,000 followers; [`followers`] walks all of them.
    #[derive(Default)]
    Get "/cgi-bin/user/get", List {
        /// The last one of the page before.
        next_openid: Option<String>,
    } -> Page;

    /// Sets what the account calls a user.
    #[derive(Default)]
    Post "/cgi-bin/user/info/updateremark", SetRemark {
        /// Who.
        openid: String,
        /// At most 30 characters.
        remark: String,
    } -> Done, check: |it, _| limit::chars("remark", &it.remark, 30);

    /// Makes a tag.
    #[derive(Default)]
    Post "/cgi-bin/tags/create", CreateTag {
        /// Its name.
        tag: NewTag,
    } -> Tagged, check: |it, _| check_tag(&it.tag);

    /// All tags.
    Get "/cgi-bin/tags/get", Tags {} -> TagList;

    /// Renames a tag.
    #[derive(Default)]
    Post "/cgi-bin/tags/update", UpdateTag {
        /// Which, and its name.
        tag: NewTag,
    } -> Done, check: |it, _| check_tag(&it.tag);

    /// Removes a tag.
    #[derive(Default)]
    Post "/cgi-bin/tags/delete", DeleteTag {
        /// Which.
        tag: NewTag,
    } -> Done;

    /// Gives a tag to up to 50 users.
    #[derive(Default)]
    Post "/cgi-bin/tags/members/batchtagging", Tag {
        /// Who.
        openid_list: Vec<String>,
        /// Which.
        tagid: i64,
    } -> Done, check: |it, _| check_list(&it.openid_list, TAGGED);

    /// Takes a tag from up to 50 users.
    #[derive(Default)]
    Post "/cgi-bin/tags/members/batchuntagging", Untag {
        /// Who.
        openid_list: Vec<String>,
        /// Which.
        tagid: i64,
    } -> Done, check: |it, _| check_list(&it.openid_list, TAGGED);

    /// The tags of a user.
    #[derive(Default)]
    Post "/cgi-bin/tags/getidlist", TagsOf {
        /// Who.
        openid: String,
    } -> TagIds;

    /// One page of the users with a tag.
    #[derive(Default)]
    Post "/cgi-bin/user/tag/get", WithTag {
        /// Which.
        tagid: i64,
        /// The last one of the page before.
        next_openid: Option<String>,
    } -> Page;

    /// One page of the blacklist.
    #[derive(Default)]
    Post "/cgi-bin/tags/members/getblacklist", Blacklist {
        /// The last one of the page before.
        begin_openid: Option<String>,
    } -> Page;

    /// Puts up to 20 users on the blacklist.
    #[derive(Default)]
    Post "/cgi-bin/tags/members/batchblacklist", Block {
        /// Who.
        openid_list: Vec<String>,
    } -> Done, check: |it, _| check_list(&it.openid_list, LISTED);

    /// Takes up to 20 users off the blacklist.
    #[derive(Default)]
    Post "/cgi-bin/tags/members/batchunblacklist", Unblock {
        /// Who.
        openid_list: Vec<String>,
    } -> Done, check: |it, _| check_list(&it.openid_list, LISTED);
}

fn check_tag(tag: &NewTag) -> Result<(), Limit> {
    limit::chars("tag.name", tag.name.as_deref().unwrap_or_default(), 30)
}

fn check_list(list: &[String], most: usize) -> Result<(), Limit> {
    limit::between("openid_list", list.len(), 1..=most, "users")
}

answers! {
    /// What is known of a user. WeChat gives neither name nor picture any more.
    User {
        /// 1: follows. Otherwise only the OpenID is there.
        subscribe: u8,
        /// Who.
        openid: String,
        /// The same person in all accounts of one owner.
        unionid: Option<String>,
        /// Since when, in Unix seconds.
        subscribe_time: i64,
        /// From where, such as `ADD_SCENE_QR_CODE`.
        subscribe_scene: String,
        /// The number of the QR code.
        qr_scene: i64,
        /// The text of the QR code.
        qr_scene_str: String,
        /// What the account calls them.
        remark: String,
        /// Their tags.
        tagid_list: Vec<i64>,
        /// Their language.
        language: String,
    }
    /// What is known of several users.
    Users {
        /// In the order they were asked for.
        user_info_list: Vec<User>,
    }
    /// One page of users.
    Page {
        /// All there are.
        total: u64,
        /// Those on this page.
        count: u64,
        /// Them.
        data: OpenIds,
        /// The last one; empty after the last page.
        next_openid: String,
    }
    /// Users.
    OpenIds {
        /// Who.
        openid: Vec<String>,
    }
    /// A tag.
    TagInfo {
        /// What calls name it by.
        id: i64,
        /// What people call it.
        name: String,
        /// How many have it.
        count: u64,
    }
    /// A new tag.
    Tagged {
        /// It.
        tag: TagInfo,
    }
    /// All tags.
    TagList {
        /// Them.
        tags: Vec<TagInfo>,
    }
    /// The tags of a user.
    TagIds {
        /// Their numbers.
        tagid_list: Vec<i64>,
    }
}

/// Walks all followers, page by page.
///
/// ```no_run
/// # async fn f(client: &yizhan::platform::Client) -> Result<(), yizhan::platform::PlatformError> {
/// let mut pages = yizhan::platform::user::followers(client);
/// while let Some(openids) = pages.next().await? {
///     println!("{} more", openids.len());
/// }
/// # Ok(())
/// # }
/// ```
pub fn followers(client: &Client) -> Followers<'_> {
    Followers { client, next: Some(String::new()) }
}

/// All followers, page by page.
#[derive(Debug)]
pub struct Followers<'a> {
    client: &'a Client,
    /// The last one seen; none: that was all.
    next: Option<String>,
}

impl Followers<'_> {
    /// The next page, of up to 10,000; none after the last.
    ///
    /// # Errors
    ///
    /// [`PlatformError`]; calling again tries the same page again.
    pub async fn next(&mut self) -> Result<Option<Vec<String>>, PlatformError> {
        let Some(last) = &self.next else { return Ok(None) };
        let next_openid = Some(last.clone()).filter(|it| !it.is_empty());
        let page = self.client.call(&List { next_openid }).await?;
        self.next = Some(page.next_openid).filter(|it| !it.is_empty());
        match page.data.openid.is_empty() {
            true => {
                self.next = None;
                Ok(None)
            }
            false => Ok(Some(page.data.openid)),
        }
    }
}
