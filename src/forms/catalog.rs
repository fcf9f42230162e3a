//! The owner's forms, their templates read.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::Environment;
use minijinja::UndefinedBehavior;
use minijinja::value::Serde;
use minijinja::value::Value;
use serde_json::Map;
use serde_json::Value as Json;

use crate::config::fault::Fault;
use crate::config::fault::Faults;
use crate::config::form;
use crate::page;

/// Steps one template may take.
const FUEL: u64 = 200_000;

/// How deep macros may nest.
const DEPTH: usize = 64;

/// The largest page a template may make, in bytes.
const LARGEST: usize = 256 << 10;

/// What is shown where a form has no template: the data in their order, lists with commas.
const LIST: &str = "<dl>{% for name, value in data | items %}<dt>{{ name }}</dt><dd>{{ \
    value | join(', ') if value is sequence else value }}</dd>{% endfor %}</dl>";

/// The names of a form's two templates; the first is HTML, and so what it puts in is escaped.
const CONTENT: &str = "content.html";
const MESSAGE: &str = "message.txt";

/// Every form, by name.
#[derive(Default)]
pub struct Catalog {
    by_name: BTreeMap<String, Arc<Form>>,
}

/// One form.
pub struct Form {
    /// As its owner set it up.
    pub set: form::Form,
    templates: Environment<'static>,
}

/// Why a template made no text. It names the template's own words, and none of the data.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the template fails: {0}")]
pub struct TemplateError(String);

impl Catalog {
    /// Reads the templates of the forms that the config lists. What is wrong with them is added to
    /// `faults`.
    pub fn build(configured: &[form::Form], faults: &mut Faults) -> Self {
        let built = configured.iter().filter_map(|form| build(form, faults));
        Self { by_name: built.map(|form| (form.set.name.clone(), Arc::new(form))).collect() }
    }

    /// The form called `name`.
    pub fn find(&self, name: &str) -> Option<Arc<Form>> {
        self.by_name.get(name).cloned()
    }
}

fn build(form: &form::Form, faults: &mut Faults) -> Option<Form> {
    let mut templates = Environment::new();
    templates.remove_global("debug");
    templates.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    templates.set_fuel(Some(FUEL));
    templates.set_recursion_limit(DEPTH);
    templates
        .add_filter("markdown", |text: String| Value::from_safe_string(page::of_markdown(&text)));
    let content = form.template.as_ref().map_or(LIST, |source| source.text.as_str());
    let path = form.template.as_ref().map_or("", |source| source.path.as_str());
    let message = format!("`message` of the form `{}`", form.name);
    let mut is_good = true;
    for (name, text, file) in
        [(CONTENT, content, path), (MESSAGE, form.message.as_str(), message.as_str())]
    {
        if let Err(error) = templates.add_template_owned(name.to_owned(), text.to_owned()) {
            let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
            let line = error.line().unwrap_or(1);
            let fault = Fault::of(file, format!("the template is broken: {what}"));
            faults.push(Fault { line, column: 1, ..fault });
            is_good = false;
        }
    }
    is_good.then(|| Form { set: form.clone(), templates })
}

impl Form {
    /// What the page shows of `data`, as clean HTML.
    pub(super) fn content(
        &self,
        title: &str,
        data: &Map<String, Json>,
    ) -> Result<String, TemplateError> {
        let names = [("title", Json::from(title))];
        self.render(CONTENT, data, names).map(|html| page::clean(&html))
    }

    /// What the notification for `to` says.
    pub(super) fn message(
        &self,
        data: &Map<String, Json>,
        (title, to, link): (&str, &str, &str),
    ) -> Result<String, TemplateError> {
        let names =
            [("title", Json::from(title)), ("to", Json::from(to)), ("link", Json::from(link))];
        self.render(MESSAGE, data, names)
    }

    fn render(
        &self,
        template: &str,
        data: &Map<String, Json>,
        names: impl IntoIterator<Item = (&'static str, Json)>,
    ) -> Result<String, TemplateError> {
        let mut reach = data.clone();
        reach.extend(names.into_iter().map(|(name, value)| (name.to_owned(), value)));
        reach.insert("data".to_owned(), Json::Object(data.clone()));
        let template = self.templates.get_template(template);
        let rendered = template.and_then(|it| it.render(Value::from(Serde(&reach))));
        let text = rendered.map_err(|error| {
            let line = error.line().map_or_else(String::new, |line| format!(" in line {line}"));
            TemplateError(format!("{}{line}", error.kind()))
        })?;
        match text.len() <= LARGEST {
            true => Ok(text),
            false => Err(TemplateError("it makes more than 256 KiB".to_owned())),
        }
    }
}
