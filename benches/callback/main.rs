//! `cargo bench` (`make bench`): bytes → answer, stage by stage and as a whole, in nanoseconds and
//! in instructions; then the whole server against a bare actix-web server.
//!
//! `cargo bench -- --no-instructions` leaves out what needs valgrind, `--no-server` the server.
#![expect(clippy::print_stdout, reason = "a report is what this program is for")]
#![expect(clippy::unwrap_used, reason = "a benchmark ends where a step of it cannot go on")]

mod load;
mod messages;
mod server;
mod stages;

use std::process::Command;
use std::time::Duration;

/// Messages in one timed batch.
const BATCH: usize = 2_000;
/// Batches, of which the median counts.
const BATCHES: usize = 25;
/// Messages counted under valgrind.
const COUNTED: usize = 300;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = args.iter().position(|it| it == name)?;
        args.get(at + 1).cloned()
    };
    if let Some(port) = value("--bare-server") {
        return server::bare(port.parse().unwrap());
    }
    if let Some(stage) = value("--stage") {
        let count = value("--count").unwrap().parse().unwrap();
        return stages::count(&stage, count, 2 * COUNTED);
    }
    let has = |name: &str| args.iter().any(|it| it == name);
    if !has("--no-stages") {
        report_stages(!has("--no-instructions"));
    }
    if !has("--no-server") {
        server::report();
    }
}

fn report_stages(with_instructions: bool) {
    let is_counting =
        with_instructions && Command::new("valgrind").arg("--version").output().is_ok();
    println!("bytes to answer, in process, one thread; median of {BATCHES} batches of {BATCH}");
    if is_counting {
        println!(
            "instructions: callgrind, which offers no SHA extensions, so SHA-1 is in software"
        );
    } else {
        println!("instructions: left out (valgrind is not installed, or --no-instructions)");
    }
    println!("\n{:<44} {:>9} {:>13}", "stage", "ns", "instructions");
    for name in stages::NAMES {
        let time = median(&stages::time(name, BATCH, BATCHES));
        let instructions = is_counting.then(|| instructions(name)).flatten();
        let instructions = instructions.map_or_else(|| "-".to_owned(), |count| count.to_string());
        println!("{name:<44} {:>9} {instructions:>13}", time.as_nanos());
    }
    println!();
}

/// What one more message costs: the difference of two runs, which prepare the same messages and
/// work on a different number of them.
fn instructions(stage: &str) -> Option<u64> {
    let collected = |count: usize| {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe().ok()?)
            .args(["--stage", stage, "--count", &count.to_string()])
            .output()
            .ok()?;
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        let line = log.lines().find(|line| line.contains("Collected :"))?.to_owned();
        line.rsplit(' ').next()?.parse::<u64>().ok()
    };
    Some(collected(2 * COUNTED)?.saturating_sub(collected(COUNTED)?) / COUNTED as u64)
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[times.len() / 2]
}
