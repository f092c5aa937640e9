#!/usr/bin/env bash
# libFuzzer on registers, commands, tables, inputs, logs and recordings: 10 minutes each
#
# Environment: FUZZ_SECONDS (600) for each program, FUZZ_PROGRAMS (all of tests/fuzz), FUZZ_SEED (1), EVIDENCE_DIR, FUZZ_BUILD
# (build/fuzz, configured and built here by its preset when it is the default).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

build=${FUZZ_BUILD:-build/fuzz}
evidence=${EVIDENCE_DIR:-docs/evidence}
seconds=${FUZZ_SECONDS:-600}
seed=${FUZZ_SEED:-1}
commit=$(git rev-parse --short=12 HEAD 2>/dev/null || echo 'not committed')

if [ "$build" = build/fuzz ]; then
  cmake --preset fuzz >/dev/null
  cmake --build --preset fuzz >/dev/null
fi
mkdir -p "$evidence" "$build/found"
rows=()
status=0
for path in tests/fuzz/fuzz_*.c; do
  name=$(basename "$path" .c)
  short=${name#fuzz_}
  case " ${FUZZ_PROGRAMS:-$short} " in *" $short "*) ;; *) continue ;; esac
  work=$build/found/$short
  log=$build/found/$short.log
  mkdir -p "$work"
  from=$(date +%s)
  verdict=clean
  "$build/$name" -max_total_time="$seconds" -seed="$seed" -max_len=4096 -timeout=20 \
    -print_final_stats=1 -artifact_prefix="$build/found/$short-" "$work" \
    "tests/fuzz/corpus/$short" >"$log" 2>&1 || { verdict="FOUND, see $log"; status=1; }
  took=$(($(date +%s) - from))
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  seeds=$(find "tests/fuzz/corpus/$short" -type f | wc -l)
  kept=$(find "$work" -type f | wc -l)
  cover=$(grep -o 'cov: [0-9]*' "$log" | tail -n 1 || true)
  rows+=("| $name | $took | ${runs:-?} | $seeds | $kept | ${cover#cov: } | $verdict |")
  echo "${rows[-1]}"
done

{
  echo '# Fuzzing'
  echo
  echo "Written by \`./dev long fuzz\`: clang, libFuzzer, ASan, UBSan, SMMU_DEBUG; \`smmu_invariant\`"
  echo "after each input; -seed=$seed. A hang (20 s, or more steps than an input can need) is a finding."
  echo
  printf 'Commit %s, %s, %s CPUs.\n\n' "$commit" \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | sed -n 1p)" "$(nproc)"
  echo '| program | seconds | executions | seeds | inputs kept | edges | verdict |'
  echo '|---|---|---|---|---|---|---|'
  printf '%s\n' "${rows[@]}"
} >"$evidence/fuzz.md"
exit "$status"
