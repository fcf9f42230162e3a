//! Drafts, and publishing them.
//!
//! Sources: "Draft box", "Publishing ability".

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::call::Call;
use super::call::Outcome;
use super::call::answer;
use super::call::done;
use super::call::done_with;
use super::call::items;
use super::call::number;
use super::call::text;
use super::endpoint::Endpoint;
use super::endpoint::OFFICIAL;
use super::endpoint::any;
use super::endpoint::post;
use super::material;
use super::refusal::Refusal;
use super::refusal::refuse;
use super::refusal::refuse_with;
use crate::simulator::world::media::File;

#[rustfmt::skip]
pub(super) const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/draft/add", OFFICIAL, "save a draft", add),
    post("/cgi-bin/draft/get", OFFICIAL, "one draft", get_one),
    post("/cgi-bin/draft/update", OFFICIAL, "change an article of a draft", update),
    post("/cgi-bin/draft/delete", OFFICIAL, "delete a draft", remove),
    post("/cgi-bin/draft/batchget", OFFICIAL, "list drafts", list),
    any("/cgi-bin/draft/count", OFFICIAL, "how many drafts there are", count),
    post("/cgi-bin/freepublish/submit", OFFICIAL, "publish a draft; ends in PUBLISHJOBFINISH", submit),
    post("/cgi-bin/freepublish/get", OFFICIAL, "how a publication goes", status),
    post("/cgi-bin/freepublish/getarticle", OFFICIAL, "one published article", article),
    post("/cgi-bin/freepublish/batchget", OFFICIAL, "list published articles", published),
    post("/cgi-bin/freepublish/delete", OFFICIAL, "delete a published article", unpublish),
];

/// Articles of one draft.
const ARTICLES: usize = 8;

/// Characters of a title.
const TITLE_CHARS: usize = 64;

/// The most publications remembered.
const PUBLICATIONS: usize = 200;

/// How long a publication takes.
const PUBLISHING: Duration = Duration::from_millis(500);

/// What was published, by `publish_id`.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Publications(BTreeMap<i64, Publication>);

#[derive(Debug)]
struct Publication {
    article_id: String,
    articles: Value,
    at: i64,
    due: Option<tokio::time::Instant>,
    is_deleted: bool,
}

/// The articles of a draft's file.
pub(super) fn articles(file: &File) -> Value {
    serde_json::from_slice(&file.bytes).unwrap_or(Value::Null)
}

fn check(call: &Call<'_>, article: &Value) -> Result<(), Refusal> {
    let title = text(article, "title");
    match title.chars().count() {
        0 => return Err(refuse_with(40035, "invalid parameter: title")),
        length if length > TITLE_CHARS => return Err(refuse(45003)),
        _ => {}
    }
    if text(article, "content").is_empty() {
        return Err(refuse(44004));
    }
    match text(article, "thumb_media_id") {
        "" if text(article, "article_type") == "newspic" => Ok(()),
        "" => Err(refuse(40007)),
        thumb if call.world.media.find_permanent(thumb).is_some() => Ok(()),
        _ => Err(refuse(40007)),
    }
}

fn add(call: &mut Call<'_>) -> Outcome {
    let articles = items(&call.body, "articles");
    match articles.len() {
        0 => return Err(refuse(44003)),
        count if count > ARTICLES => return Err(refuse(45008)),
        _ => {}
    }
    for article in articles {
        check(call, article)?;
    }
    let mut file = File::new("news", text(&articles[0], "title"), "application/json", call.now);
    file.bytes = call.body["articles"].to_string().into_bytes();
    file.is_permanent = true;
    let id = call.id(64);
    call.world.media.keep(&id, file);
    answer(json!({"media_id": id}))
}

fn draft<'c>(call: &'c Call<'_>, id: &str) -> Result<&'c File, Refusal> {
    let file = call.world.media.find_permanent(id).filter(|file| file.kind == "news");
    file.ok_or_else(|| refuse(40007))
}

fn get_one(call: &mut Call<'_>) -> Outcome {
    let id = call.text("media_id", 41006)?;
    answer(json!({"news_item": articles(draft(call, &id)?)}))
}

fn update(call: &mut Call<'_>) -> Outcome {
    let id = call.text("media_id", 41006)?;
    let index = number(&call.body, "index").unwrap_or(0);
    let new = call.body["articles"].clone();
    check(call, &new)?;
    let mut file = draft(call, &id)?.clone();
    let mut all = articles(&file);
    let place = usize::try_from(index).ok().and_then(|index| all.get_mut(index));
    *place.ok_or_else(|| refuse_with(40035, "invalid parameter: index"))? = new;
    file.bytes = all.to_string().into_bytes();
    call.world.media.keep(&id, file);
    done()
}

fn remove(call: &mut Call<'_>) -> Outcome {
    let id = call.text("media_id", 41006)?;
    draft(call, &id)?;
    call.world.media.remove(&id);
    done()
}

fn list(call: &mut Call<'_>) -> Outcome {
    let (offset, count) = material::page(call)?;
    let drafts = call.world.media.permanent("news");
    let items = drafts.iter().skip(offset).take(count).map(|(id, file)| {
        let content = json!({"news_item": articles(file)});
        json!({"media_id": id, "content": content, "update_time": file.created})
    });
    let items: Vec<Value> = items.collect();
    answer(json!({"total_count": drafts.len(), "item_count": items.len(), "item": items}))
}

fn count(call: &mut Call<'_>) -> Outcome {
    answer(json!({"total_count": call.world.media.permanent("news").len()}))
}

fn submit(call: &mut Call<'_>) -> Outcome {
    let id = call.text("media_id", 41006)?;
    let articles = articles(draft(call, &id)?);
    let publish_id = 2_247_500_000 + call.world.number();
    let article_id = call.id(32);
    let urls: Vec<Value> = (1..=articles.as_array().map_or(0, Vec::len))
        .map(|index| json!({"idx": index, "article_url": url(&article_id, index)}))
        .collect();
    let info = json!({
        "publish_id": publish_id,
        "publish_status": 0,
        "article_id": article_id,
        "article_detail": {"count": urls.len(), "item": urls},
    });
    let due = Some(tokio::time::Instant::now() + PUBLISHING);
    let publication = Publication { article_id, articles, at: call.now, due, is_deleted: false };
    let all = &mut call.world.nouns.publications.0;
    if all.len() >= PUBLICATIONS {
        all.pop_first();
    }
    all.insert(publish_id, publication);
    let event = json!({"MsgType": "event", "Event": "PUBLISHJOBFINISH", "PublishEventInfo": info});
    call.world.later(PUBLISHING, super::ANYBODY, event);
    call.world.media.remove(&id);
    done_with(json!({"publish_id": publish_id.to_string(), "msg_data_id": publish_id}))
}

fn url(article_id: &str, index: usize) -> String {
    format!("http://mp.weixin.qq.com/s?simulated={article_id}&idx={index}")
}

fn status(call: &mut Call<'_>) -> Outcome {
    let id = call.number("publish_id", 40035)?;
    let found = call.world.nouns.publications.0.get(&id);
    let it = found.ok_or_else(|| refuse_with(40035, "invalid parameter: publish_id"))?;
    let is_done = it.due.is_none_or(|due| due <= tokio::time::Instant::now());
    let status = match (is_done, it.is_deleted) {
        (false, _) => 1,
        (true, true) => 5,
        (true, false) => 0,
    };
    let mut found = json!({"publish_id": id.to_string(), "publish_status": status});
    if status == 0 {
        found["article_id"] = it.article_id.as_str().into();
        let item = json!([{"idx": 1, "article_url": url(&it.article_id, 1)}]);
        found["article_detail"] = json!({"count": 1, "item": item});
    }
    answer(found)
}

fn find<'c>(call: &'c mut Call<'_>) -> Result<&'c mut Publication, Refusal> {
    let id = call.text("article_id", 40035)?;
    let mut all = call.world.nouns.publications.0.values_mut();
    let found = all.find(|it| it.article_id == id && !it.is_deleted);
    found.ok_or_else(|| refuse_with(40035, "invalid parameter: article_id"))
}

fn article(call: &mut Call<'_>) -> Outcome {
    let articles = find(call)?.articles.clone();
    answer(json!({"news_item": articles}))
}

fn published(call: &mut Call<'_>) -> Outcome {
    let (offset, count) = material::page(call)?;
    let all = call.world.nouns.publications.0.values().rev().filter(|it| !it.is_deleted);
    let total = all.clone().count();
    let items: Vec<Value> = all
        .skip(offset)
        .take(count)
        .map(|it| {
            let content = json!({"news_item": it.articles});
            json!({"article_id": it.article_id, "content": content, "update_time": it.at})
        })
        .collect();
    answer(json!({"total_count": total, "item_count": items.len(), "item": items}))
}

fn unpublish(call: &mut Call<'_>) -> Outcome {
    find(call)?.is_deleted = true;
    done()
}
