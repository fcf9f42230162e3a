//! One request of somebody else's client, read the way those services read it: query, form, JSON
//! or multipart, whatever the content type says.

use std::time::Duration;

use serde_json::Map;
use serde_json::Value;

use super::body;
use super::body::Body;
use super::decode;

/// One request, apart from its transport. Nothing in it was checked.
#[derive(Clone, Debug)]
pub struct Call {
    /// The method in capitals; `HEAD` never comes this far.
    pub method: String,
    /// What follows the dialect's own path, in segments, percent-decoded once; empty ones are left
    /// out, so a slash too many is no difference.
    pub path: Vec<String>,
    /// The same, with `+` as a blank, which is how Bark reads it.
    pub form_path: Vec<String>,
    /// The query's parameters, in their order.
    pub query: Vec<(String, String)>,
    /// The headers, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub body: Vec<u8>,
    /// What the body says, as far as it is a form, a multipart form or a JSON object.
    pub fields: Body,
    /// The time since 1970 at which it came.
    pub now: Duration,
}

impl Call {
    /// Reads one request. `target` is the path behind the dialect's own, and the query.
    pub fn new(
        method: &str,
        target: &str,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
        now: Duration,
    ) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let segments = || path.split('/').filter(|segment| !segment.is_empty());
        let content_type = find(&headers, "content-type").unwrap_or_default();
        let fields = body::read(content_type, &body);
        Self {
            method: method.to_ascii_uppercase(),
            path: segments().map(|it| decode::percent(it, false)).collect(),
            form_path: segments().map(|it| decode::percent(it, true)).collect(),
            query: body::pairs(query),
            headers,
            body,
            fields,
            now,
        }
    }

    /// The path's segments, for matching.
    pub fn segments(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    /// The first header of this name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The first of these fields that says something, in the body or else in the query.
    pub fn text(&self, names: &[&str]) -> String {
        self.body_text(names).or_else(|| self.query_text(names)).unwrap_or_default()
    }

    /// The first of these fields of the body that says something.
    pub fn body_text(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| said(self.fields.object.get(*name)?))
    }

    /// The first of these parameters of the query that says something.
    pub fn query_text(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| {
            let found = self.query.iter().find(|(it, value)| it == name && !value.is_empty());
            found.map(|(_, value)| value.clone())
        })
    }

    /// A field of the body as it stands there.
    pub fn value(&self, name: &str) -> &Value {
        self.fields.object.get(name).unwrap_or(&Value::Null)
    }

    /// A field that holds several: an array, or a text with `separators` between them.
    pub fn list(&self, name: &str, separators: &[char]) -> Vec<String> {
        match self.value(name) {
            Value::Array(items) => items.iter().filter_map(said).collect(),
            _ => split(&self.text(&[name]), separators),
        }
    }

    /// The fields of the body, or else of the query, that are among `names`, as they stand.
    pub fn pick(&self, names: &[&str]) -> Map<String, Value> {
        let found = names.iter().filter_map(|name| {
            let of_body = self.fields.object.get(*name).filter(|it| said(it).is_some()).cloned();
            let value = of_body.or_else(|| self.query_text(&[name]).map(Value::String))?;
            Some(((*name).to_owned(), value))
        });
        found.collect()
    }

    /// The credential of `Authorization: Bearer`, or of a header without a scheme.
    pub fn bearer(&self) -> Option<String> {
        let value = self.header("authorization")?.trim_start();
        let (scheme, rest) = value.split_once(' ').unwrap_or(("Bearer", value));
        let token = rest.trim();
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
    }
}

/// The parts of a text between separators, trimmed; none of them empty.
pub(super) fn split(text: &str, separators: &[char]) -> Vec<String> {
    let parts = text.split(separators).map(str::trim);
    parts.filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

/// What a value says as a text; none for what says nothing.
pub(super) fn said(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    (!text.is_empty()).then_some(text)
}

fn find<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Call;

    fn call(target: &str, content_type: &str, body: &str) -> Call {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Call::new("post", target, headers, body.as_bytes().to_vec(), Duration::ZERO)
    }

    #[test]
    fn the_body_comes_before_the_query_and_what_is_empty_says_nothing() {
        let call =
            call("/send/?title=a&desp=b", " application/json", r#"{"title":null,"desp":"c"}"#);
        assert_eq!(call.segments(), ["send"]);
        assert_eq!(call.text(&["title"]), "a");
        assert_eq!(call.text(&["desp"]), "c");
        assert_eq!(call.text(&["missing", "title"]), "a");
        assert_eq!(call.text(&["short"]), "");
    }

    #[test]
    fn a_path_is_decoded_once_and_a_plus_is_itself_but_for_bark() {
        let call = call("/K/a%2Fb+c%2525", "", "");
        assert_eq!(call.segments(), ["K", "a/b+c%25"]);
        assert_eq!(call.form_path, ["K", "a/b c%25"]);
    }

    #[test]
    fn a_list_is_an_array_or_a_text_with_commas() {
        let call = call("/?uids=a,%20b,", "application/json", r#"{"topicIds":[1,"2",null]}"#);
        assert_eq!(call.list("topicIds", &[',']), ["1", "2"]);
        assert_eq!(call.list("uids", &[',']), ["a", "b"]);
    }

    #[test]
    fn a_bearer_has_its_scheme_or_none() {
        let with = |value: &str| {
            let headers = vec![("authorization".to_owned(), value.to_owned())];
            Call::new("GET", "/", headers, Vec::new(), Duration::ZERO).bearer()
        };
        assert_eq!(with("bearer  T1 ").as_deref(), Some("T1"));
        assert_eq!(with("T1").as_deref(), Some("T1"));
        assert_eq!(with("Basic dTpw"), None);
        assert_eq!(with("Bearer "), None);
    }
}
