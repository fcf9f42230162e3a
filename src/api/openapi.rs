//! The table of calls as OpenAPI 3.1.

use std::collections::BTreeMap;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::endpoint::Body;
use super::endpoint::Endpoint;
use super::endpoint::Json;
use super::endpoint::Needs;
use super::field::Field;
use super::schema;
use crate::code;
use crate::code::Code;
use crate::submission::LONGEST_IDEMPOTENCY_KEY;

/// The document of `endpoints`.
pub(super) fn document(endpoints: &[Endpoint]) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in endpoints {
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method.name().to_lowercase()] = operation(endpoint);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Yizhan",
            "description": "Send through every channel of this station, and see what became of it.",
            "version": env!("CARGO_PKG_VERSION"),
        },
        "paths": paths,
        "components": {
            "schemas": { "Error": schema::error() },
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token of a `[[key]]`.",
                },
            },
        },
    })
}

fn operation(endpoint: &Endpoint) -> Value {
    let mut operation = json!({
        "operationId": endpoint.name,
        "summary": endpoint.doc,
        "description": needs(endpoint.needs),
        "parameters": parameters(endpoint),
        "responses": responses(endpoint),
    });
    if !matches!(endpoint.needs, Needs::Nothing) {
        operation["security"] = json!([{ "key": [] }]);
    }
    match endpoint.body {
        Body::None => {}
        Body::Json(json) => operation["requestBody"] = of_json(json),
        Body::File(_) => {
            operation["requestBody"] = json!({
                "required": true,
                "content": { "application/octet-stream": { "schema": {} } },
            });
        }
    }
    operation
}

fn of_json(body: Json) -> Value {
    let properties: Map<String, Value> =
        body.fields.iter().map(|field| (field.name.to_owned(), of_field(field))).collect();
    let mut whole = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if let Value::Object(rule) = (body.rule)() {
        for (name, value) in rule {
            whole[name] = value;
        }
    }
    json!({
        "required": true,
        "content": { "application/json": { "schema": whole, "example": (body.example)() } },
    })
}

fn of_field(field: &Field) -> Value {
    let mut schema = field.shape.schema();
    schema["description"] = json!(field.doc);
    schema
}

fn parameters(endpoint: &Endpoint) -> Vec<Value> {
    let of = |place: &'static str, fields: &'static [Field]| {
        fields.iter().map(move |field| {
            json!({
                "name": field.name,
                "in": place,
                "required": place == "path" || field.is_required,
                "description": field.doc,
                "schema": field.shape.schema(),
            })
        })
    };
    let mut all: Vec<Value> =
        of("path", endpoint.path_fields).chain(of("query", endpoint.query)).collect();
    if matches!(endpoint.body, Body::Json(Json { is_idempotent: true, .. })) {
        all.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": false,
            "description": "The same key and body within 24 h are one notification; another body is refused.",
            "schema": { "type": "string", "pattern": format!("^[!-~]{{1,{LONGEST_IDEMPOTENCY_KEY}}}$") },
        }));
    }
    all
}

fn needs(needs: Needs) -> String {
    match needs {
        Needs::Nothing => "Needs no key.".to_owned(),
        Needs::Key => "Needs a key; what it may do is checked with what is asked for.".to_owned(),
        Needs::Right(scope) => format!("Needs a key that may `{scope}`."),
    }
}

/// What it answers, by status: its success, what it refuses, and what every call may refuse.
fn responses(endpoint: &Endpoint) -> Value {
    let content = match endpoint.answer {
        Some(schema) => json!({ "application/json": { "schema": schema() } }),
        None => json!({ "text/html": { "schema": { "type": "string" } } }),
    };
    let (status, doc) = endpoint.success;
    let mut all: BTreeMap<u16, Value> = BTreeMap::new();
    let links = endpoint.leads_to.iter().map(|name| {
        let link = json!({ "operationId": name, "parameters": { "id": "$response.body#/id" } });
        ((*name).to_owned(), link)
    });
    let links: Map<String, Value> = links.collect();
    all.insert(status, json!({ "description": doc, "content": content, "links": links }));
    for (status, codes) in refusals(endpoint) {
        let told = codes.iter().map(|it| format!("`{}`: {}", it.name, it.meaning));
        let told: Vec<String> = told.collect();
        let mut response = json!({
            "description": told.join("\n"),
            "content": {
                "application/json": { "schema": { "$ref": "#/components/schemas/Error" } },
            },
        });
        if status == code::API_KEY.status {
            response["headers"] = json!({ "WWW-Authenticate": { "schema": { "type": "string" } } });
        }
        all.insert(status, response);
    }
    all.into_iter().map(|(status, it)| (status.to_string(), it)).collect::<Map<_, _>>().into()
}

/// What it may refuse, by status.
pub(super) fn refusals(endpoint: &Endpoint) -> BTreeMap<u16, Vec<Code>> {
    let mut codes = vec![code::API_OFF, code::API_INVALID, code::HTTP_METHOD];
    codes.extend(endpoint.refuses);
    if !matches!(endpoint.needs, Needs::Nothing) {
        codes.extend([code::API_KEY, code::API_SCOPE, code::STORE_FAILED]);
    }
    match endpoint.body {
        Body::None => {}
        Body::Json(_) => {
            codes.extend([code::API_MEDIA_TYPE, code::API_TOO_LARGE, code::API_SLOW]);
        }
        Body::File(_) => codes.extend([code::API_TOO_LARGE, code::API_SLOW]),
    }
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        let of_status = by_status.entry(code.status).or_default();
        if !of_status.contains(&code) {
            of_status.push(code);
        }
    }
    by_status
}
