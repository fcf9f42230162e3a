//! `sms-tencent`: a short message through Tencent Cloud, by an approved template.

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
use crate::notification::Fate;
use crate::notification::Rate;
use crate::notification::Receipt;
use crate::notification::Terms;

/// How many numbers one request takes. Source: Tencent Cloud, document 382/55981, "SendSms".
const MOST: usize = 200;

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "sms-tencent",
    doc: "A short message through Tencent Cloud, by an approved template.",
    settings: &[
        tencent::SECRET_ID,
        tencent::SECRET_KEY,
        tencent::REGION,
        Setting::bare("app_id", Kind::Text, "\"1400000000\"", "The SdkAppId of the application.")
            .required(),
        Setting::with(
            "sign",
            Kind::Text,
            "\"\"",
            "The approved signature, as it reads; needed in China.",
        ),
        Setting::bare("template", Kind::Text, "\"100001\"", "The id of the approved template.")
            .required(),
        Setting::with("variables", Kind::Texts, "[\"body\"]", template::IN_ORDER),
        template::LENGTH,
        Setting::with(
            "pull",
            Kind::Boolean,
            "false",
            "Whether the service is asked what became of a message; Tencent Cloud must allow it.",
        ),
        Setting::with("to", Kind::Texts, "[]", "Numbers with country, such as +8613800000000."),
    ],
    example: "\
[[channel]]
name = \"sms\"
kind = \"sms-tencent\"
secret_id = \"AKIDEXAMPLE\"
secret_key = \"env:TENCENT_SECRET_KEY\"
app_id = \"1400000000\"
sign = \"示例\"
template = \"100001\"
variables = [\"title\", \"body\"]
to = \"+8613800000000\"
",
    terms: || Terms {
        rate: Some(Rate { count: 3_000, per: Duration::from_secs(1) }),
        ..Terms::default()
    },
    limits: &[Bound::Count("receivers", MOST)],
    build: |setup| setup.http(Sms::read(setup)?),
};

struct Sms {
    tencent: Tencent,
    app_id: String,
    sign: String,
    template: String,
    variables: Variables,
    pulls: bool,
    to: Vec<String>,
}

impl Sms {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let fields = setup.fields;
        let tencent = Tencent::read(setup, "sms", "2021-01-11");
        let (app_id, template) = (fields.filled("app_id"), fields.filled("template"));
        let variables = Variables::in_order(fields);
        let sign = fields.table.text("sign")?.value.to_owned();
        let pulls = fields.table.boolean("pull");
        let to = common::own_receivers(fields)?;
        let (app_id, template, variables) = (app_id?, template?, variables?);
        let (tencent, pulls) = (tencent?, pulls?);
        Some(Self { tencent, app_id, sign, template, variables, pulls, to })
    }
}

impl HttpChannel for Sms {
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let numbers = common::receivers(parcel, &self.to, MOST)?;
        let mut body = json!({
            "PhoneNumberSet": numbers,
            "SmsSdkAppId": self.app_id,
            "TemplateId": self.template,
            "TemplateParamSet": self.variables.list(&parcel.notification)?,
            "SessionContext": parcel.id.to_string(),
        });
        if !self.sign.is_empty() {
            body["SignName"] = self.sign.as_str().into();
        }
        Ok(self.tencent.call("SendSms", &body, parcel.now))
    }

    /// Each number has a verdict of its own. What some numbers took is not sent to them again for
    /// the sake of the others.
    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        let answer = answer::object(response)?;
        let Some(results) = tencent::result(&answer, "SendStatusSet", response)?.as_array() else {
            return Err(refusal(response).unwrap_or_else(|| answer::unreadable(response)));
        };
        let word = |it: &Value, key: &str| it[key].as_str().unwrap_or_default().to_owned();
        let failed: Vec<&Value> = results.iter().filter(|it| it["Code"] != "Ok").collect();
        match failed.first() {
            Some(first) if failed.len() == results.len() => {
                Err(tencent::failure(&word(first, "Code"), &word(first, "Message"), response))
            }
            None if results.is_empty() => Err(answer::unreadable(response)),
            first => {
                let ids = results.iter().filter(|it| it["Code"] == "Ok");
                let ids: Vec<String> = ids.map(|it| word(it, "SerialNo")).collect();
                let detail = first.map_or(String::new(), |first| {
                    let (some, all) = (failed.len(), results.len());
                    format!("{some} of {all} numbers were refused: {}", word(first, "Code"))
                });
                Ok(Receipt { id: Some(ids.join(",")), detail })
            }
        }
    }

    fn asks(&self) -> bool {
        self.pulls
    }

    /// What is pulled is a number's, so only of what went to one number. Source: Tencent Cloud,
    /// "PullSmsSendStatusByPhoneNumber".
    fn ask(&self, sent: &Sent) -> Option<Request> {
        let to = &sent.notification.to;
        let [number] = (if to.is_empty() { &self.to } else { to }).as_slice() else { return None };
        let body = json!({
            "BeginTime": sent.at.as_secs().saturating_sub(60),
            "EndTime": sent.now.as_secs(),
            "Offset": 0,
            "Limit": 100,
            "PhoneNumber": number,
            "SmsSdkAppId": self.app_id,
        });
        Some(self.tencent.call("PullSmsSendStatusByPhoneNumber", &body, sent.now))
    }

    fn fate(&self, sent: &Sent, response: &Response) -> Result<Told, Failure> {
        let answer = answer::object(response)?;
        let states = tencent::result(&answer, "PullSmsSendStatusSet", response)?;
        let mut states = states.as_array().map_or(&[][..], Vec::as_slice).iter();
        let Some(state) = states.find(|it| it["SerialNo"] == sent.called.as_str()) else {
            return Ok(Told::NotYet);
        };
        let said = common::line(state["Description"].as_str().unwrap_or_default());
        Ok(match state["ReportStatus"].as_str() {
            Some("SUCCESS") => Told::Fate(Fate::Confirmed, said),
            Some("FAIL") => Told::Fate(Fate::Failed, said),
            _ => Told::NotYet,
        })
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.tencent.secret_key]
    }
}
