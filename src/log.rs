//! Where the log goes: standard output, which is what containers collect. Never a secret, never
//! what a user wrote.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts to log. `YIZHAN_LOG` says what, `YIZHAN_LOG_FORMAT=json` how.
pub fn start() {
    start_at("info,actix_server=warn");
}

/// The same for commands whose standard output is read by others: nothing unless asked for.
pub fn start_quietly() {
    start_at("off");
}

/// The same, logging `default` unless asked for something else.
pub fn start_at(default: &str) {
    let filter = EnvFilter::try_from_env("YIZHAN_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_target(false);
    let is_json = std::env::var_os("YIZHAN_LOG_FORMAT").is_some_and(|format| format == "json");
    // A second call, as tests make, keeps the first.
    let started = match is_json {
        true => log.json().try_init(),
        false => log.with_ansi(std::io::stdout().is_terminal()).try_init(),
    };
    drop(started);
}
