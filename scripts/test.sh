#!/usr/bin/env bash
# Runs all Rust tests once, then prints the slowest twenty. Arguments go to `cargo test`. Ends with its exit code.
set -uo pipefail

cargo=${CARGO:-cargo}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# libtest measures times only where RUSTC_BOOTSTRAP is set. The runner sets it for the test binaries alone: in the
# environment of cargo it would rebuild dependencies.
host=$(rustc -vV | sed -n 's/^host: //p' | tr 'a-z-' 'A-Z_')
export "CARGO_TARGET_${host}_RUNNER=env RUSTC_BOOTSTRAP=1"

"$cargo" test --locked --workspace --no-fail-fast "$@" -- -Zunstable-options --report-time | tee "$log"
status=${PIPESTATUS[0]}

echo
echo "The slowest tests, in seconds:"
sed -n 's/^test \(.*\) \.\.\. .*<\([0-9.]*\)s>$/\2 \1/p' "$log" | LC_ALL=C sort -rn | head -20
exit "$status"
