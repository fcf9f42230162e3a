//! Letters of services to the hooks of channels.

use std::time::Duration;

use actix_web::web;
use serde::Deserialize;
use serde_json::Map;
use serde_json::json;
use tokio::time::timeout;
use url::Url;

use super::Told;
use super::bad;
use super::seat;
use super::tell;
use crate::clock::Clock as _;
use crate::simulator::HttpWire;
use crate::simulator::RawRequest;
use crate::simulator::Seats;
use crate::simulator::Wire as _;
use crate::simulator::services;
use crate::simulator::services::Letter;
use crate::simulator::services::SERVICES;
use crate::simulator::services::Wanted;

/// How long a service waits for the answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// `{"kind","url","secret","text"}` with a `from`, or an `id` instead of the text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Writing {
    kind: String,
    url: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    encrypt_key: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    id: String,
}

/// Sends it; answers with the status and body of the hook, and whether the service is content.
pub(super) async fn write(writing: web::Json<Writing>, seats: web::Data<Seats>) -> Told {
    let with_hook = SERVICES.iter().filter(|it| it.has_hook());
    let Some(service) = with_hook.clone().find(|it| it.kind == writing.kind) else {
        let kinds: Vec<&str> = with_hook.map(|it| it.kind).collect();
        let advice = format!("`kind` is one of {}.", kinds.join(", "));
        return Err(bad("no such service sends anything by itself", &advice));
    };
    let url = Url::parse(&writing.url).ok().filter(|url| url.scheme() == "http" && url.has_host());
    let advice = "Write the hook's address, such as http://127.0.0.1:8080/hook/phone.";
    let url = url.ok_or_else(|| bad("`url` is no http address", advice))?;
    let simulator = &seat(&seats, None)?.simulator;
    let wanted = Wanted {
        from: &writing.from,
        text: &writing.text,
        id: &writing.id,
        secret: &writing.secret,
        encrypt_key: &writing.encrypt_key,
    };
    let now = simulator.virtual_clock.since_epoch();
    let letter = seats.services.letter(service, &wanted, now, simulator.clock.since_epoch());
    let advice = "docs/simulate.md says what each service tells.";
    let letter = letter.map_err(|reason| bad(&reason, advice))?;
    let (status, body) = send(&url, &letter).await;
    let is_yes = service.is_yes(status, &body);
    let answer = json!({"status": status, "body": body, "accepted": is_yes});
    let mut noted = Map::new();
    noted.insert("service".to_owned(), service.kind.into());
    let secrets = [writing.secret.clone(), writing.encrypt_key.clone()];
    noted.insert("body".to_owned(), services::hide(&letter.body, &secrets).into());
    noted.insert("status".to_owned(), status.into());
    noted.insert("accepted".to_owned(), is_yes.into());
    let at = simulator.virtual_clock.milliseconds();
    simulator.world().transcript.add(at, "hook", noted);
    tell(&answer)
}

/// The status and the body; 0 and the reason, where there was no answer.
async fn send(url: &Url, letter: &Letter) -> (u16, String) {
    let queries = [url.query().unwrap_or_default(), letter.query.as_str()];
    let queries: Vec<&str> = queries.into_iter().filter(|it| !it.is_empty()).collect();
    let content_type = ("Content-Type".to_owned(), letter.content_type.to_owned());
    let request = RawRequest {
        method: "POST",
        path: url.path().to_owned(),
        query: queries.join("&"),
        headers: [vec![content_type], letter.headers.clone()].concat(),
        body: letter.body.clone().into_bytes(),
    };
    let wire = match HttpWire::new(&url.origin().ascii_serialization()) {
        Ok(wire) => wire,
        Err(error) => return (0, error.to_string()),
    };
    match timeout(PATIENCE, wire.send(request)).await {
        Ok(Ok(response)) => (response.status, String::from_utf8_lossy(&response.body).into_owned()),
        Ok(Err(error)) => (0, error.to_string()),
        Err(_) => (0, format!("no answer after {} s", PATIENCE.as_secs())),
    }
}
