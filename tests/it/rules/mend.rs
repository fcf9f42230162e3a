//! `mend`: a link to a page on which what nothing matched can be mended.

use super::Desk;
use super::MORNING;
use super::event;
use super::faults_of;
use super::plain;
use super::said;
use super::shop;

#[tokio::test]
async fn a_rule_that_mends_says_a_link_and_leaves_a_page() {
    let desk = Desk::with("[[rule]]\nname = 'mend'\nmend = true\nreply = '{{ text }}? {{ mend }}'");
    let outcome = desk.answer(&said("u1", "开等"), &shop(MORNING)).await.unwrap();
    let [new] = outcome.pages.as_slice() else { panic!("{:?}", outcome.pages) };
    assert_eq!(plain(&outcome.reply), format!("开等? https://bot.example.com/p/{}", new.id));
    let page: serde_json::Value = serde_json::from_slice(&new.page.to_json()).unwrap();
    assert_eq!(page["content"]["words"], "开等");
    assert_eq!(page["content"]["account"], "shop");
    let fields = serde_json::json!([["ToUserName", "gh_1"], ["FromUserName", "u1"]]);
    assert_eq!(page["content"]["fields"], fields);
    assert_eq!(page["expires"], (MORNING.as_secs() + 86_400) * 1_000);
    // Another one for each message, and none where there is nothing to mend.
    let again = desk.answer(&said("u1", "开等"), &shop(MORNING)).await.unwrap();
    assert_ne!(again.pages[0].id, new.id);
    let any = Desk::with("[[rule]]\nname = 'mend'\non = 'any'\nmend = true");
    assert_eq!(any.answer(&event("CLICK", "K"), &shop(MORNING)).await, None);
}

#[test]
fn the_link_is_known_only_where_there_is_one() {
    assert_eq!(
        faults_of("[[rule]]\nname = 'r'\nreply = '{{ mend }}'"),
        "a.toml:3:13: there is no `mend` here\n  \
         only the `reply` and `push` of a rule with `mend = true` have it\n"
    );
}
