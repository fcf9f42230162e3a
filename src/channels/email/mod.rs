//! `email`: a mail through an SMTP server, with text and HTML.

mod message;
mod smtp;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use lettre::Address;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;

use super::Channel;
use super::ChannelKind;
use super::Parcel;
use super::Sending;
use super::Setup;
use super::common;
use crate::config::secret::Secret;
use crate::config::settings::Kind;
use crate::config::settings::Setting;
use crate::notification::Failure;
use crate::notification::Rate;
use crate::notification::Receipt;
use crate::notification::Terms;

/// How many receivers one mail has at most; more than most servers take. Source: RFC 5321,
/// 4.5.3.1.8.
const MOST: usize = 100;

/// How the connection is kept secret.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Security {
    /// TLS from the first byte, port 465.
    Tls,
    /// TLS once both agree, port 587; without it nothing is sent.
    StartTls,
    /// Not at all, port 25; for a server on this machine.
    None,
}

const SECURITIES: [(Security, &str); 3] =
    [(Security::Tls, "tls"), (Security::StartTls, "starttls"), (Security::None, "none")];

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "email",
    doc: "A mail through an SMTP server, with text and HTML.",
    settings: &[
        Setting::bare("host", Kind::Text, "\"smtp.qq.com\"", "The SMTP server.").required(),
        Setting::with(
            "security",
            Kind::Word(|| SECURITIES.iter().map(|(_, word)| *word).collect()),
            "\"tls\"",
            "tls from the start, starttls, or none, which takes no password.",
        ),
        Setting::with(
            "port",
            Kind::Integer(0, 65_535),
            "0",
            "The port; 0: 465 for tls, 587 for starttls, 25 for none.",
        ),
        Setting::with("user", Kind::Text, "\"\"", "Who logs in; empty: the address of `from`."),
        Setting::with(
            "password",
            Kind::Secret,
            "\"\"",
            "The password, or the authorization code (授权码) of QQ and 163; empty: no login.",
        ),
        Setting::bare(
            "from",
            Kind::Text,
            "\"驿站 <ops@example.com>\"",
            "The sender; QQ and 163 take only the mailbox that logs in.",
        )
        .required(),
        Setting::with("to", Kind::Texts, "[]", "The receivers, each as `a@b.c` or `Name <a@b.c>`."),
    ],
    example: "\
[[channel]]
name = \"mail\"
kind = \"email\"
host = \"smtp.qq.com\"
from = \"驿站 <10001@qq.com>\"
password = \"env:MAIL_PASSWORD\"
to = \"anna@example.com\"
",
    // Free mailboxes refuse who sends faster.
    terms: || Terms {
        rate: Some(Rate { count: 20, per: Duration::from_mins(1) }),
        concurrency: 2,
        ..Terms::default()
    },
    build: |setup| Some(Arc::new(Email::read(setup)?)),
};

struct Email {
    server: Server,
    from: Mailbox,
    to: Vec<String>,
    terms: Terms,
}

/// Where the mail is handed in.
pub(super) struct Server {
    host: String,
    port: u16,
    security: Security,
    login: Option<Credentials>,
}

impl fmt::Debug for Server {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Server({}:{} {:?})", self.host, self.port, self.security)
    }
}

impl Email {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let fields = setup.fields;
        let host = fields.filled("host");
        let security = fields.table.one_of("security", &SECURITIES);
        let port = fields.table.integer("port", 0..=65_535);
        let password = fields.secret("password");
        let user = fields.table.text("user").map(|it| it.value);
        let to = common::own_receivers(fields);
        let from = fields.filled("from")?;
        let Ok(from) = from.parse::<Mailbox>() else {
            let advice = "write `a@b.c` or `Name <a@b.c>`".to_owned();
            fields.table.value_fault("from", "`from` is no mail address", Some(advice));
            return None;
        };
        if setup.common.base_url.is_some() {
            let advice = "write `host` and `port`".to_owned();
            fields.table.fault("base_url", "mail has no `base_url`", Some(advice));
            return None;
        }
        let (security, password, user) = (security?, password?, user?);
        if security == Security::None && password.is_some() {
            let advice = "use `security = \"tls\"` or `\"starttls\"`".to_owned();
            let message = "a password would travel in the open";
            fields.table.fault("password", message, Some(advice));
            return None;
        }
        let port = match (u16::try_from(port?).unwrap_or(0), security) {
            (0, Security::Tls) => 465,
            (0, Security::StartTls) => 587,
            (0, Security::None) => 25,
            (port, _) => port,
        };
        let user = if user.is_empty() { from.email.to_string() } else { user.to_owned() };
        let login = |it: Secret| Credentials::new(user, it.expose().to_owned());
        let server = Server { host: host?, port, security, login: password.map(login) };
        Some(Self { server, from, to: to?, terms: setup.terms.clone() })
    }

    fn receivers(&self, parcel: &Parcel) -> Result<Vec<Mailbox>, Failure> {
        let to = common::receivers(parcel, &self.to, MOST)?.iter();
        to.map(|it| it.parse::<Mailbox>().map_err(|_| not_an_address())).collect()
    }

    async fn deliver(&self, parcel: &Parcel) -> Result<Receipt, Failure> {
        let to = self.receivers(parcel)?;
        let id = message::id(parcel, &self.from);
        let mail = message::write(parcel, &self.from, &to, &id)?;
        let to: Vec<Address> = to.into_iter().map(|it| it.email).collect();
        let handed_over = AtomicBool::new(false);
        let work = smtp::send(&self.server, &self.from.email, &to, &mail, &handed_over);
        // Whoever calls ends it at the limit, and then knows less than we do.
        let detail = match tokio::time::timeout(self.terms.limit * 19 / 20, work).await {
            Ok(sent) => sent?,
            Err(_) => return Err(smtp::too_slow(handed_over.load(Ordering::Relaxed))),
        };
        Ok(Receipt { id: Some(id), detail })
    }
}

fn not_an_address() -> Failure {
    common::misdirected("a receiver is no mail address", "Write `a@b.c` or `Name <a@b.c>`.")
}

impl Channel for Email {
    fn terms(&self) -> Terms {
        self.terms.clone()
    }

    fn send<'a>(&'a self, parcel: &'a Parcel) -> Sending<'a> {
        Box::pin(self.deliver(parcel))
    }
}
