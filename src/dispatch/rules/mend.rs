//! `mend`: what no rule was for goes back to its sender as a link to a page, on which the words can
//! be mended and said again.

use std::sync::Arc;
use std::time::Duration;

use super::reader::Reader;
use super::run::Run;
use crate::page;
use crate::page::Content;
use crate::page::Mend;
use crate::page::NewPage;
use crate::page::Page;
use crate::page::PageId;
use crate::page::millis;
use crate::wechat::inbound::Family;
use crate::wechat::inbound::Inbound;
use crate::wechat::wire::Field;
use crate::wechat::wire::Kind;

/// How long the link is good.
const LIFETIME: Duration = Duration::from_hours(24);

/// What is said where the rule has no `reply`.
pub(super) const USUAL: &str = "没听懂「{{ text }}」，改一改再发：{{ mend }}";

/// The fields of the message that the mended one has anew, or not at all.
const GO: [&str; 9] = [
    "MsgType",
    "Content",
    "Recognition",
    "MediaId",
    "MediaId16K",
    "Format",
    "MsgId",
    "MsgID",
    "CreateTime",
];

/// How many fields stay, and how long each may be, in bytes.
const MOST_FIELDS: usize = 32;
const LONGEST_FIELD: usize = 512;

/// The longest words that are mended, in bytes; longer ones are cut.
const LONGEST: usize = 1_800;

/// Reads `mend`. It needs the address with which its links begin.
pub(super) fn read(reader: &Reader<'_>, public_url: Option<&str>) -> bool {
    let table = &reader.table;
    let is_wanted = table.boolean("mend").unwrap_or(false);
    if is_wanted && public_url.is_none() {
        let advice = "set it to the address at which users reach this server".to_owned();
        table.fault("mend", "`mend` needs `[server] public_url`", Some(advice));
    }
    is_wanted
}

impl Run {
    /// Whether there is something to mend: words, of somebody who can say them again.
    pub(super) fn can_mend(&self) -> bool {
        let inbound = &self.inbound;
        inbound.family() == Family::Message
            && !inbound.from().is_empty()
            && !inbound.text().trim().is_empty()
    }

    /// The page on which the words of the message can be mended, and its link.
    pub(super) fn page_to_mend(&self) -> (NewPage, String) {
        let entropy = Arc::clone(&self.world.entropy);
        let mend = Mend {
            account: self.context.account.as_ref().to_owned(),
            fields: fields_that_stay(&self.inbound),
            words: words(self.inbound.text()),
            token: PageId::new(&*entropy).as_str().to_owned(),
            said: None,
        };
        let expires = millis(self.context.now.saturating_add(LIFETIME));
        let page = Page { expires, content: Content::Mend(mend) };
        let new = NewPage { id: PageId::new(&*entropy), page };
        let link = page::link(self.world.rules.public_url().unwrap_or_default(), &new.id);
        (new, link)
    }
}

/// The words, cut to what is mended.
fn words(text: &str) -> String {
    cut(text.trim(), LONGEST).to_owned()
}

/// As much of `text` as `limit` bytes hold, without half a character.
pub(super) fn cut(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

/// Who wrote to whom, and what else the answer may need.
fn fields_that_stay(inbound: &Inbound) -> Vec<(String, String)> {
    let stays = |field: &Field<'_>| {
        matches!(field.kind(), Kind::Text | Kind::Number)
            && !GO.contains(&field.name())
            && field.text().len() <= LONGEST_FIELD
    };
    let fields = inbound.root().children().filter(stays).take(MOST_FIELDS);
    fields.map(|field| (field.name().to_owned(), field.text().to_owned())).collect()
}
