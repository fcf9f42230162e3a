//! `/api/v1/media`: a file for messages through an account of WeChat.

use std::time::Duration;

use serde_json::json;
use tokio::sync::oneshot;

use super::Api;
use super::endpoint::Answer;
use super::endpoint::Answering;
use super::endpoint::Call;
use super::field;
use super::field::Field;
use super::field::Shape;
use super::notifications::moment;
use super::refusal::Refusal;
use crate::channels::OWN;
use crate::code;
use crate::config::access::Scope;
use crate::config::fault::did_you_mean;
use crate::platform::File;
use crate::platform::PlatformError;
use crate::platform::media::Kind;

/// The largest file that any platform takes, in bytes: a file of 企业微信.
pub(super) const LARGEST: usize = 20 << 20;

/// How long WeChat keeps a file. Source: "Temporary media".
const KEPT: Duration = Duration::from_hours(3 * 24);

/// What says where the file goes.
pub(super) const QUERY: &[Field] = &[
    Field::must("account", Shape::Name, "The account, which needs an `app_secret`."),
    Field::must("type", Shape::Word(&["image", "voice", "video", "thumb", "file"]), "What it is."),
    Field::must(
        "name",
        Shape::Text(128),
        "The file's name, with the extension that tells its type.",
    ),
];

/// `POST`: uploads the body.
pub(super) fn upload(api: &Api, call: Call) -> Answering<'_> {
    Box::pin(async move {
        let key = call.key()?;
        if !key.may_send(OWN) && !key.may_campaign() {
            return Err(Refusal::lacks(&key.name, &Scope::Send(OWN.to_owned())));
        }
        let text = |name: &str| field::text(&call.query, name);
        let (account, word) = (text("account"), text("type"));
        let clients = &api.intake.clients;
        let client = clients.get(&account).cloned().ok_or_else(|| {
            let message = format!("no account `{account}` can call WeChat");
            let advice = did_you_mean(&account, clients.names());
            Refusal::new(code::API_UNKNOWN, message).advise(advice)
        })?;
        let kind = Kind::ALL.iter().find(|(_, name)| *name == word).map_or(Kind::File, |it| it.0);
        let file = File { name: text("name"), bytes: call.file.into() };
        // Connections belong to the runtime that opened them, and this one is a worker's.
        let (tell, told) = oneshot::channel();
        api.tasks.spawn(async move {
            let uploaded = client.upload_media(kind, file).await;
            // Nobody is told if the caller has gone.
            drop(tell.send(uploaded));
        });
        let uploaded = told.await.map_err(|_| Refusal::of(code::API_PLATFORM))?;
        let media_id = uploaded.map_err(|error| refusal(&error))?.media_id;
        let ends = moment(api.intake.clock.since_epoch() + KEPT);
        let shown = json!({ "media_id": media_id, "account": account, "type": word, "ends": ends });
        Ok(Answer::Json(201, shown))
    })
}

fn refusal(error: &PlatformError) -> Refusal {
    let advice = Some(error.advice()).filter(|it| !it.is_empty()).map(str::to_owned);
    let code = match error {
        PlatformError::Limit(_) => code::API_INVALID,
        _ => code::API_PLATFORM,
    };
    Refusal::new(code, error.failure().detail).advise(advice)
}
