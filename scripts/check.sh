#!/bin/sh
# What must hold before a change is handed in. Called by `make check`.
set -eu
cd "$(dirname "$0")/.."

step() {
    printf '\n== %s\n' "$*"
    "$@"
}

# Tools that judge more than the compiler, and are not on every machine.
optional() {
    if command -v "$1" >/dev/null 2>&1; then
        shift
        step "$@"
    else
        printf '\n== skipped: %s is not installed\n' "$1"
    fi
}

step cargo fmt --check
step cargo clippy --locked --all-targets -- -D warnings
step env RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps
optional cargo-deny cargo deny --locked check
optional typos typos
printf '\ncheck: all good\n'
