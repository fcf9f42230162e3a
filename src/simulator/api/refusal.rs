//! What a call is refused with: an errcode, and the text the platform writes beside it.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::wechat::errcode;
use crate::wechat::errcode::Surface;

/// An errcode with its text.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::simulator) struct Refusal {
    pub(super) code: i64,
    /// Instead of the platform's usual text.
    pub(super) text: Option<String>,
    /// Other members of the answer.
    pub(super) more: Map<String, Value>,
}

/// The usual refusal.
pub(super) fn refuse(code: i64) -> Refusal {
    Refusal { code, text: None, more: Map::new() }
}

/// A refusal that names what is wrong.
pub(super) fn refuse_with(code: i64, text: impl Into<String>) -> Refusal {
    Refusal { text: Some(text.into()), ..refuse(code) }
}

impl Refusal {
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// `{"errcode","errmsg",…}`. 公众号 and 小程序 end the text with a `rid`, 企业微信 with a hint.
    pub(super) fn to_json(&self, surface: Surface, id: &str) -> Value {
        let text = self.text.as_deref().unwrap_or_else(|| errmsg(surface, self.code));
        let code = self.code;
        let text = match surface {
            Surface::Wecom => format!(
                "{text}, hint: [{id}], more info at \
                 https://open.work.weixin.qq.com/devtool/query?e={code}"
            ),
            _ => format!("{text} rid: {id}"),
        };
        let mut answer = json!({"errcode": code, "errmsg": text});
        if let Value::Object(members) = &mut answer {
            members.extend(self.more.clone());
        }
        answer
    }
}

/// What the platform writes beside `code`: its own words where we know them, else the meaning from
/// the table of errcodes.
pub fn errmsg(surface: Surface, code: i64) -> &'static str {
    let own =
        OWN_WORDS.iter().find(|(it, is_on, _)| *it == code && is_on.is_none_or(|it| it == surface));
    let row = || errcode::find_on(surface, code).or_else(|| errcode::find(code).next());
    own.map(|(.., text)| *text).or_else(|| row().map(|row| row.meaning)).unwrap_or("unknown error")
}

/// The platform's own words: (errcode, on one surface only, text).
#[rustfmt::skip]
const OWN_WORDS: &[(i64, Option<Surface>, &str)] = &[
    (-1, None, "system error"),
    (0, None, "ok"),
    (40001, Some(Surface::Wecom), "invalid credential"),
    (40001, None, "invalid credential, access_token is invalid or not latest"),
    (40002, None, "invalid grant_type"),
    (40003, Some(Surface::Wecom), "invalid userid"),
    (40003, None, "invalid openid"),
    (40004, None, "invalid media type"),
    (40005, None, "invalid file type"),
    (40006, None, "invalid media size"),
    (40007, None, "invalid media_id"),
    (40008, None, "invalid message type"),
    (40009, None, "invalid image size"),
    (40010, None, "invalid voice size"),
    (40011, None, "invalid video size"),
    (40012, None, "invalid thumb size"),
    (40013, Some(Surface::Wecom), "invalid corpid"),
    (40013, None, "invalid appid"),
    (40014, None, "invalid access_token"),
    (40029, None, "invalid code"),
    (40030, None, "invalid refresh_token"),
    (40032, None, "invalid openid list size"),
    (40033, None, "invalid charset. please check your request, if include \\uxxxx will create fail!"),
    (40035, None, "invalid parameter"),
    (40036, None, "invalid template_id size"),
    (40037, None, "invalid template_id"),
    (40056, Some(Surface::Wecom), "invalid agentid"),
    (40066, None, "invalid url"),
    (40125, None, "invalid appsecret"),
    (40163, None, "code been used"),
    (40164, None, "invalid ip, not in whitelist"),
    (40165, None, "invalid weapp pagepath"),
    (40166, None, "invalid weapp appid"),
    (41001, None, "access_token missing"),
    (41002, Some(Surface::Wecom), "corpid missing"),
    (41002, None, "appid missing"),
    (41004, Some(Surface::Wecom), "corpsecret missing"),
    (41004, None, "appsecret missing"),
    (41005, None, "media data missing"),
    (41006, None, "media_id missing"),
    (41011, Some(Surface::Wecom), "agentid missing"),
    (41030, None, "invalid page"),
    (42001, None, "access_token expired"),
    (42002, None, "refresh_token expired"),
    (42003, None, "code expired"),
    (43001, None, "require GET method"),
    (43002, None, "require POST method"),
    (43003, None, "require https"),
    (43004, None, "require subscribe"),
    (43019, None, "require remove blacklist"),
    (43101, None, "user refuse to accept the msg"),
    (44001, None, "empty media data"),
    (44002, None, "empty post data"),
    (44003, None, "empty news data"),
    (44004, None, "empty content"),
    (45001, None, "media size out of limit"),
    (45002, None, "content size out of limit"),
    (45003, None, "title size out of limit"),
    (45004, None, "description size out of limit"),
    (45005, None, "url size out of limit"),
    (45006, None, "picurl size out of limit"),
    (45007, None, "playtime out of limit"),
    (45008, None, "article size out of limit"),
    (45009, Some(Surface::Wecom), "api freq out of limit"),
    (45009, None, "reach max api daily quota limit"),
    (45011, None, "api minute-quota reach limit, must slower, retry next minute"),
    (45015, None, "response out of time limit or subscription is canceled"),
    (45028, None, "has no masssend quota"),
    (45047, None, "out of response count limit"),
    (45056, None, "too many tag now, no need to add new"),
    (45058, None, "can't modify sys tag"),
    (45059, None, "can not tag over so many tags to the user"),
    (45065, None, "clientmsgid exist"),
    (45066, None, "same clientmsgid retry too fast"),
    (45067, None, "clientmsgid size out of limit"),
    (45072, None, "invalid command"),
    (45080, None, "need interaction with user"),
    (45081, None, "already in typing"),
    (45083, None, "invalid speed"),
    (45157, None, "invalid tag name"),
    (45158, None, "tag name too long"),
    (45159, None, "invalid tag id"),
    (46001, None, "media data no exist"),
    (46002, None, "menu version no exist"),
    (46003, None, "menu no exist"),
    (46004, None, "user no exist"),
    (47001, None, "data format error"),
    (47003, None, "argument invalid!"),
    (48001, None, "api unauthorized"),
    (48002, Some(Surface::Wecom), "api forbidden"),
    (48002, None, "user block receive message"),
    (48004, None, "api forbidden for irregularities"),
    (48006, None, "forbid to clear quota because of reaching the limit"),
    (50001, Some(Surface::Wecom), "redirect_uri unauthorized"),
    (50002, None, "user limited"),
    (60020, Some(Surface::Wecom), "not allow to access from your ip"),
    (60111, Some(Surface::Wecom), "userid not found"),
    (81013, Some(Surface::Wecom), "user & party & tag all invalid"),
    (93000, Some(Surface::Wecom), "invalid webhook url"),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::refuse;
    use super::refuse_with;
    use crate::wechat::errcode::Surface;

    #[test]
    fn each_platform_ends_its_text_in_its_own_way() {
        let id = "6a000000-00000001-00000002";
        assert_eq!(
            refuse(40003).to_json(Surface::Mp, id),
            json!({"errcode": 40003, "errmsg": "invalid openid rid: 6a000000-00000001-00000002"})
        );
        assert_eq!(
            refuse_with(40058, "touser is empty")
                .with("invaliduser", "a")
                .to_json(Surface::Wecom, "1_2"),
            json!({"errcode": 40058, "errmsg": "touser is empty, hint: [1_2], more info at \
                https://open.work.weixin.qq.com/devtool/query?e=40058", "invaliduser": "a"})
        );
    }
}
