//! Replaces what could tell who somebody is, or let anybody in: each value by one of the same
//! shape, and the same value by the same one as long as the station runs.
//!
//! Everything is replaced but what is listed here, so a field that WeChat adds tomorrow is safe.

use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;

use crate::entropy::Entropy;
use crate::wechat::inbound::Inbound;
use crate::wechat::wire::Field;
use crate::wechat::wire::Format;
use crate::wechat::wire::Kind;
use crate::wechat::wire::write_cdata;
use crate::wechat::wire::write_string;

/// Ends of names (in small letters, without `_`) whose values are words of the protocol, times,
/// or what the account's owner has called a button or a QR code.
const KEPT: &[&str] = &[
    "action",
    "agentid",
    "count",
    "errcode",
    "errorcode",
    "event",
    "eventkey",
    "format",
    "idx",
    "scene",
    "status",
    "statusstring",
    "suggest",
    "time",
    "timestamp",
    "type",
    "version",
];

/// Names, written in the same way, of what users type and say.
const TEXTS: &[&str] = &["content", "recognition"];

/// Senders that are nobody.
const NOBODY: &[&str] = &["", "sys", "@all"];

/// How identifiers begin, which tells what they identify.
const PREFIXES: &[&str] = &["gh_", "wx", "ww", "wm", "wo", "wr", "wk", "o"];

/// Numbers of up to so many digits are no identifiers.
const SHORT: usize = 3;

/// Identifiers shorter than this could be words: their first letter is not kept.
const LONG: usize = 20;

/// 汉字 that stand for others: three bytes each, as nearly all of them.
const HAN: [char; 16] = [
    '天', '地', '玄', '黄', '宇', '宙', '洪', '荒', '日', '月', '盈', '昃', '辰', '宿', '列', '张',
];

/// The replacements of one run.
pub(super) struct Disguise {
    key: [u8; 16],
    keeps_texts: bool,
}

impl Disguise {
    /// Draws a key, so that nobody can try out whose OpenID became which.
    pub(super) fn new(entropy: &dyn Entropy, keeps_texts: bool) -> Self {
        let mut key = [0; 16];
        entropy.fill(&mut key);
        Self { key, keeps_texts }
    }

    /// An identifier, or any other text: another one of the same shape and length. Letters become
    /// letters, digits digits; signs, blanks and emoji stay.
    pub(super) fn replace(&self, text: &str) -> String {
        if NOBODY.contains(&text.trim()) {
            return text.to_owned();
        }
        if let Some((scheme, rest)) = text.split_once("://").filter(|(it, _)| is_scheme(it)) {
            let path = rest.find(['/', '?']).map_or("", |at| &rest[at..]);
            return format!("{scheme}://example.com{}", self.fill(path));
        }
        let is_known = |prefix: &&&str| text.starts_with(**prefix) && text.len() > prefix.len();
        let prefix = PREFIXES.iter().find(is_known).filter(|it| it.len() > 1 || text.len() >= LONG);
        let prefix = prefix.map_or("", |prefix| prefix);
        format!("{prefix}{}", self.fill(&text[prefix.len()..]))
    }

    fn fill(&self, text: &str) -> String {
        let mut hasher = SipHasher13::new_with_key(&self.key);
        hasher.write(text.as_bytes());
        let mut state = hasher.finish();
        let is_hex_digit = |it: u8| matches!(it, b'0'..=b'9' | b'a'..=b'f');
        let is_hex = text.len() > 8 && text.bytes().all(is_hex_digit);
        let is_number = text.bytes().all(|it| it.is_ascii_digit());
        let mut is_first = true;
        let next = |letter: char| {
            let is_head = std::mem::replace(&mut is_first, false);
            let random = usize::try_from(next_random(&mut state) >> 33).unwrap_or_default();
            match letter {
                // A long number stays below 2^63, and has no zero in front that it had not.
                '1'..='9' if is_head && is_number => '1',
                '0' if is_head && is_number => '0',
                '0'..='9' => pick(b'0', 10, random),
                'a'..='z' if is_hex => pick(b'a', 6, random),
                'a'..='z' => pick(b'a', 26, random),
                'A'..='Z' => pick(b'A', 26, random),
                letter if !letter.is_alphanumeric() => letter,
                letter => match letter.len_utf8() {
                    2 => 'ж',
                    3 => HAN[random % HAN.len()],
                    _ => '𠀀',
                },
            }
        };
        text.chars().map(next).collect()
    }

    /// The value of the field called `name`.
    fn value(&self, name: &str, field: Field<'_>) -> String {
        let text = field.text();
        let name = name.replace('_', "").to_ascii_lowercase();
        if TEXTS.contains(&name.as_str()) {
            return if self.keeps_texts { text.to_owned() } else { self.fill(text) };
        }
        let digits = text.trim().trim_start_matches('-');
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_decimal =
            [whole, fraction].iter().all(|it| it.bytes().all(|it| it.is_ascii_digit()));
        let is_kept = KEPT.iter().any(|end| name.ends_with(end)) && !text.contains("://");
        match field.kind() {
            _ if is_kept => text.to_owned(),
            Kind::Bool | Kind::Null => text.to_owned(),
            _ if matches!(text, "true" | "false") => text.to_owned(),
            // A place on the map: within a degree of where it was.
            _ if is_decimal && !fraction.is_empty() && whole.len() <= SHORT => {
                let start = text.len() - text.trim_start().len();
                let point = text[start..].find('.').map_or(text.len(), |at| start + at + 1);
                format!("{}{}", &text[..point], self.fill(&text[point..]).replace('-', "0"))
            }
            _ if is_decimal && digits.len() <= SHORT => text.to_owned(),
            Kind::Number if !is_decimal => "0".to_owned(),
            Kind::Number if text.starts_with('-') => format!("-{}", self.fill(digits)),
            _ => self.replace(text),
        }
    }

    /// The whole message with its values replaced, in the format and order in which it came.
    pub(super) fn document(&self, inbound: &Inbound) -> String {
        let mut out = String::with_capacity(inbound.source().len());
        match inbound.format() {
            Format::Xml => {
                out.push_str("<xml>");
                inbound.root().children().for_each(|child| self.element(child, &mut out));
                out.push_str("</xml>");
            }
            Format::Json => self.json("", inbound.root(), &mut out),
        }
        out
    }

    fn element(&self, field: Field<'_>, out: &mut String) {
        out.extend(["<", field.name(), ">"]);
        match field.kind() {
            Kind::Object => field.children().for_each(|child| self.element(child, out)),
            _ => {
                let text = self.value(field.name(), field);
                match text.bytes().all(|it| it.is_ascii_digit()) {
                    true => out.push_str(&text),
                    false => write_cdata(&text, out),
                }
            }
        }
        out.extend(["</", field.name(), ">\n"]);
    }

    /// `name` is that of the member; items of a list go by the name of the list.
    fn json(&self, name: &str, field: Field<'_>, out: &mut String) {
        let (open, close) = match field.kind() {
            Kind::Object => ('{', '}'),
            Kind::List => ('[', ']'),
            Kind::Text => return write_string(&self.value(name, field), out),
            _ => return out.push_str(&self.value(name, field)),
        };
        out.push(open);
        for (index, child) in field.children().enumerate() {
            if index > 0 {
                out.push(',');
            }
            if field.kind() == Kind::Object {
                write_string(child.name(), out);
                out.push(':');
                self.json(child.name(), child, out);
            } else {
                self.json(name, child, out);
            }
        }
        out.push(close);
    }
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_alphabetic())
}

fn pick(first: u8, count: u8, random: usize) -> char {
    let step = u8::try_from(random % usize::from(count)).unwrap_or_default();
    char::from(first + step)
}

/// SplitMix64.
fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::Disguise;
    use crate::entropy::SeededEntropy;
    use crate::wechat::inbound::Inbound;

    fn document(source: &str, keeps_texts: bool) -> String {
        let disguise = Disguise::new(&SeededEntropy::new(1), keeps_texts);
        disguise.document(&Inbound::parse(source.as_bytes().to_vec()).unwrap())
    }

    #[test]
    fn a_text_message_keeps_its_shape_and_loses_who_wrote_what() {
        let source = "<xml><ToUserName><![CDATA[gh_0a1b2c3d4e5f]]></ToUserName>
            <FromUserName><![CDATA[oRefUser0000000000000000001]]></FromUserName>
            <CreateTime>1767225600</CreateTime><MsgType><![CDATA[text]]></MsgType>
            <Content><![CDATA[我的电话是 13800138000, Ann]]></Content>
            <MsgId>7300000000000000001</MsgId></xml>";
        let disguised = document(source, false);
        for secret in ["0a1b2c", "RefUser", "电话", "13800138000", "Ann", "73000"] {
            assert!(!disguised.contains(secret), "{secret} in {disguised}");
        }
        let inbound = Inbound::parse(disguised.clone().into_bytes()).unwrap();
        assert_eq!(
            (inbound.kind(), inbound.name(), inbound.created()),
            ("message", "text", "1767225600")
        );
        assert_eq!(inbound.check(), Some(Ok(())));
        assert!(inbound.to().starts_with("gh_") && inbound.to().len() == 15, "{disguised}");
        assert!(inbound.from().starts_with('o') && inbound.from().len() == 27, "{disguised}");
        assert_eq!(inbound.text().len(), "我的电话是 13800138000, Ann".len());
        assert!(inbound.msg_id().len() == 19 && inbound.msg_id().parse::<i64>().is_ok());
        assert!(document(source, true).contains("我的电话是 13800138000, Ann"));
    }

    #[test]
    fn the_same_value_becomes_the_same_one_and_another_another() {
        let disguise = Disguise::new(&SeededEntropy::new(1), false);
        assert_eq!(disguise.replace("oUser1"), disguise.replace("oUser1"));
        assert_ne!(disguise.replace("oUser1"), disguise.replace("oUser2"));
        let other = Disguise::new(&SeededEntropy::new(2), false);
        assert_ne!(disguise.replace("oUser1"), other.replace("oUser1"));
    }

    #[test]
    fn a_field_of_tomorrow_is_replaced_and_words_of_the_protocol_stay() {
        let source = r#"{"MsgType":"event","Event":"CLICK","EventKey":"MENU_HELP","Mobile":13800138000,
            "Status":"failed:user block","Nested":{"list":["a@b.cn",{"token":"s3cret"}],"n":12,"ok":true},
            "Location_X":"31.230416","Lon":-121.473701,"VerifyCode":"7741","Big":1e400,"FromUserName":"sys"}"#;
        let disguised: Value = serde_json::from_str(&document(source, false)).unwrap();
        let kept = [("Event", "CLICK"), ("EventKey", "MENU_HELP"), ("Status", "failed:user block")];
        for (name, value) in kept {
            assert_eq!(disguised[name], value);
        }
        assert_eq!(disguised["FromUserName"], "sys");
        assert_eq!(disguised["Nested"]["n"], 12);
        assert_eq!(disguised["Nested"]["ok"], true);
        let text = disguised.to_string();
        for secret in ["13800138000", "a@b.cn", "s3cret", "230416", "473701", "7741"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert!(disguised["Location_X"].as_str().unwrap().starts_with("31."));
        assert_eq!(disguised["Big"], 0);
    }

    #[test]
    fn an_address_keeps_only_that_it_is_one() {
        let disguise = Disguise::new(&SeededEntropy::new(1), false);
        let url = disguise.replace("https://qyapi.example.cn/cgi-bin/reply?code=abc");
        assert!(url.starts_with("https://example.com/"), "{url}");
        assert!(!url.contains("abc") && !url.contains("cgi"), "{url}");
    }
}
