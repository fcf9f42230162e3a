//! What `yizhan check --online` says of `[[assistant]]`.

use yizhan::wechat::Platform;

use super::SECRET;
use super::api;
use super::canned;
use super::check;
use super::shop;

#[test]
fn an_assistant_is_asked_for_its_models() {
    let api = api(Platform::OfficialAccount, None);
    let check = |answer: &'static str| {
        let model = canned(answer);
        let account = shop("official-account", api.port, SECRET);
        let assistant = format!(
            "[[assistant]]\nname = \"helper\"\nbase_url = \"http://127.0.0.1:{model}/v1\"\n\
             model = \"qwen3\"\napi_key = \"sk-1\"\n"
        );
        let run = check(&(account + &assistant), 0, api.port, &[]);
        let said = run.out.split_once("`helper").map_or("", |(_, said)| said).to_owned();
        (said, run.code)
    };
    let listed = "HTTP/1.1 200 OK\r\ncontent-length: 47\r\n\r\n\
                  {\"data\":[{\"id\":\"other\"},{\"id\":\"qwen3:latest\"}]}";
    let said = "` has the model `qwen3`\nonline: no faults\n";
    assert_eq!(check(listed), (said.to_owned(), Some(0)));
    let said = "`: its server does not list the model `qwen3`\n  \
                see `GET /models` of the server for its names\nonline: no faults\n";
    let other = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"data\":[]}";
    assert_eq!(check(other), (said.to_owned(), Some(0)));
    let said =
        "`: its server refuses the key with status 401\n  correct `api_key`\nonline: 1 fault\n";
    assert_eq!(
        check("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n"),
        (said.to_owned(), Some(1))
    );
}
