//! `yizhan channels`: the kinds of channel, their settings, and an example of each.

use std::io;
use std::io::Write;

use serde_json::json;

use super::Exit;
use super::Global;
use super::Wrong;
use crate::channels;
use crate::channels::ChannelKind;
use crate::channels::HOOKS;
use crate::channels::HookKind;
use crate::channels::KINDS;
use crate::config::fault::did_you_mean;
use crate::config::settings::Setting;
use crate::config::settings::channel::CHANNEL;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  yizhan channels
  yizhan channels webhook")]
pub(super) struct Args {
    /// One kind, with all its settings and an example; all kinds in one line each if not given.
    kind: Option<String>,
    /// One JSON object a line: kind, doc, settings, hook_secret, limits, example.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, _: &Global) -> anyhow::Result<Exit> {
    let mut out = io::stdout().lock();
    let kinds: Vec<&ChannelKind> = match &args.kind {
        None => KINDS.iter().collect(),
        Some(name) => vec![find(name)?],
    };
    for kind in &kinds {
        match (args.json, &args.kind) {
            (true, _) => writeln!(out, "{}", as_json(kind))?,
            (false, None) => writeln!(out, "{:<16} {}", kind.name, kind.doc)?,
            (false, Some(_)) => print(&mut out, kind)?,
        }
    }
    Ok(Exit::Done)
}

fn find(name: &str) -> Result<&'static ChannelKind, Wrong> {
    channels::kind(name).ok_or_else(|| {
        let advice = did_you_mean(name, KINDS.iter().map(|kind| kind.name));
        let advice = advice.unwrap_or_else(|| "`yizhan channels` lists them".to_owned());
        Wrong(format!("there is no kind of channel `{name}`\n  {advice}"))
    })
}

fn print(out: &mut impl Write, kind: &ChannelKind) -> io::Result<()> {
    writeln!(out, "{}: {}\n", kind.name, kind.doc)?;
    if !kind.settings.is_empty() {
        writeln!(out, "Settings of its own:")?;
        kind.settings.iter().try_for_each(|setting| describe(out, setting))?;
        writeln!(out)?;
    }
    writeln!(out, "Settings of every channel:")?;
    let hook = hook(kind);
    let mut common = CHANNEL.settings.iter().filter(|it| it.key != "hook_secret" || hook.is_some());
    common.try_for_each(|setting| describe(out, setting))?;
    if let Some(hook) = hook {
        writeln!(out, "\nIts service sends to /hook/NAME; `hook_secret` is {}.", hook.secret)?;
    }
    writeln!(out, "\nLimits of its service:")?;
    limits(kind).iter().try_for_each(|limit| writeln!(out, "  {limit}"))?;
    write!(out, "\nExample:\n\n{}", kind.example)
}

/// How much it may be sent, each in one line.
fn limits(kind: &ChannelKind) -> Vec<String> {
    let terms = (kind.terms)();
    let rate = terms.rate.map_or_else(|| "none".to_owned(), |rate| rate.to_string());
    let usual = [format!("rate: {rate}"), format!("at once: {}", terms.concurrency)];
    usual.into_iter().chain(kind.limits.iter().map(ToString::to_string)).collect()
}

/// Where its service sends by itself, if it does.
fn hook(kind: &ChannelKind) -> Option<&'static HookKind> {
    HOOKS.iter().find(|hook| hook.kind == kind.name)
}

fn describe(out: &mut impl Write, setting: &Setting) -> io::Result<()> {
    let Setting { key, doc, .. } = setting;
    match (setting.default, setting.is_required) {
        (_, true) => writeln!(out, "  {key} (required)\n      {doc}"),
        (Some(default), _) => writeln!(out, "  {key} = {default}\n      {doc}"),
        (None, _) => writeln!(out, "  {key}, such as {}\n      {doc}", setting.example),
    }
}

fn as_json(kind: &ChannelKind) -> serde_json::Value {
    let settings = kind.settings.iter().chain(CHANNEL.settings).map(|setting| {
        json!({
            "key": setting.key,
            "required": setting.is_required,
            "default": setting.default,
            "doc": setting.doc,
        })
    });
    json!({
        "kind": kind.name,
        "doc": kind.doc,
        "settings": settings.collect::<Vec<_>>(),
        "hook_secret": hook(kind).map(|hook| hook.secret),
        "limits": limits(kind),
        "example": kind.example,
    })
}
