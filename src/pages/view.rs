//! From what is on a page to its HTML.

use std::sync::LazyLock;

use minijinja::Environment;
use minijinja::value::Serde;
use minijinja::value::Value;
use serde::Serialize;

use super::words::Words;

/// What is shown. Texts are escaped by the template; `html` and `answer` are clean HTML.
#[derive(Debug, Serialize)]
pub(super) struct View<'v> {
    pub(super) words: &'static Words,
    /// The id in the page's address; empty if it has none.
    pub(super) id: &'v str,
    /// For the style: `open`, `decided`, `expired`, `gone`.
    pub(super) state: &'static str,
    pub(super) title: &'v str,
    /// Whether the owner has a style of their own for it.
    pub(super) has_style: bool,
    pub(super) html: &'v str,
    pub(super) notice: Option<&'v str>,
    pub(super) decision: Option<Decided>,
    pub(super) said: Option<Said<'v>>,
    pub(super) form: Option<Open<'v>>,
    /// Until when it is good.
    pub(super) until: Option<String>,
}

/// What was decided.
#[derive(Debug, Serialize)]
pub(super) struct Decided {
    pub(super) label: String,
    pub(super) look: String,
    pub(super) who: String,
    /// For people, and for programs.
    pub(super) at: String,
    pub(super) moment: String,
    pub(super) fields: Vec<Filled>,
}

/// A field that was filled in.
#[derive(Debug, Serialize)]
pub(super) struct Filled {
    pub(super) label: String,
    pub(super) value: String,
}

/// What was said again.
#[derive(Debug, Serialize)]
pub(super) struct Said<'v> {
    pub(super) words: &'v str,
    pub(super) answer: String,
}

/// What can be filled in and pressed.
#[derive(Debug, Serialize)]
pub(super) struct Open<'v> {
    pub(super) token: &'v str,
    /// What is wrong with what was filled in.
    pub(super) fault: Option<String>,
    /// The words to be mended.
    pub(super) words: Option<&'v str>,
    pub(super) fields: Vec<Field<'v>>,
    pub(super) actions: Vec<Action<'v>>,
}

/// Something to be filled in.
#[derive(Debug, Serialize)]
pub(super) struct Field<'v> {
    pub(super) name: &'v str,
    pub(super) label: &'v str,
    pub(super) input: &'v str,
    pub(super) options: &'v [String],
    pub(super) is_required: bool,
    /// What stands there already.
    pub(super) chosen: &'v [String],
}

/// A button.
#[derive(Debug, Serialize)]
pub(super) struct Action<'v> {
    pub(super) name: &'v str,
    pub(super) label: &'v str,
    pub(super) look: &'v str,
}

/// Compiled in; its name ends in `.html`, so that every value is escaped.
static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    templates.remove_global("debug");
    templates
        .add_template("page.html", include_str!("page.html"))
        .expect("the compiled-in template is good, which a test says");
    templates
});

impl<'v> View<'v> {
    /// A page of which nothing is known but this sentence.
    pub(super) fn notice(words: &'static Words, state: &'static str, notice: &'v str) -> Self {
        Self {
            words,
            id: "",
            state,
            title: "",
            has_style: false,
            html: "",
            notice: Some(notice),
            decision: None,
            said: None,
            form: None,
            until: None,
        }
    }

    /// The page's HTML.
    pub(super) fn render(&self) -> String {
        let template = TEMPLATES.get_template("page.html");
        let rendered = template.and_then(|it| it.render(Value::from(Serde(self))));
        rendered.expect("the compiled-in template takes every view, which a test says")
    }
}
