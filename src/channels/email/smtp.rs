//! One mail handed to an SMTP server, and what its replies mean.

use std::error::Error as StdError;
use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::Data;
use lettre::transport::smtp::commands::Mail;
use lettre::transport::smtp::commands::Rcpt;
use lettre::transport::smtp::extension::ClientId;

use super::Security;
use super::Server;
use super::bounded::Bounded;
use crate::channels::common;
use crate::notification::Blame;
use crate::notification::Failure;

/// How long a server that does not know us wants us to wait. Source: RFC 6647, 4.2.
const GREYLISTED: Duration = Duration::from_mins(5);

/// How long one that found us too fast wants to be left alone.
pub(super) const TOO_FAST: Duration = Duration::from_mins(30);

/// How we log in, the first that the server offers; with XOAUTH2 the password is a token.
const MECHANISMS: &[Mechanism] = &[Mechanism::Plain, Mechanism::Login, Mechanism::Xoauth2];

/// How long the reply to QUIT is waited for.
const FAREWELL: Duration = Duration::from_secs(1);

/// Hands over `mail`; gives what is worth reading of it. Receivers that the server refuses are
/// left out; only if all are refused, the mail is. From when on the server may have it, says
/// `handed_over`.
pub(super) async fn send(
    server: &Server,
    from: &Address,
    to: &[Address],
    mail: &[u8],
    handed_over: &AtomicBool,
) -> Result<String, Failure> {
    let mut connection = connect(server, from).await.map_err(|error| failure(&error, false))?;
    let sent = transfer(&mut connection, from, to, mail, handed_over).await;
    // The mail's fate is known; a server that is slow to say goodbye does not change it.
    let _ = tokio::time::timeout(FAREWELL, connection.quit()).await;
    sent.map_err(|error| match error {
        Refused::ByServer(error) => failure(&error, handed_over.load(Ordering::Relaxed)),
        Refused::Receivers(failure) => failure,
    })
}

async fn connect(server: &Server, from: &Address) -> Result<AsyncSmtpConnection, Error> {
    let hello = ClientId::Domain(from.domain().to_owned());
    let (implicit, later) = match &server.security {
        Security::Tls(tls) => (Some(tls.clone()), None),
        Security::StartTls(tls) => (None, Some(tls.clone())),
        Security::None => (None, None),
    };
    let address = (server.host.as_str(), server.port);
    let stream = Box::new(Bounded::connect(address, implicit).await?);
    let mut connection = AsyncSmtpConnection::connect_with_transport(stream, &hello).await?;
    if let Some(tls) = later {
        connection.starttls(tls, &hello).await?;
    }
    if let Some(login) = &server.login {
        connection.auth(MECHANISMS, login).await?;
    }
    Ok(connection)
}

/// Who refused a mail.
enum Refused {
    ByServer(Error),
    Receivers(Failure),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::ByServer(error)
    }
}

async fn transfer(
    connection: &mut AsyncSmtpConnection,
    from: &Address,
    to: &[Address],
    mail: &[u8],
    handed_over: &AtomicBool,
) -> Result<String, Refused> {
    connection.command(Mail::new(Some(from.clone()), Vec::new())).await?;
    let mut refused = Vec::new();
    for receiver in to {
        match connection.command(Rcpt::new(receiver.clone(), Vec::new())).await {
            Ok(_) => {}
            Err(error) if error.status().is_some() => refused.push(failure(&error, false)),
            Err(error) => return Err(error.into()),
        }
    }
    // A receiver that may be taken later decides, so that it is not given up for the others.
    let later = refused.iter().position(|it| it.blame != Blame::Request).unwrap_or(0);
    let detail = match refused.get(later) {
        Some(first) if refused.len() == to.len() => return Err(Refused::Receivers(first.clone())),
        Some(first) => {
            format!("{} of {} receivers were refused: {}", refused.len(), to.len(), first.code)
        }
        None => String::new(),
    };
    connection.command(Data).await?;
    handed_over.store(true, Ordering::Relaxed);
    // The line break at its end is sent with the full stop.
    connection.message(mail.strip_suffix(b"\r\n").unwrap_or(mail)).await?;
    Ok(detail)
}

/// What a send that took too long means.
pub(super) fn too_slow(handed_over: bool) -> Failure {
    let blame = match handed_over {
        true => Blame::Unknown,
        false => Blame::Service { retry_after: None },
    };
    common::failure("smtp", "timeout", blame, "the server did not answer in time", "")
}

fn failure(error: &Error, handed_over: bool) -> Failure {
    if let Some(status) = error.status() {
        let said = error.source().map(ToString::to_string).unwrap_or_default();
        return verdict(u16::from(status), &said);
    }
    if error.is_tls() || is_of_tls(error) {
        let advice = "Compare `host`, `port` and `security` with the provider's; a server of your own needs `ca`.";
        let blame = Blame::Service { retry_after: None };
        return common::failure("smtp", "tls", blame, &error.to_string(), advice);
    }
    if error.is_client() {
        let advice = "Compare `security` with what the server offers.";
        return common::failure("smtp", "client", Blame::Request, &error.to_string(), advice);
    }
    let (blame, code) = match handed_over {
        true => (Blame::Unknown, "unknown"),
        false => (Blame::Service { retry_after: None }, "connection"),
    };
    common::failure("smtp", code, blame, &error.to_string(), "")
}

/// Whether TLS is behind an error of the connection, such as a certificate that nobody vouches for.
fn is_of_tls(error: &Error) -> bool {
    let mut next = error.source();
    while let Some(cause) = next {
        // An `io::Error` hides what it wraps.
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if cause.is::<rustls::Error>()
            || wrapped.is_some_and(<dyn StdError + Send + Sync>::is::<rustls::Error>)
        {
            return true;
        }
        next = cause.source();
    }
    false
}

/// Source: RFC 5321, 4.2; QQ and NetEase, "退信代码".
fn verdict(status: u16, said: &str) -> Failure {
    let lower = said.to_lowercase();
    let is_too_fast =
        lower.contains("frequen") || lower.contains("spam") || lower.contains("dt:spm");
    let (blame, advice) = match status {
        550 | 554 if is_too_fast => {
            (Blame::Quota { retry_after: Some(TOO_FAST) }, "Lower the channel's `rate`.")
        }
        450 | 451 => (Blame::Service { retry_after: Some(GREYLISTED) }, ""),
        400..=499 => (Blame::Service { retry_after: None }, ""),
        535 => (
            Blame::Request,
            "Compare `user` and `password`; QQ and 163 want the authorization code (授权码).",
        ),
        501 | 553 => (Blame::Request, "Set `from` to the mailbox that logs in."),
        550 => (Blame::Request, "Correct `to`: there is no such mailbox."),
        552 => (Blame::Request, "Send less: the mail is too large."),
        _ => (Blame::Request, ""),
    };
    common::failure("smtp", &status.to_string(), blame, said, advice)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::verdict;
    use crate::notification::Blame;

    #[test]
    fn a_reply_says_whose_fault_it_is() {
        let later = |seconds| Blame::Service { retry_after: seconds };
        for (status, said, blame) in [
            (421, "closing", later(None)),
            (450, "greylisted", later(Some(Duration::from_mins(5)))),
            (452, "insufficient storage", later(None)),
            (535, "Login Fail", Blame::Request),
            (550, "User unknown", Blame::Request),
            (
                550,
                "Connection frequency limited",
                Blame::Quota { retry_after: Some(Duration::from_mins(30)) },
            ),
            (554, "DT:SPM 163 smtp4", Blame::Quota { retry_after: Some(Duration::from_mins(30)) }),
            (
                554,
                "message rejected as Spam",
                Blame::Quota { retry_after: Some(Duration::from_mins(30)) },
            ),
            (554, "transaction failed", Blame::Request),
        ] {
            assert_eq!(verdict(status, said).blame, blame, "{status} {said}");
        }
        assert_eq!(verdict(550, "User unknown").to_string(), "smtp.550: User unknown");
    }
}
