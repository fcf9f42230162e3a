#!/bin/sh
# Fuzzes every target for FUZZ_SECONDS, beginning with our fixtures. Called by `make fuzz`.
set -eu
cd "$(dirname "$0")/.."

if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
    echo 'fuzz: needs `rustup toolchain install nightly` and `cargo install cargo-fuzz`' >&2
    exit 1
fi

seeds() { # where good input of a target is
    case $1 in
    xml | json | callback | capture) echo fixtures/callbacks ;;
    dialect) echo fixtures/dialects ;;
    rules) echo handlers ;;
    config) echo deploy ;;
    esac
}

for target in $(cargo +nightly fuzz list); do
    echo "== $target"
    mkdir -p "fuzz/corpus/$target"
    # Memory is bounded by the input: no target may ask for much at once.
    # shellcheck disable=SC2046 # one word for each folder
    cargo +nightly fuzz run "$target" "fuzz/corpus/$target" $(seeds "$target") -- \
        -max_total_time="${FUZZ_SECONDS:-60}" -timeout=10 -malloc_limit_mb=64
done
