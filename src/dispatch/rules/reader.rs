//! Reads the templates of one rule and notes what is wrong with them at their places.

use std::cell::RefCell;

use serde_json::Map;
use serde_json::Value as Json;

use super::template::Engine;
use super::template::Escape;
use super::template::Reach;
use super::template::RenderError;
use super::template::Template;
use super::template::TemplateFault;
use crate::config::table::Table;
use crate::config::tree::Node;
use crate::config::tree::Text;
use crate::config::tree::Value;

/// Reads the templates of one rule.
#[derive(Clone, Copy)]
pub(super) struct Reader<'r> {
    pub(super) engine: &'r RefCell<Engine>,
    pub(super) table: Table<'r>,
    pub(super) reach: &'r Reach,
}

/// A value of which every text is a template.
#[derive(Clone, Debug)]
pub(super) enum Leaf {
    Fixed(Json),
    Text(Template),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl<'r> Reader<'r> {
    /// The template at `key`.
    pub(super) fn template(
        &self,
        table: &Table<'r>,
        key: &str,
        escape: Escape,
    ) -> Option<Template> {
        self.text(&table.text(key)?, escape)
    }

    /// The template in `text`.
    pub(super) fn text(&self, text: &Text<'_>, escape: Escape) -> Option<Template> {
        let read = self.engine.borrow_mut().read(text.value, escape, self.reach);
        self.note(text, read)
    }

    /// A template of our own; none only if it were broken.
    pub(super) fn usual(&self, text: &str) -> Option<Template> {
        self.engine.borrow_mut().read(text, Escape::None, self.reach).ok()
    }

    /// The condition at `key`.
    pub(super) fn condition(&self, key: &str) -> Option<Template> {
        let text = self.table.text(key)?;
        let read = self.engine.borrow_mut().read_condition(text.value, self.reach);
        self.note(&text, read)
    }

    fn note(
        &self,
        text: &Text<'_>,
        read: Result<Template, Vec<TemplateFault>>,
    ) -> Option<Template> {
        let note = |fault: TemplateFault| {
            self.table.fault_at(&text.place_of(fault.at), fault.message, fault.advice);
        };
        read.map_err(|faults| faults.into_iter().for_each(note)).ok()
    }

    /// Any value, its texts as templates.
    pub(super) fn leaf(&self, node: &Node) -> Option<Leaf> {
        Some(match &node.value {
            Value::Text(value) => {
                Leaf::Text(self.text(&Text { value, place: &node.place }, Escape::None)?)
            }
            Value::Integer(number) => Leaf::Fixed(Json::from(*number)),
            Value::Float(number) => Leaf::Fixed(Json::from(*number)),
            Value::Boolean(yes) => Leaf::Fixed(Json::from(*yes)),
            Value::Moment(moment) => Leaf::Fixed(Json::from(moment.as_str())),
            Value::List(items) => {
                let read: Vec<Leaf> = items.iter().filter_map(|item| self.leaf(item)).collect();
                (read.len() == items.len()).then_some(Leaf::List(read))?
            }
            Value::Table(entries) => {
                let read = entries
                    .iter()
                    .filter_map(|entry| Some((entry.key.clone(), self.leaf(&entry.node)?)));
                let read: Vec<(String, Leaf)> = read.collect();
                (read.len() == entries.len()).then_some(Leaf::Object(read))?
            }
        })
    }

    /// The templates of a table of texts, by their keys.
    pub(super) fn texts(&self, table: &Table<'r>) -> Vec<(String, Template)> {
        let read = table.entries().iter().filter_map(|entry| {
            Some((entry.key.clone(), self.template(table, &entry.key, Escape::None)?))
        });
        read.collect()
    }
}

impl Leaf {
    /// The value with all templates rendered by `render`.
    pub(super) fn render(
        &self,
        render: &impl Fn(&Template) -> Result<String, RenderError>,
    ) -> Result<Json, RenderError> {
        Ok(match self {
            Self::Fixed(value) => value.clone(),
            Self::Text(template) => Json::String(render(template)?),
            Self::List(items) => {
                let items: Result<Vec<_>, _> = items.iter().map(|it| it.render(render)).collect();
                Json::Array(items?)
            }
            Self::Object(members) => {
                let mut object = Map::new();
                for (name, member) in members {
                    object.insert(name.clone(), member.render(render)?);
                }
                Json::Object(object)
            }
        })
    }

    /// Whether it is the same for every message.
    pub(super) fn is_fixed(&self) -> bool {
        match self {
            Self::Fixed(_) => true,
            Self::Text(template) => matches!(template, Template::Fixed(_)),
            Self::List(items) => items.iter().all(Self::is_fixed),
            Self::Object(members) => members.iter().all(|(_, member)| member.is_fixed()),
        }
    }
}
