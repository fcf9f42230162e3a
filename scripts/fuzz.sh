#!/bin/sh
# Fuzzes every target for FUZZ_SECONDS. Called by `make fuzz`.
set -eu
cd "$(dirname "$0")/.."

if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
    echo 'fuzz: needs `rustup toolchain install nightly` and `cargo install cargo-fuzz`' >&2
    exit 1
fi
for target in $(cargo +nightly fuzz list); do
    echo "== $target"
    cargo +nightly fuzz run "$target" -- -max_total_time="${FUZZ_SECONDS:-60}"
done
