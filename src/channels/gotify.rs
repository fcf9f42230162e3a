//! `gotify`: a message of an application in Gotify.

use serde_json::Value;
use serde_json::json;

use super::ChannelKind;
use super::HttpChannel;
use super::Parcel;
use super::Setup;
use super::answer;
use super::common;
use super::http::post_json;
use super::refusal;
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
use crate::notification::Urgency;

/// The kind.
pub(super) const KIND: ChannelKind = ChannelKind {
    name: "gotify",
    doc: "A message of an application in Gotify.",
    settings: &[Setting::bare(
        "token",
        Kind::Secret,
        "\"env:GOTIFY_TOKEN\"",
        "The application's token; `base_url` says where the server is.",
    )
    .required()],
    example: "\
[[channel]]
name = \"gotify\"
kind = \"gotify\"
base_url = \"https://gotify.example.com\"
token = \"env:GOTIFY_TOKEN\"
",
    terms: || Terms { takes_link: true, ..Terms::default() },
    limits: &[],
    build: |setup| setup.http(Gotify::read(setup)?),
};

struct Gotify {
    base: String,
    token: Secret,
}

impl Gotify {
    fn read(setup: &Setup<'_>) -> Option<Self> {
        let fields = setup.fields;
        let token = fields.required_secret("token");
        let Some(base) = setup.common.base_url.clone() else {
            let advice = "write where your Gotify is, such as `https://gotify.example.com`";
            fields.table.fault("base_url", "`base_url` is missing", Some(advice.to_owned()));
            return None;
        };
        Some(Self { base, token: token? })
    }
}

impl HttpChannel for Gotify {
    fn request(&self, parcel: &Parcel) -> Result<Request, Failure> {
        let notification = &parcel.notification;
        if !notification.to.is_empty() {
            let advice = "Leave `to` empty: the application's own user gets it.";
            let detail = "a Gotify message has no receivers";
            return Err(common::misdirected(detail, advice));
        }
        let mut body = match &notification.native {
            Some(native @ Value::Object(_)) => native.clone(),
            _ => json!({}),
        };
        let format = match notification.format {
            Format::Text => Format::Text,
            Format::Markdown | Format::Html => Format::Markdown,
        };
        if body.get("message").is_none() {
            let message = text::shown(&notification.body, notification.format, format);
            body["message"] = message.into();
            if format == Format::Markdown {
                set(&mut body, &["extras", "client::display", "contentType"], "text/markdown")?;
            }
        }
        let title = text::line(&notification.title);
        if body["message"] == "" && !title.is_empty() {
            // A message must say something.
            body["message"] = title.into();
        } else if !title.is_empty() {
            body["title"] = title.into();
        }
        if let Some(link) = &notification.link {
            // Source: gotify.net, "Message extras".
            set(&mut body, &["extras", "client::notification", "click", "url"], link)?;
        }
        // Source: gotify.net, "Android app": 0 is silent, 8 and above makes a sound and pops up.
        match notification.urgency {
            Urgency::Low => body["priority"] = 0.into(),
            Urgency::Normal => {}
            Urgency::High => body["priority"] = 8.into(),
        }
        let mut request = post_json(format!("{}/message", self.base), &body);
        request.headers.push(("x-gotify-key".to_owned(), self.token.expose().to_owned()));
        Ok(request)
    }

    fn receipt(&self, response: &Response) -> Result<Receipt, Failure> {
        let answer = answer::object(response)?;
        match (refusal(response), answer["id"].as_u64(), answer["errorDescription"].as_str()) {
            (None, Some(id), _) => Ok(Receipt { id: Some(id.to_string()), ..Receipt::default() }),
            (None, None, _) => Err(answer::unreadable(response)),
            (Some(failure), _, Some(said)) => {
                let code = response.status.to_string();
                Err(common::failure("gotify", &code, failure.blame, said, &failure.advice))
            }
            (Some(failure), _, None) => Err(failure),
        }
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.token]
    }
}

/// Sets a member of objects in objects, which are made where they are missing. What a `native` has
/// there instead is refused.
fn set(body: &mut Value, path: &[&str], value: &str) -> Result<(), Failure> {
    let mut place = body;
    for name in path {
        if !place.is_object() && !place.is_null() {
            return Err(Failure {
                advice: "Write `extras` as objects in objects, as gotify.net documents them."
                    .into(),
                detail: format!("`{}` in `native` is no object", path[0]),
                ..Failure::new(Blame::Request, "gotify.extras")
            });
        }
        place = &mut place[*name];
    }
    *place = value.into();
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use super::set;

    #[test]
    fn extras_of_another_shape_are_refused_and_not_written_over() {
        let path = ["extras", "client::notification", "click", "url"];
        let with = |mut body: Value| {
            let done = set(&mut body, &path, "https://a.example/");
            done.map(|()| body).map_err(|failure| format!("{failure}"))
        };
        let url = json!({ "click": { "url": "https://a.example/" } });
        let made = json!({ "extras": { "client::notification": url } });
        assert_eq!(with(json!({})), Ok(made));
        let other = json!({ "extras": { "mine": 1, "client::notification": { "big": 2 } } });
        let kept = json!({ "extras": { "mine": 1, "client::notification": {
            "big": 2, "click": { "url": "https://a.example/" },
        } } });
        assert_eq!(with(other), Ok(kept));
        let refused = || Err("gotify.extras: `extras` in `native` is no object".to_owned());
        for extras in [json!("x"), json!([]), json!({ "client::notification": 7 })] {
            assert_eq!(with(json!({ "extras": extras })), refused());
        }
    }
}
