//! One call from its request to its answer: faults first, then the checks all endpoints share,
//! then the endpoint, then the transcript.

use std::time::Duration;

use serde_json::Map;
use serde_json::Value;

use super::call::Answer;
use super::call::Call;
use super::call::Outcome;
use super::endpoint;
use super::endpoint::Endpoint;
use super::endpoint::Key;
use super::endpoint::Method;
use super::multipart;
use super::refusal::Refusal;
use super::refusal::errmsg;
use super::refusal::refuse;
use super::refusal::refuse_with;
use super::request::JSON_BYTES;
use super::request::Params;
use super::request::Reply;
use super::request::Request;
use super::request::Response;
use crate::clock::Clock as _;
use crate::simulator::Simulator;
use crate::simulator::Source;
use crate::simulator::fault::Fault;
use crate::simulator::fault::Kind;
use crate::simulator::transcript;
use crate::simulator::world::World;
use crate::simulator::world::calls::Over;
use crate::simulator::world::token::Standing;
use crate::wechat::errcode::Surface;

impl Simulator {
    /// Answers one request to the platform's API as the platform would.
    pub async fn answer(&self, request: &Request) -> Reply {
        let begun = tokio::time::Instant::now();
        let fault = self.world().faults.strike(&request.path);
        if let Some(pause) = fault.as_ref().and_then(|fault| fault.slow_ms) {
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        let reply = self.answer_with(request, fault.as_ref());
        self.note_call(request, &reply, fault.as_ref(), begun.elapsed());
        self.wake.notify_one();
        reply
    }

    fn answer_with(&self, request: &Request, fault: Option<&Fault>) -> Reply {
        let Some(fault) = fault else { return Reply::Whole(self.work(request)) };
        match fault.kind {
            Kind::Lost => Reply::Broken,
            Kind::Cut => {
                self.work(request);
                Reply::Broken
            }
            Kind::Errcode => {
                let code = fault.errcode.unwrap_or(-1);
                let refusal = Refusal { text: fault.errmsg.clone(), ..refuse(code) };
                Reply::Whole(self.refusal(&refusal))
            }
            Kind::Status => {
                let status = fault.status.unwrap_or(502);
                let body = format!("<html><head><title>{status}</title></head></html>\r\n");
                Reply::Whole(Response {
                    status,
                    content_type: "text/html".to_owned(),
                    headers: Vec::new(),
                    body: body.into_bytes(),
                })
            }
            Kind::Body => {
                let body = fault.body.clone().unwrap_or_default().into_bytes();
                Reply::Whole(Response { body, ..self.work(request) })
            }
            Kind::Revoke => {
                self.revoke_tokens();
                Reply::Whole(self.work(request))
            }
            Kind::Slow | Kind::Double | Kind::Reorder => Reply::Whole(self.work(request)),
        }
    }

    /// Ends every access token that was issued, as a reset of the secret would.
    pub fn revoke_tokens(&self) {
        let now = self.virtual_clock.unix();
        self.world().tokens.revoke(now);
    }

    fn work(&self, request: &Request) -> Response {
        let query = Params::parse(&request.query);
        let mut response = match self.run(request, &query) {
            Ok(Answer::Json(value)) => Response::json(&value),
            Ok(Answer::File { content_type, name, bytes }) => {
                let disposition = format!("attachment; filename=\"{}\"", name.replace('"', ""));
                let headers = vec![("Content-disposition", disposition)];
                Response { status: 200, content_type, headers, body: bytes }
            }
            Err(refusal) => self.refusal(&refusal),
        };
        if self.account.source == Source::CloudRun && query.get("access_token").is_empty() {
            let id = self.entropy.alphanumeric(32);
            response.headers.push(("x-openapi-seqid", id));
        }
        response
    }

    fn refusal(&self, refusal: &Refusal) -> Response {
        let surface = self.surface();
        let id = match surface {
            Surface::Wecom => {
                format!("{}{:09}", self.virtual_clock.unix(), self.entropy.nonce() % 1_000_000_000)
            }
            _ => self.rid(),
        };
        Response::json(&refusal.to_json(surface, &id))
    }

    /// The name of a call in the platform's own log.
    fn rid(&self) -> String {
        let time = self.virtual_clock.unix() & 0xffff_ffff;
        format!("{time:08x}-{:08x}-{:08x}", self.entropy.nonce(), self.entropy.nonce())
    }

    pub(super) fn surface(&self) -> Surface {
        match self.account.platform.is_wecom() {
            true => Surface::Wecom,
            false => Surface::Mp,
        }
    }

    fn run(&self, request: &Request, query: &Params) -> Outcome {
        let Some(endpoint) = endpoint::find(&request.path, self.account.platform) else {
            return Err(refuse(40066));
        };
        let now = self.virtual_clock.unix();
        let world = &mut *self.world();
        check_method(endpoint, &request.method)?;
        self.check_address(endpoint, request, world)?;
        self.check_token(endpoint, query, world, now)?;
        if world.calls.denied.iter().any(|it| it == endpoint.path) {
            return Err(refuse(48001));
        }
        world.calls.count(endpoint.path, endpoint.limit, now).map_err(|over| match over {
            Over::Day => refuse(45009),
            Over::Minute if self.surface() == Surface::Wecom => refuse(45009),
            Over::Minute => refuse(45011),
        })?;
        let parts = multipart::parse(&request.content_type, &request.body).unwrap_or_default();
        let wants_body = endpoint.method == Method::Post && endpoint.key == Key::Token;
        if wants_body && request.body.is_empty() {
            return Err(refuse(44002));
        }
        if parts.is_empty() && request.body.len() > JSON_BYTES {
            let is_wecom = self.surface() == Surface::Wecom;
            return Err(refuse(if is_wecom { 40206 } else { 45002 }));
        }
        let body = match parts.is_empty() && endpoint.method != Method::Get {
            true => read_body(&request.body)?,
            false => Value::Null,
        };
        let mut call = Call {
            account: &self.account,
            world,
            entropy: self.entropy.as_ref(),
            now,
            path: endpoint.path,
            query,
            body,
            has_escapes: has_escapes(&request.body),
            parts,
        };
        (endpoint.run)(&mut call)
    }

    /// 公众号 and 小程序 ask for the address where tokens are fetched, 企业微信 everywhere.
    fn check_address(
        &self,
        endpoint: &Endpoint,
        request: &Request,
        world: &World,
    ) -> Result<(), Refusal> {
        let is_wecom = self.surface() == Surface::Wecom;
        let is_asked = is_wecom || endpoint.path.ends_with("token");
        let (Some(listed), true) = (&world.calls.addresses, is_asked) else { return Ok(()) };
        let Some(peer) = request.peer else { return Ok(()) };
        match listed.contains(&peer) {
            true => Ok(()),
            false if is_wecom => Err(refuse_with(
                60020,
                format!("not allow to access from your ip, from ip: {peer}"),
            )),
            false => Err(refuse_with(
                40164,
                format!("invalid ip {peer} ipv6 ::ffff:{peer}, not in whitelist"),
            )),
        }
    }

    /// Refuses a token that does not open `endpoint`.
    fn check_token(
        &self,
        endpoint: &Endpoint,
        query: &Params,
        world: &World,
        now: i64,
    ) -> Result<(), Refusal> {
        let is_open = self.account.source == Source::CloudRun;
        let name = match endpoint.key {
            // The open API service knows only paths that take a token.
            Key::Nothing if is_open => return Err(refuse(85107)),
            Key::Nothing => return Ok(()),
            Key::Component => "component_access_token",
            Key::Token => "access_token",
        };
        let value = query.get(name);
        if value.is_empty() && is_open {
            let list = world.calls.open_apis.as_ref();
            return match list.is_none_or(|list| list.iter().any(|it| it == endpoint.path)) {
                true => Ok(()),
                false => Err(refuse(85107)),
            };
        }
        if value.is_empty() {
            return Err(refuse(41001));
        }
        let is_wecom = self.surface() == Surface::Wecom;
        let (standing, line) = world.tokens.standing(value, now);
        let is_component = line == "component";
        match standing {
            Standing::Valid if is_component == (endpoint.key == Key::Component) => Ok(()),
            Standing::Valid if is_component => Err(refuse(61015)),
            Standing::Valid => Err(refuse(61014)),
            Standing::Expired if is_component => Err(refuse(42006)),
            Standing::Expired => Err(refuse(42001)),
            Standing::Replaced if is_wecom => Err(refuse(40014)),
            Standing::Replaced => Err(refuse(40001)),
            Standing::Unknown => Err(refuse(40014)),
        }
    }

    fn note_call(&self, request: &Request, reply: &Reply, fault: Option<&Fault>, took: Duration) {
        let mut query = Params::parse(&request.query).to_json();
        if let Some(key) = query.get_mut("key") {
            *key = "(hidden)".into();
        }
        let mut fields = Map::new();
        fields.insert("method".to_owned(), request.method.as_str().into());
        fields.insert("path".to_owned(), request.path.as_str().into());
        fields.insert("query".to_owned(), transcript::redact(query));
        // What is no JSON may hold a secret at any place.
        let is_json = request.body.first() == Some(&b'{');
        let body = match is_json && serde_json::from_slice::<Value>(&request.body).is_ok() {
            true => readable(&request.content_type, &request.body),
            false if request.body.is_empty() => Value::Null,
            false => format!("({} bytes)", request.body.len()).into(),
        };
        fields.insert("body".to_owned(), body);
        if let Reply::Whole(response) = reply {
            let answer = readable(&response.content_type, &response.body);
            fields.insert("status".to_owned(), response.status.into());
            fields.insert("errcode".to_owned(), answer["errcode"].as_i64().unwrap_or(0).into());
            fields.insert("answer".to_owned(), answer);
        }
        let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        fields.insert("took_ms".to_owned(), took.into());
        if let Some(fault) = fault {
            fields.insert("fault".to_owned(), serde_json::json!(fault.kind));
        }
        let at = self.virtual_clock.milliseconds();
        self.world().transcript.add(at, "api", fields);
    }
}

fn check_method(endpoint: &Endpoint, method: &str) -> Result<(), Refusal> {
    match (endpoint.method, method) {
        (Method::Get, "GET") | (Method::Post, "POST") | (Method::Any, "GET" | "POST") => Ok(()),
        (Method::Get, _) => Err(refuse(43001)),
        _ => Err(refuse(43002)),
    }
}

/// A body is a JSON object, or there is none.
fn read_body(body: &[u8]) -> Result<Value, Refusal> {
    if body.trim_ascii().is_empty() {
        return Ok(Value::Null);
    }
    match serde_json::from_slice(body) {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err(refuse_with(
            47001,
            format!("{} hint: [not a JSON object]", errmsg(Surface::Mp, 47001)),
        )),
    }
}

/// Whether a letter outside of ASCII is written as `\uXXXX`.
fn has_escapes(body: &[u8]) -> bool {
    body.windows(3).any(|it| it.starts_with(b"\\u") && it[2] != b'0')
}

/// A body for the transcript: JSON without secrets, a text, or how many bytes there are.
fn readable(content_type: &str, body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    let is_file = content_type.starts_with("multipart/") || content_type.starts_with("image/");
    match std::str::from_utf8(body) {
        Ok(text) if !is_file => {
            let value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
            transcript::redact(value)
        }
        _ => format!("({} bytes)", body.len()).into(),
    }
}
