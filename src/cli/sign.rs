//! `yizhan sign`: the signature of a callback.

use std::io::Write as _;

use super::Exit;
use super::Global;
use super::Wrong;
use crate::wechat::secret::Token;
use crate::wechat::signature;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  yizhan sign --token AAAAA --timestamp 1714036504 --nonce 1514711492
  f464b24fc39322e44b38aa78f5edd27bd1441696")]
pub(super) struct Args {
    /// The Token typed into WeChat's console.
    #[arg(long)]
    token: String,
    /// `timestamp` of the query.
    #[arg(long)]
    timestamp: String,
    /// `nonce` of the query.
    #[arg(long)]
    nonce: String,
    /// The ciphertext; the answer is then the `msg_signature`.
    #[arg(long)]
    encrypt: Option<String>,
}

pub(super) fn run(args: &Args, _: &Global) -> anyhow::Result<Exit> {
    let token = Token::parse(&args.token).map_err(|error| Wrong(error.to_string()))?;
    let signature = match &args.encrypt {
        None => signature::sign(&token, &args.timestamp, &args.nonce),
        Some(encrypt) => {
            signature::sign_sealed(&token, &args.timestamp, &args.nonce, encrypt)
        }
    };
    writeln!(std::io::stdout(), "{}", signature.as_str())?;
    Ok(Exit::Done)
}
