//! `/api/docs`: the table of calls as a page, without script and without anything from elsewhere.

use std::fmt::Write as _;

use super::endpoint::Body;
use super::endpoint::Endpoint;
use super::endpoint::Needs;
use super::field::Field;
use super::openapi;

/// Why no error is expected where text is put together.
const WRITES: &str = "a string takes everything";

const HEAD: &str = "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>Yizhan API</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
pre { background: #8881; padding: 0.75rem; overflow-x: auto; }
details { border: 1px solid #8884; border-radius: 6px; padding: 0.5rem 1rem; margin: 0.5rem 0; }
summary { cursor: pointer; }
table { border-collapse: collapse; width: 100%; }
td, th { border-top: 1px solid #8884; padding: 0.25rem 0.5rem; text-align: left; vertical-align: top; }
@media (prefers-color-scheme: dark) { body { background: #111; color: #ddd; } a { color: #9cf; } }
</style>
</head>
<body>
<h1>Yizhan API</h1>
<p>Show a <code>[[key]]</code> as <code>Authorization: Bearer TOKEN</code>. The same as data:
<a href=\"/api/v1/openapi.json\">openapi.json</a>.</p>
";

/// The page of `endpoints`.
pub(super) fn page(endpoints: &[Endpoint]) -> String {
    let mut page = HEAD.to_owned();
    for endpoint in endpoints {
        write(&mut page, endpoint);
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn write(page: &mut String, endpoint: &Endpoint) {
    let (method, path, doc) = (endpoint.method.name(), endpoint.path, escaped(endpoint.doc));
    writeln!(page, "<details>\n<summary><code>{method} {path}</code> {doc}</summary>")
        .expect(WRITES);
    match endpoint.needs {
        Needs::Nothing => {}
        Needs::Key => writeln!(page, "<p>Needs a key.</p>").expect(WRITES),
        Needs::Right(scope) => {
            writeln!(page, "<p>Needs a key that may <code>{scope}</code>.</p>").expect(WRITES);
        }
    }
    fields(page, "In the path", endpoint.path_fields);
    fields(page, "In the query", endpoint.query);
    if let Body::Json(json) = endpoint.body {
        fields(page, "In the body, a JSON object", json.fields);
        let example = escaped(&format!("{:#}", (json.example)()));
        writeln!(page, "<pre>{example}</pre>").expect(WRITES);
    }
    if let Body::File(most) = endpoint.body {
        writeln!(page, "<p>The body is the file as it is, at most {most} bytes.</p>")
            .expect(WRITES);
    }
    writeln!(page, "<table><tr><th>Answer</th><th></th></tr>").expect(WRITES);
    let (status, meaning) = endpoint.success;
    writeln!(page, "<tr><td>{status}</td><td>{}</td></tr>", escaped(meaning)).expect(WRITES);
    for (status, codes) in openapi::refusals(endpoint) {
        for code in codes {
            let (name, meaning) = (code.name, escaped(code.meaning));
            writeln!(page, "<tr><td>{status}</td><td><code>{name}</code> {meaning}</td></tr>")
                .expect(WRITES);
        }
    }
    page.push_str("</table>\n</details>\n");
}

fn fields(page: &mut String, head: &str, fields: &[Field]) {
    if fields.is_empty() {
        return;
    }
    writeln!(page, "<table><tr><th>{head}</th><th></th></tr>").expect(WRITES);
    for field in fields {
        let (name, words, doc) = (field.name, escaped(&field.shape.words()), escaped(field.doc));
        writeln!(
            page,
            "<tr><td><code>{name}</code></td><td>{doc} <small>{words}</small></td></tr>"
        )
        .expect(WRITES);
    }
    page.push_str("</table>\n");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
