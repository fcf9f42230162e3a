//! `dingtalk-notice`: a work notice (工作通知) of an application in DingTalk.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::Bound;
use super::ChannelKind;
use super::Parcel;
use super::Sent;
use super::Setup;
use super::Told;
use super::answer;
use super::answer::LATER;
use super::answer::Meaning;
use super::answer::wait;
use super::common;
use super::common::rest_of_day;
use super::http::get;
use super::http::post_json;
use super::text;
use super::text::Cut;
use super::text::Limit;
use super::tokened::Token;
use super::tokened::TokenChannel;
use crate::config::secret::Secret;
use crate::config::settings::Kind;
use crate::config::settings::Setting;
use crate::exchange::Request;
use crate::exchange::Response;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::notification::Fate;
use crate::notification::Format;
use crate::notification::Receipt;
use crate::notification::Terms;

/// The largest text, in bytes as JSON has them: of the 2048 of a whole message, the title and what
/// is around it need some. Source: DingTalk, "asynchronously send work notices", `msg`.
const TEXT: Limit = Limit::Json(1_700);

/// The longest title.
const TITLE: Limit = Limit::Chars(40);

/// How long it is left alone once it was sent too much, in seconds.
const REST: u64 = 60;

/// The most users and departments of one notice. Source: the same, `userid_list`, `dept_id_list`.
const USERS: usize = 100;
const DEPARTMENTS: usize = 20;

/// The key of the application, for both ways of its interface.
pub(super) const APP_KEY: Setting =
    Setting::bare("app_key", Kind::Text, "\"dingexample\"", "The AppKey of the application.")
        .required();

/// Its secret.
pub(super) const APP_SECRET: Setting = Setting::bare(
    "app_secret",
    Kind::Secret,
    "\"env:DINGTALK_APP_SECRET\"",
    "The AppSecret of the application.",
)
.required();

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "dingtalk-notice",
    doc: "A work notice of a DingTalk application; `to` names users, `dept:1`, or `all`.",
    settings: &[
        APP_KEY,
        APP_SECRET,
        Setting::bare(
            "agent_id",
            Kind::Integer(1, i64::MAX),
            "123456789",
            "The AgentId on the application's page.",
        )
        .required(),
        Setting::with(
            "to",
            Kind::Texts,
            "[]",
            "Who gets what names nobody: at most 100 user ids and 20 `dept:1`, or `all`.",
        ),
    ],
    example: "\
[[channel]]
name = \"staff\"
kind = \"dingtalk-notice\"
app_key = \"dingexample\"
app_secret = \"env:DINGTALK_APP_SECRET\"
agent_id = 123456789
to = [\"manager4220\", \"dept:1\"]
",
    // The same words reach the same person once a day, so what is sent twice arrives once.
    terms: || Terms { takes_id: true, ..Terms::default() },
    limits: &[
        Bound::Text("title", TITLE),
        Bound::Text("text", TEXT),
        Bound::Count("users", USERS),
        Bound::Count("departments", DEPARTMENTS),
        Bound::Rest(REST),
    ],
    build: |setup| Some(setup.tokened(Notice::read(setup)?)),
};

struct Notice {
    base: String,
    app_key: String,
    app_secret: Secret,
    agent_id: i64,
    to: Vec<String>,
}

impl Notice {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let fields = setup.fields;
        let (app_key, app_secret) =
            (fields.filled(APP_KEY.key), fields.required_secret(APP_SECRET.key));
        let agent_id = fields.table.integer("agent_id", 1..=i64::MAX);
        let to = common::own_receivers(fields)?;
        let base = setup.base_url("https://oapi.dingtalk.com");
        Some(Self { base, app_key: app_key?, app_secret: app_secret?, agent_id: agent_id?, to })
    }

    /// Whom it goes to, in the words of the request.
    fn receivers(&self, message: &mut Value, parcel: &Parcel) -> Result<(), Failure> {
        let to = common::receivers(parcel, &self.to, USERS + DEPARTMENTS)?;
        if to.iter().any(|it| it == "all") {
            message["to_all_user"] = true.into();
            return Ok(());
        }
        let departments: Vec<&str> = to.iter().filter_map(|it| it.strip_prefix("dept:")).collect();
        let is_user = |it: &&String| !it.starts_with("dept:");
        let users: Vec<&str> = to.iter().filter(is_user).map(String::as_str).collect();
        if users.len() > USERS || departments.len() > DEPARTMENTS {
            let detail = "a notice goes to at most 100 users and 20 departments";
            return Err(common::misdirected(detail, "Make several notifications of it."));
        }
        for (key, list) in [("userid_list", users), ("dept_id_list", departments)] {
            if !list.is_empty() {
                message[key] = list.join(",").into();
            }
        }
        Ok(())
    }
}

fn format(parcel: &Parcel) -> Format {
    match parcel.notification.format {
        Format::Text => Format::Text,
        Format::Markdown | Format::Html => Format::Markdown,
    }
}

fn cut(parcel: &Parcel) -> Cut {
    let format = format(parcel);
    text::cut(&text::titled(&parcel.notification, format), format, TEXT)
}

/// What is shown. The delivery's id is in it where nobody sees it: DingTalk drops what says the
/// same on the same day, and only the same delivery may say the same.
fn message(parcel: &Parcel) -> Result<Value, Failure> {
    let notification = &parcel.notification;
    if let Some(native) = answer::native(notification) {
        return Ok(native);
    }
    let shown = cut(parcel).text;
    if shown.is_empty() {
        return Err(answer::empty());
    }
    let shown = format!("{shown}{}", common::salt(parcel.id));
    if format(parcel) == Format::Text {
        return Ok(json!({ "msgtype": "text", "text": { "content": shown } }));
    }
    let title = text::cut(&text::title(notification), Format::Text, TITLE).text;
    Ok(json!({ "msgtype": "markdown", "markdown": { "title": title, "text": shown } }))
}

/// The service's no, and the code that it really has: 88 is a wrapper, and what is meant stands
/// within.
fn refused(answer: &Value, code: i64, response: &Response) -> (i64, Failure) {
    let (code, said) = match answer::code(answer, "sub_code", response) {
        Ok(inner) if code == WRAPPED => (inner, &answer["sub_msg"]),
        _ => (code, &answer["errmsg"]),
    };
    (code, answer::refused("dingtalk-notice", code, said, CODES, response))
}

/// It has arrived once somebody has it, read or not; for whom it has not, the detail says.
fn fate(result: &Value) -> Told {
    let count = |key: &str| result[key].as_array().map_or(0, Vec::len);
    let reached = ["read_user_id_list", "unread_user_id_list"];
    let missed = [
        ("failed_user_id_list", "failed"),
        ("forbidden_user_id_list", "over the limit of a day"),
        ("invalid_user_id_list", "unknown"),
        ("invalid_dept_id_list", "unknown departments"),
    ];
    let arrived: usize = reached.into_iter().map(count).sum();
    let mut detail: Vec<String> = missed
        .into_iter()
        .map(|(key, word)| (count(key), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    match (arrived, detail.is_empty()) {
        (0, true) => Told::NotYet,
        (0, false) => Told::Fate(Fate::Failed, detail.join(", ")),
        _ => {
            let read = count("read_user_id_list");
            detail.insert(0, format!("{arrived} reached, {read} have read it"));
            Told::Fate(Fate::Confirmed, detail.join(", "))
        }
    }
}

impl TokenChannel for Notice {
    fn ask(&self) -> Request {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("appkey", &self.app_key);
        query.append_pair("appsecret", self.app_secret.expose());
        get(format!("{}/gettoken?{}", self.base, query.finish()))
    }

    fn token(&self, response: &Response) -> Result<Token, Failure> {
        let answer = answer::object(response)?;
        let token = answer["access_token"].as_str();
        match (answer::code(&answer, "errcode", response)?, token) {
            (0, Some(token)) => {
                let lasts = answer["expires_in"].as_u64().unwrap_or(7_200);
                Ok(Token { value: Secret::new(token), lasts: Duration::from_secs(lasts) })
            }
            (0, None) => Err(answer::unreadable(response)),
            (code, _) => {
                let failure =
                    answer::refused("dingtalk-notice", code, &answer["errmsg"], CODES, response);
                let advice = "Compare `app_key` and `app_secret` with the application's.";
                Err(Failure { advice: advice.to_owned(), ..failure })
            }
        }
    }

    fn request(&self, parcel: &Parcel, token: &str) -> Result<Request, Failure> {
        let mut body = json!({ "agent_id": self.agent_id, "msg": message(parcel)? });
        self.receivers(&mut body, parcel)?;
        let path = "topapi/message/corpconversation/asyncsend_v2";
        Ok(post_json(format!("{}/{path}?access_token={token}", self.base), &body))
    }

    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        let answer = answer::object(response)?;
        let code = answer::code(&answer, "errcode", response)?;
        if code == 0 {
            let id = answer::id(&answer["task_id"]);
            return Ok(Receipt { id, detail: "queued".to_owned() });
        }
        let (code, failure) = refused(&answer, code, response);
        match code {
            USED_UP | USED_UP_FOR_ALL => {
                let blame = Blame::Quota { retry_after: rest_of_day(response) };
                Err(Failure { blame, ..failure })
            }
            _ => Err(failure),
        }
    }

    fn asks(&self) -> bool {
        true
    }

    /// Source: DingTalk, "query the result of a work notice".
    fn question(&self, sent: &Sent, token: &str) -> Option<Request> {
        let task: u64 = sent.called.parse().ok()?;
        let body = json!({ "agent_id": self.agent_id, "task_id": task });
        let path = "topapi/message/corpconversation/getsendresult";
        Some(post_json(format!("{}/{path}?access_token={token}", self.base), &body))
    }

    fn fate(&self, response: &Response) -> Result<Told, Failure> {
        let answer = answer::object(response)?;
        match answer::code(&answer, "errcode", response)? {
            0 => Ok(fate(&answer["send_result"])),
            code => Err(refused(&answer, code, response).1),
        }
    }

    fn is_stale(&self, failure: &Failure) -> bool {
        let code = failure.code.rsplit('.').next().unwrap_or_default();
        STALE.iter().any(|it| code == it.to_string())
    }

    fn remark(&self, parcel: &Parcel) -> String {
        if parcel.notification.native.is_some() { String::new() } else { cut(parcel).remark() }
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.app_secret]
    }
}

const WRAPPED: i64 = 88;
const USED_UP: i64 = 143_105;
const USED_UP_FOR_ALL: i64 = 143_106;

/// Codes that mean the token.
const STALE: [i64; 3] = [33, 40_014, 42_001];

/// Source: DingTalk, "work notices: error codes" and "global error codes".
const CODES: &[Meaning] = &[
    (-1, LATER, ""),
    (33, Blame::Request, "The service does not take the token it gave."),
    (40_014, Blame::Request, "The service does not take the token it gave."),
    (40_035, Blame::Request, "A part of the message is missing or malformed."),
    (42_001, Blame::Request, "The service does not take the token it gave."),
    (90_018, wait(REST), "Lower `rate`."),
    (USED_UP, Blame::Quota { retry_after: None }, "The day's notices are used up."),
    (USED_UP_FOR_ALL, Blame::Quota { retry_after: None }, "The day's notices are used up."),
];
