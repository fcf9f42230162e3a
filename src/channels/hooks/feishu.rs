//! Feishu and Lark: what is written to an app's bot.
//!
//! Sources: Feishu, "Event subscription": "Configure the Encrypt Key", "Receive message v2.0". The
//! Verification Token stands in each event; with an Encrypt Key it is sealed and signed as well.

use std::time::Duration;

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::BlockModeDecrypt as _;
use cbc::cipher::KeyIvInit as _;
use cbc::cipher::block_padding::Pkcs7;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use sha2::Digest as _;
use sha2::Sha256;

use super::Answer;
use super::Arrived;
use super::Heard;
use super::Hook;
use super::HookError;
use super::HookKind;
use super::Said;
use super::Upstream;
use super::json;
use super::proof;
use crate::channels::common::hex;
use crate::config::secret::Secret;

pub(super) const HOOK: HookKind = HookKind {
    kind: "feishu",
    secret: "the Verification Token of the app",
    other: "encrypt_key",
    tells: false,
    verify,
    read,
    ready: Answer::EMPTY,
};

const IV: usize = 16;

/// The check of the address comes without a signature, sealed all the same; its token is compared
/// like every other.
fn verify(hook: &Hook, arrived: &Arrived, now: Duration) -> Result<(), HookError> {
    if arrived.is_check {
        return Err(HookError::Secret);
    }
    let given = arrived.header("x-lark-signature");
    let Some(key) = hook.other.as_ref().filter(|_| !given.is_empty()) else { return Ok(()) };
    let timestamp = arrived.header("x-lark-request-timestamp");
    let nonce = arrived.header("x-lark-request-nonce");
    let mut digest = Sha256::new();
    for part in [timestamp.as_bytes(), nonce.as_bytes(), key.expose().as_bytes(), &arrived.body] {
        digest.update(part);
    }
    if !proof::is_same(given, &hex(&digest.finalize())) {
        return Err(HookError::Signature);
    }
    proof::check_time(timestamp.parse().ok().map(Duration::from_secs), now)
}

fn read(hook: &Hook, arrived: &Arrived) -> Result<Heard, HookError> {
    let mut fields = json::object(arrived)?;
    if let Some(key) = &hook.other {
        // Who has set a key takes nothing in clear.
        let opened = unseal(key, &json::text(&fields, "encrypt")).ok_or(HookError::Signature)?;
        fields = serde_json::from_slice(&opened).map_err(|_| HookError::Unreadable)?;
    }
    let is_new = fields.contains_key("schema");
    let token = json::text(&fields, if is_new { "header.token" } else { "token" });
    if !proof::is_same(&token, hook.secret.expose()) {
        return Err(HookError::Secret);
    }
    if json::text(&fields, "type") == "url_verification" {
        let challenge = json::text(&fields, "challenge");
        return Ok(Heard::nothing(Answer::json(&json!({ "challenge": challenge }))));
    }
    if hook.other.is_some() && arrived.header("x-lark-signature").is_empty() {
        return Err(HookError::Signature);
    }
    Ok(Heard::upstream(READY, upstream(fields).into_iter().collect()))
}

const READY: Answer = Answer::fixed("{}");

/// An event of version 2.0; of the old ones nothing is made.
fn upstream(mut fields: Map<String, Value>) -> Option<Upstream> {
    let name = json::text(&fields, "header.event_type");
    let id = json::text(&fields, "header.event_id");
    if name.is_empty() || id.is_empty() {
        return None;
    }
    // It proves whom it comes from, and rules have no use for it.
    if let Some(Value::Object(header)) = fields.get_mut("header") {
        header.shift_remove("token");
    }
    let is_message = name == "im.message.receive_v1";
    let sender = json::text(&fields, "event.sender.sender_id.open_id");
    let said = if is_message { said(&fields) } else { Said::Event { name, key: String::new() } };
    Some(Upstream {
        said,
        reply_to: sender.clone(),
        from: sender,
        id,
        at: json::millis(&fields, "header.create_time"),
        inline: None,
        fields,
    })
}

/// A message's content is JSON in a text.
fn said(fields: &Map<String, Value>) -> Said {
    let kind = json::text(fields, "event.message.message_type");
    let content = json::text(fields, "event.message.content");
    let content: Map<String, Value> = serde_json::from_str(&content).unwrap_or_default();
    match kind.as_str() {
        "text" => Said::Text(words(&json::text(&content, "text"))),
        "audio" => Said::Other("voice".to_owned()),
        "media" => Said::Other("video".to_owned()),
        _ => Said::Other(kind),
    }
}

/// The text without the mention of the bot in front, `@_user_1`.
fn words(text: &str) -> String {
    let text = text.trim();
    let is_mention = |word: &str| word.starts_with("@_user_");
    match text.split_once(char::is_whitespace) {
        Some((first, rest)) if is_mention(first) => rest.trim().to_owned(),
        _ => text.to_owned(),
    }
}

/// Opens what is sealed: AES-256-CBC, the key a digest of the owner's, the first block the start.
fn unseal(key: &Secret, sealed: &str) -> Option<Vec<u8>> {
    let mut bytes = STANDARD.decode(sealed).ok()?;
    if bytes.len() < 2 * IV {
        return None;
    }
    let mut sealed = bytes.split_off(IV);
    let iv: [u8; IV] = bytes.try_into().ok()?;
    let key: [u8; 32] = Sha256::digest(key.expose()).into();
    let decryptor = cbc::Decryptor::<Aes256>::new(&key.into(), &iv.into());
    decryptor.decrypt_padded::<Pkcs7>(&mut sealed).ok().map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::unseal;
    use super::words;
    use crate::config::secret::Secret;

    #[test]
    fn the_mention_of_the_bot_is_no_part_of_what_was_typed() {
        assert_eq!(words("@_user_1 重启 web "), "重启 web");
        assert_eq!(words("重启 @_user_1"), "重启 @_user_1");
    }

    #[test]
    fn the_published_example_opens() {
        let sealed = "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=";
        assert_eq!(unseal(&Secret::new("test key"), sealed).unwrap(), b"hello world");
    }

    #[test]
    fn what_is_no_sealed_event_does_not_open() {
        let key = Secret::new("test key");
        for sealed in ["", "!", "AAAA", &"A".repeat(20), &"A".repeat(60)] {
            assert_eq!(unseal(&key, sealed), None, "{sealed}");
        }
    }
}
