//! A message that is also a page: what goes out is its beginning and a link to the whole.

use std::time::Duration;

use super::Draft;
use super::SubmissionError;
use super::Submissions;
use crate::notification::Format;
use crate::notification::Notification;
use crate::page;
use crate::page::Content;
use crate::page::Message;
use crate::page::NewPage;
use crate::page::Page;
use crate::page::PageId;
use crate::page::millis;

/// How long a page may be kept.
const LIFETIMES: std::ops::RangeInclusive<Duration> =
    Duration::from_mins(1)..=Duration::from_hours(24 * 90);

/// How much of the body goes out beside the link, in characters.
const SHOWN: usize = 200;

impl Submissions {
    /// The whole body as clean HTML, and what goes out instead of it. The link comes later: what is
    /// folded needs none.
    pub(super) fn paged(
        &self,
        notification: Notification,
        lifetime: Duration,
    ) -> Result<(Message, Notification), SubmissionError> {
        if self.desk.plan.load().public_url.is_none() {
            return Err(SubmissionError::Pageless);
        }
        if !LIFETIMES.contains(&lifetime) {
            return Err(SubmissionError::Page);
        }
        let html = match notification.format {
            Format::Text => page::of_text(&notification.body),
            Format::Markdown => page::of_markdown(&notification.body),
            Format::Html => page::clean(&notification.body),
        };
        let body = page::excerpt(&html, SHOWN);
        let message = Message { title: notification.title.clone(), html };
        Ok((message, Notification { body, format: Format::Text, ..notification }))
    }

    /// Links what `draft` sends to a page with `message`, unless it has a link of its own.
    pub(super) fn link(&self, draft: &mut Draft, message: &Message, lifetime: Duration) {
        let own = draft.parts.iter().filter(|part| !part.is_folded).map(|part| part.id);
        let own: Vec<_> = own.collect();
        if own.is_empty() {
            return;
        }
        let now = self.now();
        let expires = millis(now.saturating_add(lifetime));
        let page = Page { expires, content: Content::Message(message.clone()) };
        let page = NewPage { id: PageId::new(&*self.desk.entropy), page };
        let plan = self.desk.plan.load();
        let link = page::link(plan.public_url.as_deref().unwrap_or_default(), &page.id);
        for delivery in draft.deliveries.iter_mut().filter(|it| own.contains(&it.id)) {
            delivery.notification.link.get_or_insert_with(|| link.clone());
        }
        draft.values.push(page.row(now));
    }
}
