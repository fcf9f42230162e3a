//! The index and the templates against what they stand for: asking every rule, and the engine.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use proptest::prelude::Strategy;
use proptest::prelude::prop;
use proptest::prop_assert_eq;
use proptest::proptest;

use super::Outlets;
use super::Rules;
use super::Settings;
use super::condition::Asked;
use super::memory::Memory;
use super::scope::Scope;
use super::template::Engine;
use super::template::Escape;
use super::template::Reach;
use super::template::Template;
use crate::config::server::RuleOrder;
use crate::exchange::Allowed;
use crate::wechat::inbound::Inbound;

fn settings() -> Settings {
    let private_hosts = Allowed::default();
    Settings {
        private_hosts,
        webhook_secret: None,
        timezone: TimeZone::UTC,
        outlets: Outlets::default(),
        assistants: Vec::new(),
        order: RuleOrder::OldestFirst,
        public_url: None,
    }
}

fn rules(conditions: &[String]) -> Rules {
    let rule = |(at, condition): (usize, &String)| {
        format!("[[rule]]\nname = 'r{at}'\nreply = '{at}'\n{condition}\n")
    };
    let text: String = conditions.iter().enumerate().map(rule).collect();
    Rules::parse(&[("a.toml".to_owned(), text)], &["shop", "ops"], &settings()).unwrap()
}

fn said(text: &str) -> Inbound {
    let text = serde_json::Value::from(text);
    inbound(&format!(r#"{{"MsgType":"text","FromUserName":"u1","Content":{text}}}"#))
}

fn inbound(json: &str) -> Inbound {
    Inbound::parse(json.as_bytes().to_vec()).unwrap()
}

/// The rules that hold for `inbound` of `account`: by the index, and by asking every one.
fn both_ways(rules: &Rules, inbound: &Inbound, account: &str) -> (Vec<u32>, Vec<u32>) {
    let asked = Asked::of(inbound);
    let holds = |number: &u32| rules.rule(*number).condition.holds(&asked).is_some();
    let found = rules.candidates(&asked, account).into_iter().filter(holds).collect();
    let is_bound = |number: &u32| {
        let accounts = rules.rule(*number).accounts.as_ref();
        accounts.is_none_or(|it| it.iter().any(|name| name == account))
    };
    let all = (0..u32::try_from(rules.len()).unwrap()).filter(is_bound).filter(holds);
    (found, all.collect())
}

fn condition() -> impl Strategy<Value = String> {
    let word = "[abAB帮部 ]{0,2}[ab帮]";
    let on = prop::sample::select(vec!["", "on = 'any'\n", "on = 'text'\n", "on = 'event:SCAN'\n"]);
    let account =
        prop::sample::select(vec!["", "", "account = 'shop'\n", "account = ['shop', 'ops']\n"]);
    let about = proptest::prop_oneof![
        proptest::strategy::Just(String::new()),
        word.prop_map(|it| format!("equals = '{it}'")),
        (word, word).prop_map(|(a, b)| format!("equals = ['{a}', '{b}']")),
        word.prop_map(|it| format!("contains = '{it}'")),
        (word, word).prop_map(|(a, b)| format!("contains = ['{a}', '{b}']")),
        word.prop_map(|it| format!("match = '{it} {{x}}'")),
        (word, word).prop_map(|(a, b)| format!("match = '{{x}} {a}{{y}}{b}'")),
        word.prop_map(|it| format!("regex = '{it}+'")),
        (word, word).prop_map(|(a, b)| format!("regex = '(?i)^({a}|{b}?)[ab]'")),
        word.prop_map(|it| format!("key = '{it}'")),
    ];
    (on, account, about).prop_map(|(on, account, about)| format!("{on}{account}{about}"))
}

proptest! {
    #[test]
    fn the_index_finds_what_asking_every_rule_finds(
        conditions in prop::collection::vec(condition(), 1..40),
        texts in prop::collection::vec("[abAB帮部 ]{0,8}", 1..8),
    ) {
        let rules = rules(&conditions);
        for text in &texts {
            let event = format!(r#"{{"MsgType":"event","Event":"SCAN","EventKey":"{text}"}}"#);
            for inbound in [said(text), inbound(&event)] {
                for account in ["shop", "other"] {
                    let (found, all) = both_ways(&rules, &inbound, account);
                    prop_assert_eq!(found, all, "{} {}", text, account);
                }
            }
        }
    }

    #[test]
    fn no_text_breaks_a_pattern(pattern in ".{0,12}", text in ".{0,12}") {
        if let Ok(words) = super::words::Words::parse(&pattern) {
            let _ = words.find(&super::subject::fold(text.trim()));
        }
    }

    #[test]
    fn no_rule_file_breaks_the_reader(text in "(\\[\\[rule\\]\\]\n)?([a-z]{2,6} = ['\"{\\[].{0,20}\n){0,4}") {
        let _ = Rules::parse(&[("a.toml".to_owned(), text)], &[], &settings());
    }
}

#[test]
fn ten_thousand_rules_answer_as_each_would_alone() {
    let condition = |at: usize| match at % 4 {
        0 => format!("equals = '查询{at}'"),
        1 => format!("contains = '价格{at}号'"),
        2 => format!("match = '部署 {{service}} 到 env{at}'"),
        _ => format!("regex = '^#{at}-(?P<id>\\d+)$'"),
    };
    let rules = rules(&(0..10_000).map(condition).collect::<Vec<_>>());
    for (text, expected) in [
        ("查询4000", vec![4000]),
        ("请问价格4001号是多少", vec![4001]),
        ("部署商城到env4002", vec![4002]),
        ("#4003-77", vec![4003]),
        ("#4003-x", vec![]),
        ("查询", vec![]),
    ] {
        let inbound = said(text);
        let asked = Asked::of(&inbound);
        assert!(rules.candidates(&asked, "shop").len() <= 5, "{text}");
        let (found, all) = both_ways(&rules, &inbound, "shop");
        assert_eq!(found, all);
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn rules_of_other_accounts_are_no_candidates() {
    let conditions: Vec<String> = vec!["account = 'ops'".to_owned(); 100];
    let rules = rules(&conditions);
    let inbound = said("x");
    assert_eq!(rules.candidates(&Asked::of(&inbound), "shop").len(), 0);
    assert_eq!(rules.candidates(&Asked::of(&inbound), "ops").len(), 100);
}

fn scope(text: &str) -> Arc<Scope> {
    Arc::new(Scope {
        inbound: Arc::new(said(text)),
        account: "shop".into(),
        app_id: "wx1".into(),
        now: Duration::from_secs(1_767_225_601),
        zone: TimeZone::UTC,
        holes: vec![("city".to_owned(), "北京 & co/1".to_owned())],
        memory: Arc::new(Memory::new()),
        call: None,
        mend: None,
    })
}

#[test]
fn a_joined_template_says_what_the_engine_says() {
    let reach = Reach { holes: vec!["city".to_owned()], ..Reach::default() };
    let sources = [
        "{{ text }}",
        "你好 {{ from }}!\n{{text}} {{ city }}\n",
        "{{ city }}{{ key }}{{ event }}|\n\n",
        "a}}b {{ account }}",
        "{ {{ text }} }",
    ];
    for escape in [Escape::None, Escape::Url] {
        for source in sources {
            let mut engine = Engine::new();
            let joined = engine.read(source, escape, &reach).unwrap();
            assert!(matches!(joined, Template::Joined(..)), "{source}");
            // The empty comment makes it the engine's work.
            let rendered = engine.read(&format!("{{##}}{source}"), escape, &reach).unwrap();
            assert!(matches!(rendered, Template::Engine(_)), "{source}");
            let scope = scope("a <b> {{ x }}");
            let texts = [joined, rendered].map(|it| engine.render(&it, &scope).unwrap());
            assert_eq!(texts[0], texts[1], "{source}");
        }
    }
}

#[test]
fn a_template_without_end_is_stopped() {
    let mut engine = Engine::new();
    let source = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
    let template = engine.read(source, Escape::None, &Reach::default()).unwrap();
    let error = engine.render(&template, &scope("x")).unwrap_err();
    assert_eq!(error.to_string(), "a template failed: engine ran out of fuel");
}
