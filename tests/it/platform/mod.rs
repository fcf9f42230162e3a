//! Calls to WeChat's API against a scripted WeChat, on a paused clock, without sockets.

mod authorizations;
mod channels;
mod errcodes;
mod requests;
mod simulated;
mod simulated_errcodes;
mod tokens;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use url::Url;
use yizhan::clock::TokioClock;
use yizhan::config::Config;
use yizhan::entropy::SeededEntropy;
use yizhan::exchange::ExchangeError;
use yizhan::exchange::Request;
use yizhan::exchange::Response;
use yizhan::platform::Client;
use yizhan::platform::Sending;
use yizhan::platform::Transport;
use yizhan::platform::World;
use yizhan::store::Store;

use crate::support::START;

pub(crate) const OFFICIAL: &str = "platform = \"official-account\"";
pub(crate) const MINI: &str = "platform = \"mini-program\"";
pub(crate) const WECOM: &str = "platform = \"wecom\"\nagent_id = 1000002";
pub(crate) const OPEN: &str = "platform = \"open-platform\"";

/// What a scripted WeChat says to a request.
type Script = dyn Fn(&Asked) -> Result<Value, ExchangeError> + Send + Sync;

/// One request as WeChat saw it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// `POST /cgi-bin/…?…`, the token left out.
    pub(crate) line: String,
    /// The token, where there was one.
    pub(crate) token: Option<String>,
    /// What was sent along, as it was written.
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// WeChat, as a script says; it takes 100 ms to answer.
pub(crate) struct Wire {
    asked: Mutex<Vec<Asked>>,
    script: Box<Script>,
}

impl Wire {
    pub(crate) fn new(
        script: impl Fn(&Asked) -> Result<Value, ExchangeError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self { asked: Mutex::default(), script: Box::new(script) })
    }

    /// Gives a token to whoever wants one, and says the same to everything else.
    pub(crate) fn answering(answer: Value) -> Arc<Self> {
        Self::new(move |asked| Ok(token(asked, "T1").unwrap_or_else(|| answer.clone())))
    }

    /// Every request so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// How many requests went to `path`.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.asked().iter().filter(|it| it.line.contains(path)).count()
    }

    /// The lines of all requests that fetched no token.
    pub(crate) fn lines(&self) -> Vec<String> {
        let asked = self.asked().into_iter().filter(|asked| token(asked, "").is_none());
        asked.map(|asked| asked.line).collect()
    }
}

/// The answer to a request for a token; none for any other request.
pub(crate) fn token(asked: &Asked, token: &str) -> Option<Value> {
    let path = asked.line.split(['?', ' ']).nth(1)?;
    let name = match path {
        "/cgi-bin/stable_token" | "/cgi-bin/token" | "/cgi-bin/gettoken" => "access_token",
        "/cgi-bin/component/api_component_token" => "component_access_token",
        "/cgi-bin/component/api_authorizer_token" => "authorizer_access_token",
        _ => return None,
    };
    Some(json!({"errcode": 0, name: token, "expires_in": 7200}))
}

impl Transport for Wire {
    fn send(&self, request: Request) -> Sending<'_> {
        Box::pin(async move {
            let asked = seen(&request);
            self.asked.lock().unwrap().push(asked.clone());
            tokio::time::sleep(Duration::from_millis(100)).await;
            let body = (self.script)(&asked)?.to_string();
            Ok(Response { status: 200, headers: Vec::new(), body: body.into() })
        })
    }
}

fn seen(request: &Request) -> Asked {
    let url = Url::parse(&request.url).unwrap();
    let is_token = |name: &str| name.ends_with("access_token");
    let token = url.query_pairs().find(|(name, _)| is_token(name));
    let rest: Vec<String> = url
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty() && !is_token(pair.split('=').next().unwrap()))
        .map(str::to_owned)
        .collect();
    let mark = if rest.is_empty() { "" } else { "?" };
    let method = format!("{:?}", request.method).to_uppercase();
    Asked {
        line: format!("{method} {}{mark}{}", url.path(), rest.join("&")),
        token: token.map(|(_, token)| token.into_owned()),
        body: String::from_utf8_lossy(&request.body).into_owned(),
    }
}

/// A store in memory.
pub(crate) fn store() -> Arc<dyn Store> {
    yizhan::store::open("memory:", Path::new("")).unwrap()
}

/// A client of the account that `settings` describe.
pub(crate) fn client(settings: &str, wire: &Arc<Wire>) -> Arc<Client> {
    client_on(settings, wire, store(), 1)
}

/// The same on a store that others use as well; `seed` tells the processes apart.
pub(crate) fn client_on(
    settings: &str,
    wire: &Arc<Wire>,
    store: Arc<dyn Store>,
    seed: u64,
) -> Arc<Client> {
    client_over(settings, Arc::clone(wire) as _, store, seed)
}

/// The same over any way to WeChat.
pub(crate) fn client_over(
    settings: &str,
    transport: Arc<dyn Transport>,
    store: Arc<dyn Store>,
    seed: u64,
) -> Arc<Client> {
    let text = format!(
        "[[account]]\nname = \"shop\"\napp_id = \"wx00112233445566bb\"\n\
         app_secret = \"SECRET\"\ntoken = \"RefToken01\"\n\
         encoding_aes_key = \"KhzNNzOBjkcG/0SweC6WkCHEceYlWmvC3uLpGU4tsif\"\n{settings}\n"
    );
    let config = Config::parse("test.toml", &text, Path::new(""), &BTreeMap::new()).unwrap();
    let world = World {
        transport,
        store,
        clock: Arc::new(TokioClock::starting_at(START)),
        entropy: Arc::new(SeededEntropy::new(seed)),
    };
    Client::open(&config.config.accounts[0], world).unwrap()
}

/// WeChat's no.
pub(crate) fn refusal(code: i64) -> Value {
    json!({"errcode": code, "errmsg": "no rid: 6a-1"})
}

/// A request of which nobody knows whether it arrived.
pub(crate) fn timeout(may_have_arrived: bool) -> ExchangeError {
    let (origin, after) = ("https://api.weixin.qq.com".to_owned(), Duration::from_secs(10));
    ExchangeError::TimedOut { origin, after, may_have_arrived }
}
