//! The HTTP API for programs: send, see what became of it, see what there is.
//!
//! ONE TABLE, `ENDPOINTS`, makes the routes, checks what arrives, and is shown as OpenAPI and as a
//! page. To add a call: write its function, add its line.

mod endpoint;
mod field;
mod forms;
mod media;
mod messages;
mod notifications;
mod openapi;
mod page;
mod refusal;
mod replay;
mod schema;
mod serve;
mod station;

use std::path::PathBuf;
use std::sync::Arc;

use actix_web::web;

use self::endpoint::Answer;
use self::endpoint::Answering;
use self::endpoint::Body;
use self::endpoint::Call;
use self::endpoint::Endpoint;
use self::endpoint::Json;
use self::endpoint::Method;
use self::endpoint::Needs;
use crate::access::Keys;
use crate::code;
use crate::config::access::Scope;
use crate::dispatch::rules::RulesHandler;
use crate::forms::Forms;
use crate::intake::Intake;
use crate::submission::Submissions;
use crate::tasks::Tasks;

/// What the API needs.
#[derive(Clone)]
pub struct Api {
    /// Who may use it.
    pub keys: Arc<Keys>,
    /// Where what is sent goes.
    pub submissions: Submissions,
    /// Pages that ask somebody to decide.
    pub forms: Forms,
    /// The accounts.
    pub intake: Arc<Intake>,
    /// The rules, where there are any.
    pub rules: Option<RulesHandler>,
    /// The folder of captures, where callbacks are kept.
    pub captures: Option<PathBuf>,
    /// What calls to WeChat run on.
    pub tasks: Tasks,
}

impl Api {
    /// Adds the routes of all calls.
    pub fn routes(&self, config: &mut web::ServiceConfig) {
        serve::routes(config, ENDPOINTS, &web::Data::new(self.clone()));
    }
}

const READ: Needs = Needs::Right(&Scope::Read);

/// A call that reads and takes nothing.
const GET: Endpoint = Endpoint {
    method: Method::Get,
    path: "",
    name: "",
    doc: "",
    needs: READ,
    path_fields: &[],
    query: &[],
    body: Body::None,
    success: (200, "What there is."),
    answer: None,
    leads_to: &[],
    refuses: &[],
    run: document,
};

/// Every call, those of one path together.
const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: Method::Post,
        path: "/api/v1/notifications",
        name: "send",
        doc: "Send one message through one or more channels.",
        needs: Needs::Key,
        body: Body::Json(Json {
            fields: notifications::FIELDS,
            rule: notifications::rule,
            example: notifications::example,
            is_idempotent: true,
        }),
        success: (
            202,
            "It is on the disk. `id` is the whole's, and that of the delivery where there is one.",
        ),
        answer: Some(schema::sent),
        leads_to: &["show", "cancel"],
        refuses: &[code::API_UNKNOWN, code::API_CONFLICT],
        run: notifications::send,
        ..GET
    },
    Endpoint {
        path: "/api/v1/notifications",
        name: "list",
        doc: "Deliveries, the newest first.",
        query: notifications::QUERY,
        success: (200, "A page, and where the next one begins."),
        answer: Some(schema::page),
        run: notifications::list,
        ..GET
    },
    Endpoint {
        path: "/api/v1/notifications/{id}",
        name: "show",
        doc: "What became of a notification: each channel, each attempt.",
        path_fields: notifications::ID,
        success: (200, "Its life so far."),
        answer: Some(schema::life),
        refuses: &[code::API_NOT_FOUND],
        run: notifications::show,
        ..GET
    },
    Endpoint {
        method: Method::Post,
        path: "/api/v1/notifications/{id}/cancel",
        name: "cancel",
        doc: "Call back what has not been sent yet: a key its own, `admin` everybody's.",
        needs: Needs::Key,
        path_fields: notifications::ID,
        success: (200, "Its life, what was called back refused with `api.cancelled`."),
        answer: Some(schema::life),
        refuses: &[code::API_NOT_FOUND, code::API_SENT],
        run: notifications::cancel,
        ..GET
    },
    Endpoint {
        method: Method::Post,
        path: "/api/v1/forms/{name}",
        name: "ask",
        doc: "Send out a `[[form]]`: a page for each receiver, its link through the form's channels.",
        needs: Needs::Key,
        path_fields: forms::NAME,
        body: Body::Json(Json {
            fields: forms::FIELDS,
            rule: forms::rule,
            example: forms::example,
            is_idempotent: true,
        }),
        success: (202, "It is on the disk, and each link on its way."),
        answer: Some(forms::sent_schema),
        refuses: &[code::API_NOT_FOUND, code::API_CONFLICT],
        run: forms::send,
        ..GET
    },
    Endpoint {
        path: "/api/v1/forms/{name}/{id}",
        name: "decision",
        doc: "What was decided on a form that was sent out, by whom and when.",
        path_fields: forms::SENT,
        success: (200, "Open, decided or expired."),
        answer: Some(forms::state_schema),
        refuses: &[code::API_NOT_FOUND],
        run: forms::show,
        ..GET
    },
    Endpoint {
        method: Method::Post,
        path: "/api/v1/media",
        name: "upload",
        doc: "Upload a file for messages through an account of WeChat.",
        needs: Needs::Key,
        query: media::QUERY,
        body: Body::File(media::LARGEST),
        success: (201, "WeChat has it, until `ends`."),
        answer: Some(schema::media),
        refuses: &[code::API_UNKNOWN, code::API_PLATFORM],
        run: media::upload,
        ..GET
    },
    Endpoint {
        method: Method::Post,
        path: "/api/v1/replay",
        name: "replay",
        doc: "Send a message to an account once more, through the real path.",
        needs: Needs::Right(&Scope::Admin),
        body: Body::Json(Json {
            fields: replay::FIELDS,
            rule: replay::rule,
            example: replay::example,
            is_idempotent: false,
        }),
        success: (200, "It was delivered, up to three times, and this was the reply."),
        answer: Some(schema::replayed),
        refuses: &[code::API_UNKNOWN, code::API_UNREADABLE],
        run: replay::run,
        ..GET
    },
    Endpoint {
        path: "/api/v1/accounts",
        name: "accounts",
        doc: "The accounts of WeChat.",
        answer: Some(schema::accounts),
        run: station::accounts,
        ..GET
    },
    Endpoint {
        path: "/api/v1/channels",
        name: "channels",
        doc: "The channels and topics.",
        answer: Some(schema::channels),
        run: station::channels,
        ..GET
    },
    Endpoint {
        path: "/api/v1/messages",
        name: "messages",
        doc: "The callbacks that `[server] capture` keeps as files, the newest first.",
        query: messages::QUERY,
        success: (200, "A page of file names; `kept` is false where none are kept."),
        answer: Some(schema::messages),
        run: messages::list,
        ..GET
    },
    Endpoint {
        path: "/api/v1/rules",
        name: "rules",
        doc: "The rules, in the order in which they are asked.",
        answer: Some(schema::rules),
        run: station::rules,
        ..GET
    },
    Endpoint {
        path: "/api/v1/openapi.json",
        name: "openapi",
        doc: "This interface as OpenAPI 3.1.",
        needs: Needs::Nothing,
        answer: Some(schema::anything),
        run: document,
        ..GET
    },
    Endpoint {
        path: "/api/docs",
        name: "docs",
        doc: "This interface as a page.",
        needs: Needs::Nothing,
        run: docs,
        ..GET
    },
];

fn document(_: &Api, _: Call) -> Answering<'_> {
    Box::pin(async { Ok(Answer::Json(200, openapi::document(ENDPOINTS))) })
}

fn docs(_: &Api, _: Call) -> Answering<'_> {
    Box::pin(async { Ok(Answer::Page(page::page(ENDPOINTS))) })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::ENDPOINTS;
    use super::openapi;

    #[test]
    fn every_call_is_named_once_explained_and_beside_those_of_its_path() {
        let (mut names, mut routes, mut paths) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        for endpoint in ENDPOINTS {
            assert!(names.insert(endpoint.name), "{} is there twice", endpoint.name);
            assert!(routes.insert((endpoint.path, endpoint.method.name())), "{}", endpoint.path);
            assert!(endpoint.doc.ends_with('.'), "{}", endpoint.name);
            let holes = endpoint.path.matches('{').count();
            assert_eq!(holes, endpoint.path_fields.len(), "{}", endpoint.path);
            if paths.last() != Some(&endpoint.path) {
                assert!(!paths.contains(&endpoint.path), "{} is in two places", endpoint.path);
                paths.push(endpoint.path);
            }
        }
    }

    #[test]
    fn the_openapi_has_every_call_of_the_table() {
        let document = openapi::document(ENDPOINTS);
        for endpoint in ENDPOINTS {
            let method = endpoint.method.name().to_lowercase();
            assert_eq!(document["paths"][endpoint.path][&method]["operationId"], endpoint.name);
        }
        for name in ENDPOINTS.iter().flat_map(|it| it.leads_to) {
            assert!(ENDPOINTS.iter().any(|it| it.name == *name), "{name}");
        }
        let send = &document["paths"]["/api/v1/notifications"]["post"];
        let schema = &send["requestBody"]["content"]["application/json"]["schema"];
        assert_eq!(schema["properties"]["delay"]["pattern"], "^[0-9]{1,5}(ms|s|m|h|d)$");
        assert_eq!(schema["additionalProperties"], false);
    }
}
