//! `sms-aliyun`: a short message through Aliyun, by an approved template.

use std::time::Duration;

use super::Bound;
use super::ChannelKind;
use super::HttpChannel;
use super::Parcel;
use super::Sent;
use super::Setup;
use super::Told;
use super::aliyun;
use super::aliyun::Aliyun;
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

/// How many numbers one request takes. Source: Aliyun, document 419273, "SendSms".
const MOST: usize = 1_000;

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "sms-aliyun",
    doc: "A short message through Aliyun, by an approved template.",
    settings: &[
        aliyun::KEY_ID,
        aliyun::KEY_SECRET,
        Setting::bare("sign", Kind::Text, "\"示例\"", "The approved signature, as it reads.")
            .required(),
        Setting::bare(
            "template",
            Kind::Text,
            "\"SMS_100001\"",
            "The code of the approved template.",
        )
        .required(),
        Setting::with("variables", Kind::Texts, "[]", template::BY_NAME),
        template::LENGTH,
        Setting::with(
            "to",
            Kind::Texts,
            "[]",
            "Numbers, such as 13800000000; abroad with country.",
        ),
    ],
    example: "\
[[channel]]
name = \"sms\"
kind = \"sms-aliyun\"
access_key_id = \"LTAIEXAMPLE\"
access_key_secret = \"env:ALIYUN_ACCESS_KEY_SECRET\"
sign = \"示例\"
template = \"SMS_100001\"
variables = [\"name=title\", \"status=body\"]
to = \"13800000000\"
",
    terms: || Terms {
        rate: Some(Rate { count: 5_000, per: Duration::from_secs(1) }),
        ..Terms::default()
    },
    limits: &[Bound::Count("receivers", MOST)],
    build: |setup| setup.http(Sms::read(setup)?),
};

struct Sms {
    aliyun: Aliyun,
    sign: String,
    template: String,
    variables: Variables,
    to: Vec<String>,
}

impl Sms {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let fields = setup.fields;
        let aliyun = Aliyun::read(setup, "dysmsapi.aliyuncs.com");
        let (sign, template) = (fields.filled("sign"), fields.filled("template"));
        let variables = Variables::by_name(fields);
        let to = common::own_receivers(fields)?;
        let (sign, template) = (sign?, template?);
        Some(Self { aliyun: aliyun?, sign, template, variables: variables?, to })
    }
}

impl HttpChannel for Sms {
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let numbers = common::receivers(parcel, &self.to, MOST)?;
        let parameters = [
            ("PhoneNumbers", numbers.join(",")),
            ("SignName", self.sign.clone()),
            ("TemplateCode", self.template.clone()),
            ("TemplateParam", self.variables.object(&parcel.notification)?),
            ("OutId", parcel.id.to_string()),
        ];
        Ok(self.aliyun.call("SendSms", &parameters, parcel))
    }

    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        aliyun::receipt(response, "BizId")
    }

    fn asks(&self) -> bool {
        true
    }

    /// Only what went to one number has one answer. Source: Aliyun,
    /// "QuerySendDetails".
    fn ask(&self, sent: &Sent) -> Option<Request> {
        let to = &sent.notification.to;
        let [number] = (if to.is_empty() { &self.to } else { to }).as_slice() else { return None };
        let parameters = [
            ("PhoneNumber", number.clone()),
            ("BizId", sent.called.clone()),
            ("SendDate", common::day(sent.at)),
            ("PageSize", "1".to_owned()),
            ("CurrentPage", "1".to_owned()),
        ];
        Some(self.aliyun.question("QuerySendDetails", &parameters, sent))
    }

    fn fate(&self, _: &Sent, response: &Response) -> Result<Told, Failure> {
        let answer = aliyun::told(response)?;
        let detail = &answer["SmsSendDetailDTOs"]["SmsSendDetailDTO"][0];
        let code = common::line(detail["ErrCode"].as_str().unwrap_or_default());
        Ok(match detail["SendStatus"].as_i64() {
            Some(2) => Told::Fate(Fate::Failed, code),
            Some(3) => Told::Fate(Fate::Confirmed, code),
            _ => Told::NotYet,
        })
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.aliyun.key_secret]
    }
}
