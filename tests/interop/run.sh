#!/bin/sh
# Other implementations against ours: wechatpy from PyPI and @wecom/crypto from npm against `yizhan
# serve` and `yizhan simulate`; clients of other push services against our dialects, and against the
# services that are simulated; the programs of examples/ behind `forward`; docs/walkthrough.md as it
# stands. What they need is installed below the target folder. YIZHAN_BIN names another binary to try
# than the one built here.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
work=$target/interop

install_missing() {
    missing=''
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
    command -v node >/dev/null 2>&1 || missing="$missing nodejs"
    command -v npm >/dev/null 2>&1 || missing="$missing npm"
    command -v curl >/dev/null 2>&1 || missing="$missing curl"
    command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
    [ -n "$missing" ] || return 0
    sudo=''
    [ "$(id -u)" -eq 0 ] || sudo=sudo
    $sudo apt-get update -q
    # shellcheck disable=SC2086 # one word for each package
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -q -y --no-install-recommends $missing
}

# Runs only when the list of packages is another than last time.
unless_done() { # unless_done LIST STAMP COMMAND…
    list=$1 stamp=$2
    shift 2
    cmp -s "$list" "$stamp" && return 0
    "$@"
    cp "$list" "$stamp"
}

install_python() {
    rm -rf "$work/python"
    python3 -m venv "$work/python"
    "$work/python/bin/pip" install --quiet --disable-pip-version-check --no-deps \
        -r "$here/requirements.txt"
}

install_node() {
    rm -rf "$work/node"
    mkdir -p "$work/node"
    cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$work/node/"
    (cd "$work/node" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
}

install_missing
mkdir -p "$work"
unless_done "$here/requirements.txt" "$work/python.stamp" install_python
unless_done "$here/package-lock.json" "$work/node.stamp" install_node
cp "$here/npm.mjs" "$here/dialects.mjs" "$work/node/"

cd "$root"
cargo build --locked --quiet --bin yizhan
binary=${YIZHAN_BIN:-$target/debug/yizhan}
"$work/python/bin/python" "$here/interop.py" "$binary" "$work/node/npm.mjs"
echo '== wechatpy as bot and client of the simulated platform'
"$work/python/bin/python" "$here/simulated.py" "$binary"
echo '== clients of other push services against our dialects'
"$work/python/bin/python" "$here/dialects.py" "$binary" "$work/node/dialects.mjs"
echo '== the same clients against the services that are simulated'
"$work/python/bin/python" "$here/services.py" "$binary"
echo '== the programs of examples/ behind a rule'
"$work/python/bin/python" "$here/examples.py" "$binary"
echo '== docs/walkthrough.md, as it stands'
"$work/python/bin/python" "$here/walkthrough.py" "$binary"
echo '== schemathesis drives the HTTP API by its OpenAPI'
exec "$work/python/bin/python" "$here/openapi.py" "$binary"
