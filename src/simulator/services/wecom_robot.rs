//! Robots in groups of 企业微信, for whoever has no account of 企业微信 in the simulator. Source: 企业微信
//! 91770, "Group robot". Whatever happens, the HTTP status is 200.

use std::time::Duration;

use serde_json::json;

use super::Service;
use super::asked::Answer;
use super::asked::Asked;
use super::asked::text;
use super::desk::Desk;
use super::provoke::is_wrong;

pub(super) const SERVICE: Service = Service { kind: "wecom-robot", answer, hook: None };

/// Messages a minute of one robot.
const A_MINUTE: usize = 20;

/// Each type, and how much may stand in its `content`; 0 where it has none.
const TYPES: &[(&str, usize)] = &[
    ("text", 2_048),
    ("markdown", 4_096),
    ("markdown_v2", 4_096),
    ("image", 0),
    ("news", 0),
    ("file", 0),
    ("voice", 0),
    ("template_card", 0),
];

fn answer(asked: &Asked, desk: &mut Desk<'_>) -> Answer {
    if asked.path != "/cgi-bin/webhook/send" {
        return Answer::page(404);
    }
    let key = desk.key(asked.param("key"));
    let (code, msg) = match fault(asked, desk, &key) {
        None => (0, "ok".to_owned()),
        Some((code, msg)) => (code, msg),
    };
    Answer::good(&json!({"errcode": code, "errmsg": msg}))
}

fn fault(asked: &Asked, desk: &mut Desk<'_>, key: &str) -> Option<(u32, String)> {
    let no = |code, msg: &str| Some((code, format!("{msg}, hint: [1795705200000000000000001]")));
    if asked.method != "POST" {
        return no(43002, "require POST method");
    }
    if is_wrong(key) {
        return no(93000, "invalid webhook url");
    }
    if desk.count(key, A_MINUTE, Duration::from_mins(1)).is_err() {
        return no(45009, "api freq out of limit");
    }
    let Some(message) = asked.object() else { return no(47001, "data format error") };
    let name = text(&message, "msgtype");
    let Some((_, most)) = TYPES.iter().find(|(it, _)| *it == name) else {
        return no(40008, "invalid message type");
    };
    let content = text(&message[&name], "content");
    match () {
        () if !message[&name].is_object() => {
            no(40063, &format!("some parameters are empty: {name}"))
        }
        () if *most > 0 && content.is_empty() => no(44004, "empty content"),
        () if *most > 0 && content.len() > *most => {
            no(40058, &format!("{name}.content exceed max length {most}"))
        }
        () => None,
    }
}
