//! Template messages of 公众号, and subscription messages of 公众号 and 小程序.
//!
//! Source: "Template messages" and "Subscription messages", reference sections 9.1 to 9.3.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use super::api::Done;
use super::api::answers;
use super::api::api;
use super::limit;
use super::limit::Limit;
use crate::wechat::Platform;

/// The longest `client_msg_id`, in bytes; reported, not documented.
pub const CLIENT_MSG_ID_BYTES: usize = 32;

/// What a template shows, by the names of its fields.
pub type Data = BTreeMap<String, Cell>;

/// One field of a template.
#[derive(Clone, Serialize, Deserialize)]
pub struct Cell {
    /// What it shows.
    pub value: String,
    /// `#173177`; current versions of WeChat ignore it.
    pub color: Option<String>,
}

impl<T: Into<String>> From<T> for Cell {
    fn from(value: T) -> Self {
        Self { value: value.into(), color: None }
    }
}

/// Where a tap leads, if into a mini program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Miniprogram {
    /// The mini program; the 公众号 must be linked to it.
    pub appid: String,
    /// With its query.
    pub pagepath: Option<String>,
}

/// Which version of the mini program a tap opens.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The developer's.
    Developer,
    /// The testers'.
    Trial,
    /// The released one; what WeChat takes where none is given.
    Formal,
}

api! {
    /// Sends a template message. How it ended comes later as `TEMPLATESENDJOBFINISH`.
    #[derive(Default)]
    Post "/cgi-bin/message/template/send", Send {
        /// A follower.
        touser: String,
        /// From the console.
        template_id: String,
        /// Where a tap leads.
        url: Option<String>,
        /// Where a tap leads, before `url`.
        miniprogram: Option<Miniprogram>,
        /// The same id within 10 minutes is sent once.
        client_msg_id: Option<String>,
        /// What it shows.
        data: Data,
    } -> Sent, check: |it, platform| {
        limit::only_on(&[Platform::OfficialAccount], platform, "template")?;
        let id = it.client_msg_id.as_deref().unwrap_or_default();
        limit::bytes("client_msg_id", id, CLIENT_MSG_ID_BYTES)
    };

    /// Sends the one message that a user allowed on the page of [`one_time_url`].
    #[derive(Default)]
    Post "/cgi-bin/message/template/subscribe", OneTime {
        /// Who allowed it.
        touser: String,
        /// From the console.
        template_id: String,
        /// Where a tap leads.
        url: Option<String>,
        /// Where a tap leads, before `url`.
        miniprogram: Option<Miniprogram>,
        /// That of the page.
        scene: String,
        /// At most 15 characters.
        title: String,
        /// Only `content`, at most 200 characters.
        data: Data,
    } -> Done, check: |it, platform| {
        limit::only_on(&[Platform::OfficialAccount], platform, "template")?;
        limit::chars("title", &it.title, 15)?;
        let content = it.data.get("content").map_or("", |it| &it.value);
        limit::chars("data.content.value", content, 200)
    };

    /// Sends a subscription message (订阅通知) of a 公众号.
    #[derive(Default)]
    Post "/cgi-bin/message/subscribe/bizsend", SendNotice {
        /// Who subscribed.
        touser: String,
        /// From the console.
        template_id: String,
        /// The web page a tap leads to.
        page: Option<String>,
        /// Where a tap leads, before `page`.
        miniprogram: Option<Miniprogram>,
        /// What it shows.
        data: Data,
    } -> Done, check: |it, platform| {
        limit::only_on(&[Platform::OfficialAccount], platform, "subscribe")?;
        check_data(&it.data)
    };

    /// Sends a subscription message (订阅消息) of a 小程序.
    #[derive(Default)]
    Post "/cgi-bin/message/subscribe/send", SendSubscription {
        /// Who subscribed.
        touser: String,
        /// From the console.
        template_id: String,
        /// The page a tap leads to, with its query.
        page: Option<String>,
        /// The version a tap opens.
        miniprogram_state: Option<State>,
        /// `zh_CN` where none is given; `en_US`, `zh_HK`, `zh_TW`.
        lang: Option<String>,
        /// What it shows.
        data: Data,
    } -> Done, check: |it, platform| {
        limit::only_on(&[Platform::MiniProgram], platform, "subscribe")?;
        check_data(&it.data)
    };

    /// The templates of the account's subscription messages.
    Get "/wxaapi/newtmpl/gettemplate", Templates {} -> TemplateList;
}

answers! {
    /// A template message on its way.
    Sent {
        /// What `TEMPLATESENDJOBFINISH` calls it.
        msgid: i64,
    }
    /// The templates of an account.
    TemplateList {
        /// As WeChat lists them.
        data: Vec<Value>,
    }
}

/// The page on which a user allows one message.
pub fn one_time_url(app_id: &str, scene: u32, template_id: &str, back_to: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("action", "get_confirm").append_pair("appid", app_id);
    query.append_pair("scene", &scene.to_string()).append_pair("template_id", template_id);
    query.append_pair("redirect_url", back_to);
    let query = query.finish();
    format!("https://mp.weixin.qq.com/mp/subscribemsg?{query}#wechat_redirect")
}

/// What a field may hold: the beginning of its name, whether a value is good, and the rule.
type Rule = (&'static str, fn(&str) -> bool, &'static str);

/// The rules of all fields: ONE LINE EACH.
const RULES: &[Rule] = &[
    ("thing", |it| len(it) <= 20, "1 to 20 characters"),
    ("number", |it| len(it) <= 32 && is_number(it), "a number of at most 32 digits"),
    ("letter", |it| len(it) <= 32 && it.chars().all(char::is_alphabetic), "1 to 32 letters"),
    ("symbol", |it| len(it) <= 5, "1 to 5 symbols"),
    (
        "character_string",
        |it| len(it) <= 32 && it.is_ascii(),
        "letters, digits and symbols, at most 32",
    ),
    ("time", has_digit, "a time such as `15:01`, or a date and a time"),
    ("date", has_digit, "a date such as `2026-01-01`, or with a time"),
    ("amount", |it| digits(it) <= 10 && has_digit(it), "a currency sign and up to 10 digits"),
    ("phone_number", |it| len(it) <= 17, "1 to 17 digits and signs"),
    ("car_number", |it| len(it) <= 8, "1 to 8 characters"),
    ("name", is_name, "up to 10 Chinese characters or 20 letters"),
    ("phrase", |it| len(it) <= 5 && !it.is_ascii(), "1 to 5 Chinese characters"),
];

fn len(text: &str) -> usize {
    text.chars().count()
}

fn digits(text: &str) -> usize {
    let whole = text.split('.').next().unwrap_or_default();
    whole.chars().filter(char::is_ascii_digit).count()
}

fn has_digit(text: &str) -> bool {
    text.contains(|it: char| it.is_ascii_digit())
}

fn is_number(text: &str) -> bool {
    let bare = text.strip_prefix('-').unwrap_or(text);
    bare.chars().all(|it| it.is_ascii_digit() || it == '.')
}

fn is_name(text: &str) -> bool {
    let most = if text.is_ascii() { 20 } else { 10 };
    len(text) <= most
}

/// Checks each value against the rule of its field; WeChat answers 47003 otherwise, or 1 of them.
fn check_data(data: &Data) -> Result<(), Limit> {
    for (field, cell) in data {
        let text = cell.value.as_str();
        let is_clean = !text.is_empty() && !text.contains(char::is_control);
        limit::value(field, is_clean, "not empty, without line breaks and control characters")?;
        let kind = field.trim_end_matches(|it: char| it.is_ascii_digit());
        if let Some((_, is_good, rule)) = RULES.iter().find(|(name, ..)| *name == kind) {
            limit::value(field, is_good(text), rule)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Data;
    use super::check_data;
    use super::one_time_url;

    fn checked(field: &str, value: &str) -> Result<(), String> {
        let data = Data::from([(field.to_owned(), value.into())]);
        check_data(&data).map_err(|error| error.to_string())
    }

    #[test]
    fn each_value_keeps_the_rule_of_its_field() {
        for (field, value) in [
            ("thing1", "二十个字二十个字二十个字二十个字二十个字"),
            ("number2", "-3.14"),
            ("letter3", "abc"),
            ("symbol4", "★★★★★"),
            ("character_string5", "A-7/x"),
            ("time6", "2026年1月1日 08:00~09:00"),
            ("date7", "2026-01-01"),
            ("amount8", "￥1234567890.50元"),
            ("phone_number9", "+86-0766-66888866"),
            ("car_number10", "粤A8Z888挂"),
            ("name11", "张三"),
            ("phrase12", "已发货"),
            ("enum13", "whatever the console lists"),
        ] {
            assert_eq!(checked(field, value), Ok(()), "{field}");
        }
    }

    #[test]
    fn a_value_that_breaks_its_rule_is_named_with_the_rule_and_not_shown() {
        let error = checked("thing1", "二十一个字二十一个字二十一个字二十一个字三").unwrap_err();
        assert_eq!(error, "`thing1` must be 1 to 20 characters");
        for (field, value) in [
            ("thing1", ""),
            ("thing1", "a\nb"),
            ("number2", "3 pieces"),
            ("letter3", "a1"),
            ("symbol4", "★★★★★★"),
            ("character_string5", "汉字"),
            ("date7", "tomorrow"),
            ("amount8", "￥12345678901"),
            ("name11", "一二三四五六七八九十一"),
            ("phrase12", "shipped"),
        ] {
            assert!(checked(field, value).is_err(), "{field} {value}");
        }
    }

    #[test]
    fn the_page_of_a_one_time_subscription_has_its_query_escaped() {
        assert_eq!(
            one_time_url("wx1", 7, "TPL", "https://e.com/?a=b"),
            "https://mp.weixin.qq.com/mp/subscribemsg?action=get_confirm&appid=wx1&scene=7\
             &template_id=TPL&redirect_url=https%3A%2F%2Fe.com%2F%3Fa%3Db#wechat_redirect"
        );
    }
}
