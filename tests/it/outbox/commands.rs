//! `send`, `outbox` and `channels`, in processes of their own.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::said;
use super::serve;
use super::standin::StandIn;
use super::write_config;
use super::yizhan;

/// The objects of `--json`.
fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn send_prints_the_id_and_ends_with_what_became_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let service = StandIn::answering(200);
    write_config(folder.path(), service.port, "");
    let sent = yizhan(
        folder.path(),
        &["send", "--channel", "ops", "--title", "部署", "--to", "anna", "--to", "bert", "done"],
    );
    assert_eq!(sent.status.code(), Some(0), "{sent:?}");
    assert_eq!(String::from_utf8_lossy(&sent.stderr), "delivered after 1 attempt\n");
    let id = said(&sent).trim_end().to_owned();
    let body = format!(
        r#"{{"id":"{id}","channel":"ops","to":["anna","bert"],"title":"部署","body":"done","format":"text","urgency":"normal"}}"#
    );
    assert_eq!(service.bodies(&id), [body]);
    assert!(folder.path().join("data/yizhan.db").exists());
}

#[test]
fn what_is_refused_is_kept_with_its_reason_and_can_be_revived() {
    let folder = tempfile::tempdir().unwrap();
    let service = StandIn::answering(404);
    write_config(folder.path(), service.port, "");
    let sent = yizhan(folder.path(), &["send", "--channel", "ops", "--json", "done"]);
    assert_eq!(sent.status.code(), Some(1));
    let answer = &objects(&said(&sent))[0];
    assert_eq!((&answer["state"], &answer["code"]), (&"refused".into(), &"http.404".into()));
    let id = answer["id"].as_str().unwrap();

    let list = yizhan(
        folder.path(),
        &["outbox", "list", "--state", "refused", "--code", "http.404", "--since", "1h", "--json"],
    );
    let listed = objects(&said(&list));
    assert_eq!((listed.len(), listed[0]["id"].as_str()), (1, Some(id)));
    let none = yizhan(folder.path(), &["outbox", "list", "--channel", "mail", "--json"]);
    assert_eq!((none.status.code(), said(&none).as_str()), (Some(0), ""));
    let list = said(&yizhan(folder.path(), &["outbox", "list"]));
    let sums = "1 accepted: 0 waiting, 0 delivered, 1 refused, 0 expired, 0 unknown";
    assert_eq!(list.lines().last(), Some(sums));

    let show = objects(&said(&yizhan(folder.path(), &["outbox", "show", id, "--json"])));
    let attempt = &show[0]["attempts"][0];
    assert_eq!((&attempt["outcome"], &attempt["code"]), (&"request".into(), &"http.404".into()));
    assert_eq!(show[0]["notification"]["body"], "done");

    service.answer(200);
    let revived = yizhan(folder.path(), &["outbox", "revive", "--since", "1h"]);
    assert_eq!(said(&revived), "revived 1\n");
    let buried = yizhan(folder.path(), &["outbox", "bury", id, "--reason", "too late"]);
    assert_eq!(said(&buried), "buried 1\n");
    let show = said(&yizhan(folder.path(), &["outbox", "show", id]));
    assert!(show.contains("outbox.buried") && show.contains("too late"), "{show}");
}

#[test]
fn what_nobody_narrows_down_is_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let service = StandIn::answering(200);
    write_config(folder.path(), service.port, "");
    let early = yizhan(folder.path(), &["outbox", "list"]);
    assert_eq!(early.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&early.stderr).contains("there is no store"), "{early:?}");
    yizhan(folder.path(), &["send", "--channel", "ops", "--no-wait", "done"]);
    for action in ["revive", "bury"] {
        let all = yizhan(folder.path(), &["outbox", action]);
        assert_eq!(all.status.code(), Some(2), "{all:?}");
    }
    assert_eq!(said(&yizhan(folder.path(), &["outbox", "bury", "--all"])), "buried 1\n");
}

#[test]
fn wrong_usage_ends_with_2_and_names_what_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    let service = StandIn::answering(200);
    write_config(folder.path(), service.port, "");
    let sent = yizhan(folder.path(), &["send", "--channel", "opps", "done"]);
    assert_eq!(sent.status.code(), Some(2));
    let error = String::from_utf8_lossy(&sent.stderr).into_owned();
    assert_eq!(error, "yizhan: there is no channel `opps`; did you mean `ops`?\n");
    let kind = yizhan(folder.path(), &["channels", "webhok"]);
    assert_eq!(kind.status.code(), Some(2));
    let error = String::from_utf8_lossy(&kind.stderr).into_owned();
    assert_eq!(error, "yizhan: there is no kind of channel `webhok`\n  did you mean `webhook`?\n");
}

#[test]
fn channels_prints_the_kinds_and_one_with_its_settings_and_example() {
    let folder = tempfile::tempdir().unwrap();
    let all = said(&yizhan(folder.path(), &["channels"]));
    assert!(all.contains("webhook          One JSON object to a URL"), "{all}");
    let one = said(&yizhan(folder.path(), &["channels", "webhook"]));
    for part in ["method = \"POST\"\n", "rate, such as \"20/m\"\n", "kind = \"webhook\"\n"] {
        assert!(one.contains(part), "{part} in\n{one}");
    }
    let robot = said(&yizhan(folder.path(), &["channels", "dingtalk"]));
    let limits = "Limits of its service:\n  rate: 20/m\n  at once: 16\n  title: 64 characters\n  \
        text: 18000 bytes as JSON\n  mentions: 50\n  after too much: nothing for 10 min\n";
    assert!(robot.contains(limits), "{robot}");
}

#[test]
fn a_running_station_sends_what_another_process_has_put_into_its_store() {
    let folder = tempfile::tempdir().unwrap();
    let service = StandIn::answering(200);
    write_config(folder.path(), service.port, "");
    let mut station = serve(folder.path());
    let sent = yizhan(folder.path(), &["send", "--channel", "ops", "--no-wait", "done"]);
    assert_eq!(sent.status.code(), Some(0), "{sent:?}");
    let id = said(&sent).trim_end().to_owned();
    let begun = Instant::now();
    while service.bodies(&id).is_empty() {
        assert!(begun.elapsed() < Duration::from_mins(1), "the station sent nothing");
        std::thread::sleep(Duration::from_millis(20));
    }
    station.kill().unwrap();
    station.wait().unwrap();
}
