//! What is shipped in `deploy/`, as far as a machine without a container engine can try it out.

use std::fs;
use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::support::server::Server;

const YIZHAN: &str = env!("CARGO_BIN_EXE_yizhan");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// Runs a tool that not every machine has; says so where it is skipped.
fn tool(command: &mut Command) -> Option<Output> {
    match command.output() {
        Ok(output) => Some(output),
        Err(error) => {
            eprintln!("SKIPPED: {command:?}: {error}");
            None
        }
    }
}

fn assert_silent(what: &str, output: &Output) {
    let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{what}: {said}");
}

/// The Dockerfiles, each with the folder that `docker build` is given.
const DOCKERFILES: [(&str, &str); 2] =
    [("deploy/Dockerfile", ""), ("deploy/cloud-run/Dockerfile", "deploy/cloud-run")];

#[test]
fn everything_that_is_copied_into_an_image_is_there() {
    for (file, context) in DOCKERFILES {
        let text = read(file).replace("\\\n", " ");
        let copies = text.lines().filter_map(|line| line.strip_prefix("COPY "));
        let mut count = 0;
        for line in copies.filter(|line| !line.starts_with("--from")) {
            let mut words: Vec<&str> = line.split_whitespace().collect();
            words.pop();
            for source in words {
                let source = source.strip_suffix("*.toml").unwrap_or(source);
                assert!(root().join(context).join(source).exists(), "{file} copies `{source}`");
                count += 1;
            }
        }
        assert!(count >= 2, "{file}");
    }
}

#[test]
fn the_builder_is_sent_all_that_it_copies() {
    let sent = read(".dockerignore");
    for name in ["Cargo.toml", "Cargo.lock", "src", "handlers", "deploy/*.toml"] {
        assert!(sent.lines().any(|line| line == format!("!{name}")), "{name}");
    }
}

#[test]
fn the_image_runs_as_an_ordinary_user_and_has_a_shell() {
    let text = read("deploy/Dockerfile");
    let (_, last) = text.rsplit_once("\nFROM ").unwrap();
    // Cloud Run's open API service does not deploy an image without a shell.
    assert!(last.starts_with("alpine:"), "{last}");
    assert!(last.contains("\nUSER 10001:10001\n"), "{last}");
    assert!(last.contains("\nHEALTHCHECK "), "{last}");
    assert!(!last.contains(":latest"), "{last}");
}

#[test]
fn cloud_run_is_told_the_port_that_the_image_listens_on() {
    let settings: Value =
        serde_json::from_str(&read("deploy/cloud-run/container.config.json")).unwrap();
    let image = read("deploy/cloud-run/Dockerfile");
    let port = settings["containerPort"].as_u64().unwrap();
    assert!(port > 1024, "an ordinary user may not listen on {port}");
    for line in [format!("ENV PORT={port}\n"), format!("EXPOSE {port}\n")] {
        assert!(image.contains(&line), "{line}");
    }
    // One process serves an account, and it is there when a message comes.
    assert_eq!((&settings["minNum"], &settings["maxNum"]), (&1.into(), &1.into()));
    assert!(
        root().join("deploy/cloud-run").join(settings["dockerfilePath"].as_str().unwrap()).exists()
    );
}

#[test]
fn every_shipped_config_passes_the_check() {
    let place = tempfile::tempdir().unwrap();
    let key = "mSlPUxYu3JvQvB7KUdDWdM8TVWzZRBb0WLaAUvFMZ44";
    let secret = place.path().join("office_aes_key");
    fs::write(&secret, key).unwrap();
    for file in ["deploy/yizhan.example.toml", "deploy/cloud-run/yizhan.toml"] {
        let text = read(file).replace("/run/secrets/office_aes_key", secret.to_str().unwrap());
        let config = place.path().join("yizhan.toml");
        fs::write(&config, text).unwrap();
        let output = Command::new(YIZHAN)
            .args(["check", "--config", config.to_str().unwrap()])
            .envs([
                ("SHOP_TOKEN", "ShopToken1"),
                ("SHOP_AES_KEY", key),
                ("OFFICE_TOKEN", "Office1"),
            ])
            .output()
            .unwrap();
        assert_silent(file, &output);
    }
}

/// Ends the process with the test.
struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn ask(port: u16, request: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

fn post(body: &str, header: &str) -> String {
    format!(
        "POST /callback/shop HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{header}Content-Length: {}\
         \r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn the_cloud_run_config_listens_on_the_port_of_the_environment_and_passes_the_path_check() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let child = Command::new(YIZHAN)
        .args(["serve", "--config", "deploy/cloud-run/yizhan.toml"])
        .current_dir(root())
        .env("PORT", port.to_string())
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let _child = Ending(child);
    let until = Instant::now() + Duration::from_secs(20);
    let ready = "GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    while !ask(port, ready).is_some_and(|answer| answer.starts_with("HTTP/1.1 200")) {
        assert!(Instant::now() < until, "it does not listen on {port}");
        std::thread::sleep(Duration::from_millis(20));
    }
    let probe = ask(port, &post(r#"{"action":"CheckContainerPath"}"#, "")).unwrap();
    assert!(probe.starts_with("HTTP/1.1 200") && probe.ends_with("success"), "{probe}");
    let text = r#"{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":1767225600,"MsgType":"text","Content":"你好","MsgId":7300000000000000001}"#;
    let answer = ask(port, &post(text, "X-WX-SOURCE: wx_client\r\n")).unwrap();
    assert!(answer.contains(r#""Content":"收到:你好""#), "{answer}");
    let refused = ask(port, &post(text, "")).unwrap();
    assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");
}

#[test]
fn the_systemd_unit_is_one() {
    let place = tempfile::tempdir().unwrap();
    let unit = place.path().join("yizhan.service");
    fs::write(&unit, read("deploy/yizhan.service").replace("/usr/local/bin/yizhan", YIZHAN))
        .unwrap();
    let mut command = Command::new("systemd-analyze");
    command.args(["verify", "--man=no", unit.to_str().unwrap()]);
    if let Some(output) = tool(&mut command) {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let about_us: Vec<_> =
            said.lines().filter(|line| line.contains("yizhan.service")).collect();
        assert_eq!(about_us, Vec::<&str>::new());
    }
}

#[test]
fn the_proxies_take_their_samples() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name).display().to_string();
    for file in ["deploy/Caddyfile", "deploy/Caddyfile.compose"] {
        let file = root().join(file).display().to_string();
        let mut caddy = Command::new("caddy");
        if let Some(output) =
            tool(caddy.args(["validate", "--adapter", "caddyfile", "--config", &file]))
        {
            assert_silent(&file, &output);
        }
    }
    // nginx reads the certificate: one that only this test has.
    let (pem, key) = (path("bot.pem"), path("bot.key"));
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ]);
    openssl.args(["-days", "1", "-subj", "/CN=bot.example.com", "-keyout", &key, "-out", &pem]);
    if tool(&mut openssl).is_none() {
        return;
    }
    let site = read("deploy/nginx.conf")
        .replace("/etc/ssl/bot.example.com.pem", &pem)
        .replace("/etc/ssl/bot.example.com.key", &key);
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let folders = folders.map(|name| format!("{name}_temp_path {};\n", path(name))).concat();
    let whole = format!(
        "pid {};\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{folders}{site}\n}}\n",
        path("pid")
    );
    fs::write(path("nginx.conf"), whole).unwrap();
    let mut nginx = Command::new("nginx");
    if let Some(output) = tool(nginx.args(["-t", "-p", &path(""), "-c", &path("nginx.conf")])) {
        assert_silent("deploy/nginx.conf", &output);
    }
}

#[test]
fn compose_takes_its_file() {
    let mut docker = Command::new("docker");
    docker.args(["compose", "version"]);
    if !tool(&mut docker).is_some_and(|output| output.status.success()) {
        eprintln!("SKIPPED: there is no `docker compose`");
        return;
    }
    let file = root().join("deploy/compose.yaml").display().to_string();
    let mut docker = Command::new("docker");
    let output = docker.args(["compose", "-f", &file, "config", "--quiet"]).output().unwrap();
    assert_silent("deploy/compose.yaml", &output);
}

const SECRET: &str = "0123456789abcdefSecret";

/// A station behind a cloud function, with a rule for texts.
fn behind_a_function(place: &Path) -> Server {
    let rule = "[[rule]]\nname = 'echo'\nmatch = '说 {what}'\nreply = '你说 {{ what }}'\n";
    fs::create_dir(place.join("handlers")).unwrap();
    fs::write(place.join("handlers/a.toml"), rule).unwrap();
    let config = format!(
        "handlers = '{}'\n[[account]]\nname = 'shop'\n\
         platform = 'official-account'\napp_id = 'wx0123456789abcdef'\nsource = 'cloud-function'\n\
         token = '{SECRET}'\n",
        place.join("handlers").display()
    );
    Server::with_rules(&config)
}

/// What the function returns for `event`, and what it logs.
fn call(url: &str, token: &str, event: &str) -> Option<(String, String)> {
    let script = "require(process.argv[1]).main(JSON.parse(process.argv[2]))\
        .then((answer) => process.stdout.write(JSON.stringify(answer)))";
    let function = root().join("deploy/cloudfunction/index.js").display().to_string();
    let mut node = Command::new("node");
    node.args(["-e", script, &function, event]);
    node.envs([("YIZHAN_URL", url), ("YIZHAN_TOKEN", token), ("YIZHAN_TIMEOUT_MS", "3000")]);
    let output = tool(&mut node)?;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Some((text(output.stdout), text(output.stderr)))
}

fn event(content: &str) -> String {
    format!(
        r#"{{"FromUserName":"oUser1","ToUserName":"wx0123456789abcdef","Content":"{content}","CreateTime":1767225600,"MsgId":"49d7abc_{content}","MsgType":"text","userInfo":{{"appId":"wx0123456789abcdef"}}}}"#
    )
}

#[test]
fn a_cloud_function_hands_messages_on_and_answers_back() {
    let place = tempfile::tempdir().unwrap();
    let server = behind_a_function(place.path());
    let url = format!("http://127.0.0.1:{}/callback/shop", server.port);
    let Some((answer, log)) = call(&url, SECRET, &event("说 你好")) else { return };
    let reply: Value = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{answer} {log}"));
    let expected = ("oUser1", "wx0123456789abcdef", "text", "你说 你好");
    let texts = ["ToUserName", "FromUserName", "MsgType", "Content"].map(|it| reply[it].as_str());
    let [to, from, kind, content] = texts.map(Option::unwrap_or_default);
    assert_eq!((to, from, kind, content), expected);
    assert!(reply["CreateTime"].is_i64(), "{reply}");
    let (answer, log) = call(&url, SECRET, &event("没有规则")).unwrap();
    assert_eq!((answer.as_str(), log.as_str()), ("\"success\"", ""));
}

#[test]
fn a_cloud_function_that_cannot_reach_the_station_says_success_and_why() {
    let place = tempfile::tempdir().unwrap();
    let server = behind_a_function(place.path());
    let url = format!("http://127.0.0.1:{}/callback/shop", server.port);
    let wrong = "0123456789abcdefSecreT";
    let Some((answer, log)) = call(&url, wrong, &event("说 你好")) else { return };
    assert_eq!((answer.as_str(), log.trim()), ("\"success\"", "yizhan: the station answered 401"));
    let (answer, log) = call("http://127.0.0.1:9/callback/shop", SECRET, &event("a")).unwrap();
    assert_eq!(answer, "\"success\"");
    assert!(log.contains("ECONNREFUSED"), "{log}");
    let (answer, log) = call("", SECRET, &event("a")).unwrap();
    assert!(answer.is_empty() && log.contains("set YIZHAN_URL and YIZHAN_TOKEN"), "{log}");
    // A station that takes the request and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/callback/shop", silent.local_addr().unwrap());
    let begun = Instant::now();
    let (answer, log) = call(&url, SECRET, &event("a")).unwrap();
    assert_eq!((answer.as_str(), log.trim()), ("\"success\"", "yizhan: no answer in time"));
    assert!(begun.elapsed() < Duration::from_secs(30));
}
