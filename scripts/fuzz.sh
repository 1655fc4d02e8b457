#!/bin/sh
# Fuzzes our own parsers, guided by coverage: one target or all of them, for so many seconds each (60).
#   scripts/fuzz.sh [target] [seconds]
set -eu
cd "$(dirname "$0")/.."
command -v cargo-fuzz >/dev/null 2>&1 || { echo "cargo-fuzz is missing: cargo install cargo-fuzz"; exit 1; }
cargo +nightly --version >/dev/null 2>&1 || { echo "a nightly compiler is missing: rustup toolchain install nightly"; exit 1; }
targets=${1:-$(cd fuzz/targets && ls ./*.rs | sed 's|^./||; s|[.]rs$||')}
for target in $targets; do
    echo "== $target"
    mkdir -p "fuzz/corpus/$target"
    cargo +nightly fuzz run --fuzz-dir fuzz "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
        -max_total_time="${2:-60}" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
done
