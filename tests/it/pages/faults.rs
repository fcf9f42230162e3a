//! What is wrong with a form is said when the config is read, all of it, with its place.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use yizhan::config::Config;

const BEFORE: &str = "[server]\npublic_url = 'https://bot.example.com'\n\
    [[account]]\nname = 'shop'\nplatform = 'official-account'\napp_id = 'wx1'\ntoken = 'abc'\nmode = 'plain'\n\
    [[channel]]\nname = 'ops'\nkind = 'log'\n[[form]]\n";

/// What is wrong with these lines of a form, without its place.
fn faults(form: &str) -> String {
    let text = format!("{BEFORE}{form}");
    match Config::parse("a.toml", &text, Path::new(""), &BTreeMap::new()) {
        Ok(_) => String::new(),
        Err(faults) => faults.to_string(),
    }
}

#[test]
fn what_is_wrong_with_a_form_is_said_with_its_place() {
    const GOOD: &str = "name = 'review'\ntitle = 'T'\nchannels = 'ops'\n";
    assert_eq!(faults(GOOD), "");
    let table = [
        ("", "a.toml:12:1: `name` is missing"),
        ("name = 'a b'\ntitle = 'T'\nchannels = 'ops'", "`name` cannot be `a b`"),
        ("name = 'r'\nchannels = 'ops'", "`title` is missing"),
        (
            "name = 'r'\ntitle = 'T'\nchannels = 'opps'",
            "there is no channel `opps`\n  did you mean `ops`?",
        ),
        ("name = 'r'\ntitle = 'T'\nchannels = []", "`channels` has 0; 1 to 16"),
    ];
    for (form, expected) in table {
        let found = faults(form);
        assert!(found.contains(expected), "{form}:\n{found}");
    }
    let table = [
        ("template = 'nowhere.html'", "cannot read `nowhere.html`: No such file or directory"),
        ("hook = 'ftp://a.example/'", "`hook` is no http address"),
        ("hook = 'https://a.example/x'", "what is sent to the hook must be signed"),
        ("hook = 'https://a.example/x'\nsecret = 'x'", "`secret` is no webhook secret"),
        ("expires = '1s'", "`expires` must be 1m to 90d"),
        ("action = [{ name = 'a' }, { name = 'a' }]", "a second `action` is called `a`"),
        ("action = [{ name = 'a', look = 'loud' }]", "`look` cannot be `loud`"),
        ("field = [{ name = 'a', type = 'choice' }]", "`options` do not fit the `type`"),
        ("field = [{ name = 'a', options = ['x'] }]", "`options` do not fit the `type`"),
        (
            "field = [{ name = 'a', requird = true }]",
            "unknown key `requird`\n  did you mean `required`?",
        ),
        ("expire = '1d'", "unknown key `expire`\n  did you mean `expires`?"),
    ];
    for (line, expected) in table {
        let found = faults(&format!("{GOOD}{line}"));
        assert!(found.contains(expected), "{line}:\n{found}");
    }
    let twice = faults(&format!("{GOOD}[[form]]\n{GOOD}"));
    assert!(twice.contains("a second form is called `review`"), "{twice}");
    let nowhere = BEFORE.replace("public_url = 'https://bot.example.com'\n", "");
    let read =
        Config::parse("a.toml", &format!("{nowhere}{GOOD}"), Path::new(""), &BTreeMap::new());
    assert!(read.unwrap_err().to_string().contains("a form needs `public_url`"));
}

#[test]
fn a_template_that_is_broken_is_found_by_check_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("review.html"), "<p>\n{{ joke }\n").unwrap();
    let form = "name = 'review'\ntitle = 'T'\nchannels = 'ops'\ntemplate = 'review.html'\n";
    std::fs::write(folder.path().join("yizhan.toml"), format!("{BEFORE}{form}")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_yizhan"))
        .arg("check")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("review.html:2:1: the template is broken: "), "{printed}");
    assert_eq!(output.status.code(), Some(2));
}
