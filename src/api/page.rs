//! `/api/docs`: the table of calls as a page, without script and without anything from elsewhere.

use std::sync::LazyLock;

use minijinja::AutoEscape;
use minijinja::Environment;
use minijinja::Value;
use minijinja::context;
use serde_json::Value as Json;

use super::endpoint::Body;
use super::endpoint::Endpoint;
use super::endpoint::Needs;
use super::field::Field;
use super::openapi;

/// Compiled in; its name ends in `.html`, so that every value is escaped.
static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.add_filter("marked", |text: &str| Value::from_safe_string(marked(text)));
    templates
        .add_template("page.html", include_str!("page.html"))
        .expect("the compiled-in template is good, which a test says");
    templates
});

/// The page of `endpoints`.
pub(super) fn page(endpoints: &[Endpoint]) -> String {
    let calls: Vec<Value> = endpoints.iter().map(call).collect();
    let template = TEMPLATES.get_template("page.html");
    let page = template.and_then(|it| it.render(context! { calls }));
    page.expect("the compiled-in template takes every call, which a test says")
}

fn call(endpoint: &Endpoint) -> Value {
    let (example, most) = match endpoint.body {
        Body::None => (None, None),
        Body::Json(json) => (Some((json.example)()), None),
        Body::File(most) => (None, Some(most)),
    };
    let json = match endpoint.body {
        Body::Json(json) => json.fields,
        Body::None | Body::File(_) => &[],
    };
    let needs = match endpoint.needs {
        Needs::Nothing => "Needs no key.".to_owned(),
        Needs::Key => "Needs a key.".to_owned(),
        Needs::Right(scope) => format!("Needs a key that may `{scope}`."),
    };
    let (status, meaning) = endpoint.success;
    context! {
        name => endpoint.name,
        method => endpoint.method.name(),
        path => endpoint.path,
        doc => endpoint.doc,
        needs,
        tables => [
            fields("In the path", endpoint.path_fields),
            fields("In the query", endpoint.query),
            fields("In the body", json),
        ],
        curl => curl(endpoint, example.as_ref()),
        most,
        status,
        meaning,
        refusals => refusals(endpoint),
    }
}

fn fields(head: &str, fields: &[Field]) -> Value {
    let rows = fields.iter();
    let rows =
        rows.map(|it| context! { name => it.name, doc => it.doc, shape => it.shape.words() });
    context! { head, rows => rows.collect::<Vec<Value>>() }
}

fn refusals(endpoint: &Endpoint) -> Vec<Value> {
    let all = openapi::refusals(endpoint).into_iter();
    all.flat_map(|(status, codes)| codes.into_iter().map(move |code| (status, code)))
        .map(|(status, code)| context! { status, name => code.name, meaning => code.meaning })
        .collect()
}

/// The call as a line for a shell, behind `$URL` and with `$KEY`.
fn curl(endpoint: &Endpoint, example: Option<&Json>) -> String {
    let mut line = format!("curl $URL{}", endpoint.path);
    if !matches!(endpoint.needs, Needs::Nothing) {
        line.push_str(" \\\n  -H \"Authorization: Bearer $KEY\"");
    }
    if let Some(example) = example {
        let quoted = format!("{example:#}").replace('\'', "'\\''");
        line.push_str(" \\\n  -H 'Content-Type: application/json' -d '");
        line.push_str(&quoted);
        line.push('\'');
    } else if let Body::File(_) = endpoint.body {
        line.push_str(" \\\n  --data-binary @FILE");
    } else if endpoint.method.name() == "POST" {
        line.push_str(" -X POST");
    }
    line
}

/// Text with what stands between backticks as code, escaped.
fn marked(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut parts = escaped.split('`');
    let mut html = parts.next().unwrap_or_default().to_owned();
    while let Some(code) = parts.next() {
        html.push_str("<code>");
        html.push_str(code);
        html.push_str("</code>");
        html.push_str(parts.next().unwrap_or_default());
    }
    html
}

#[cfg(test)]
mod tests {
    use super::marked;

    #[test]
    fn what_stands_between_backticks_is_code_and_nothing_is_html() {
        assert_eq!(marked("a `<b>` & c"), "a <code>&lt;b&gt;</code> &amp; c");
    }
}
