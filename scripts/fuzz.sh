#!/bin/sh
# Fuzzes our own parsers, guided by coverage: one target or all of them, for so many seconds each (60).
#   scripts/fuzz.sh [target] [seconds]
# Needs no nightly compiler: what guides libFuzzer are counters that LLVM puts in, and the stable compiler can be asked for
# those. There is no address sanitizer with it; the code under test has no `unsafe` for one to find.
set -eu
cd "$(dirname "$0")/.."
known=$(cd fuzz/targets && ls ./*.rs | sed 's|^./||; s|[.]rs$||')
targets=${1:-$known}
for target in $targets; do
    echo "$known" | grep -qx -- "$target" || { echo "no such target: $target; there are:" $known >&2; exit 2; }
done
command -v c++ >/dev/null 2>&1 || { echo "a C++ compiler is missing, for libFuzzer: apt-get install g++" >&2; exit 1; }

echo "building the targets (the first time everything they use: about ten minutes on two cores)"
counters="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
counters="$counters -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
# With a target triple named, build scripts and macros stay without counters, which they could not be linked with.
triple=$(rustc -vV | sed -n 's/^host: //p')
RUSTFLAGS="$counters --cfg fuzzing" cargo build --release --locked --manifest-path fuzz/Cargo.toml --target "$triple" \
    --target-dir target/fuzz

for target in $targets; do
    echo "== $target"
    mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target"
    "target/fuzz/$triple/release/$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -max_total_time="${2:-60}" \
        -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="fuzz/artifacts/$target/"
done
