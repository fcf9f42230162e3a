//! The mail itself.

use std::time::UNIX_EPOCH;

use lettre::Message;
use lettre::message::Mailbox;
use lettre::message::MultiPart;
use lettre::message::MultiPartKind;
use lettre::message::SinglePart;

use crate::channels::Parcel;
use crate::channels::answer;
use crate::channels::text;
use crate::notification::Failure;
use crate::notification::Format;

/// The Message-ID: the same on every try, so that a mail that arrives twice can be recognised.
pub(super) fn id(parcel: &Parcel, from: &Mailbox) -> String {
    format!("<{}@{}>", parcel.id, from.email.domain())
}

/// The mail's bytes.
///
/// # Errors
///
/// There is nothing to say.
pub(super) fn write(
    parcel: &Parcel,
    from: &Mailbox,
    to: &[Mailbox],
    id: &str,
) -> Result<Vec<u8>, Failure> {
    let notification = &parcel.notification;
    let mut builder = Message::builder()
        .from(from.clone())
        .subject(text::title(notification))
        .date(UNIX_EPOCH + parcel.now)
        .message_id(Some(id.to_owned()));
    for mailbox in to {
        builder = builder.to(mailbox.clone());
    }
    let body = &notification.body;
    let plain = match notification.format {
        // Markdown is made to be read as it stands.
        Format::Text | Format::Markdown => body.clone(),
        Format::Html => text::shown(body, Format::Html, Format::Text).into_owned(),
    };
    let mail = match notification.format {
        Format::Text => builder.singlepart(SinglePart::plain(plain)),
        format => {
            let html = text::shown(body, format, Format::Html).into_owned();
            let parts = MultiPart::builder().kind(MultiPartKind::Alternative);
            // A boundary of ours, which no other mail and no body has.
            let parts = parts.boundary(format!("yizhan-{}", parcel.id));
            let parts = parts.singlepart(SinglePart::plain(plain));
            builder.multipart(parts.singlepart(SinglePart::html(html)))
        }
    };
    let mail = mail.map_err(|error| {
        let advice = "Correct the addresses of sender and receivers.";
        answer::unfit("channel.request", &error.to_string(), advice)
    })?;
    Ok(mail.formatted())
}
