//! `slack`: an incoming webhook, or `chat.postMessage` of a bot.

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

/// What Slack shows without folding it. It cuts above 40,000 characters, wherever that is.
/// Source: docs.slack.dev, "chat.postMessage", "Truncating content".
const LONGEST: Limit = Limit::Chars(4_000);

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "slack",
    doc: "A message in Slack, through an incoming webhook or a bot.",
    settings: &[
        Setting::with(
            "webhook",
            Kind::Secret,
            "\"\"",
            "The address of an incoming webhook, or its part behind /services/.",
        ),
        Setting::with(
            "token",
            Kind::Secret,
            "\"\"",
            "A bot's token, xoxb-…, instead of a webhook.",
        ),
        Setting::with(
            "to",
            Kind::Texts,
            "[]",
            "With a token, the channel: its id, #name or a user's id.",
        ),
    ],
    example: "\
[[channel]]
name = \"slack\"
kind = \"slack\"
token = \"env:SLACK_TOKEN\"
to = \"#ops\"
",
    // Source: docs.slack.dev, "Rate limits": one message a second into one channel.
    terms: || Terms {
        rate: Some(Rate { count: 1, per: Duration::from_secs(1) }),
        ..Terms::default()
    },
    limits: &[Bound::Text("text", LONGEST), Bound::Count("receivers", 1)],
    build: |setup| setup.http(Slack::read(setup)?),
};

struct Slack {
    way: Way,
    to: Vec<String>,
}

enum Way {
    Webhook { base: String, path: Secret },
    Bot { base: String, token: Secret },
}

impl Slack {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let fields = setup.fields;
        let to = common::own_receivers(fields)?;
        let way = match (fields.secret("webhook")?, fields.secret("token")?) {
            (Some(webhook), None) => Way::Webhook {
                base: setup.base_url("https://hooks.slack.com"),
                path: Secret::new(behind(webhook.expose(), "/services/")),
            },
            (None, Some(token)) => Way::Bot { base: setup.base_url("https://slack.com"), token },
            (webhook, _) => {
                let (key, message) = match webhook {
                    Some(_) => ("webhook", "`webhook` and `token` are both given"),
                    None => ("token", "neither `webhook` nor `token` is given"),
                };
                fields.table.fault(key, message, Some("give one of them".to_owned()));
                return None;
            }
        };
        Some(Self { way, to })
    }
}

/// What stands behind `mark`; all of it where the mark is missing.
fn behind<'t>(text: &'t str, mark: &str) -> &'t str {
    text.split_once(mark).map_or(text, |(_, rest)| rest).trim_matches('/')
}

impl HttpChannel for Slack {
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let notification = &parcel.notification;
        let mut body = match &notification.native {
            Some(native @ Value::Object(_)) => native.clone(),
            _ => json!({ "text": text(parcel).text }),
        };
        match &self.way {
            Way::Webhook { base, path } => {
                if !notification.to.is_empty() {
                    let advice = "Leave `to` empty, or give the channel a `token`.";
                    let detail = "an incoming webhook writes to its own channel only";
                    return Err(common::misdirected(detail, advice));
                }
                let url = format!("{base}/services/{}", path.expose());
                Ok(post_json(url, &body))
            }
            Way::Bot { base, token } => {
                body["channel"] = common::receiver(parcel, &self.to)?.into();
                let mut request = post_json(format!("{base}/api/chat.postMessage"), &body);
                request.headers.push(common::bearer(token.expose()));
                Ok(request)
            }
        }
    }

    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        match self.way {
            Way::Webhook { .. } => of_webhook(response),
            Way::Bot { .. } => of_bot(response),
        }
    }

    fn remark(&self, parcel: &Parcel) -> String {
        if parcel.notification.native.is_some() { String::new() } else { text(parcel).remark() }
    }

    fn secrets(&self) -> Vec<&Secret> {
        let (Way::Webhook { path: secret, .. } | Way::Bot { token: secret, .. }) = &self.way;
        vec![secret]
    }
}

fn text(parcel: &Parcel) -> Cut {
    chat::message(&parcel.notification, Style::Slack, LONGEST)
}

/// Source: docs.slack.dev, "Sending messages using incoming webhooks", "Handling errors".
fn of_webhook(response: &Response) -> Result<Receipt, Failure> {
    let said = String::from_utf8_lossy(&response.body);
    let Some(failure) = refusal(response) else {
        return match said.trim() {
            "ok" => Ok(Receipt::default()),
            _ => Err(answer::unreadable(response)),
        };
    };
    let is_word = |it: &str| it.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    match said.trim() {
        word if !word.is_empty() && is_word(word) => {
            Err(common::failure("slack", word, failure.blame, "", advice(word)))
        }
        _ => Err(failure),
    }
}

/// Source: docs.slack.dev, "chat.postMessage", "Errors".
fn of_bot(response: &Response) -> Result<Receipt, Failure> {
    let answer = answer::object(response)?;
    let failure = refusal(response);
    match (answer["ok"].as_bool(), answer["error"].as_str(), failure) {
        (Some(true), _, None) => {
            let id = answer["ts"].as_str().map(str::to_owned);
            Ok(Receipt { id, ..Receipt::default() })
        }
        (Some(false), Some(word), failure) => {
            let blame = match (word, failure) {
                (_, Some(failure)) => failure.blame,
                ("ratelimited" | "rate_limited", _) => Blame::Quota { retry_after: None },
                ("internal_error" | "fatal_error" | "service_unavailable", _) => answer::LATER,
                _ => Blame::Request,
            };
            Err(common::failure("slack", word, blame, "", advice(word)))
        }
        (_, _, failure) => Err(failure.unwrap_or_else(|| answer::unreadable(response))),
    }
}

fn advice(word: &str) -> &'static str {
    match word {
        "not_in_channel" => "Invite the bot into the channel.",
        "channel_not_found" | "is_archived" | "channel_is_archived" => "Correct `to`.",
        "not_authed" | "invalid_auth" | "account_inactive" | "token_revoked" | "token_expired" => {
            "Give a valid `token`."
        }
        "missing_scope" => "Give the bot the scope chat:write.",
        "no_service" | "no_active_hooks" | "no_team" | "invalid_token" | "action_prohibited" => {
            "Make a new webhook in Slack."
        }
        _ => "",
    }
}
