//! `voice-tencent`: a call through Tencent Cloud that reads an approved template aloud.

use serde_json::json;

use super::Bound;
use super::ChannelKind;
use super::HttpChannel;
use super::Parcel;
use super::Setup;
use super::answer;
use super::common;
use super::refusal;
use super::template;
use super::template::Variables;
use super::tencent;
use super::tencent::Tencent;
use crate::config::secret::Secret;
use crate::config::settings::Kind;
use crate::config::settings::Setting;
use crate::exchange::Request;
use crate::exchange::Response;
use crate::notification::Failure;
use crate::notification::Receipt;
use crate::notification::Terms;

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "voice-tencent",
    doc: "A call through Tencent Cloud that reads an approved template aloud.",
    settings: &[
        tencent::SECRET_ID,
        tencent::SECRET_KEY,
        tencent::REGION,
        Setting::bare(
            "app_id",
            Kind::Text,
            "\"1400000000\"",
            "The SdkAppid of the voice application.",
        )
        .required(),
        Setting::bare("template", Kind::Text, "\"100001\"", "The id of the approved template.")
            .required(),
        Setting::with("variables", Kind::Texts, "[\"body\"]", template::IN_ORDER),
        template::SPOKEN_LENGTH,
        Setting::with("play_times", Kind::Integer(1, 3), "2", "How often it is read."),
        Setting::with("to", Kind::Texts, "[]", "A number with country, such as +8613800000000."),
    ],
    example: "\
[[channel]]
name = \"call\"
kind = \"voice-tencent\"
secret_id = \"AKIDEXAMPLE\"
secret_key = \"env:TENCENT_SECRET_KEY\"
app_id = \"1400000000\"
template = \"100001\"
to = \"+8613800000000\"
",
    terms: Terms::default,
    limits: &[Bound::Count("receivers", 1)],
    build: |setup| setup.http(Voice::read(setup)?),
};

struct Voice {
    tencent: Tencent,
    app_id: String,
    template: String,
    variables: Variables,
    play_times: i64,
    to: Vec<String>,
}

impl Voice {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let fields = setup.fields;
        let tencent = Tencent::read(setup, "vms", "2020-09-02");
        let (app_id, template) = (fields.filled("app_id"), fields.filled("template"));
        let variables = Variables::in_order(fields);
        let play_times = fields.table.integer("play_times", 1..=3);
        let to = common::own_receivers(fields)?;
        let (app_id, template, play_times) = (app_id?, template?, play_times?);
        Some(Self { tencent: tencent?, app_id, template, variables: variables?, play_times, to })
    }
}

impl HttpChannel for Voice {
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let body = json!({
            "TemplateId": self.template,
            "CalledNumber": common::receiver(parcel, &self.to)?,
            "VoiceSdkAppid": self.app_id,
            "TemplateParamSet": self.variables.list(&parcel.notification)?,
            "PlayTimes": self.play_times,
            "SessionContext": parcel.id.to_string(),
        });
        Ok(self.tencent.call("SendTtsVoice", &body, parcel.now))
    }

    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        let answer = answer::object(response)?;
        match tencent::result(&answer, "SendStatus", response)?["CallId"].as_str() {
            Some(id) => Ok(Receipt { id: Some(id.to_owned()), ..Receipt::default() }),
            None => Err(refusal(response).unwrap_or_else(|| answer::unreadable(response))),
        }
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.tencent.secret_key]
    }
}
