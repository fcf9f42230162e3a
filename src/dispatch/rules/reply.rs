//! What a rule says: a text, or a table of one of the types of reply.

use serde_json::Value as Json;

use super::reader::Leaf;
use super::reader::Reader;
use super::template::Escape;
use super::template::RenderError;
use super::template::Template;
use crate::config::fault::did_you_mean;
use crate::config::table::Table;
use crate::config::tree::Value;
use crate::wechat::limits;
use crate::wechat::reply::Article;
use crate::wechat::reply::Reply;

/// One member of a reply's table.
struct Member {
    name: &'static str,
    kind: Kind,
    is_needed: bool,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Kind {
    Text,
    Number,
    Table,
    Articles,
}

const fn text(name: &'static str) -> Member {
    Member { name, kind: Kind::Text, is_needed: false }
}

const fn needed(name: &'static str) -> Member {
    Member { name, kind: Kind::Text, is_needed: true }
}

/// Every type of reply with its members.
const TYPES: [(&str, &[Member]); 12] = [
    ("text", &[needed("content")]),
    ("image", &[needed("media_id")]),
    ("voice", &[needed("media_id")]),
    ("video", &[needed("media_id"), text("title"), text("description")]),
    (
        "music",
        &[
            needed("thumb_media_id"),
            text("title"),
            text("description"),
            text("music_url"),
            text("hq_music_url"),
        ],
    ),
    ("news", &[Member { name: "articles", kind: Kind::Articles, is_needed: true }]),
    ("transfer", &[text("kf_account")]),
    ("update_button", &[needed("replace_name")]),
    ("update_taskcard", &[needed("replace_name")]),
    (
        "update_template_card",
        &[Member { name: "template_card", kind: Kind::Table, is_needed: true }],
    ),
    (
        "result",
        &[Member { name: "err_code", kind: Kind::Number, is_needed: false }, text("err_msg")],
    ),
    ("success", &[]),
];

const ARTICLE: [Member; 4] = [needed("title"), text("description"), text("pic_url"), text("url")];

/// What a rule says, as its templates.
#[derive(Debug)]
pub(super) enum Say {
    /// The same to everybody.
    Fixed(Reply),
    Text(Template),
    Table(Leaf),
}

impl Say {
    /// Reads `reply`.
    pub(super) fn read(reader: &Reader<'_>) -> Option<Self> {
        let node = reader.table.value("reply")?;
        match &node.value {
            Value::Text(_) => {
                let template = reader.template(&reader.table, "reply", Escape::None)?;
                Some(match template {
                    Template::Fixed(text) => Self::Fixed(Reply::text(text)),
                    template => Self::Text(template),
                })
            }
            Value::Table(_) => {
                let table = reader.table.table("reply")?;
                // Both, so that all faults are noted.
                let is_good = check(&table);
                let leaf = reader.leaf(node).filter(|_| is_good)?;
                if !leaf.is_fixed() {
                    return Some(Self::Table(leaf));
                }
                let fixed = leaf.render(&|template| match template {
                    Template::Fixed(text) => Ok(text.clone()),
                    _ => Ok(String::new()),
                });
                match from_json(&fixed.unwrap_or_default()) {
                    Ok(reply) => Some(Self::Fixed(reply)),
                    Err(message) => {
                        reader.table.value_fault("reply", message, None);
                        None
                    }
                }
            }
            other => {
                let message = format!("`reply` must be a string or a table, not {}", other.kind());
                let is_unquoted = !matches!(other, Value::List(_));
                let advice = is_unquoted.then(|| "put it in quotes".to_owned());
                reader.table.value_fault("reply", message, advice);
                None
            }
        }
    }

    /// The reply, its templates rendered by `render`.
    pub(super) fn render(
        &self,
        render: &impl Fn(&Template) -> Result<String, RenderError>,
    ) -> Result<Reply, SayError> {
        match self {
            Self::Fixed(reply) => Ok(reply.clone()),
            Self::Text(template) => Ok(Reply::text(render(template)?)),
            Self::Table(leaf) => from_json(&leaf.render(render)?).map_err(SayError::Reply),
        }
    }
}

/// Why there is no reply.
#[derive(Debug, thiserror::Error)]
pub(super) enum SayError {
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error("{0}")]
    Reply(String),
}

/// Whether the table is a reply; what is wrong is noted.
fn check(table: &Table<'_>) -> bool {
    let names = || TYPES.iter().map(|(name, _)| *name);
    let all = || format!("one of `{}`", names().collect::<Vec<_>>().join("`, `"));
    if !table.has("type") {
        table.fault_at(table.place(), "`reply` has no `type`", Some(all()));
        return false;
    }
    let Some(kind) = table.text("type") else { return false };
    let Some((_, members)) = TYPES.iter().find(|(name, _)| *name == kind.value) else {
        let advice = did_you_mean(kind.value, names()).unwrap_or_else(all);
        table.fault_at(kind.place, format!("no reply has the type `{}`", kind.value), Some(advice));
        return false;
    };
    check_members(table, kind.value, members)
}

/// Whether the members of the table are as they must be.
fn check_members(table: &Table<'_>, kind: &str, members: &[Member]) -> bool {
    let mut is_good = true;
    for member in members {
        is_good &= match table.value(member.name) {
            None if member.is_needed => {
                let message = format!("a reply of type `{kind}` needs `{}`", member.name);
                table.fault_at(table.place(), message, None);
                false
            }
            None => true,
            Some(_) => match member.kind {
                Kind::Text => table.text(member.name).is_some(),
                Kind::Table => table.table(member.name).is_some(),
                Kind::Number => is_number(table, member.name),
                Kind::Articles => check_articles(table),
            },
        };
    }
    let mut known: Vec<&str> = members.iter().map(|member| member.name).collect();
    known.push("type");
    table.finish(&known);
    is_good && table.entries().iter().all(|entry| known.contains(&entry.key.as_str()))
}

/// A number may come out of a template.
fn is_number(table: &Table<'_>, key: &str) -> bool {
    match table.value(key).map(|node| &node.value) {
        Some(Value::Text(_)) => true,
        _ => table.integer(key, i64::MIN..=i64::MAX).is_some(),
    }
}

fn check_articles(table: &Table<'_>) -> bool {
    let articles = table.tables("articles");
    let is_list = matches!(table.value("articles").map(|it| &it.value), Some(Value::List(_)));
    if is_list && articles.is_empty() {
        table.value_fault("articles", "`articles` is empty", None);
    }
    if articles.len() > limits::NEWS_TO_AN_EVENT {
        let most = limits::NEWS_TO_AN_EVENT;
        let message = format!("{} articles; WeChat takes {most}", articles.len());
        table.value_fault("articles", message, None);
        return false;
    }
    let are_good = articles.iter().map(|article| check_members(article, "news", &ARTICLE));
    // Every article is looked at, not only those up to the first bad one.
    let bad = are_good.filter(|is_good| !is_good).count();
    is_list && !articles.is_empty() && bad == 0
}

/// The reply that a rendered table, or an external handler's answer, means.
pub(super) fn from_json(value: &Json) -> Result<Reply, String> {
    let kind = match value {
        Json::Null => return Ok(Reply::Success),
        Json::String(text) => return Ok(Reply::text(text.as_str())),
        Json::Object(_) => value["type"].as_str().unwrap_or_default(),
        _ => return Err("a reply is a string or an object".to_owned()),
    };
    let given = |name: &str| value[name].as_str().filter(|it| !it.is_empty()).map(str::to_owned);
    let needed =
        |name: &str| given(name).ok_or_else(|| format!("a reply of type `{kind}` needs `{name}`"));
    Ok(match kind {
        "text" => Reply::text(given("content").unwrap_or_default()),
        "image" => Reply::Image { media_id: needed("media_id")? },
        "voice" => Reply::Voice { media_id: needed("media_id")? },
        "video" => Reply::Video {
            media_id: needed("media_id")?,
            title: given("title"),
            description: given("description"),
        },
        "music" => Reply::Music {
            title: given("title"),
            description: given("description"),
            music_url: given("music_url"),
            hq_music_url: given("hq_music_url"),
            thumb_media_id: needed("thumb_media_id")?,
        },
        "news" => Reply::News(articles(&value["articles"])?),
        "transfer" => Reply::Transfer { kf_account: given("kf_account") },
        "update_button" => Reply::UpdateButton { replace_name: needed("replace_name")? },
        "update_taskcard" => Reply::UpdateTaskcard { replace_name: needed("replace_name")? },
        "update_template_card" => match &value["template_card"] {
            card @ Json::Object(_) => Reply::TemplateCard(card.clone()),
            _ => return Err("a reply of type `update_template_card` needs `template_card`".into()),
        },
        "result" => Reply::Result {
            err_code: err_code(&value["err_code"])?,
            err_msg: given("err_msg").unwrap_or_default(),
        },
        "success" => Reply::Success,
        "" => return Err("a reply that is an object needs `type`".to_owned()),
        _ => return Err("no reply has this `type`".to_owned()),
    })
}

fn err_code(value: &Json) -> Result<i64, String> {
    let number = match value {
        Json::Null => Some(0),
        Json::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    };
    number.ok_or_else(|| "`err_code` is no integer".to_owned())
}

fn articles(value: &Json) -> Result<Vec<Article>, String> {
    let articles = value.as_array().filter(|articles| !articles.is_empty());
    let articles = articles.ok_or("a reply of type `news` needs `articles`")?.iter();
    let text = |article: &Json, name: &str| article[name].as_str().unwrap_or_default().to_owned();
    let read = articles.map(|article| Article {
        title: text(article, "title"),
        description: text(article, "description"),
        pic_url: text(article, "pic_url"),
        url: text(article, "url"),
    });
    Ok(read.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::from_json;
    use crate::wechat::reply::Reply;

    #[test]
    fn an_answer_of_an_external_handler_is_a_reply() {
        assert_eq!(from_json(&json!("hi")), Ok(Reply::text("hi")));
        assert_eq!(from_json(&json!("")), Ok(Reply::Success));
        assert_eq!(from_json(&json!(null)), Ok(Reply::Success));
        let image = json!({"type": "image", "media_id": "m"});
        assert_eq!(from_json(&image), Ok(Reply::Image { media_id: "m".into() }));
        let result = json!({"type": "result", "err_code": "0", "err_msg": "success"});
        let expected = Reply::Result { err_code: 0, err_msg: "success".into() };
        assert_eq!(from_json(&result), Ok(expected));
    }

    #[test]
    fn an_answer_that_is_no_reply_is_refused_with_the_reason() {
        let table = [
            (json!(7), "a reply is a string or an object"),
            (json!([]), "a reply is a string or an object"),
            (json!({}), "a reply that is an object needs `type`"),
            (json!({"type": "immage"}), "no reply has this `type`"),
            (json!({"type": "image"}), "a reply of type `image` needs `media_id`"),
            (json!({"type": "news", "articles": []}), "a reply of type `news` needs `articles`"),
            (json!({"type": "result", "err_code": "x"}), "`err_code` is no integer"),
        ];
        for (answer, expected) in table {
            assert_eq!(from_json(&answer), Err(expected.to_owned()), "{answer}");
        }
    }
}
