#!/bin/sh
# Runs every check and test, one stage after the other, and closes with one line of totals.
# A stage that fails does not keep the others from running; the exit code says whether any did.
set -u
cd "$(dirname "$0")/.."

# Node, where setup had to bring its own.
PATH=$PATH:$PWD/.venv/bin
if [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20' 2>/dev/null)" != true ]; then
    PATH=$PWD/.venv/bin:$PATH
fi
export PATH

# What setup brings has to be there; a test that needs it does not pass by leaving itself out.
[ "${GANGWAY_SKIP_MODEL:-}" = 1 ] || export TESTS_NEED_MODEL=1

log=$(mktemp -d "${TMPDIR:-/tmp}/gangway-test.XXXXXX")
trap 'rm -rf "$log"' EXIT
passed=0
failed=0
broken=""

# stage NAME COMMAND…: runs the command, shows its output, remembers how it ended.
stage() {
    name=$1
    shift
    printf '\n== %s\n' "$name"
    # The exit code has to survive the pipe to tee.
    { "$@" 2>&1; echo $? >"$log/code"; } | tee "$log/$name"
    code=$(cat "$log/code")
    [ "$code" -eq 0 ] || broken="$broken $name"
    return 0
}

# A check is one thing that passes or fails.
count_check() {
    if [ "$(cat "$log/code")" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

# A runner's own totals: every "N passed" and "N failed" of its summary lines.
count_tests() {
    for word in passed failed; do
        sum=$(grep -aE "$2" "$log/$1" | grep -oE "[0-9]+ $word" | awk '{ n += $1 } END { print n + 0 }')
        eval "$word=\$(($word + sum))"
        eval "stage_$word=$sum"
    done
    # A runner that broke before it could count is one failure.
    if [ "$(cat "$log/code")" -ne 0 ] && [ "$stage_failed" -eq 0 ]; then failed=$((failed + 1)); fi
}

stage format cargo fmt --all -- --check
count_check
stage clippy cargo clippy --locked --workspace --all-targets -- -D warnings
count_check
# Without models in the process, which is what a smaller program is built of.
stage lean cargo clippy --locked -p gangway -p gangway-embeddings --no-default-features --all-targets -- -D warnings
count_check
stage rust cargo test --locked --workspace --no-fail-fast
count_tests rust '^test result:'
if [ -x .venv/bin/python ]; then
    stage programs cargo build --locked -p gangway -p gangway-emulators
    count_check
    stage clients .venv/bin/python -m pytest -q tests/clients
    count_tests clients '^[=0-9].* in [0-9.]+s'
    stage api .venv/bin/python tests/api/run.py
    count_tests api '^api:'
    stage docs .venv/bin/python -m pytest -q tests/docs
    count_tests docs '^[=0-9].* in [0-9.]+s'
    stage sdk-python .venv/bin/python -m pytest -q sdks/python
    count_tests sdk-python '^[=0-9].* in [0-9.]+s'
    if [ "${GANGWAY_SKIP_BROWSER:-}" = 1 ]; then
        echo "the browser tests are left out (GANGWAY_SKIP_BROWSER=1)"
    else
        stage browser .venv/bin/python -m pytest -q tests/browser
        count_tests browser '^[=0-9].* in [0-9.]+s'
    fi
    # The console: its types, and that what is embedded is what is built.
    if [ -d console/node_modules ]; then
        stage console sh -c 'npm --prefix console run --silent check && npm --prefix console run --silent same'
        count_check
    else
        echo "there are no Node packages: run make setup"
        broken="$broken console"
        failed=$((failed + 1))
    fi
    # Its tests start the server as those above do, by a program in Python.
    if [ -d sdks/typescript/node_modules ]; then
        stage typescript npm --prefix sdks/typescript --silent test
        count_tests typescript '^typescript:'
    else
        echo "there are no Node packages: run make setup"
        broken="$broken typescript"
        failed=$((failed + 1))
    fi
else
    echo "there is no .venv: run make setup"
    broken="$broken python"
    failed=$((failed + 1))
fi

echo
[ -z "$broken" ] || echo "failed:$broken"
echo "$passed passed, $failed failed"
[ -z "$broken" ]
