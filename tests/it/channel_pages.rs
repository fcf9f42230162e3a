//! `docs/channels.md` in both languages is what the kinds of channel say of themselves.
//!
//! With `UPDATE_FIXTURES=1` the English page is written anew below its introduction. The Chinese
//! one is written by people: its tables must have the same settings, defaults and limits.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use yizhan::channels::Bound;
use yizhan::channels::ChannelKind;
use yizhan::channels::HOOKS;
use yizhan::channels::KINDS;
use yizhan::channels::Limit;
use yizhan::config::settings::Setting;
use yizhan::config::settings::channel::CHANNEL;
use yizhan::notification::Rate;

const COMMON: &str = "Settings of every kind";

#[test]
fn the_english_page_is_what_the_command_prints() {
    let page = page("docs/channels.md");
    let (introduction, _) = page.split_once(&format!("## {COMMON}\n")).unwrap();
    let rows: String = CHANNEL.settings.iter().map(row).collect();
    let mut whole = format!("{introduction}## {COMMON}\n\n{HEAD}{rows}");
    for kind in printed() {
        whole += &part(&kind);
    }
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        fs::write(root().join("docs/channels.md"), &whole).unwrap();
        return;
    }
    assert_eq!(page, whole, "UPDATE_FIXTURES=1 writes it");
}

const HEAD: &str = "| setting | default | what for |\n|---|---|---|\n";

fn row(setting: &Setting) -> String {
    format!("| `{}` | {} | {} |\n", setting.key, default(setting), cell(setting.doc))
}

/// What holds where a setting is not given.
fn default(setting: &Setting) -> String {
    match (setting.is_required, setting.default) {
        (true, _) => "required".to_owned(),
        (false, None) => "–".to_owned(),
        (false, Some(default)) => format!("`{default}`"),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// One kind's part of the English page, from what `yizhan channels --json` says of it.
fn part(kind: &Value) -> String {
    let text = |key: &str| kind[key].as_str().unwrap();
    let name = text("kind");
    let own = KINDS.iter().find(|it| it.name == name).unwrap().settings;
    let rows: String = own.iter().map(row).collect();
    let table = if own.is_empty() { String::new() } else { format!("\n{HEAD}{rows}") };
    let limits: Vec<&str> =
        kind["limits"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    let hook = kind["hook_secret"].as_str().map_or_else(String::new, |secret| {
        format!("\nIts service sends to [`/hook/NAME`](hooks.md); `hook_secret` is {secret}.\n")
    });
    format!(
        "\n## {name}\n\n{}\n\n```toml\n{}```\n{table}\nLimits: {}.\n{hook}",
        text("doc"),
        text("example"),
        limits.join("; ")
    )
}

/// The kinds as `yizhan channels --json` prints them.
fn printed() -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yizhan"));
    let output = command.args(["channels", "--json"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_chinese_page_has_the_same_settings_examples_and_limits() {
    let page = page("docs/channels.zh-CN.md");
    let mut parts: BTreeMap<&str, &str> = BTreeMap::new();
    let mut order = Vec::new();
    for part in page.split("\n## ").skip(1) {
        let (name, rest) = part.split_once('\n').unwrap();
        parts.insert(name, rest);
        order.push(name);
    }
    let expected: Vec<&str> =
        ["每种渠道都有的设置"].into_iter().chain(KINDS.iter().map(|kind| kind.name)).collect();
    assert_eq!(order, expected);
    assert_eq!(rows(parts[expected[0]]), all_cells(CHANNEL.settings));
    for kind in KINDS {
        let part = parts[kind.name];
        assert_eq!(rows(part), all_cells(kind.settings), "{}", kind.name);
        assert!(part.contains(&format!("\n```toml\n{}```\n", kind.example)), "{}", kind.name);
        let limits = format!("\n限制：{}。\n", in_chinese(kind).join("；"));
        assert!(part.contains(&limits), "{}:{limits}", kind.name);
        let is_told = part.contains("](hooks.zh-CN.md)");
        assert_eq!(is_told, HOOKS.iter().any(|it| it.kind == kind.name), "{}", kind.name);
    }
}

/// Key and default of each row, where the third cell says something in Chinese.
fn rows(part: &str) -> Vec<(String, String)> {
    let rows = part.lines().filter(|line| line.starts_with("| `"));
    let rows = rows.map(|row| {
        let cells: Vec<&str> = row.splitn(4, '|').map(str::trim).collect();
        assert!(cells[3].chars().any(|it| it > '\u{2e7f}'), "{row}");
        (cells[1].trim_matches('`').to_owned(), cells[2].to_owned())
    });
    rows.collect()
}

fn all_cells(settings: &[Setting]) -> Vec<(String, String)> {
    let default = |it: &Setting| default(it).replace("required", "必填");
    settings.iter().map(|it| (it.key.to_owned(), default(it))).collect()
}

fn in_chinese(kind: &ChannelKind) -> Vec<String> {
    let terms = (kind.terms)();
    let rate = terms.rate.map_or_else(|| "不限速".to_owned(), rate_in_chinese);
    let usual = [rate, format!("同时最多 {} 条", terms.concurrency)];
    usual.into_iter().chain(kind.limits.iter().map(bound_in_chinese)).collect()
}

fn rate_in_chinese(rate: Rate) -> String {
    let per = match rate.per {
        per if per == Duration::from_secs(1) => "每秒".to_owned(),
        per if per == Duration::from_mins(1) => "每分钟".to_owned(),
        per => seconds_in_chinese("每 ", per.as_secs()),
    };
    format!("{per} {} 条", rate.count)
}

fn seconds_in_chinese(before: &str, seconds: u64) -> String {
    match seconds {
        86_400.. => format!("{before}{} 天", seconds / 86_400),
        3_600.. => format!("{before}{} 小时", seconds / 3_600),
        60.. => format!("{before}{} 分钟", seconds / 60),
        _ => format!("{before}{seconds} 秒"),
    }
}

fn bound_in_chinese(bound: &Bound) -> String {
    let sized = |what: &str, limit: &Limit| {
        let (most, unit) = match limit {
            Limit::Chars(most) => (most, "个字符"),
            Limit::Utf16(most) => (most, "个 UTF-16 单元"),
            Limit::Bytes(most) => (most, "字节"),
            Limit::Json(most) => (most, "字节（按 JSON 计）"),
        };
        format!("{} {most} {unit}", word(what))
    };
    match bound {
        Bound::Text(what, limit) => sized(what, limit),
        Bound::Count(what, most) => format!("{} {most} 个", word(what)),
        Bound::Bytes(what, most) => format!("{} {} MiB", word(what), most >> 20),
        Bound::Rest(seconds) => seconds_in_chinese("发得太多之后停 ", *seconds),
    }
}

/// What a bound is about. The fields of WeChat's templates have their own names.
fn word(what: &str) -> String {
    let known = [
        ("attachments", "附件"),
        ("attachments together", "附件合计"),
        ("cc and bcc", "抄送和密送"),
        ("departments", "部门"),
        ("markdown", "Markdown"),
        ("mentions", "提到的人"),
        ("receivers", "接收者"),
        ("receivers in the app", "应用内接收者"),
        ("receivers of simple push", "极简推送接收者"),
        ("text", "内容"),
        ("text, encrypted", "加密时内容"),
        ("text, v1", "v1 内容"),
        ("text, v3", "v3 内容"),
        ("title", "标题"),
        ("title, SC3", "SC3 标题"),
        ("title, Turbo", "Turbo 标题"),
        ("topics", "主题"),
        ("users", "用户"),
    ];
    let found = known.iter().find(|(english, _)| *english == what);
    found.map_or_else(|| format!("`{what}`"), |(_, chinese)| (*chinese).to_owned())
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
