//! `discord`: a message through a webhook of a channel.

use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::Bound;
use super::ChannelKind;
use super::HttpChannel;
use super::Parcel;
use super::Setup;
use super::answer;
use super::common;
use super::http::post_json;
use super::refusal;
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
use crate::notification::Format;
use crate::notification::Rate;
use crate::notification::Receipt;
use crate::notification::Terms;
use crate::notification::Urgency;

/// Source: discord.com/developers/docs, "Execute Webhook".
const LONGEST: Limit = Limit::Chars(2_000);

/// No sound. Source: the same, "Message Flags", SUPPRESS_NOTIFICATIONS.
const SILENT: u32 = 1 << 12;

/// Whom a message may call by name. Source: the same, "Allowed Mentions Object".
const MENTIONS: [(&str, &str); 3] =
    [("everyone", "everyone"), ("roles", "roles"), ("users", "users")];

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "discord",
    doc: "A message in Discord, through a webhook of the channel.",
    settings: &[
        Setting::bare(
            "id",
            Kind::Text,
            "\"123456789012345678\"",
            "The number in the webhook's address.",
        )
        .required(),
        Setting::bare(
            "token",
            Kind::Secret,
            "\"env:DISCORD_TOKEN\"",
            "What follows the number in it.",
        )
        .required(),
        Setting::with(
            "mentions",
            Kind::Words(|| MENTIONS.iter().map(|(_, word)| *word).collect()),
            "[]",
            "Whom a text may call by name: everyone, roles, users.",
        ),
    ],
    example: "\
[[channel]]
name = \"discord\"
kind = \"discord\"
id = \"123456789012345678\"
token = \"env:DISCORD_TOKEN\"
",
    // Each channel of a server takes 30 a minute from its webhooks.
    terms: || Terms {
        rate: Some(Rate { count: 30, per: Duration::from_mins(1) }),
        ..Terms::default()
    },
    limits: &[Bound::Text("text", LONGEST)],
    build: |setup| setup.http(Discord::read(setup)?),
};

struct Discord {
    url: String,
    token: Secret,
    mentions: Vec<&'static str>,
}

impl Discord {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let fields = setup.fields;
        let id = fields.filled("id");
        let token = fields.required_secret("token");
        let mentions = fields.table.many_of("mentions", &MENTIONS);
        let id = id?;
        if !id.bytes().all(|it| it.is_ascii_digit()) {
            let advice = "it is the number in https://discord.com/api/webhooks/NUMBER/TOKEN";
            fields.table.value_fault("id", "`id` is no number", Some(advice.to_owned()));
            return None;
        }
        let url = format!("{}/api/webhooks/{id}", setup.base_url("https://discord.com"));
        Some(Self { url, token: token?, mentions: mentions? })
    }
}

impl HttpChannel for Discord {
    /// `to` is a thread of the channel.
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let notification = &parcel.notification;
        let mut url = format!("{}/{}?wait=true", self.url, self.token.expose());
        if !notification.to.is_empty() {
            let thread = common::receiver(parcel, &[])?;
            if !thread.bytes().all(|it| it.is_ascii_digit()) {
                let advice = "Put the number of one of the channel's threads into `to`.";
                let detail = "the receiver is no thread";
                return Err(common::misdirected(detail, advice));
            }
            url.push_str("&thread_id=");
            url.push_str(thread);
        }
        let mut body = match &notification.native {
            Some(native @ Value::Object(_)) => native.clone(),
            _ => json!({ "content": content(parcel).text }),
        };
        if body.get("allowed_mentions").is_none() {
            body["allowed_mentions"] = json!({ "parse": self.mentions });
        }
        if notification.urgency == Urgency::Low {
            body["flags"] = (body["flags"].as_u64().unwrap_or(0) | u64::from(SILENT)).into();
        }
        Ok(post_json(url, &body))
    }

    /// Source: discord.com/developers/docs, "Rate Limits" and "Opcodes and Status Codes".
    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        let answer: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let Some(failure) = refusal(response) else {
            let id = answer["id"].as_str().map(str::to_owned);
            let id = Some(id.ok_or_else(|| answer::unreadable(response))?);
            return Ok(Receipt { id, ..Receipt::default() });
        };
        let wait = answer["retry_after"].as_f64();
        let wait = wait.and_then(|it| Duration::try_from_secs_f64(it).ok());
        let blame = match (failure.blame, wait) {
            (Blame::Quota { .. }, Some(wait)) => Blame::Quota { retry_after: Some(wait) },
            (blame, _) => blame,
        };
        let code = answer["code"].as_u64().filter(|it| *it != 0);
        let code = code.map_or_else(|| response.status.to_string(), |it| it.to_string());
        let advice = match code.as_str() {
            "10015" | "50027" => "The webhook is gone: make a new one.",
            "10003" => "There is no such thread: correct `to`.",
            _ => &failure.advice,
        };
        let detail = answer["message"].as_str().unwrap_or(&failure.detail);
        Err(common::failure("discord", &code, blame, detail, advice))
    }

    fn remark(&self, parcel: &Parcel) -> String {
        if parcel.notification.native.is_some() { String::new() } else { content(parcel).remark() }
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.token]
    }
}

fn content(parcel: &Parcel) -> Cut {
    let content = text::titled(&parcel.notification, Format::Markdown);
    text::cut(&content, Format::Markdown, LONGEST)
}
