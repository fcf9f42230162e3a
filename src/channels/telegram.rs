//! `telegram`: a message of a bot.

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
use super::text::Cut;
use super::text::Limit;
use super::text::chat;
use super::text::chat::Style;
use crate::config::secret::Secret;
use crate::config::settings::Kind;
use crate::config::settings::Setting;
use crate::exchange::Request;
use crate::exchange::Response;
use crate::notification::Blame;
use crate::notification::Failure;
use crate::notification::Rate;
use crate::notification::Receipt;
use crate::notification::Terms;
use crate::notification::Urgency;

/// Source: core.telegram.org/bots/api, "sendMessage": 1 to 4096 characters, counted as UTF-16. Our
/// tags are counted too, though Telegram does not.
const LONGEST: Limit = Limit::Utf16(4_096);

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "telegram",
    doc: "A message of a Telegram bot.",
    settings: &[
        Setting::bare(
            "token",
            Kind::Secret,
            "\"env:TELEGRAM_TOKEN\"",
            "The bot's token, from @BotFather.",
        )
        .required(),
        Setting::with(
            "to",
            Kind::Texts,
            "[]",
            "The chat: its number, or @name of a public channel.",
        ),
        Setting::with("thread", Kind::Integer(0, i64::MAX), "0", "The topic of a forum; 0: none."),
    ],
    example: "\
[[channel]]
name = \"telegram\"
kind = \"telegram\"
token = \"env:TELEGRAM_TOKEN\"
to = \"-1001234567890\"
",
    // Source: core.telegram.org/bots/faq, "My bot is hitting limits": 20 a minute into one group.
    terms: || Terms {
        rate: Some(Rate { count: 20, per: Duration::from_mins(1) }),
        ..Terms::default()
    },
    limits: &[Bound::Text("text", LONGEST), Bound::Count("receivers", 1)],
    build: |setup| setup.http(Telegram::read(setup)?),
};

struct Telegram {
    base: String,
    token: Secret,
    to: Vec<String>,
    thread: i64,
}

impl Telegram {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let fields = setup.fields;
        let token = fields.required_secret("token");
        let to = common::own_receivers(fields)?;
        let thread = fields.table.integer("thread", 0..=i64::MAX);
        let base = setup.base_url("https://api.telegram.org");
        Some(Self { base, token: token?, to, thread: thread? })
    }
}

impl HttpChannel for Telegram {
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let notification = &parcel.notification;
        let to = common::receiver(parcel, &self.to)?;
        let mut body = match &notification.native {
            Some(native @ Value::Object(_)) => native.clone(),
            _ => {
                let text = text(parcel).text;
                json!({ "text": text, "parse_mode": "HTML" })
            }
        };
        body["chat_id"] = to.parse::<i64>().map_or_else(|_| to.into(), Value::from);
        if self.thread > 0 {
            body["message_thread_id"] = self.thread.into();
        }
        if notification.urgency == Urgency::Low {
            body["disable_notification"] = true.into();
        }
        let url = format!("{}/bot{}/sendMessage", self.base, self.token.expose());
        Ok(post_json(url, &body))
    }

    /// Source: core.telegram.org/bots/api, "Making requests" and "ResponseParameters".
    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        let answer = answer::object(response)?;
        match answer["ok"].as_bool() {
            Some(true) => {
                let id = answer["result"]["message_id"].as_i64().map(|it| it.to_string());
                Ok(Receipt { id, ..Receipt::default() })
            }
            Some(false) => Err(failure(&answer, response)),
            None => Err(refusal(response).unwrap_or_else(|| answer::unreadable(response))),
        }
    }

    fn remark(&self, parcel: &Parcel) -> String {
        if parcel.notification.native.is_some() { String::new() } else { text(parcel).remark() }
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.token]
    }
}

fn text(parcel: &Parcel) -> Cut {
    chat::message(&parcel.notification, Style::Telegram, LONGEST)
}

fn failure(answer: &Value, response: &Response) -> Failure {
    let code = answer["error_code"].as_u64().unwrap_or_else(|| response.status.into());
    let parameters = &answer["parameters"];
    let retry_after = parameters["retry_after"].as_u64().map(Duration::from_secs);
    let blame = match code {
        429 => Blame::Quota { retry_after },
        500.. => Blame::Service { retry_after },
        _ => Blame::Request,
    };
    let detail = answer["description"].as_str().unwrap_or_default();
    let moved = parameters["migrate_to_chat_id"].as_i64();
    let advice = match (code, moved) {
        (_, Some(id)) => format!("The group has become a supergroup: set `to` to `{id}`."),
        (401 | 404, _) => "Give a valid `token`.".to_owned(),
        (403, _) => "The bot was blocked or removed: let the user write to it again.".to_owned(),
        (400, _) if detail.contains("chat not found") => "Correct `to`.".to_owned(),
        _ => String::new(),
    };
    common::failure("telegram", &code.to_string(), blame, detail, &advice)
}
