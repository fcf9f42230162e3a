//! What our pages say, in the languages that they are read in.

use serde::Serialize;

/// The words of one language. `{}` is where a value goes.
#[derive(Debug, Serialize)]
pub(super) struct Words {
    pub(super) lang: &'static str,
    pub(super) optional: &'static str,
    pub(super) mend: &'static str,
    pub(super) send: &'static str,
    pub(super) submit: &'static str,
    pub(super) mend_title: &'static str,
    pub(super) no_answer: &'static str,
    pub(super) until: &'static str,
    pub(super) through: &'static str,
    pub(super) expired: &'static str,
    pub(super) gone: &'static str,
    pub(super) trouble: &'static str,
    pub(super) stale: &'static str,
    pub(super) missing: &'static str,
    pub(super) unknown: &'static str,
    pub(super) empty: &'static str,
    pub(super) too_large: &'static str,
}

const CHINESE: Words = Words {
    lang: "zh-CN",
    optional: "选填",
    mend: "改一改识别出来的话",
    send: "发送",
    submit: "提交",
    mend_title: "没听懂这句话",
    no_answer: "已发送，回复会出现在聊天里",
    until: "{} 前有效",
    through: "通过 {}",
    expired: "这个链接已过期",
    gone: "没有这个页面",
    trouble: "出了点问题，请稍后再试",
    stale: "页面已失效，请重新打开后再提交",
    missing: "请填写「{}」",
    unknown: "「{}」填写的内容不对",
    empty: "请写点什么",
    too_large: "内容太长了",
};

const ENGLISH: Words = Words {
    lang: "en",
    optional: "optional",
    mend: "Mend the recognised words",
    send: "Send",
    submit: "Submit",
    mend_title: "Not understood",
    no_answer: "Sent. The answer comes in the chat",
    until: "Good until {}",
    through: "through {}",
    expired: "This link has expired",
    gone: "There is no such page",
    trouble: "Something went wrong. Please try again later",
    stale: "This page is out of date. Open it again and submit it then",
    missing: "Please fill in “{}”",
    unknown: "“{}” is not filled in correctly",
    empty: "Please write something",
    too_large: "That is too long",
};

/// The words for a reader whose browser says so (`Accept-Language`): English where it asks for it
/// first, Chinese otherwise.
pub(super) fn of(accepted: &str) -> &'static Words {
    match accepted.trim_start().to_ascii_lowercase().starts_with("en") {
        true => &ENGLISH,
        false => &CHINESE,
    }
}

/// `sentence` with `value` in its place.
pub(super) fn put(sentence: &str, value: &str) -> String {
    sentence.replacen("{}", value, 1)
}

#[cfg(test)]
mod tests {
    use super::of;
    use super::put;

    #[test]
    fn who_asks_for_english_first_reads_english_and_everybody_else_chinese() {
        for (accepted, lang) in
            [("en-GB,en;q=0.9", "en"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"), ("", "zh-CN")]
        {
            assert_eq!(of(accepted).lang, lang);
        }
        assert_eq!(put(of("en").missing, "{}x"), "Please fill in “{}x”");
    }
}
