//! The published vectors of signature and envelope, and properties of both for any input.

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::BlockModeEncrypt as _;
use cbc::cipher::KeyIvInit as _;
use cbc::cipher::block_padding::NoPadding;
use proptest::prelude::any;
use proptest::prop_assert;
use proptest::prop_assert_eq;
use proptest::proptest;
use serde::Deserialize;
use yizhan::wechat::Mode;
use yizhan::wechat::Platform;
use yizhan::wechat::callback::Agreement;
use yizhan::wechat::callback::CallbackError;
use yizhan::wechat::envelope::Cipher;
use yizhan::wechat::envelope::EnvelopeError;
use yizhan::wechat::id::AppId;
use yizhan::wechat::secret::EncodingAesKey;
use yizhan::wechat::secret::SecretError;
use yizhan::wechat::secret::Token;
use yizhan::wechat::signature::sign;
use yizhan::wechat::signature::sign_sealed;

#[derive(Deserialize)]
struct Vectors {
    plain: Vec<Plain>,
    sealed: Vec<Sealed>,
    signed: Vec<Signed>,
}

/// Token, timestamp and nonce only.
#[derive(Deserialize)]
struct Plain {
    id: String,
    token: String,
    timestamp: String,
    nonce: String,
    signature: String,
}

/// A ciphertext whose key is not public.
#[derive(Deserialize)]
struct Signed {
    id: String,
    token: String,
    timestamp: String,
    nonce: String,
    signature: String,
    encrypt: String,
}

#[derive(Deserialize)]
struct Sealed {
    id: String,
    about: String,
    token: String,
    encoding_aes_key: String,
    receive_id: String,
    timestamp: String,
    nonce: String,
    signature: String,
    encrypt: String,
    random_hex: String,
    plaintext: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../fixtures/vectors.json")).unwrap()
}

fn vector(id: &str) -> Sealed {
    vectors().sealed.into_iter().find(|vector| vector.id == id).unwrap()
}

impl Sealed {
    fn token(&self) -> Token {
        Token::parse(&self.token).unwrap()
    }

    fn cipher(&self) -> Cipher {
        Cipher::new(&EncodingAesKey::parse(&self.encoding_aes_key).unwrap())
    }

    fn receiver(&self) -> AppId {
        AppId::parse(&self.receive_id).unwrap()
    }

    fn random(&self) -> [u8; 16] {
        let digits = self.random_hex.as_bytes().chunks(2);
        let bytes =
            digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap());
        bytes.collect::<Vec<_>>().try_into().unwrap()
    }

    fn agreement(&self, platform: Platform) -> Agreement {
        Agreement {
            platform,
            mode: Mode::Safe,
            token: Some(self.token()),
            ciphers: vec![self.cipher()],
            receive_id: self.receiver(),
            max_age: std::time::Duration::ZERO,
        }
    }

    /// The query of the URL check, its ciphertext percent-encoded.
    fn echo_query(&self, nonce: &str) -> String {
        let echostr = self.encrypt.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        let Self { signature, timestamp, .. } = self;
        format!("msg_signature={signature}&timestamp={timestamp}&nonce={nonce}&echostr={echostr}")
    }
}

#[test]
fn every_plain_vector_has_its_signature() {
    let plain = vectors().plain;
    assert_eq!(plain.len(), 3);
    for vector in plain {
        let token = Token::parse(&vector.token).unwrap();
        let signature = sign(&token, &vector.timestamp, &vector.nonce);
        assert_eq!(signature.as_str(), vector.signature, "{}", vector.id);
    }
}

#[test]
fn a_ciphertext_without_its_key_has_its_signature() {
    for vector in vectors().signed {
        let token = Token::parse(&vector.token).unwrap();
        let signature = sign_sealed(&token, &vector.timestamp, &vector.nonce, &vector.encrypt);
        assert_eq!(signature.as_str(), vector.signature, "{}", vector.id);
    }
}

#[test]
fn every_sealed_vector_opens_and_seals_again_byte_for_byte() {
    let sealed = vectors().sealed;
    assert_eq!(sealed.len(), 16);
    for vector in sealed {
        let name = format!("{} {}", vector.id, vector.about);
        let opened = vector.cipher().open(&vector.encrypt).unwrap();
        assert_eq!(String::from_utf8(opened.message.clone()).unwrap(), vector.plaintext, "{name}");
        assert_eq!(opened.random, vector.random(), "{name}");
        assert_eq!(opened.check_receiver(&vector.receiver()), Ok(()), "{name}");
        let again = vector.cipher().seal(&opened.message, &vector.receive_id, &vector.random());
        assert_eq!(again, vector.encrypt, "{name}");
    }
}

#[test]
fn every_sealed_vector_has_its_signature_and_no_other() {
    for vector in vectors().sealed {
        let Sealed { id, timestamp, nonce, encrypt, signature, .. } = &vector;
        let ours = sign_sealed(&vector.token(), timestamp, nonce, encrypt);
        assert!(ours.is(signature), "{id}");
        assert!(!ours.is(&signature.to_ascii_uppercase()), "{id}");
        for at in 0..signature.len() {
            let digit = if &signature[at..=at] == "0" { "1" } else { "0" };
            let forged = format!("{}{digit}{}", &signature[..at], &signature[at + 1..]);
            assert!(!ours.is(&forged), "{id}: digit {at}");
        }
    }
}

#[test]
fn wecoms_url_check_gives_back_the_decrypted_echo() {
    for (id, echo) in [
        ("V05", "1616140317555161061"),
        ("V09", "5927782489442352469"),
        ("V12", "94966531020182955848408"),
    ] {
        let vector = vector(id);
        let agreement = vector.agreement(Platform::Wecom);
        assert_eq!(agreement.check_url(&vector.echo_query(&vector.nonce), 0).unwrap(), echo);
    }
}

#[test]
fn wecoms_url_check_with_another_nonce_is_refused() {
    let vector = vector("V09");
    let checked = vector.agreement(Platform::Wecom).check_url(&vector.echo_query("437374424"), 0);
    assert_eq!(checked, Err(CallbackError::SignatureMismatch));
}

#[test]
fn a_published_callback_comes_through_whole() {
    let vector = vector("V06");
    let Sealed { signature, timestamp, nonce, encrypt, .. } = &vector;
    let query = format!("msg_signature={signature}&timestamp={timestamp}&nonce={nonce}");
    let body = format!(
        "<xml><ToUserName>wx5823bf96d3bd56c7</ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt><AgentID>218</AgentID></xml>"
    );
    let received = vector.agreement(Platform::Wecom).open(&query, body.into(), 0).unwrap();
    assert_eq!(received.inbound.text(), "hello");
    assert_eq!(received.inbound.msg_id(), "4561255354251345929");
}

#[test]
fn an_envelope_for_somebody_else_is_refused_although_its_signature_is_right() {
    let vector = vector("V06");
    let Sealed { signature, timestamp, nonce, encrypt, .. } = &vector;
    let query = format!("msg_signature={signature}&timestamp={timestamp}&nonce={nonce}");
    let body = format!("<xml><Encrypt>{encrypt}</Encrypt></xml>");
    let expected = AppId::parse("wx0000000000000000").unwrap();
    let agreement = Agreement { receive_id: expected.clone(), ..vector.agreement(Platform::Wecom) };
    let refused = agreement.open(&query, body.into(), 0).unwrap_err();
    let found = vector.receiver();
    assert_eq!(refused, EnvelopeError::WrongReceiver { expected, found }.into());
}

#[test]
fn a_ciphertext_without_its_last_32_bytes_does_not_open() {
    let vector = vector("V08");
    let mut bytes = STANDARD.decode(&vector.encrypt).unwrap();
    bytes.truncate(bytes.len() - 32);
    let opened = vector.cipher().open(&STANDARD.encode(bytes));
    assert_eq!(opened, Err(EnvelopeError::WrongKey));
}

#[test]
fn a_key_of_42_or_44_characters_is_no_key() {
    for (length, key) in [(42, "A".repeat(42)), (44, "A".repeat(44))] {
        assert_eq!(EncodingAesKey::parse(&key), Err(SecretError::KeyLength(length)));
    }
}

/// 43 times `A` is a key of 32 zero bytes, with which a test can seal what `seal` never would.
fn zero_cipher() -> Cipher {
    Cipher::new(&EncodingAesKey::parse(&"A".repeat(43)).unwrap())
}

/// Encrypts bytes as they are, without layout or padding.
fn forge(plain: &[u8]) -> String {
    let mut bytes = plain.to_vec();
    cbc::Encryptor::<Aes256>::new(&[0; 32].into(), &[0; 16].into())
        .encrypt_padded::<NoPadding>(&mut bytes, plain.len())
        .unwrap();
    STANDARD.encode(bytes)
}

/// 16 random bytes, the length field, `message`, and `count` bytes of `padding`.
fn layout(length: u32, message: &[u8], count: usize, padding: u8) -> Vec<u8> {
    let mut plain = vec![b'r'; 16];
    plain.extend(length.to_be_bytes());
    plain.extend(message);
    plain.extend(std::iter::repeat_n(padding, count));
    plain
}

#[test]
fn a_forged_envelope_opens_only_if_its_layout_is_right() {
    let right = forge(&layout(5, b"hello", 7, 7));
    assert_eq!(zero_cipher().open(&right).unwrap().message, b"hello");
    let forged = [
        ("a length of 4 GiB", layout(u32::MAX, b"hello", 7, 7)),
        ("a length one too long", layout(6, b"hello", 7, 7)),
        ("padding 0", layout(5, b"hello", 7, 0)),
        ("padding 33", layout(5, &[b'x'; 7], 33 + 4, 33)),
        ("padding longer than all", layout(0, b"", 12, 33)),
        ("padding that does not repeat", layout(5, b"hello", 7, 8)),
        ("nothing but padding", vec![32; 32]),
        ("no room for the length", [[b'r'; 16].as_slice(), &[16; 16]].concat()),
    ];
    for (what, plain) in forged {
        assert_eq!(zero_cipher().open(&forge(&plain)), Err(EnvelopeError::WrongKey), "{what}");
    }
}

#[test]
fn what_is_not_base64_of_whole_blocks_is_no_ciphertext() {
    let encrypt = vector("V07").encrypt;
    for text in
        ["", "=", "AAAA", "not base64!", &encrypt[..encrypt.len() - 4], &format!("{encrypt}=")]
    {
        assert_eq!(zero_cipher().open(text), Err(EnvelopeError::NotCiphertext), "{text}");
    }
}

proptest! {
    #[test]
    fn whatever_is_sealed_opens_again(
        message: Vec<u8>,
        random: [u8; 16],
        receive_id in "[!-~]{0,40}",
        key: [u8; 32],
    ) {
        let key = STANDARD.encode(key);
        let cipher = Cipher::new(&EncodingAesKey::parse(key.trim_end_matches('=')).unwrap());
        let opened = cipher.open(&cipher.seal(&message, &receive_id, &random)).unwrap();
        prop_assert_eq!(opened.message, message);
        prop_assert_eq!(opened.random, random);
        prop_assert_eq!(opened.receive_id, receive_id);
    }

    #[test]
    fn no_text_makes_open_panic(text: String) {
        drop(zero_cipher().open(&text));
    }

    #[test]
    fn no_bytes_make_open_panic_whether_sealed_with_the_key_or_not(
        blocks in proptest::collection::vec(any::<[u8; 16]>(), 1..6),
        padding in 0_u8..40,
    ) {
        let mut plain = blocks.concat();
        drop(zero_cipher().open(&STANDARD.encode(&plain)));
        // With a likely padding, so that the layout behind it is reached.
        let from = plain.len().saturating_sub(usize::from(padding));
        plain[from..].fill(padding);
        if let Ok(opened) = zero_cipher().open(&forge(&plain)) {
            prop_assert!(opened.message.len() + opened.receive_id.len() + 20 < plain.len());
        }
    }
}
