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
    meaning: &'static str,
    blame: &'static str,
    advice: String,
}

pub(super) fn run(args: &Args, _: &Global) -> anyhow::Result<Exit> {
    let lines: Vec<Line> = ours().chain(wechat()).collect();
    let wanted = |line: &&Line| args.code.as_ref().is_none_or(|code| *code == line.code);
    let mut found = lines.iter().filter(wanted).peekable();
    if found.peek().is_none() {
        anyhow::bail!(
            "`{}` is neither an errcode of the table nor a code of ours; \
             `yizhan errors` lists all",
            args.code.unwrap_or_default()
        );
    }
    let mut out = std::io::stdout().lock();
    for line in found {
        let Line { code, meaning, blame, advice } = line;
        if args.json {
            let object = serde_json::json!({
                "code": code, "meaning": meaning, "blame": blame, "advice": advice,
            });
            writeln!(out, "{object}")?;
        } else {
            writeln!(out, "{code}  {meaning}\n    blame: {blame}\n    {advice}")?;
        }
    }
    Ok(Exit::Done)
}

fn ours() -> impl Iterator<Item = Line> {
    code::CODES.iter().map(|code| Line {
        code: code.name.to_owned(),
        meaning: code.meaning,
        blame: match code.status {
            200 => "handler",
            503 => "station",
            _ => "sender, or our configuration",
        },
        advice: code.advice.to_owned(),
    })
}

fn wechat() -> impl Iterator<Item = Line> {
    errcode::TABLE.iter().map(|code| Line {
        code: code.number.to_string(),
        meaning: code.meaning,
        blame: code.blame.name(),
        advice: code.advice(),
    })
}
