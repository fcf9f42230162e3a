//! `yizhan open`: checks and opens a sealed message.

use std::fmt::Write as _;
use std::io::Write as _;

use super::Exit;
use super::Global;
use super::Wrong;
use super::input;
use crate::wechat::envelope::Cipher;
use crate::wechat::id::AppId;
use crate::wechat::secret::EncodingAesKey;
use crate::wechat::secret::Token;
use crate::wechat::signature;
use crate::wechat::wire::Tree;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  yizhan open --aes-key $KEY --app-id wx5823bf96d3bd56c7 RypEvHKD8QQK…
  yizhan open --aes-key $KEY --json - < body.xml")]
pub(super) struct Args {
    /// The EncodingAESKey, 43 characters.
    #[arg(long)]
    aes_key: String,
    /// The receiver it must be meant for; not checked if not given.
    #[arg(long)]
    app_id: Option<String>,
    /// With timestamp, nonce and msg-signature: checks the signature first.
    #[arg(long, requires_all = ["timestamp", "nonce", "msg_signature"])]
    token: Option<String>,
    /// `timestamp` of the query.
    #[arg(long, requires = "token")]
    timestamp: Option<String>,
    /// `nonce` of the query.
    #[arg(long, requires = "token")]
    nonce: Option<String>,
    /// `msg_signature` of the query.
    #[arg(long, requires = "token")]
    msg_signature: Option<String>,
    /// Print `{"message","receive_id","random"}`.
    #[arg(long)]
    json: bool,
    /// The ciphertext, or a whole XML or JSON body; `-` reads standard input.
    ciphertext: String,
}

pub(super) fn run(args: &Args, _: &Global) -> anyhow::Result<Exit> {
    let wrong = |error: &dyn std::fmt::Display| Wrong(error.to_string());
    let key = EncodingAesKey::parse(&args.aes_key).map_err(|error| wrong(&error))?;
    let text = input::text(&args.ciphertext)?;
    let encrypt = ciphertext(text.trim())?;
    if let (Some(token), Some(timestamp), Some(nonce), Some(given)) =
        (&args.token, &args.timestamp, &args.nonce, &args.msg_signature)
    {
        let token = Token::parse(token).map_err(|error| wrong(&error))?;
        if !signature::sign_sealed(&token, timestamp, nonce, &encrypt).is(given) {
            anyhow::bail!("the signature does not match: compare token, timestamp and nonce");
        }
    }
    let opened = Cipher::new(&key).open(&encrypt)?;
    if let Some(app_id) = &args.app_id {
        opened.check_receiver(&AppId::parse(app_id).map_err(|error| wrong(&error))?)?;
    }
    let message = String::from_utf8(opened.message)?;
    let mut out = std::io::stdout();
    if args.json {
        let random = opened.random.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("a String takes everything");
            hex
        });
        let line = serde_json::json!({
            "message": message, "receive_id": opened.receive_id, "random": random,
        });
        writeln!(out, "{line}")?;
    } else {
        writeln!(out, "{message}")?;
    }
    Ok(Exit::Done)
}

/// The ciphertext itself, or the `Encrypt` of a body.
fn ciphertext(text: &str) -> anyhow::Result<String> {
    if !text.starts_with(['<', '{']) {
        return Ok(text.to_owned());
    }
    let body = Tree::parse(text.as_bytes().to_vec())?;
    let sealed = body.root().get("Encrypt").or_else(|| body.root().get("encrypt"));
    let Some(sealed) = sealed else { anyhow::bail!("the body has no `Encrypt`") };
    Ok(sealed.text().trim().to_owned())
}
