//! From a request to a page for each receiver, a notification with the link to each, and what was
//! answered under the idempotency key: one transaction.

use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value as Json;
use sha2::Digest as _;
use sha2::Sha256;

use super::Forms;
use super::catalog::Form;
use super::error::FormError;
use super::sent;
use super::sent::Sent;
use crate::access::Key;
use crate::config::access::Scope;
use crate::notification::Notification;
use crate::page;
use crate::page::Content;
use crate::page::Invitation;
use crate::page::Message;
use crate::page::NewPage;
use crate::page::Page;
use crate::page::PageId;
use crate::page::millis;
use crate::store::DeliveryId;
use crate::store::NewDelivery;
use crate::store::Settled;
use crate::store::Settlement;

/// The most receivers of one form.
pub const MOST_RECEIVERS: usize = 200;

/// The most links of one form: receivers times channels.
const MOST_LINKS: usize = 400;

/// The longest idempotency key, in bytes.
const LONGEST_IDEMPOTENCY_KEY: usize = 255;

/// How long the same idempotency key is answered the same.
const REMEMBER: Duration = Duration::from_hours(24);

/// How long a form without one is: nobody asks for it.
const FORGET: Duration = Duration::from_secs(1);

/// The shortest time for which a caller may ask.
const SHORTEST: Duration = Duration::from_mins(1);

/// What a caller wants sent out.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Request {
    /// What the template puts in, and the hook gets back.
    pub data: Map<String, Json>,
    /// Whom the link is sent to, as the channels name people; each has a link of their own. None:
    /// whoever the channels are for.
    pub to: Vec<String>,
    /// What stands above it, instead of the form's own title; empty: that.
    pub title: String,
    /// How long the links are good; none: as long as the form says, which is also the longest.
    pub lifetime: Option<Duration>,
}

/// What was sent out.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Accepted {
    /// Of the whole.
    pub id: DeliveryId,
    /// When its links expire, in milliseconds since 1970.
    pub expires: u64,
    /// One for each channel and receiver.
    pub links: Vec<Link>,
}

/// One link, and the notification that carries it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The receiver; empty: whoever the channel is for.
    pub to: String,
    /// The channel.
    pub channel: String,
    /// The address of the page.
    pub url: String,
    /// The notification.
    pub delivery: DeliveryId,
}

/// What is kept under an idempotency key.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Of what was handed in.
    print: [u8; 32],
    accepted: Accepted,
}

/// A form that is ready to be written down.
struct Made {
    accepted: Accepted,
    deliveries: Vec<NewDelivery>,
    values: Vec<(String, Option<Vec<u8>>, Duration)>,
}

impl Forms {
    /// Sends the form called `name` out for `key`. It is on the disk when this returns, all of it or
    /// nothing. The same idempotency key and request are answered the same for a day.
    ///
    /// # Errors
    ///
    /// [`FormError`] says why nothing was sent out.
    pub async fn accept(
        &self,
        key: &Key,
        name: &str,
        idempotency_key: Option<&str>,
        request: Request,
    ) -> Result<Accepted, FormError> {
        let form = self.desk.catalog.load().find(name);
        let form = form.ok_or_else(|| FormError::Unknown(name.to_owned()))?;
        if let Some(channel) = form.set.channels.iter().find(|channel| !key.may_send(channel)) {
            let missing = Scope::Send(channel.clone());
            return Err(FormError::Scope { key: key.name.clone(), missing });
        }
        let given = idempotency_key.map(checked).transpose()?;
        let print = serde_json::to_vec(&(name, &request)).expect("a request is always JSON");
        let print: [u8; 32] = Sha256::digest(print).into();
        let made = self.make(&form, key, request)?;
        let (key, remember) = match given {
            Some(given) => (format!("form-request/{}/{given}", key.name), REMEMBER),
            None => (format!("form-request//{}", made.accepted.id), FORGET),
        };
        let kept = Kept { print, accepted: made.accepted };
        let answer = serde_json::to_vec(&kept).expect("an answer is always JSON");
        let lanes: Vec<String> = made.deliveries.iter().map(|it| it.lane.clone()).collect();
        let (deliveries, values) = (made.deliveries, made.values);
        let settlement = Settlement { key, answer, remember, deliveries, values };
        match self.store().settle(self.now(), settlement).await? {
            Settled::New(_) => {
                self.desk.outbox.wake(lanes.iter().map(String::as_str));
                Ok(kept.accepted)
            }
            Settled::Known(answer) => match serde_json::from_slice::<Kept>(&answer) {
                Ok(kept) if kept.print == print => Ok(kept.accepted),
                _ => Err(FormError::Conflict),
            },
        }
    }

    fn make(&self, form: &Form, key: &Key, asked: Request) -> Result<Made, FormError> {
        let receivers = receivers(&asked.to, form.set.channels.len())?;
        let title = Some(asked.title).filter(|it| !it.is_empty());
        let title = title.unwrap_or_else(|| form.set.title.clone());
        let now = self.now();
        let ends = now + lifetime(asked.lifetime, form.set.expires)?;
        let html = form.content(&title, &asked.data)?;
        let id = self.desk.ids.next(now);
        let (actions, fields) = sent::parts(&form.set);
        let is_read_only = actions.is_empty();
        let (mut links, mut deliveries, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for (channel, to) in form
            .set
            .channels
            .iter()
            .flat_map(|channel| receivers.iter().map(move |to| (channel, to)))
        {
            let content = match is_read_only {
                true => Content::Message(Message { title: title.clone(), html: html.clone() }),
                false => Content::Form(Invitation {
                    sent: id.to_string(),
                    to: to.clone(),
                    channel: channel.clone(),
                    token: self.page_id().as_str().to_owned(),
                }),
            };
            let page =
                NewPage { id: self.page_id(), page: Page { expires: millis(ends), content } };
            let url = page::link(&self.desk.public_url, &page.id);
            let message = form.message(&asked.data, (&title, to, &url))?;
            let notification = Notification {
                to: Some(to.clone()).filter(|it| !it.is_empty()).into_iter().collect(),
                title: title.clone(),
                // Once is enough.
                link: (!message.contains(&url)).then(|| url.clone()),
                expires: Some(ends),
                by: Some(key.name.clone()),
                ..Notification::text(channel, message)
            };
            let delivery = self.desk.outbox.prepare(notification)?;
            let (to, channel) = (to.clone(), channel.clone());
            links.push(Link { to, channel, url, delivery: delivery.id });
            deliveries.push(delivery);
            values.push(page.row(now));
        }
        if !is_read_only {
            let sent = Sent {
                form: form.set.name.clone(),
                title,
                html,
                data: asked.data,
                actions,
                fields,
                has_hook: form.set.hook.is_some(),
                expires: millis(ends),
                by: key.name.clone(),
                decision: None,
            };
            values.push(sent.row(&id.to_string(), now));
        }
        let accepted = Accepted { id, expires: millis(ends), links };
        Ok(Made { accepted, deliveries, values })
    }

    fn page_id(&self) -> PageId {
        PageId::new(&*self.desk.entropy)
    }
}

fn checked(given: &str) -> Result<&str, FormError> {
    let is_one = (1..=LONGEST_IDEMPOTENCY_KEY).contains(&given.len())
        && given.bytes().all(|byte| byte.is_ascii_graphic());
    let refused = || {
        let most = LONGEST_IDEMPOTENCY_KEY;
        FormError::Invalid(format!("an idempotency key has 1 to {most} visible ASCII characters"))
    };
    is_one.then_some(given).ok_or_else(refused)
}

/// Whom the link is sent to, each once; one nameless receiver where nobody is named.
fn receivers(given: &[String], channels: usize) -> Result<Vec<String>, FormError> {
    let mut receivers: Vec<String> = Vec::new();
    for receiver in given.iter().filter(|receiver| !receiver.is_empty()) {
        if !receivers.contains(receiver) {
            receivers.push(receiver.clone());
        }
    }
    if receivers.len() > MOST_RECEIVERS || receivers.len() * channels > MOST_LINKS {
        let message =
            format!("more than {MOST_RECEIVERS} receivers, or than {MOST_LINKS} links to them");
        return Err(FormError::Invalid(message));
    }
    if receivers.is_empty() {
        receivers.push(String::new());
    }
    Ok(receivers)
}

/// How long the links are good.
fn lifetime(asked: Option<Duration>, usual: Duration) -> Result<Duration, FormError> {
    let lifetime = asked.unwrap_or(usual);
    let is_good = (SHORTEST..=usual).contains(&lifetime);
    is_good.then_some(lifetime).ok_or_else(|| {
        FormError::Invalid(
            "the links are good for 1m at least, and at most as long as the form says".to_owned(),
        )
    })
}
