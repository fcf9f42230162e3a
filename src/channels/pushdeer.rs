//! `pushdeer`: a message of the PushDeer app.

use serde_json::Value;

use super::ChannelKind;
use super::HttpChannel;
use super::Parcel;
use super::Setup;
use super::answer;
use super::common;
use super::http::post_form;
use super::text;
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

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "pushdeer",
    doc: "A message of the PushDeer app.",
    settings: &[Setting::bare(
        "pushkey",
        Kind::Secret,
        "\"env:PUSHDEER_KEY\"",
        "The key that the app shows; several with commas between them.",
    )
    .required()],
    example: "\
[[channel]]
name = \"deer\"
kind = \"pushdeer\"
pushkey = \"env:PUSHDEER_KEY\"
",
    terms: Terms::default,
    limits: &[],
    build: |setup| setup.http(PushDeer::read(setup)?),
};

struct PushDeer {
    base: String,
    pushkey: Secret,
}

impl PushDeer {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let pushkey = setup.fields.required_secret("pushkey")?;
        Some(Self { base: setup.base_url("https://api2.pushdeer.com"), pushkey })
    }
}

impl HttpChannel for PushDeer {
    /// `to` are other keys.
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let notification = &parcel.notification;
        let keys = match notification.to.as_slice() {
            [] => self.pushkey.expose().to_owned(),
            keys => keys.join(","),
        };
        let url = format!("{}/message/push", self.base);
        // As text the app shows `text` alone; as markdown it shows `text` as a title.
        Ok(match notification.format {
            Format::Text => {
                let text = text::titled(notification, Format::Text);
                post_form(url, &[("pushkey", &keys), ("type", "text"), ("text", &text)])
            }
            Format::Markdown | Format::Html => {
                let title = text::title(notification);
                let body = text::shown(&notification.body, notification.format, Format::Markdown);
                let said = [("type", "markdown"), ("text", &title), ("desp", &body)];
                post_form(url, &[&[("pushkey", keys.as_str())], said.as_slice()].concat())
            }
        })
    }

    /// Source: github.com/easychen/pushdeer, `PushDeerMessageController.php`.
    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        let answer = answer::object(response)?;
        let code = answer::code(&answer, "code", response)?;
        if code == 0 {
            let results = answer["content"]["result"].as_array();
            return match results.is_some_and(|it| !it.is_empty()) {
                true => Ok(Receipt::default()),
                false => {
                    let advice = "Compare the key with the one the app shows.";
                    Err(common::failure(
                        "pushdeer",
                        "nobody",
                        Blame::Request,
                        "nobody has this key",
                        advice,
                    ))
                }
            };
        }
        let (blame, advice) = match code {
            80403 => (Blame::Request, "Compare the key with the one the app shows."),
            80502 => (Blame::Service { retry_after: None }, ""),
            _ if response.status >= 500 => (Blame::Service { retry_after: None }, ""),
            _ => (Blame::Request, ""),
        };
        let said = match &answer["error"] {
            Value::String(said) => said.clone(),
            other => other.to_string(),
        };
        Err(common::failure("pushdeer", &code.to_string(), blame, &said, advice))
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.pushkey]
    }
}
