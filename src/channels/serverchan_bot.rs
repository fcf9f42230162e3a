//! `serverchan-bot`: a message of a bot in the app of Server酱³.

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
use crate::notification::Receipt;
use crate::notification::Terms;
use crate::notification::Urgency;

/// The largest text, in characters. Source: Server酱³, "Bot".
const LONGEST: Limit = Limit::Chars(4_000);

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "serverchan-bot",
    doc: "A message of a bot in the app of Server酱³; `to` is a user's number.",
    settings: &[
        Setting::bare("token", Kind::Secret, "\"env:SERVERCHAN_BOT_TOKEN\"", "The bot's token.")
            .required(),
        Setting::with("to", Kind::Texts, "[]", "The user: the number in a key sctp{number}t…."),
    ],
    example: "\
[[channel]]
name = \"bot\"
kind = \"serverchan-bot\"
token = \"env:SERVERCHAN_BOT_TOKEN\"
to = \"7\"
",
    terms: Terms::default,
    limits: &[Bound::Text("text", LONGEST), Bound::Count("receivers", 1)],
    build: |setup| setup.http(Bot::read(setup)?),
};

struct Bot {
    base: String,
    token: Secret,
    to: Vec<String>,
}

impl Bot {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let token = setup.fields.required_secret("token");
        let to = common::own_receivers(setup.fields)?;
        Some(Self { base: setup.base_url("https://bot-go.apijia.cn"), token: token?, to })
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
    text::cut(&text::titled(&parcel.notification, format), format, LONGEST)
}

impl HttpChannel for Bot {
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let to = common::receiver(parcel, &self.to)?;
        let Ok(user) = to.parse::<u64>() else {
            let advice = "Write the number in the user's key, sctp{number}t….";
            return Err(common::misdirected("the receiver is no number", advice));
        };
        let text = cut(parcel).text;
        if text.is_empty() {
            return Err(answer::empty());
        }
        let mode = if format(parcel) == Format::Text { "text" } else { "markdown" };
        let body = json!({
            "chat_id": user,
            "text": text,
            "parse_mode": mode,
            "silent": parcel.notification.urgency == Urgency::Low,
        });
        Ok(post_json(format!("{}/bot{}/sendMessage", self.base, self.token.expose()), &body))
    }

    /// Its errors have no numbers: what they mean, the status says.
    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        let answer = answer::object(response)?;
        match answer["ok"].as_bool() {
            Some(true) => {
                let id = answer::id(&answer["result"]["message_id"]);
                Ok(Receipt { id, ..Receipt::default() })
            }
            Some(false) => {
                let by_status = refusal(response);
                let blame = by_status.as_ref().map_or(Blame::Request, |it| it.blame);
                let said = answer["error"].as_str().unwrap_or_default();
                let advice = "Compare `token` with the bot's, and `to` with the user's number.";
                Err(common::failure("serverchan-bot", "error", blame, said, advice))
            }
            None => Err(refusal(response).unwrap_or_else(|| answer::unreadable(response))),
        }
    }

    fn remark(&self, parcel: &Parcel) -> String {
        cut(parcel).remark()
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.token]
    }
}
