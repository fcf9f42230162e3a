//! Words that were mended on a page and said again: a message like any other, answered on the page.

use std::sync::Arc;

use serde_json::Map;
use serde_json::Value;
use sha2::Digest as _;
use sha2::Sha256;

use super::Intake;
use super::IntakeError;
use super::Message;
use crate::channels::HookError;
use crate::page::Mend;
use crate::page::PageId;
use crate::wechat::inbound::Inbound;
use crate::wechat::reply::Reply;

/// The longest answer that a page shows, in characters.
const LONGEST: usize = 20_000;

impl Intake {
    /// Works on `words`, said on the page `id` instead of what `mend` has, as on a message of the same
    /// sender. The text that is answered; none where there is none, or it is none that a page could
    /// show: then it is sent to them, as a late answer is.
    ///
    /// # Errors
    ///
    /// The account or channel is not there any more; too much is being worked on.
    pub async fn say_again(
        self: &Arc<Self>,
        mend: &Mend,
        id: &PageId,
        words: &str,
    ) -> Result<Option<String>, IntakeError> {
        let account = self.whom(&mend.account).ok_or(IntakeError::UnknownAccount)?;
        let document = document(mend, id, words, self.clock.unix());
        let inbound = Inbound::parse(document).map_err(|_| HookError::Unreadable)?;
        let inbound = Arc::new(inbound);
        let message = Message { account, served: None, inbound, inline: Some(LONGEST) };
        match self.reply(&message).await? {
            Reply::Text(text) => Ok(Some(text)),
            Reply::Success => Ok(None),
            other => {
                self.late.give(&message, vec![other]).await;
                Ok(None)
            }
        }
    }
}

/// The message, as JSON: who wrote to whom as it was, and the words of now.
fn document(mend: &Mend, id: &PageId, words: &str, now: i64) -> Vec<u8> {
    let fields = mend.fields.iter().map(|(name, value)| (name.clone(), Value::from(&**value)));
    let mut document: Map<String, Value> = fields.collect();
    document.insert("MsgType".to_owned(), "text".into());
    document.insert("Content".to_owned(), words.into());
    document.insert("CreateTime".to_owned(), now.into());
    // As the platforms' ids a number of 64 bits, and the same for the same page.
    let digest = Sha256::digest(id.as_str());
    let number = digest[..8].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    document.insert("MsgId".to_owned(), number.to_string().into());
    Value::Object(document).to_string().into_bytes()
}
