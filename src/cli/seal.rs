//! `yizhan seal`: seals a message as WeChat does, or as our answers are.

use std::io::Write as _;

use super::Exit;
use super::Global;
use super::Wrong;
use super::input;
use crate::clock::Clock as _;
use crate::clock::SystemClock;
use crate::entropy::Entropy as _;
use crate::entropy::SystemEntropy;
use crate::wechat::Platform;
use crate::wechat::envelope::Cipher;
use crate::wechat::reply;
use crate::wechat::secret::EncodingAesKey;
use crate::wechat::secret::Token;
use crate::wechat::signature;
use crate::wechat::wire::Format;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  yizhan seal --token $TOKEN --aes-key $KEY --app-id wx0123456789abcdef - < reply.xml")]
pub(super) struct Args {
    /// The Token typed into WeChat's console.
    #[arg(long)]
    token: String,
    /// The EncodingAESKey, 43 characters.
    #[arg(long)]
    aes_key: String,
    /// The receiver's id; empty for a robot of 企业微信.
    #[arg(long)]
    app_id: String,
    /// Unix seconds; now if not given.
    #[arg(long)]
    timestamp: Option<i64>,
    /// Any text; random if not given.
    #[arg(long)]
    nonce: Option<String>,
    /// The 16 bytes in front of the message, as 32 hexadecimal digits; random if not given.
    #[arg(long)]
    random: Option<String>,
    /// The envelope's format.
    #[arg(long, default_value = "xml", value_parser = ["xml", "json"])]
    format: String,
    /// The message; `-` reads standard input.
    message: String,
}

pub(super) fn run(args: &Args, _: &Global) -> anyhow::Result<Exit> {
    let wrong = |error: &dyn std::fmt::Display| Wrong(error.to_string());
    let token = Token::parse(&args.token).map_err(|error| wrong(&error))?;
    let key = EncodingAesKey::parse(&args.aes_key).map_err(|error| wrong(&error))?;
    let random = match &args.random {
        None => SystemEntropy.prefix(),
        Some(hex) => parse_hex(hex).ok_or_else(|| wrong(&"`--random` takes 32 hex digits"))?,
    };
    let timestamp = args.timestamp.unwrap_or_else(|| SystemClock.unix());
    let nonce = args.nonce.clone().unwrap_or_else(|| SystemEntropy.nonce().to_string());
    let format = if args.format == "json" { Format::Json } else { Format::Xml };
    let message = input::text(&args.message)?;
    let encrypt = Cipher::new(&key).seal(message.as_bytes(), &args.app_id, &random);
    let signature = signature::sign_sealed(&token, &timestamp.to_string(), &nonce, &encrypt);
    let body = reply::write_envelope(
        format,
        Platform::OfficialAccount,
        &encrypt,
        signature.as_str(),
        timestamp,
        &nonce,
    );
    writeln!(std::io::stdout(), "{body}")?;
    Ok(Exit::Done)
}

fn parse_hex(text: &str) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    if text.len() != 32 || !text.is_ascii() {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}
