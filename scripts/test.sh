#!/bin/sh
# Every test there is. Called by `make test`.
set -eu
cd "$(dirname "$0")/.."

echo '== what the tests need'
sh scripts/prepare.sh

echo '== unit and integration tests'
if command -v cargo-nextest >/dev/null 2>&1; then
    cargo nextest run --locked
else
    cargo test --locked --lib --bins --tests --examples
fi

echo '== examples in the documentation'
cargo test --locked --doc

echo '== other implementations of the protocol against ours'
sh tests/interop/run.sh

echo 'test: all passed'
