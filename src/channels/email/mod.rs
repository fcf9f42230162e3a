//! `email`: a mail through an SMTP server, with text, HTML and attachments.

mod bounded;
mod message;
mod native;
mod smtp;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use lettre::Address;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::Certificate;
use lettre::transport::smtp::client::TlsParameters;

use self::native::Native;
use super::Bound;
use super::Channel;
use super::ChannelKind;
use super::Parcel;
use super::Sending;
use super::Setup;
use super::common;
use crate::config::secret::Secret;
use crate::config::settings::Kind;
use crate::config::settings::Setting;
use crate::config::sheet::Fields;
use crate::notification::Failure;
use crate::notification::Rate;
use crate::notification::Receipt;
use crate::notification::Terms;

/// How many receivers one mail has at most; more than most servers take. Source: RFC 5321,
/// 4.5.3.1.8.
const MOST: usize = 100;

/// How the connection is kept secret.
pub(super) enum Security {
    /// TLS from the first byte.
    Tls(TlsParameters),
    /// TLS once both agree; without it nothing is sent.
    StartTls(TlsParameters),
    /// Not at all; for a server on this machine.
    None,
}

/// The usual port of each.
const SECURITIES: [(u16, &str); 3] = [(465, "tls"), (587, "starttls"), (25, "none")];

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "email",
    doc: "A mail through an SMTP server: text, HTML, attachments; `native` has cc, bcc, reply_to.",
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
        Setting::with(
            "ca",
            Kind::Secret,
            "\"\"",
            "A certificate in PEM to trust as well, for a server of your own: file:ca.pem.",
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
    limits: &[
        Bound::Count("receivers", MOST),
        Bound::Count("cc and bcc", native::RECEIVERS),
        Bound::Count("attachments", native::FILES),
        Bound::Bytes("attachments together", native::BYTES),
        Bound::Rest(smtp::TOO_FAST.as_secs()),
    ],
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

impl Email {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let fields = setup.fields;
        let server = server(setup);
        let to = common::own_receivers(fields);
        let from = mailbox(fields, &fields.filled("from")?)?;
        let (host, port, security) = server?;
        let login = login(fields, &from, &security).ok()?;
        let server = Server { host, port, security, login };
        Some(Self { server, from, to: to?, terms: setup.terms.clone() })
    }

    fn receivers(&self, parcel: &Parcel) -> Result<Vec<Mailbox>, Failure> {
        let to = common::receivers(parcel, &self.to, MOST)?.iter();
        to.map(|it| it.parse::<Mailbox>().map_err(|_| not_an_address())).collect()
    }

    async fn deliver(&self, parcel: &Parcel) -> Result<Receipt, Failure> {
        let to = self.receivers(parcel)?;
        let more = Native::read(&parcel.notification)?;
        let id = message::id(parcel, &self.from);
        let mail = message::write(parcel, &self.from, &to, &more, &id)?;
        let all = to.into_iter().chain(more.cc).chain(more.bcc);
        let to: Vec<Address> = all.map(|it| it.email).collect();
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

/// Host, port and how it is kept secret.
fn server(setup: &Setup<'_>) -> Option<(String, u16, Security)> {
    let fields = setup.fields;
    if setup.common.base_url.is_some() {
        let advice = "write `host` and `port`".to_owned();
        fields.table.fault("base_url", "mail has no `base_url`", Some(advice));
        return None;
    }
    let host = fields.filled("host");
    let usual = fields.table.one_of("security", &SECURITIES);
    let port = fields.table.integer("port", 0..=65_535);
    let ca = fields.secret("ca")?;
    let (host, usual, port) = (host?, usual?, u16::try_from(port?).unwrap_or(0));
    let tls = trusting(&host, ca.as_ref()).ok_or_else(|| {
        let advice = "it stands between `-----BEGIN CERTIFICATE-----` and its end".to_owned();
        fields.table.value_fault("ca", "`ca` is no certificate", Some(advice));
    });
    let security = match usual {
        465 => Security::Tls(tls.ok()?),
        587 => Security::StartTls(tls.ok()?),
        _ => Security::None,
    };
    Some((host, if port == 0 { usual } else { port }, security))
}

/// TLS with `host`: by the roots that browsers trust, and `ca`. None: that is no certificate.
fn trusting(host: &str, ca: Option<&Secret>) -> Option<TlsParameters> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(ca) = ca {
        let pem = Some(ca.expose()).filter(|it| it.contains("-----BEGIN CERTIFICATE-----"))?;
        builder = builder.add_root_certificate(Certificate::from_pem(pem.as_bytes()).ok()?);
    }
    builder.build().ok()
}

/// Who logs in, where there is a password.
///
/// # Errors
///
/// A fault has been noted.
fn login(
    fields: &Fields<'_>,
    from: &Mailbox,
    security: &Security,
) -> Result<Option<Credentials>, ()> {
    let password = fields.secret("password").ok_or(())?;
    let user = fields.table.text("user").ok_or(())?.value;
    let Some(password) = password else { return Ok(None) };
    if matches!(security, Security::None) {
        let advice = "use `security = \"tls\"` or `\"starttls\"`".to_owned();
        let message = "a password would travel in the open";
        fields.table.fault("password", message, Some(advice));
        return Err(());
    }
    let user = if user.is_empty() { from.email.to_string() } else { user.to_owned() };
    Ok(Some(Credentials::new(user, password.expose().to_owned())))
}

fn mailbox(fields: &Fields<'_>, text: &str) -> Option<Mailbox> {
    let parsed = text.parse().ok();
    if parsed.is_none() {
        let advice = "write `a@b.c` or `Name <a@b.c>`".to_owned();
        fields.table.value_fault("from", "`from` is no mail address", Some(advice));
    }
    parsed
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
