//! The `yizhan` binary: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    yizhan::cli::main(std::env::args_os())
}
