//! The mail itself.

use std::time::UNIX_EPOCH;

use lettre::Message;
use lettre::message::Attachment;
use lettre::message::Body;
use lettre::message::Mailbox;
use lettre::message::MultiPart;
use lettre::message::MultiPartKind;
use lettre::message::SinglePart;
use lettre::message::header::ContentTransferEncoding as Encoding;

use super::native::Native;
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
/// The addresses make no mail.
pub(super) fn write(
    parcel: &Parcel,
    from: &Mailbox,
    to: &[Mailbox],
    more: &Native,
    id: &str,
) -> Result<Vec<u8>, Failure> {
    let mut builder = Message::builder()
        .from(from.clone())
        .subject(text::title(&parcel.notification))
        .date(UNIX_EPOCH + parcel.now)
        .message_id(Some(id.to_owned()));
    builder = to.iter().fold(builder, |builder, it| builder.to(it.clone()));
    builder = more.cc.iter().fold(builder, |builder, it| builder.cc(it.clone()));
    builder = more.reply_to.iter().fold(builder, |builder, it| builder.reply_to(it.clone()));
    // Who is named in `bcc` stands in the envelope only.
    let mail = match (words(parcel, more), more.attachments.is_empty()) {
        (Words::Text(text), true) => builder.singlepart(text),
        (Words::Both(both), true) => builder.multipart(both),
        (words, false) => {
            let parts = MultiPart::mixed().boundary(format!("yizhan-files-{}", parcel.id));
            let parts = match words {
                Words::Text(text) => parts.singlepart(text),
                Words::Both(both) => parts.multipart(both),
            };
            builder.multipart(more.attachments.iter().fold(parts, |parts, file| {
                let part = Attachment::new(file.name.clone());
                let body = Body::new_with_encoding(file.bytes.clone(), Encoding::Base64);
                let body = body.expect("base64 writes any bytes");
                parts.singlepart(part.body(body, file.kind.clone()))
            }))
        }
    };
    let mail = mail.map_err(|error| {
        let advice = "Correct the addresses of sender and receivers.";
        answer::unfit("channel.request", &error.to_string(), advice)
    })?;
    Ok(mail.formatted())
}

/// What is said: as text, or as text and as HTML.
enum Words {
    Text(SinglePart),
    Both(MultiPart),
}

fn words(parcel: &Parcel, more: &Native) -> Words {
    let notification = &parcel.notification;
    let body = &notification.body;
    let plain = match notification.format {
        // Markdown is made to be read as it stands.
        Format::Text | Format::Markdown => body.clone(),
        Format::Html => text::shown(body, Format::Html, Format::Text).into_owned(),
    };
    let html = match (&more.html, notification.format) {
        (Some(html), _) => text::shown(html, Format::Html, Format::Html),
        (None, Format::Text) => return Words::Text(SinglePart::plain(plain)),
        (None, format) => text::shown(body, format, Format::Html),
    };
    let parts = MultiPart::builder().kind(MultiPartKind::Alternative);
    // A boundary of ours, which no other mail and no body has.
    let parts =
        parts.boundary(format!("yizhan-{}", parcel.id)).singlepart(SinglePart::plain(plain));
    Words::Both(parts.singlepart(SinglePart::html(html.into_owned())))
}
