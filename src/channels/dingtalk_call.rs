//! `dingtalk-call`: a DING of an application's robot: a phone call, a short message, or a mark in
//! the app that nobody overlooks.

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
use super::answer::wait;
use super::common;
use super::dingtalk_notice::APP_KEY;
use super::dingtalk_notice::APP_SECRET;
use super::http::post_json;
use super::refusal;
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
use crate::notification::Format;
use crate::notification::Receipt;
use crate::notification::Terms;

/// What is read aloud or sent as a short message: as much as a call of Tencent Cloud says.
const TEXT: Limit = Limit::Chars(350);

/// The number of each way. Source: DingTalk, "robots send DING messages", `remindType`.
const WAYS: [(u8, &str); 3] = [(3, "call"), (2, "sms"), (1, "app")];

/// The way that costs nothing, and its number of receivers; the others take 20.
const IN_APP: u8 = 1;
const MOST_IN_APP: usize = 200;
const MOST: usize = 20;

/// How long it is left alone once it was sent too much, in seconds.
const REST: u64 = 60;

/// Source: the same, `callVoice`.
const VOICES: &[&str] = &[
    "Standard_Female_Voice",
    "Cantonese_Female_Voice",
    "Gentine_Female_Voice",
    "Overbearing_Female_Voice",
    "Lovely_Girl_Voice",
    "Standard_Male_Voice",
];

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "dingtalk-call",
    doc: "A DING of a DingTalk robot: a phone call (钉电话), a short message or a mark in the app.",
    settings: &[
        APP_KEY,
        APP_SECRET,
        Setting::bare(
            "robot_code",
            Kind::Text,
            "\"dingexample\"",
            "The robot of the application; its organisation needs the professional edition.",
        )
        .required(),
        Setting::with(
            "way",
            Kind::Word(|| WAYS.iter().map(|(_, word)| *word).collect()),
            "\"call\"",
            "call, sms, or app; call and sms are paid for.",
        ),
        Setting::with(
            "voice",
            Kind::Word(|| VOICES.to_vec()),
            "\"Standard_Female_Voice\"",
            "Who reads a call aloud.",
        ),
        Setting::with("to", Kind::Texts, "[]", "User ids: at most 20, or 200 in the app."),
    ],
    example: "\
[[channel]]
name = \"duty\"
kind = \"dingtalk-call\"
app_key = \"dingexample\"
app_secret = \"env:DINGTALK_APP_SECRET\"
robot_code = \"dingexample\"
to = \"manager4220\"
",
    terms: Terms::default,
    limits: &[
        Bound::Text("text", TEXT),
        Bound::Count("receivers", MOST),
        Bound::Count("receivers in the app", MOST_IN_APP),
        Bound::Rest(REST),
    ],
    build: |setup| Some(setup.tokened(Ding::read(setup)?)),
};

struct Ding {
    base: String,
    app_key: String,
    app_secret: Secret,
    robot_code: String,
    way: u8,
    voice: &'static str,
    to: Vec<String>,
}

impl Ding {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let fields = setup.fields;
        let voices: Vec<(&'static str, &str)> = VOICES.iter().map(|it| (*it, *it)).collect();
        let (app_key, app_secret) =
            (fields.filled(APP_KEY.key), fields.required_secret(APP_SECRET.key));
        let robot_code = fields.filled("robot_code");
        let way = fields.table.one_of("way", &WAYS);
        let voice = fields.table.one_of("voice", &voices);
        let to = common::own_receivers(fields)?;
        let base = setup.base_url("https://api.dingtalk.com");
        let (app_key, app_secret, robot_code) = (app_key?, app_secret?, robot_code?);
        Some(Self { base, app_key, app_secret, robot_code, way: way?, voice: voice?, to })
    }
}

fn cut(parcel: &Parcel) -> Cut {
    let said = text::line(&text::titled(&parcel.notification, Format::Text));
    text::cut(&said, Format::Text, TEXT)
}

/// The service's no: `{"code","message","requestid"}` with a status of 400 or more.
fn failure(response: &Response) -> Failure {
    let answer: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let by_status = refusal(response).unwrap_or_else(|| answer::unreadable(response));
    let Some(code) = answer["code"].as_str() else { return by_status };
    let (blame, advice) = match code {
        "toomuch.msg" => (wait(REST), "Lower `rate`."),
        "ding.serverquota.insufficient" => {
            (Blame::Quota { retry_after: None }, "Buy more calls or short messages of DingTalk.")
        }
        "system.error" => (LATER, ""),
        "invalid.chatbotId" => (Blame::Request, "Compare `robot_code` with the application's."),
        "miss.staffId" => (Blame::Request, "Correct `to`: nobody has this user id."),
        "ding.receivercount.limit" => (Blame::Request, "Name fewer receivers."),
        STALE => (Blame::Request, "The service does not take the token it gave."),
        "invalidClientIdOrSecret" => {
            (Blame::Request, "Compare `app_key` and `app_secret` with the application's.")
        }
        _ => (by_status.blame, ""),
    };
    let said = answer["message"].as_str().unwrap_or_default();
    common::failure("dingtalk-call", code, blame, said, advice)
}

/// The code that means the token.
const STALE: &str = "InvalidAuthentication";

impl TokenChannel for Ding {
    fn ask(&self) -> Request {
        let body = json!({ "appKey": self.app_key, "appSecret": self.app_secret.expose() });
        post_json(format!("{}/v1.0/oauth2/accessToken", self.base), &body)
    }

    fn token(&self, response: &Response) -> Result<Token, Failure> {
        if refusal(response).is_some() {
            return Err(failure(response));
        }
        let answer = answer::object(response)?;
        let token = answer["accessToken"].as_str().ok_or_else(|| answer::unreadable(response))?;
        let lasts = answer["expireIn"].as_u64().unwrap_or(7_200);
        Ok(Token { value: Secret::new(token), lasts: Duration::from_secs(lasts) })
    }

    fn request(&self, parcel: &Parcel, token: &str) -> Result<Request, Failure> {
        let most = if self.way == IN_APP { MOST_IN_APP } else { MOST };
        let content = cut(parcel).text;
        if content.is_empty() {
            return Err(answer::empty());
        }
        let mut body = json!({
            "robotCode": self.robot_code,
            "remindType": self.way,
            "receiverUserIdList": common::receivers(parcel, &self.to, most)?,
            "content": content,
        });
        if self.way == WAYS[0].0 {
            body["callVoice"] = self.voice.into();
        }
        let mut request = post_json(format!("{}/v1.0/robot/ding/send", self.base), &body);
        request.headers.push(("x-acs-dingtalk-access-token".to_owned(), token.to_owned()));
        Ok(request)
    }

    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        if refusal(response).is_some() {
            return Err(failure(response));
        }
        let answer = answer::object(response)?;
        let id = answer::id(&answer["openDingId"]);
        // Each reason with those whom it kept from being called.
        let missed: Vec<String> = answer["failedList"].as_object().map_or_else(Vec::new, |it| {
            let missed = it.iter().filter_map(|(why, who)| Some((why, who.as_array()?.len())));
            missed.map(|(why, count)| format!("{count} not reached: {why}")).collect()
        });
        match (id, missed.is_empty()) {
            (None, true) => Err(answer::unreadable(response)),
            (None, false) => {
                let advice = "Correct `to`.";
                let detail = missed.join("; ");
                Err(common::failure("dingtalk-call", "nobody", Blame::Request, &detail, advice))
            }
            (id, _) => Ok(Receipt { id, detail: missed.join("; ") }),
        }
    }

    fn asks(&self) -> bool {
        false
    }

    /// There is no such interface.
    fn question(&self, _: &Sent, _: &str) -> Option<Request> {
        None
    }

    fn fate(&self, _: &Response) -> Result<Told, Failure> {
        Ok(Told::NotYet)
    }

    fn is_stale(&self, failure: &Failure) -> bool {
        failure.code.ends_with(STALE)
    }

    fn remark(&self, parcel: &Parcel) -> String {
        cut(parcel).remark()
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.app_secret]
    }
}
