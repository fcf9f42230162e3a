use std::time::Duration;

use super::Document;
use super::Faults;
use super::Table;

fn faults_of(text: &str, reader: impl FnOnce(Table<'_>)) -> String {
    let mut faults = Faults::new();
    if let Some(document) = Document::parse("a.toml", text, &mut faults) {
        document.read(&mut faults, reader);
    }
    faults.to_string()
}

#[test]
fn everything_right_is_read_and_nothing_noted() {
    let text = "name = 'a'\nnames = ['b', 'c']\nport = 80\non = true\nwait = '4.5s'\n\
        max = '1MiB'\nmode = 'safe'\n[inner]\nx = 1\n[[rule]]\nname = 'r'\n[[rule]]\nname = 's'\n";
    let found = faults_of(text, |root| {
        assert_eq!(root.text("name").unwrap().value, "a");
        let names: Vec<_> = root.texts("names").unwrap().iter().map(|it| it.value).collect();
        assert_eq!(names, ["b", "c"]);
        assert_eq!(root.texts("name").unwrap().len(), 1);
        assert_eq!(root.integer("port", 1..=65_535), Some(80));
        assert_eq!(root.boolean("on"), Some(true));
        assert_eq!(root.duration("wait"), Some(Duration::from_millis(4500)));
        assert_eq!(root.size("max"), Some(1_048_576));
        assert_eq!(root.one_of("mode", &[('p', "plain"), ('s', "safe")]), Some('s'));
        assert_eq!(root.table("inner").unwrap().integer("x", 0..=9), Some(1));
        let rules = root.tables("rule");
        assert_eq!(rules[1].text("name").unwrap().value, "s");
        assert_eq!(rules[1].place().position(), (12, 1));
        assert!(root.text("missing").is_none());
        root.finish(&["name", "names", "port", "on", "wait", "max", "mode", "inner", "rule"]);
    });
    assert_eq!(found, "");
}

#[test]
fn all_faults_are_noted_with_place_and_advice() {
    let text = "name = 7\nnames = ['b', 8]\nport = 70000\non = 'yes'\nwait = '4.5'\nmax = 'big'\n\
        mode = 'sfae'\n  tokne = ''\n[rule]\n";
    let found = faults_of(text, |root| {
        assert!(root.text("name").is_none());
        assert!(root.texts("names").is_none());
        assert!(root.integer("port", 1..=65_535).is_none());
        assert!(root.boolean("on").is_none());
        assert!(root.duration("wait").is_none());
        assert!(root.size("max").is_none());
        assert!(root.one_of("mode", &[('p', "plain"), ('s', "safe")]).is_none());
        assert!(root.required_text("account").is_none());
        assert!(root.tables("rule").is_empty());
        root.finish(&["name", "names", "port", "on", "wait", "max", "mode", "rule", "token"]);
    });
    let expected = "\
a.toml:1:8: `name` must be a string, not an integer
  put it in quotes
a.toml:2:15: `names` must be a string or a list of strings, not an integer
  put it in quotes
a.toml:3:8: `port` is 70000; it must be 1 to 65535
a.toml:4:6: `on` must be `true` or `false`, not a string
a.toml:5:8: `wait` is no duration
  write a number with `ms`, `s`, `m`, `h` or `d`: `\"4.5s\"`, `\"10m\"`
a.toml:6:7: `max` is no size
  write bytes, or a number with `KiB` or `MiB`: `\"1MiB\"`
a.toml:7:8: `mode` cannot be `sfae`
  did you mean `safe`?
a.toml:1:1: `account` is missing
a.toml:9:2: `rule` must be an array of tables, not a table
  write `[[rule]]` instead of `[rule]`
a.toml:8:3: unknown key `tokne`
  did you mean `token`?";
    assert_eq!(found, expected);
}

#[test]
fn every_fault_of_grammar_is_noted_at_once() {
    let found = faults_of("a = yes\nb = 1\nb = 2\n[c\n", |_| panic!("must not be read"));
    let expected = "\
a.toml:1:5: string values must be quoted, expected literal string
a.toml:3:1: duplicate key `b`
a.toml:4:3: unclosed table, expected `]`";
    assert_eq!(found, expected);
}

#[test]
fn columns_count_characters() {
    let found = faults_of("x = { \"名字\" = 1, y = 2 }", |root| {
        root.table("x").unwrap().finish(&["名字"]);
    });
    assert_eq!(found, "a.toml:1:17: unknown key `y`");
}

#[test]
fn a_byte_inside_a_string_has_a_place_of_its_own() {
    let text =
        "plain = \"你好 {{ nmae }}\"\nlong = '''\nline\n{{ x }}'''\nescaped = \"\\t{{ x }}\"\n";
    faults_of(text, |root| {
        let plain = root.text("plain").unwrap();
        assert_eq!(plain.place_of(plain.value.find("nmae").unwrap()).position(), (1, 16));
        let long = root.text("long").unwrap();
        assert_eq!(long.place_of(long.value.find('x').unwrap()).position(), (4, 4));
        let escaped = root.text("escaped").unwrap();
        assert_eq!(escaped.place_of(3).position(), (5, 11));
    });
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_key() {
    assert_eq!(faults_of("\u{feff}a = 1", |root| root.finish(&["a"])), "");
}

#[test]
fn nesting_without_end_is_refused_and_not_followed() {
    let found = faults_of(&format!("a = {}", "[".repeat(100_000)), |_| ());
    assert!(found.contains("recursion"), "{found}");
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in "([a-c\\[\\]={}.,'\"#\\\\\n 0-9店🐎]|\\PC){0,60}") {
        let found = faults_of(&text, |root| {
            for entry in root.entries() {
                let key = entry.key.as_str();
                root.texts(key);
                root.duration(key);
                root.size(key);
                root.integer(key, 0..=9);
                for table in root.tables(key) {
                    table.finish(&["a"]);
                }
                if let Some(text) = root.text(key) {
                    text.place_of(text.value.len() / 2).position();
                }
            }
            root.finish(&["a"]);
        });
        proptest::prop_assert!(found.len() < 100_000);
    }
}

#[test]
fn numbers_may_stand_in_quotes_and_alone() {
    let found = faults_of("a = [1234, '5']\nb = 7\nc = [1, 'x', -1, 1.5]\n", |root| {
        assert_eq!(root.numbers("a"), Some(vec![1_234, 5]));
        assert_eq!(root.numbers("b"), Some(vec![7]));
        assert_eq!(root.numbers("c"), None);
        assert_eq!(root.numbers("missing"), None);
        root.finish(&["a", "b", "c"]);
    });
    let expected = "\
a.toml:3:9: `c` must be a number or a list of numbers
a.toml:3:14: `c` must be a number or a list of numbers
a.toml:3:18: `c` must be a number or a list of numbers";
    assert_eq!(found, expected);
}
