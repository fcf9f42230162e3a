//! `voice-aliyun`: a call through Aliyun that reads an approved template aloud.

use std::time::Duration;

use serde_json::Value;

use super::Bound;
use super::ChannelKind;
use super::HttpChannel;
use super::Parcel;
use super::Sent;
use super::Setup;
use super::Told;
use super::aliyun;
use super::aliyun::Aliyun;
use super::answer;
use super::common;
use super::template;
use super::template::Variables;
use crate::config::secret::Secret;
use crate::config::settings::Kind;
use crate::config::settings::Setting;
use crate::exchange::Request;
use crate::exchange::Response;
use crate::notification::Failure;
use crate::notification::Fate;
use crate::notification::Rate;
use crate::notification::Receipt;
use crate::notification::Terms;

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "voice-aliyun",
    doc: "A call through Aliyun that reads an approved template aloud.",
    settings: &[
        aliyun::KEY_ID,
        aliyun::KEY_SECRET,
        Setting::bare(
            "template",
            Kind::Text,
            "\"TTS_100001\"",
            "The code of the approved template.",
        )
        .required(),
        Setting::with("variables", Kind::Texts, "[]", template::BY_NAME),
        template::SPOKEN_LENGTH,
        Setting::with(
            "show_number",
            Kind::Text,
            "\"\"",
            "The number that calls, where you have one of your own.",
        ),
        Setting::with("play_times", Kind::Integer(1, 3), "3", "How often it is read."),
        Setting::with("to", Kind::Texts, "[]", "A number, such as 13800000000."),
    ],
    example: "\
[[channel]]
name = \"call\"
kind = \"voice-aliyun\"
access_key_id = \"LTAIEXAMPLE\"
access_key_secret = \"env:ALIYUN_ACCESS_KEY_SECRET\"
template = \"TTS_100001\"
variables = [\"what=title\"]
to = \"13800000000\"
",
    terms: || Terms {
        rate: Some(Rate { count: 1_000, per: Duration::from_secs(1) }),
        ..Terms::default()
    },
    limits: &[Bound::Count("receivers", 1)],
    build: |setup| setup.http(Voice::read(setup)?),
};

/// The product that calls read aloud belong to.
const CALLS: &str = "11000000300006";

/// Heard to the end, or hung up early.
pub(super) const ANSWERED: [&str; 2] = ["200000", "200001"];

struct Voice {
    aliyun: Aliyun,
    template: String,
    variables: Variables,
    show_number: String,
    play_times: i64,
    to: Vec<String>,
}

impl Voice {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let fields = setup.fields;
        let aliyun = Aliyun::read(setup, "dyvmsapi.aliyuncs.com");
        let template = fields.filled("template");
        let variables = Variables::by_name(fields);
        let play_times = fields.table.integer("play_times", 1..=3);
        let show_number = fields.table.text("show_number")?.value.to_owned();
        let to = common::own_receivers(fields)?;
        let (template, play_times) = (template?, play_times?);
        Some(Self { aliyun: aliyun?, template, variables: variables?, show_number, play_times, to })
    }
}

impl HttpChannel for Voice {
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let mut parameters = vec![
            ("CalledNumber", common::receiver(parcel, &self.to)?.to_owned()),
            ("TtsCode", self.template.clone()),
            ("TtsParam", self.variables.object(&parcel.notification)?),
            ("PlayTimes", self.play_times.to_string()),
            ("OutId", parcel.id.to_string()),
        ];
        if !self.show_number.is_empty() {
            parameters.push(("CalledShowNumber", self.show_number.clone()));
        }
        Ok(self.aliyun.call("SingleCallByTts", &parameters, parcel))
    }

    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        aliyun::receipt(response, "CallId")
    }

    fn asks(&self) -> bool {
        true
    }

    /// Source: Aliyun, "QueryCallDetailByCallId".
    fn ask(&self, sent: &Sent) -> Option<Request> {
        let parameters = [
            ("CallId", sent.called.clone()),
            ("ProdId", CALLS.to_owned()),
            ("QueryDate", sent.at.as_millis().to_string()),
        ];
        Some(self.aliyun.question("QueryCallDetailByCallId", &parameters, sent))
    }

    /// The detail is JSON in a text, and there once the call has ended.
    fn fate(&self, _: &Sent, response: &Response) -> Result<Told, Failure> {
        let answer = aliyun::told(response)?;
        let data = answer["Data"].as_str().unwrap_or_default();
        let Ok(call) = serde_json::from_str::<Value>(data) else { return Ok(Told::NotYet) };
        let said = common::line(call["stateDesc"].as_str().unwrap_or_default());
        Ok(match answer::id(&call["state"]).as_deref() {
            Some(code) if ANSWERED.contains(&code) => {
                Told::Fate(Fate::Confirmed, format!("{code} {said}"))
            }
            Some(code) if call["endDate"].is_string() => {
                Told::Fate(Fate::Failed, format!("{code} {said}"))
            }
            _ => Told::NotYet,
        })
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.aliyun.key_secret]
    }
}
