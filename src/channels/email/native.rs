//! What a mail has that other channels' messages have not: `native` of a notification.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use serde::Deserialize;

use crate::channels::answer;
use crate::notification::Failure;
use crate::notification::Notification;

/// The most files in one mail, and the most bytes that they have together: many servers take no
/// mail above 20 MB, and base64 makes a third more of them.
pub(super) const FILES: usize = 20;
pub(super) const BYTES: usize = 10 << 20;

/// The most receivers of each kind.
pub(super) const RECEIVERS: usize = 100;

/// What a mail has beside title and body.
#[derive(Default)]
pub(super) struct Native {
    /// Who gets it as well, and shown to all.
    pub(super) cc: Vec<Mailbox>,
    /// Who gets it as well, and shown to nobody.
    pub(super) bcc: Vec<Mailbox>,
    /// Whom an answer goes to.
    pub(super) reply_to: Option<Mailbox>,
    /// Another HTML than what the body makes.
    pub(super) html: Option<String>,
    /// Its files.
    pub(super) attachments: Vec<Attachment>,
}

/// One file.
pub(super) struct Attachment {
    pub(super) name: String,
    pub(super) kind: ContentType,
    pub(super) bytes: Vec<u8>,
}

/// `{"cc":[…],"bcc":[…],"reply_to":"…","html":"…","attachments":[{"name","type","content"}]}`
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    cc: Vec<String>,
    bcc: Vec<String>,
    reply_to: Option<String>,
    html: Option<String>,
    attachments: Vec<File>,
}

/// A file: its name, its media type, and its bytes as base64.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    content: String,
}

impl Native {
    /// What `notification` brings.
    ///
    /// # Errors
    ///
    /// It is of another shape, or too much.
    pub(super) fn read(notification: &Notification) -> Result<Self, Failure> {
        let Some(native) = &notification.native else { return Ok(Self::default()) };
        // serde's text may quote what is to be sent.
        let written = Written::deserialize(native)
            .map_err(|_| unusable("`native` is of another shape", SHAPE))?;
        if written.cc.len() + written.bcc.len() > RECEIVERS || written.attachments.len() > FILES {
            return Err(unusable(
                "too many files or receivers",
                "At most 20 files, 100 receivers.",
            ));
        }
        let mailboxes = |list: Vec<String>| -> Result<Vec<Mailbox>, Failure> {
            list.iter().map(|it| mailbox(it)).collect()
        };
        let mut room = BYTES;
        let attachments = written.attachments.into_iter().map(|file| file.read(&mut room));
        Ok(Self {
            attachments: attachments.collect::<Result<_, _>>()?,
            cc: mailboxes(written.cc)?,
            bcc: mailboxes(written.bcc)?,
            reply_to: written.reply_to.as_deref().map(mailbox).transpose()?,
            html: written.html,
        })
    }
}

impl File {
    fn read(self, room: &mut usize) -> Result<Attachment, Failure> {
        if self.name.trim().is_empty() || self.name.contains(|it: char| it.is_control()) {
            return Err(unusable("a file has no usable name", "Name it as `report.pdf`."));
        }
        let kind = self.kind.as_deref().unwrap_or("application/octet-stream");
        let Ok(kind) = ContentType::parse(kind) else {
            let advice = "Write its type as `application/pdf`.";
            return Err(unusable("the type of a file is none", advice));
        };
        // Before it is decoded: base64 has four characters for three bytes.
        *room = room.checked_sub(self.content.len() / 4 * 3).ok_or_else(|| {
            unusable("the files are larger than 10 MB together", "Send a link to them instead.")
        })?;
        let bytes = STANDARD.decode(&self.content);
        let bytes = bytes.map_err(|_| unusable("a file is not base64", SHAPE))?;
        Ok(Attachment { name: self.name, kind, bytes })
    }
}

const SHAPE: &str = "Write `{\"attachments\":[{\"name\":\"a.txt\",\"type\":\"text/plain\",\"content\":\"YQ==\"}]}`.";

fn mailbox(text: &str) -> Result<Mailbox, Failure> {
    text.parse().map_err(|_| super::not_an_address())
}

fn unusable(detail: &str, advice: &str) -> Failure {
    answer::unfit("channel.native", detail, advice)
}
