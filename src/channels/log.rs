//! `log`: writes notifications to the log; for trying out.

use std::sync::Arc;

use super::Channel;
use super::ChannelKind;
use super::Parcel;
use super::Sending;
use crate::notification::Receipt;
use crate::notification::Terms;

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "log",
    doc: "Writes title and text to the log, for trying out.",
    settings: &[],
    example: "\
[[channel]]
name = \"ops\"
kind = \"log\"
",
    terms: Terms::default,
    limits: &[],
    build: |setup| Some(Arc::new(Log { terms: setup.terms.clone() })),
};

struct Log {
    terms: Terms,
}

impl Channel for Log {
    fn terms(&self) -> Terms {
        self.terms.clone()
    }

    fn send<'a>(&'a self, parcel: &'a Parcel) -> Sending<'a> {
        let notification = &parcel.notification;
        tracing::info!(
            channel = notification.channel,
            delivery = %parcel.id,
            title = notification.title,
            body = notification.body,
            "notification",
        );
        Box::pin(async { Ok(Receipt::default()) })
    }
}
