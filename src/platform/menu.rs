//! The menu (自定义菜单) of a 公众号.
//!
//! Source: "Custom menus", reference section 9.6.

use serde::Serialize;
use serde_json::Value;

use super::api::Done;
use super::api::answers;
use super::api::api;
use super::limit;
use super::limit::Limit;

/// The most buttons side by side.
const BUTTONS: usize = 3;

/// The most buttons of one list.
const SUB_BUTTONS: usize = 5;

/// What stands in the menu: a button, or a list of them.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Entry {
    /// A list that opens.
    List {
        /// Its name.
        name: String,
        /// 1 to 5.
        sub_button: Vec<Button>,
    },
    /// A button.
    Button(Button),
}

macro_rules! buttons {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident,)* })*) => {
        /// A button, by what a tap does.
        #[derive(Clone, Debug, Serialize)]
        #[serde(tag = "type", rename_all = "snake_case")]
        pub enum Button {$(
            $(#[$doc])*
            $name {
                /// What is shown.
                name: String,
                $($(#[$field_doc])* $field: String,)*
            },
        )*}
    };
}

buttons! {
    /// Sends the event `CLICK` with its key.
    Click {
        /// Comes as `EventKey`.
        key,
    }
    /// Opens a page.
    View {
        /// The page.
        url,
    }
    /// Scans a code, shows what it says, and sends `scancode_push`.
    ScancodePush {
        /// Comes as `EventKey`.
        key,
    }
    /// Scans a code and waits for our answer to `scancode_waitmsg`.
    ScancodeWaitmsg {
        /// Comes as `EventKey`.
        key,
    }
    /// Opens the camera.
    PicSysphoto {
        /// Comes as `EventKey`.
        key,
    }
    /// Opens the camera, or the album.
    PicPhotoOrAlbum {
        /// Comes as `EventKey`.
        key,
    }
    /// Opens the album.
    PicWeixin {
        /// Comes as `EventKey`.
        key,
    }
    /// Opens the map.
    LocationSelect {
        /// Comes as `EventKey`.
        key,
    }
    /// Sends a picture, voice or video of the material.
    MediaId {
        /// From the material.
        media_id,
    }
    /// Sends a published article.
    ArticleId {
        /// From publishing.
        article_id,
    }
    /// Opens a mini program.
    Miniprogram {
        /// For versions of WeChat without mini programs.
        url,
        /// The mini program; the 公众号 must be linked to it.
        appid,
        /// With its query.
        pagepath,
    }
}

api! {
    /// Replaces the menu.
    #[derive(Default)]
    Post "/cgi-bin/menu/create", Create {
        /// 1 to 3.
        button: Vec<Entry>,
    } -> Done, check: |it, _| check(&it.button);

    /// The menu and the conditional ones, as the API made them.
    Get "/cgi-bin/menu/get", Get {} -> Value;

    /// Removes the menu with all conditional ones.
    Get "/cgi-bin/menu/delete", Delete {} -> Done;

    /// Adds a menu for some users.
    #[derive(Default)]
    Post "/cgi-bin/menu/addconditional", AddConditional {
        /// 1 to 3.
        button: Vec<Entry>,
        /// For whom, such as `{"tag_id":"2"}`.
        matchrule: Value,
    } -> Added, check: |it, _| check(&it.button);

    /// Removes a conditional menu.
    #[derive(Default)]
    Post "/cgi-bin/menu/delconditional", DeleteConditional {
        /// From adding it.
        menuid: String,
    } -> Done;

    /// The menu that one user sees.
    #[derive(Default)]
    Post "/cgi-bin/menu/trymatch", TryMatch {
        /// An OpenID, or a WeChat name.
        user_id: String,
    } -> Value;

    /// The menu as it is, whoever made it.
    Get "/cgi-bin/get_current_selfmenu_info", Current {} -> Value;
}

answers! {
    /// A new conditional menu.
    Added {
        /// What it is called.
        menuid: String,
    }
}

fn check(entries: &[Entry]) -> Result<(), Limit> {
    limit::between("button", entries.len(), 1..=BUTTONS, "buttons")?;
    for entry in entries {
        if let Entry::List { sub_button, .. } = entry {
            limit::between("sub_button", sub_button.len(), 1..=SUB_BUTTONS, "buttons")?;
        }
    }
    Ok(())
}
