//! `yizhan errors`: what a code means, whose fault it is, what to do.

use std::io::Write as _;

use super::Exit;
use super::Global;
use crate::code;
use crate::wechat::errcode;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  yizhan errors 40164
  yizhan errors callback.signature")]
pub(super) struct Args {
    /// A WeChat errcode (45015) or one of ours (`callback.signature`); all of them if not given.
    #[arg(allow_hyphen_values = true)]
    code: Option<String>,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

/// One line of either table.
struct Line {
    code: String,
    surface: &'static str,
    meaning: &'static str,
    blame: &'static str,
    advice: &'static str,
}

pub(super) fn run(args: &Args, _: &Global) -> anyhow::Result<Exit> {
    let lines: Vec<Line> = ours().chain(wechat()).collect();
    let wanted = |line: &&Line| args.code.as_ref().is_none_or(|code| *code == line.code);
    let mut found = lines.iter().filter(wanted).peekable();
    if found.peek().is_none() {
        anyhow::bail!(
            "`{}` is neither an errcode of the table nor a code of ours; \
             `yizhan errors` lists all",
            args.code.as_deref().unwrap_or_default()
        );
    }
    let mut out = std::io::stdout().lock();
    for line in found {
        let Line { code, surface, meaning, blame, advice } = line;
        if args.json {
            let object = serde_json::json!({
                "code": code, "surface": surface,
                "meaning": meaning, "blame": blame, "advice": advice,
            });
            writeln!(out, "{object}")?;
        } else {
            writeln!(out, "{code} ({surface}): {meaning}\n    blame: {blame}\n    {advice}")?;
        }
    }
    Ok(Exit::Done)
}

fn ours() -> impl Iterator<Item = Line> {
    code::CODES.iter().map(|code| Line {
        code: code.name.to_owned(),
        surface: "yizhan",
        meaning: code.meaning,
        blame: match code.status {
            200 => "handler",
            502 => "channel, or its service",
            503 => "station",
            _ => "sender, or our configuration",
        },
        advice: code.advice,
    })
}

fn wechat() -> impl Iterator<Item = Line> {
    errcode::TABLE.iter().map(|row| Line {
        code: row.number.to_string(),
        surface: row.surface.name(),
        meaning: row.meaning,
        blame: row.blame.name(),
        advice: row.advice(),
    })
}
