//! Every number of the platform, with its unit and where it comes from.

use std::time::Duration;

/// How long WeChat waits for an answer before it cuts the line.
/// Source: "Receiving standard messages", retry rule.
pub const REPLY_WINDOW: Duration = Duration::from_secs(5);

/// How often WeChat delivers one message: once, and again after each cut line.
/// The pages say "retries three times in total"; observed are three deliveries.
pub const TRIES: u32 = 3;

/// From the first delivery of a message until the last moment its last try can be answered.
pub const RETRY_WINDOW: Duration = Duration::from_secs(15);

/// How long 企业微信 asks how a robot's streamed answer goes on, from its beginning.
/// Source: "Intelligent robot", streamed replies.
pub const STREAM_LIFE: Duration = Duration::from_mins(6);

/// The longest text a passive reply may carry, in bytes of UTF-8.
/// Source: WeCom "Passive reply"; for the 公众号 it is what libraries agree on.
pub const REPLY_TEXT_BYTES: usize = 2048;

/// The longest text of one customer-service or application message, in bytes of UTF-8.
/// Source: 企业微信 "Sending application messages"; for customer service it is reported (45002).
pub const MESSAGE_TEXT_BYTES: usize = 2048;

/// Articles in a customer-service message. Source: "Customer service messages", `news`.
pub const NEWS_FROM_SERVICE: usize = 1;

/// How long after a user's message the typing state may be shown.
/// Source: "Customer service input status", 45080.
pub const TYPING_WINDOW: Duration = Duration::from_secs(30);

/// How long the typing state stays. Source: "Customer service input status".
pub const TYPING_SHOWN: Duration = Duration::from_secs(15);

/// Articles in a `news` reply to a message (text, image, voice, video, link, location).
/// Source: "Passive user reply", picture-and-text messages.
pub const NEWS_TO_A_MESSAGE: usize = 1;

/// Articles in a `news` reply to anything else, and in WeCom.
pub const NEWS_TO_AN_EVENT: usize = 8;

/// Length of the key typed into the console. Source: "Message encryption", EncodingAESKey.
pub const AES_KEY_CHARS: usize = 43;

/// The longest token the console takes; the shortest is 3. Source: "Access guide".
pub const TOKEN_CHARS: std::ops::RangeInclusive<usize> = 3..=32;

/// Bytes before the message inside an envelope: 16 random ones and the length in 4.
pub const ENVELOPE_HEADER: usize = 20;

/// The padding of an envelope fills up to a multiple of this, not of AES's 16.
pub const PADDING_BLOCK: usize = 32;

/// Levels of nesting read from a callback. Documented messages have at most eight.
pub const DEPTH: usize = 128;

/// The largest callback body read unless the config says otherwise; real ones are under 10 KB.
pub const BODY_BYTES: usize = 1024 * 1024;
