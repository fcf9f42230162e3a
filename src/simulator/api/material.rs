//! Files kept for good.
//!
//! Sources: "Add permanent material", "Get the total number of permanent materials".

use serde_json::Value;
use serde_json::json;

use super::call::Answer;
use super::call::Call;
use super::call::Outcome;
use super::call::answer;
use super::call::done;
use super::call::text;
use super::draft;
use super::endpoint::Endpoint;
use super::endpoint::OFFICIAL;
use super::endpoint::any;
use super::endpoint::post;
use super::refusal::refuse;
use super::refusal::refuse_with;
use super::upload;
use crate::simulator::world::media::File;

#[rustfmt::skip]
pub(super) const ENDPOINTS: &[Endpoint] = &[
    post("/cgi-bin/material/add_material", OFFICIAL, "upload a file for good", add),
    post("/cgi-bin/material/get_material", OFFICIAL, "download a permanent file", get_one),
    post("/cgi-bin/material/del_material", OFFICIAL, "delete a permanent file", remove),
    any("/cgi-bin/material/get_materialcount", OFFICIAL, "how many permanent files there are", count),
    post("/cgi-bin/material/batchget_material", OFFICIAL, "list permanent files", list),
];

/// Files in one answer.
const PAGE: i64 = 20;

fn add(call: &mut Call<'_>) -> Outcome {
    // The type stands in the query, or in a part of its own.
    let part = call.parts.iter().find(|part| part.name == "type");
    let name = match (call.query.get("type"), part) {
        ("", Some(part)) => String::from_utf8_lossy(&part.bytes).into_owned(),
        (given, _) => given.to_owned(),
    };
    let kind = upload::kind(call, &name)?;
    let description = call.parts.iter().find(|part| part.name == "description");
    let description: Value = description
        .and_then(|part| serde_json::from_slice(&part.bytes).ok())
        .unwrap_or(Value::Null);
    let part = upload::take_file(call, kind)?;
    let mut file = upload::file(kind.name, part, call.now);
    file.is_permanent = true;
    text(&description, "title").clone_into(&mut file.title);
    text(&description, "introduction").clone_into(&mut file.introduction);
    if kind.name == "video" && file.title.is_empty() {
        return Err(refuse_with(40035, "invalid parameter: description"));
    }
    let id = call.id(64);
    call.world.media.keep(&id, file);
    let mut found = json!({"media_id": id});
    if matches!(kind.name, "image" | "thumb") {
        found["url"] = format!("http://mmbiz.qpic.cn/simulated/{id}/0").into();
    }
    answer(found)
}

fn get_one(call: &mut Call<'_>) -> Outcome {
    let id = call.text("media_id", 41006)?;
    let Some(file) = call.world.media.find_permanent(&id) else { return Err(refuse(40007)) };
    match file.kind.as_str() {
        "video" => answer(json!({
            "title": file.title,
            "description": file.introduction,
            "down_url": format!("http://video.simulated.example/{id}.mp4"),
        })),
        "news" => answer(json!({"news_item": draft::articles(file)})),
        _ => Ok(Answer::File {
            content_type: file.content_type.clone(),
            name: file.name.clone(),
            bytes: file.bytes.clone(),
        }),
    }
}

fn remove(call: &mut Call<'_>) -> Outcome {
    let id = call.text("media_id", 41006)?;
    if call.world.media.find_permanent(&id).is_none() {
        return Err(refuse(40007));
    }
    call.world.media.remove(&id);
    done()
}

fn count(call: &mut Call<'_>) -> Outcome {
    let count = |kind| call.world.media.permanent(kind).len();
    answer(json!({
        "voice_count": count("voice"),
        "video_count": count("video"),
        "image_count": count("image"),
        "news_count": count("news"),
    }))
}

fn list(call: &mut Call<'_>) -> Outcome {
    let kind = call.text("type", 40004)?;
    if !matches!(kind.as_str(), "image" | "video" | "voice" | "news") {
        return Err(refuse(40004));
    }
    let (offset, count) = page(call)?;
    let files = call.world.media.permanent(&kind);
    let items = files.iter().skip(offset).take(count).map(|(id, file)| describe(id, file));
    let items: Vec<Value> = items.collect();
    answer(json!({"total_count": files.len(), "item_count": items.len(), "item": items}))
}

/// `offset` and `count` of the body, 1 to 20.
pub(super) fn page(call: &Call<'_>) -> Result<(usize, usize), super::refusal::Refusal> {
    let offset = call.number("offset", 40035)?;
    let count = call.number("count", 40035)?;
    match (usize::try_from(offset), usize::try_from(count)) {
        (Ok(offset), Ok(page)) if (1..=PAGE).contains(&count) => Ok((offset, page)),
        _ => Err(refuse_with(40035, "invalid parameter: count")),
    }
}

fn describe(id: &str, file: &File) -> Value {
    let (name, time) = (&file.name, file.created);
    match file.kind.as_str() {
        "news" => json!({
            "media_id": id,
            "content": {"news_item": draft::articles(file)},
            "update_time": time,
        }),
        "image" => {
            let url = format!("http://mmbiz.qpic.cn/simulated/{id}/0");
            json!({"media_id": id, "name": name, "update_time": time, "url": url})
        }
        _ => json!({"media_id": id, "name": name, "update_time": time}),
    }
}
