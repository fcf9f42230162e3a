//! The command line: ONE FILE AND ONE LINE for each command.

mod accounts;
mod ground;
mod input;
mod messages;
mod shipped;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use clap::Subcommand;

use crate::app::StationError;
use crate::config::fault::Faults;

/// What every command may need.
#[derive(Debug, clap::Args)]
pub(crate) struct Global {
    /// The configuration file.
    #[arg(long, global = true, env = "YIZHAN_CONFIG", default_value = "yizhan.toml")]
    pub(crate) config: PathBuf,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Exit {
    /// It did what it was asked.
    Done,
    /// It ran, and something in it failed; what, was printed.
    Failed,
    /// Wrong usage or config; what, was printed.
    Usage,
}

impl Exit {
    /// What a command that ends with `error` is to be called.
    fn of(error: &anyhow::Error) -> Self {
        let is_faults = matches!(error.downcast_ref(), Some(StationError::Faults(_)));
        match is_faults || error.is::<Faults>() || error.is::<Wrong>() {
            true => Self::Usage,
            false => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

macro_rules! commands {
    ($($(#[$doc:meta])* $module:ident $name:ident;)*) => {
        $(mod $module;)*

        #[derive(Debug, Subcommand)]
        enum Command {
            $($(#[$doc])* $name($module::Args),)*
        }

        impl Command {
            fn run(&self, global: &Global) -> anyhow::Result<Exit> {
                match self {
                    $(Self::$name(args) => $module::run(args, global),)*
                }
            }
        }
    };
}

commands! {
    /// Run the station.
    serve Serve;
    /// Try it out: a station, a simulated WeChat, and a page to chat with the bot.
    demo Demo;
    /// Print what captured messages say.
    decode Decode;
    /// Send captured messages through the real path.
    replay Replay;
    /// The WeChat platform alone: an API and followers, for users of any SDK.
    simulate Simulate;
    /// Write a config and rules to start from.
    init Init;
    /// Take over another program's settings.
    import Import;
    /// Find every fault of config and rules.
    check Check;
    /// Print the signature of a callback.
    sign Sign;
    /// Open a sealed message.
    open Open;
    /// Seal a message.
    seal Seal;
    /// Send one notification.
    send Send;
    /// Look at notifications that wait, were sent or given up; revive or bury them.
    outbox Outbox;
    /// The kinds of channel, their settings, an example of each.
    channels Channels;
    /// Explain a WeChat errcode, or one of our codes.
    errors Errors;
}

/// 驿站: a relay station between WeChat and whatever you run.
#[derive(Debug, Parser)]
#[command(name = "yizhan", version, about, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Parses the command line, runs the command, prints what went wrong.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are printed by the same means and are no failure.
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            return match error.print() {
                Ok(()) => ExitCode::from(code),
                Err(_) => ExitCode::FAILURE,
            };
        }
    };
    match cli.command.run(&cli.global) {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprintln!("yizhan: {error:#}");
            Exit::of(&error).into()
        }
    }
}

/// Wrong usage that clap cannot see.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Wrong(pub(crate) String);

/// Runs `work` on a runtime of its own. What still blocks a thread then, such as reading from a
/// disk that hangs, is waited for a second and no longer.
fn run_async<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(work);
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}
