//! `wxpusher`: WxPusher, as an application (`app_token`) or as simple push (`spt`).

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::Bound;
use super::ChannelKind;
use super::HttpChannel;
use super::Parcel;
use super::Sent;
use super::Setup;
use super::Told;
use super::answer;
use super::answer::LATER;
use super::answer::Meaning;
use super::answer::wait;
use super::common;
use super::http::get;
use super::http::post_json;
use super::text;
use super::text::Cut;
use super::text::Limit;
use crate::config::secret::Secret;
use crate::config::settings::Kind;
use crate::config::settings::Setting;
use crate::exchange::Request;
use crate::exchange::Response;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::notification::Fate;
use crate::notification::Format;
use crate::notification::Rate;
use crate::notification::Receipt;
use crate::notification::Terms;

/// The largest content and summary, in characters.
const CONTENT: Limit = Limit::Chars(40_000);
const SUMMARY: Limit = Limit::Chars(100);

/// The most users and topics of one message, and people of one by simple push.
const USERS: usize = 2_000;
const TOPICS: usize = 5;
const PEOPLE: usize = 10;

/// How long it is left alone once it was asked too often, in seconds.
const REST: u64 = 10;

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "wxpusher",
    doc: "WxPusher; `to` names users (UID_…), topics (their numbers) or simple push (SPT_…).",
    settings: &[
        Setting::with(
            "app_token",
            Kind::Secret,
            "\"\"",
            "AT_…, of an application. Either this or `spt`.",
        ),
        Setting::with("spt", Kind::Secret, "\"\"", "SPT_…, of a person, for simple push."),
        Setting::with("uids", Kind::Texts, "[]", "Users (UID_…) who get what names nobody."),
        Setting::with("topics", Kind::Numbers, "[]", "Topics, by number, that get it too."),
    ],
    example: "\
[[channel]]
name = \"phone\"
kind = \"wxpusher\"
app_token = \"env:WXPUSHER_TOKEN\"
uids = [\"UID_0123456789abcdef\"]
",
    terms: || {
        let rate = Rate { count: 20, per: Duration::from_secs(10) };
        Terms { rate: Some(rate), takes_link: true, ..Terms::default() }
    },
    limits: &[
        Bound::Text("title", SUMMARY),
        Bound::Text("text", CONTENT),
        Bound::Count("users", USERS),
        Bound::Count("topics", TOPICS),
        Bound::Count("receivers of simple push", PEOPLE),
        Bound::Rest(REST),
    ],
    build: |setup| setup.http(WxPusher::read(setup)?),
};

struct WxPusher {
    base: String,
    key: Key,
    /// Users and topics that get what names nobody.
    usual: Vec<String>,
}

enum Key {
    App(Secret),
    Simple(Secret),
}

impl WxPusher {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let (fields, table) = (setup.fields, &setup.fields.table);
        let app_token = fields.secret("app_token");
        let spt = fields.secret("spt");
        let (uids, topics) = (table.texts("uids"), table.numbers("topics"));
        let key = match (app_token?, spt?) {
            (Some(token), None) => Key::App(token),
            (None, Some(spt)) => Key::Simple(spt),
            (None, None) => {
                let advice = "set `app_token`, or `spt` for simple push".to_owned();
                table.fault_at(table.place(), "`app_token` is missing", Some(advice));
                return None;
            }
            (Some(_), Some(_)) => {
                let advice = "an application has `app_token`, simple push has `spt`".to_owned();
                table.fault("spt", "`app_token` and `spt` exclude each other", Some(advice));
                return None;
            }
        };
        let uids = uids?.into_iter().map(|it| it.value.to_owned());
        let usual = uids.chain(topics?.iter().map(u64::to_string)).collect();
        let base = setup.base_url("https://wxpusher.zjiecode.com");
        Some(Self { base, key, usual })
    }

    fn content(parcel: &Parcel) -> Cut {
        let notification = &parcel.notification;
        let format = notification.format;
        text::cut(&text::titled(notification, format), format, CONTENT)
    }

    /// Whom it goes to, in the words of the request.
    fn receivers(&self, message: &mut Value, parcel: &Parcel) -> Result<(), Failure> {
        let named = &parcel.notification.to;
        match &self.key {
            Key::Simple(spt) if named.is_empty() => message["spt"] = spt.expose().into(),
            Key::Simple(_)
                if named.len() > PEOPLE || named.iter().any(|it| !it.starts_with("SPT_")) =>
            {
                let advice = "Name at most ten people, by SPT_….";
                return Err(answer::unfit("channel.receiver", "simple push goes to SPTs", advice));
            }
            Key::Simple(_) => message["sptList"] = json!(named),
            Key::App(token) => {
                let to = if named.is_empty() { &self.usual } else { named };
                let is_topic = |it: &&String| it.parse::<u64>().is_ok();
                let (topics, uids): (Vec<&String>, Vec<&String>) = to.iter().partition(is_topic);
                let topics: Vec<u64> = topics.iter().filter_map(|it| it.parse().ok()).collect();
                let what = match (uids.len(), topics.len()) {
                    (0, 0) => "it names nobody",
                    (users, _) if users > USERS => "WxPusher takes at most 2000 users at once",
                    (_, topics) if topics > TOPICS => "WxPusher takes at most 5 topics at once",
                    _ => "",
                };
                if !what.is_empty() {
                    let advice = "Name users (UID_…) or topics in `to`, or set `uids` or `topics`.";
                    return Err(answer::unfit("channel.receiver", what, advice));
                }
                message["appToken"] = token.expose().into();
                message["uids"] = json!(uids);
                message["topicIds"] = json!(topics);
            }
        }
        Ok(())
    }
}

impl HttpChannel for WxPusher {
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let notification = &parcel.notification;
        let content = Self::content(parcel).text;
        if content.is_empty() {
            return Err(answer::empty());
        }
        let kind = match notification.format {
            Format::Text => 1,
            Format::Html => 2,
            Format::Markdown => 3,
        };
        let summary = text::title(notification);
        let summary = text::cut(&summary, Format::Text, SUMMARY).text;
        let mut message = json!({ "content": content, "summary": summary, "contentType": kind });
        if let Some(link) = &notification.link {
            message["url"] = link.as_str().into();
        }
        answer::overlay(&mut message, notification);
        self.receivers(&mut message, parcel)?;
        let path = match self.key {
            Key::App(_) => "/api/send/message",
            Key::Simple(_) => "/api/send/message/simple-push",
        };
        Ok(post_json(format!("{}{path}", self.base), &message))
    }

    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        let answer = answer::object(response)?;
        let code = answer::code(&answer, "code", response)?;
        let refused = |code, message| {
            let failure = answer::refused("wxpusher", code, message, CODES, response);
            // Who sends too fast gets the code of every other no.
            match failure.detail.contains("频繁") {
                true => {
                    Failure { blame: wait(REST), advice: "Lower `rate`.".to_owned(), ..failure }
                }
                false => failure,
            }
        };
        if code != 1000 {
            return Err(refused(code, &answer["msg"]));
        }
        // One element for each receiver, with a code of its own.
        let targets = answer["data"].as_array().map_or(&[][..], Vec::as_slice);
        let code_of = |target: &Value| answer::code(target, "code", response).unwrap_or(1000);
        let failed: Vec<&Value> = targets.iter().filter(|it| code_of(it) != 1000).collect();
        if let (Some(first), true) = (failed.first(), failed.len() == targets.len()) {
            return Err(refused(code_of(first), &first["status"]));
        }
        let ids: Vec<String> =
            targets.iter().filter_map(|target| answer::id(&target["sendRecordId"])).collect();
        let detail = match failed.first() {
            Some(first) => {
                let why = first["status"].as_str().unwrap_or_default();
                format!("{} of {} receivers refused: {why}", failed.len(), targets.len())
            }
            None => "queued".to_owned(),
        };
        Ok(Receipt { id: Some(ids.join(",")).filter(|it| !it.is_empty()), detail })
    }

    fn asks(&self) -> bool {
        matches!(self.key, Key::App(_))
    }

    /// Source: WxPusher, "query the state of a message".
    fn ask(&self, sent: &Sent) -> Option<Request> {
        let record: u64 = sent.called.parse().ok()?;
        Some(get(format!("{}/api/send/query/status?sendRecordId={record}", self.base)))
    }

    /// Of the states in numbers only one is documented; the words beside them say what they are.
    fn fate(&self, _: &Sent, response: &Response) -> Result<Told, Failure> {
        let answer = answer::object(response)?;
        let code = answer::code(&answer, "code", response)?;
        if code != 1000 {
            return Err(answer::refused("wxpusher", code, &answer["msg"], CODES, response));
        }
        let said = common::line(answer["msg"].as_str().unwrap_or_default());
        Ok(match said.as_str() {
            it if it.contains("发送成功") || it.contains("已发送") => {
                Told::Fate(Fate::Confirmed, said)
            }
            it if it.contains("失败") => Told::Fate(Fate::Failed, said),
            _ => Told::NotYet,
        })
    }

    fn remark(&self, parcel: &Parcel) -> String {
        Self::content(parcel).remark()
    }

    fn secrets(&self) -> Vec<&Secret> {
        let (Key::App(secret) | Key::Simple(secret)) = &self.key;
        vec![secret]
    }
}

/// Source: WxPusher, "HTTP status codes" of the interface.
const CODES: &[Meaning] = &[
    (1001, Blame::Request, ""),
    (
        1002,
        Blame::Request,
        "Compare `app_token` with the application's, or `spt` with the person's.",
    ),
    (1005, LATER, ""),
    (1006, LATER, ""),
    (1007, LATER, ""),
    (1008, Blame::Request, ""),
    (1009, LATER, ""),
];
