//! The outbox as its users meet it: the commands, a station that runs, and `kill -9`.

mod commands;
mod crash;
mod disk;
pub(crate) mod standin;

use std::fs;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;

/// Writes a config with a webhook channel called `ops` that leads to a stand-in on `port`.
fn write_config(folder: &Path, port: u16, more: &str) {
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\nprivate_hosts = [\"127.0.0.1\"]\n\
         [[account]]\nname = \"shop\"\nplatform = \"official-account\"\n\
         app_id = \"wx0123456789abcdef\"\ntoken = \"SHOPTOKEN\"\nmode = \"plain\"\n\
         [[channel]]\nname = \"ops\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{port}/ops\"\n{more}"
    );
    fs::write(folder.join("yizhan.toml"), text).unwrap();
}

fn yizhan(folder: &Path, words: &[&str]) -> Output {
    command(folder, words).output().unwrap()
}

/// A station in a process of its own.
fn serve(folder: &Path) -> Child {
    command(folder, &["serve"]).spawn().unwrap()
}

fn command(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yizhan"));
    command.args(words).current_dir(folder).env_clear();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}
