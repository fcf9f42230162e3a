#!/bin/sh
# Installs what the tests need beside Rust and this machine lacks. Called by `make test`.
set -eu

missing=''
need() { # need PACKAGE COMMAND…: the package is missing when the command fails
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

need gcc cc --version # aws-lc, the cryptography below TLS, is C
need libc6-dev test -e /usr/include/stdio.h
need python3-venv python3 -c 'import ensurepip, venv'
need nodejs node --version
need npm npm --version

if [ -n "$missing" ]; then
    echo "prepare: installing$missing"
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "prepare: there is no apt-get here; install these by hand:$missing" >&2
        exit 1
    fi
    sudo=''
    [ "$(id -u)" -eq 0 ] || sudo=sudo
    export DEBIAN_FRONTEND=noninteractive
    $sudo apt-get update -q
    # shellcheck disable=SC2086 # one word for each package
    $sudo apt-get install -q -y --no-install-recommends $missing
fi
