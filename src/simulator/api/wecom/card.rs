//! Template cards: what each kind of card needs.
//!
//! Source: 企业微信 90236 "Template card messages". Which number of 42027 to 42051 stands for which
//! piece is not published in one place; the text names the piece.

use serde_json::Value;

use super::content::ROBOT;
use crate::simulator::api::call::items;
use crate::simulator::api::call::text;
use crate::simulator::api::refusal::Refusal;
use crate::simulator::api::refusal::refuse_with;

/// The kinds of card: name, members that have to be there.
#[rustfmt::skip]
const KINDS: &[(&str, &[&str])] = &[
    ("text_notice", &["card_action"]),
    ("news_notice", &["main_title", "card_action"]),
    ("button_interaction", &["main_title", "button_list", "task_id"]),
    ("vote_interaction", &["main_title", "checkbox", "submit_button", "task_id"]),
    ("multiple_interaction", &["main_title", "select_list", "submit_button", "task_id"]),
];

/// Lists and their most items.
#[rustfmt::skip]
const LISTS: &[(&str, i64, usize)] = &[
    ("button_list", 42043, 6),
    ("select_list", 42045, 3),
    ("jump_list", 42032, 3),
    ("horizontal_content_list", 42030, 6),
    ("vertical_content_list", 42035, 4),
];

/// The title of a card, if it is whole.
pub(super) fn check(card: &Value, place: u8) -> Result<String, Refusal> {
    let name = text(card, "card_type");
    let kind = KINDS.iter().find(|(it, _)| *it == name);
    let (_, needs) = kind.ok_or_else(|| refuse_with(42027, "invalid card_type"))?;
    if place == ROBOT && !matches!(name, "text_notice" | "news_notice") {
        return Err(refuse_with(42027, "invalid card_type"));
    }
    for member in *needs {
        if card[*member].is_null() || card[*member] == "" {
            return Err(refuse_with(42028, format!("missing {member}")));
        }
    }
    for (member, code, most) in LISTS {
        if items(card, member).len() > *most {
            return Err(refuse_with(*code, format!("{member} exceed max size {most}")));
        }
    }
    if card["action_menu"].is_object() && text(card, "task_id").is_empty() {
        return Err(refuse_with(42029, "action_menu needs task_id"));
    }
    let is_letter = |it: char| it.is_ascii_alphanumeric() || "_-@".contains(it);
    let task = text(card, "task_id");
    if task.len() > 128 || !task.chars().all(is_letter) {
        return Err(refuse_with(42014, "invalid task_id"));
    }
    Ok(match text(&card["main_title"], "title") {
        "" => text(card, "sub_title_text"),
        title => title,
    }
    .to_owned())
}

/// Whether a message of this card is answered with a `response_code`.
pub(super) fn has_response_code(card: &Value) -> bool {
    match text(card, "card_type") {
        "text_notice" | "news_notice" => card["action_menu"].is_object(),
        _ => true,
    }
}
