//! `ask`, against a stand-in that answers as a server of models does.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value as Json;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use yizhan::config::assistant::Assistant;
use yizhan::metrics::AssistantLabels;
use yizhan::metrics::QuestionLabels;
use yizhan::outcome::Progress;
use yizhan::wechat::Platform;
use yizhan::wechat::reply::Reply;

use super::Desk;
use super::MORNING;
use super::assistant;
use super::on_one_thread;
use super::request;
use super::said;
use super::settings;
use super::shop;

/// What the model does to one request: pieces with a pause before each; the last may be a wait.
type Answer = Vec<String>;

/// A server of models that plays `answers` in turn and keeps what it was asked.
struct Model {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

const STREAM: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

/// Never goes on.
const STUCK: &str = "STUCK";

fn chunk(delta: &Json) -> String {
    format!("data: {}\n\n", json!({ "choices": [{ "index": 0, "delta": delta }] }))
}

/// An answer that says `pieces`, and that it cost 100 tokens.
fn says(pieces: &[&str]) -> Answer {
    let mut answer = vec![STREAM.to_owned()];
    answer.extend(pieces.iter().map(|piece| chunk(&json!({ "content": piece }))));
    answer
        .push(format!("data: {}\n\n", json!({ "choices": [], "usage": { "total_tokens": 100 } })));
    answer.push("data: [DONE]\n\n".to_owned());
    answer
}

/// An answer that calls a tool.
fn calls(name: &str, arguments: &str) -> Answer {
    let (head, tail) = arguments.split_at(arguments.floor_char_boundary(arguments.len() / 2));
    let piece = |call: Json| chunk(&json!({ "tool_calls": [call] }));
    vec![
        STREAM.to_owned(),
        piece(
            json!({ "index": 0, "id": "call_7", "type": "function", "function": { "name": name, "arguments": head } }),
        ),
        piece(json!({ "index": 0, "function": { "arguments": tail } })),
        "data: [DONE]\n\n".to_owned(),
    ]
}

fn refuses(status: &str, head: &str, body: &str) -> Answer {
    let length = body.len();
    vec![format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{head}connection: close\r\n\r\n{body}"
    )]
}

impl Model {
    async fn playing(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, mut answers) = (Arc::clone(&asked), VecDeque::from_iter(answers));
        tokio::task::spawn_local(async move {
            while let Some(answer) = answers.pop_front() {
                let (socket, _) = listener.accept().await.unwrap();
                play(socket, &answer, &kept).await;
            }
        });
        Self { port, asked }
    }

    /// The assistant that is this model.
    fn assistant(&self) -> Assistant {
        assistant(&format!("http://127.0.0.1:{}/v1", self.port))
    }

    /// The heads of the requests, and their bodies.
    fn asked(&self) -> Vec<(String, Json)> {
        let asked = self.asked.lock().unwrap();
        let split = |request: &String| {
            let (head, body) = request.split_once("\r\n\r\n").unwrap();
            (head.to_owned(), serde_json::from_str(body).unwrap())
        };
        asked.iter().map(split).collect()
    }

    /// The messages of request `number`: role and content of each.
    fn messages(&self, number: usize) -> Vec<(String, String)> {
        let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
        let (_, body) = &self.asked()[number];
        let messages = body["messages"].as_array().unwrap().iter();
        messages.map(|it| (text(&it["role"]), text(&it["content"]))).collect()
    }
}

async fn play(mut socket: TcpStream, answer: &Answer, kept: &Mutex<Vec<String>>) {
    let asked = request(&mut socket).await;
    kept.lock().unwrap().push(asked);
    for piece in answer {
        if piece == STUCK {
            // Held open until the client gives up.
            drop(request(&mut socket).await);
            return;
        }
        // Cut inside of characters: nothing may depend on where.
        for bytes in piece.as_bytes().chunks(7) {
            if socket.write_all(bytes).await.is_err() {
                return;
            }
            socket.flush().await.unwrap();
        }
    }
}

/// Rules with this assistant, which reach this machine.
fn desk(assistant: Assistant, rules: &str) -> Desk {
    let settings = super::Settings { assistants: vec![assistant], ..settings() };
    Desk::set(&[("a.toml", rules)], settings).unwrap_or_else(|faults| panic!("{faults}"))
}

const HELPER: &str = "[[rule]]\nname = 'chat'\nask = 'helper'\n";

async fn error(desk: &Desk) -> String {
    let answer = desk.try_answer(&said("u1", "你好"), &shop(MORNING)).await.unwrap();
    answer.unwrap_err().to_string()
}

#[tokio::test]
async fn a_question_goes_out_and_its_answer_comes_back_as_wechat_shows_it() {
    on_one_thread(async {
        let model =
            Model::playing([says(&["<think>hm</think>**您", "好**\n\n1. `a`\n", "2. b"])]).await;
        let desk = desk(model.assistant(), HELPER);
        assert_eq!(desk.says("你好").await.unwrap(), "您好\n\n1. a\n2. b");
        let (head, body) = model.asked().remove(0);
        assert!(head.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("authorization: Bearer sk-test-1"), "{head}");
        assert_eq!(
            body,
            json!({
                "model": "qwen3",
                "messages": [
                    { "role": "system", "content": "你是客服助手。" },
                    { "role": "user", "content": "你好" },
                ],
                "stream": true,
                "stream_options": { "include_usage": true },
            })
        );
    })
    .await;
}

#[tokio::test]
async fn a_robot_of_wecom_shows_markdown_itself() {
    on_one_thread(async {
        let model = Model::playing([says(&["<think>嗯</think>**您", "好**"])]).await;
        let desk = desk(model.assistant(), HELPER);
        let progress = Progress::shown();
        let robot = super::Context {
            platform: Platform::WecomBot,
            progress: progress.clone(),
            ..shop(MORNING)
        };
        let outcome = desk.answer(&said("u1", "你好"), &robot).await.unwrap();
        assert_eq!(outcome.reply, Reply::Text("**您好**".to_owned()));
        // It could be read while it was being written.
        assert_eq!(progress.so_far(), "**您好**");
    })
    .await;
}

#[tokio::test]
async fn a_conversation_is_remembered_per_user_until_a_silence() {
    on_one_thread(async {
        let model = Model::playing(["一", "二", "三", "四"].map(|it| says(&[it]))).await;
        let desk = desk(model.assistant(), HELPER);
        let ask = async |user: &str, text: &str, after: Duration| {
            let answer = desk.answer(&said(user, text), &shop(MORNING + after)).await;
            super::plain(&answer.unwrap().reply)
        };
        assert_eq!(ask("u1", "甲", Duration::ZERO).await, "一");
        assert_eq!(ask("u1", "乙", Duration::from_mins(29)).await, "二");
        assert_eq!(ask("u2", "丙", Duration::from_mins(29)).await, "三");
        assert_eq!(ask("u1", "丁", Duration::from_mins(59)).await, "四");
        let contents = |number| {
            let messages = model.messages(number).into_iter().skip(1);
            messages.map(|(role, content)| format!("{role}:{content}")).collect::<Vec<_>>()
        };
        assert_eq!(contents(0), ["user:甲"]);
        assert_eq!(contents(1), ["user:甲", "assistant:一", "user:乙"]);
        assert_eq!(contents(2), ["user:丙"]);
        assert_eq!(contents(3), ["user:丁"]);
    })
    .await;
}

#[tokio::test]
async fn who_has_used_up_the_tokens_of_a_day_waits_for_the_next() {
    on_one_thread(async {
        let model = Model::playing((0..4).map(|_| says(&["好"]))).await;
        let assistant = Assistant {
            daily_tokens: Some(200),
            timeout: Duration::from_secs(1),
            ..model.assistant()
        };
        let desk = desk(assistant, HELPER);
        let ask = async |user: &str, now: Duration| {
            super::plain(&desk.answer(&said(user, "问"), &shop(now)).await.unwrap().reply)
        };
        assert_eq!(ask("u1", MORNING).await, "好");
        assert_eq!(ask("u1", MORNING).await, "好");
        assert_eq!(ask("u1", MORNING).await, "明天再来");
        assert_eq!(ask("u2", MORNING).await, "好");
        // 23:59:59 and midnight in Shanghai, where the owner is.
        assert_eq!(ask("u1", MORNING + Duration::from_secs(14 * 3600 + 1797)).await, "明天再来");
        assert_eq!(ask("u1", MORNING + Duration::from_secs(14 * 3600 + 1798)).await, "好");
        assert_eq!(model.asked().len(), 4);
        // Nobody answers any more.
        assert!(desk.try_answer(&said("u3", "问"), &shop(MORNING)).await.unwrap().is_err());
        let helper = || "helper".to_owned();
        let counts = &desk.counts.assistants;
        let questions = |outcome| {
            counts.questions.get_or_create(&QuestionLabels { assistant: helper(), outcome }).get()
        };
        let found = ["answered", "over_budget", "failed"].map(questions);
        assert_eq!(found, [4, 2, 1]);
        let tokens = counts.tokens.get_or_create(&AssistantLabels { assistant: helper() }).get();
        assert_eq!(tokens, 400);
    })
    .await;
}

const TOOLS: &str = r#"
[[rule]]
name = "deploy"
about = "Deploys a service to an environment."
match = "部署 {service} 到 {env}"
from = ["u1"]
reply = "{{ from }} 部署 {{ service }} 到 {{ env }}"
push = [{ channel = "ops", title = "部署", body = "{{ service }}" }]

[[rule]]
name = "查库存"
about = "Tells how much is in stock."
match = "库存"
reply = "12 件"

[[rule]]
name = "chat"
ask = { assistant = "helper", prompt = "{{ from }}:{{ text }}", tools = ["deploy", "查库存"] }
"#;

#[tokio::test]
async fn the_rules_one_allows_are_its_tools() {
    on_one_thread(async {
        let model = Model::playing([
            calls("deploy", r#"{"service":"商城","env":"生产"}"#),
            calls("rule_1", ""),
            says(&["已部署，库存 12 件。"]),
        ])
        .await;
        let desk = desk(model.assistant(), TOOLS);
        let outcome = desk.answer(&said("u1", "帮我部署商城"), &shop(MORNING)).await.unwrap();
        assert_eq!(outcome.reply, Reply::Text("已部署，库存 12 件。".to_owned()));
        assert_eq!(outcome.by, "chat");
        let pushed: Vec<&str> = outcome.notifications.iter().map(|it| it.body.as_str()).collect();
        assert_eq!(pushed, ["商城"]);
        let (_, body) = &model.asked()[0];
        assert_eq!(
            body["tools"],
            json!([
                { "type": "function", "function": {
                    "name": "deploy",
                    "description": "Deploys a service to an environment.",
                    "parameters": {
                        "type": "object",
                        "properties": { "service": { "type": "string" }, "env": { "type": "string" } },
                        "required": ["service", "env"],
                    },
                } },
                { "type": "function", "function": {
                    "name": "rule_1",
                    "description": "Tells how much is in stock.",
                    "parameters": { "type": "object", "properties": {}, "required": [] },
                } },
            ])
        );
        let messages: Vec<(String, String)> = model.messages(2).into_iter().skip(1).collect();
        let expected = [
            ("user", "u1:帮我部署商城"),
            ("assistant", ""),
            ("tool", "u1 部署 商城 到 生产"),
            ("assistant", ""),
            ("tool", "12 件"),
        ];
        assert_eq!(messages, expected.map(|(role, text)| (role.to_owned(), text.to_owned())));
        let (_, body) = &model.asked()[1];
        assert_eq!(body["messages"][3]["tool_call_id"], "call_7");
        assert_eq!(body["messages"][2]["tool_calls"][0]["id"], "call_7");
    })
    .await;
}

#[tokio::test]
async fn a_tool_that_is_not_for_the_sender_does_not_exist() {
    on_one_thread(async {
        let model = Model::playing([
            calls("deploy", r#"{"service":"商城","env":"生产"}"#),
            says(&["做不到"]),
        ])
        .await;
        let desk = desk(model.assistant(), TOOLS);
        let outcome = desk.answer(&said("u2", "部署"), &shop(MORNING)).await.unwrap();
        assert_eq!(super::plain(&outcome.reply), "做不到");
        assert!(outcome.notifications.is_empty());
        let (_, body) = &model.asked()[0];
        assert_eq!(body["tools"].as_array().unwrap().len(), 1);
        let told = model.messages(1).pop().unwrap();
        assert_eq!(told, ("tool".to_owned(), "error: there is no tool `deploy`".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn what_a_tool_did_is_not_lost_with_the_answer() {
    on_one_thread(async {
        let model = Model::playing([
            calls("deploy", r#"{"service":"商城","env":"生产"}"#),
            refuses("400 Bad Request", "", "{}"),
        ])
        .await;
        let desk = desk(model.assistant(), TOOLS);
        let outcome = desk.answer(&said("u1", "部署"), &shop(MORNING)).await.unwrap();
        assert_eq!(super::plain(&outcome.reply), "u1 部署 商城 到 生产");
        assert_eq!(outcome.notifications.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_model_that_only_calls_tools_is_ended() {
    on_one_thread(async {
        let model = Model::playing((0..8).map(|_| calls("nothing", "{}"))).await;
        let desk = desk(model.assistant(), HELPER);
        assert_eq!(
            error(&desk).await,
            "rule `chat`: its assistant gave no answer: it called tools 8 times in a row and said nothing"
        );
    })
    .await;
}

#[tokio::test]
async fn a_refusal_says_what_to_do_and_nothing_of_what_was_written() {
    on_one_thread(async {
        let echo = r#"{"error":{"message":"你好 sk-test-1","type":"invalid_request_error","code":"invalid_api_key"}}"#;
        let model = Model::playing([
            refuses("401 Unauthorized", "", echo),
            refuses("404 Not Found", "", "<html>sk-test-1</html>"),
            vec!["HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi".to_owned()],
            says(&["<think>", "only thought"]),
        ])
        .await;
        let desk = desk(model.assistant(), HELPER);
        for expected in [
            "its server answered with status 401 (invalid_api_key): see `api_key`",
            "its server answered with status 404: see `base_url` and `model`",
            "its answer is not that of `/chat/completions`: it has no `choices`",
            "its answer is empty",
        ] {
            let expected = format!("rule `chat`: its assistant gave no answer: {expected}");
            assert_eq!(error(&desk).await, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again_when_it_says() {
    on_one_thread(async {
        let model = Model::playing([
            refuses("429 Too Many Requests", "retry-after: 0\r\n", "{}"),
            refuses("503 Service Unavailable", "retry-after: 0\r\n", ""),
            says(&["好"]),
            refuses("429 Too Many Requests", "retry-after: 60\r\n", "{}"),
        ])
        .await;
        let desk = desk(model.assistant(), HELPER);
        assert_eq!(desk.says("你好").await.unwrap(), "好");
        // It wants more time than there is.
        assert_eq!(
            error(&desk).await,
            "rule `chat`: its assistant gave no answer: its server answered with status 429: its limit is reached, or its account is empty"
        );
        assert_eq!(model.asked().len(), 4);
    })
    .await;
}

#[tokio::test]
async fn what_is_there_when_the_time_is_over_is_said() {
    on_one_thread(async {
        let mut half = says(&["前一半"]);
        half.truncate(2);
        half.push(STUCK.to_owned());
        let model = Model::playing([half, vec![STREAM.to_owned(), STUCK.to_owned()]]).await;
        let assistant = Assistant { timeout: Duration::from_millis(400), ..model.assistant() };
        let desk = desk(assistant, HELPER);
        assert_eq!(desk.says("你好").await.unwrap(), "前一半……");
        assert_eq!(
            error(&desk).await,
            "rule `chat`: its assistant gave no answer: it took longer than 400ms (`timeout`)"
        );
    })
    .await;
}

#[tokio::test]
async fn a_message_without_words_is_for_the_next_rule() {
    let rules = "[[rule]]\nname = 'chat'\non = 'any'\nask = 'helper'\n\
                 [[rule]]\nname = 'rest'\non = 'any'\nreply = '不识别'\n";
    let rules = rules.replace("on = 'any'", "on = ['any']");
    let desk = desk(assistant("http://127.0.0.1:9/v1"), &rules);
    let image = said("u1", "").replace(">text<", ">image<");
    let answer = desk.answer(&image, &shop(MORNING)).await.unwrap();
    assert_eq!(super::plain(&answer.reply), "不识别");
}

#[tokio::test]
async fn rules_that_were_prepared_for_another_config_take_its_assistants_with_them() {
    on_one_thread(async {
        let old = Model::playing([says(&["旧"])]).await;
        let new = Model::playing([says(&["新"])]).await;
        let desk = desk(old.assistant(), HELPER);
        assert_eq!(desk.says("甲").await.as_deref(), Some("旧"));
        let accounts = || vec!["shop".to_owned(), "ops".to_owned()];
        let none = super::Settings { assistants: Vec::new(), ..settings() };
        assert!(desk.handler.prepare(accounts(), none).is_err());
        let other = super::Settings { assistants: vec![new.assistant()], ..settings() };
        desk.handler.prepare(accounts(), other).unwrap().take();
        assert_eq!(desk.says("乙").await.as_deref(), Some("新"));
        // The conversation goes on.
        let expected = ["system", "user", "assistant", "user"];
        assert_eq!(new.messages(0).iter().map(|(role, _)| role).collect::<Vec<_>>(), expected);
    })
    .await;
}
