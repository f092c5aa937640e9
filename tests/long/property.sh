#!/usr/bin/env bash
# the model against the naive translator: 10 million random cases
#
# Environment: PROPERTY_CASES (10000000), PROPERTY_SEED (the commit's first digits), PROPERTY_PROGRAMS
# (50000) for the fast path against the stepped path, EVIDENCE_DIR, BUILD (build/release).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

build=${BUILD:-build/release}
evidence=${EVIDENCE_DIR:-docs/evidence}
cases=${PROPERTY_CASES:-10000000}
programs=${PROPERTY_PROGRAMS:-50000}
commit=$(git rev-parse --short=12 HEAD 2>/dev/null || echo 'not committed')
seed=$(git rev-parse --short=7 HEAD 2>/dev/null || echo 1)
seed=${PROPERTY_SEED:-$((16#$seed))}
log=$build/property-long.log

[ -x "$build/tests/test_property" ] || { echo "property: build $build first" >&2; exit 2; }
mkdir -p "$evidence"
from=$(date +%s)
status=0
SMMULATOR_CASES=$cases SMMULATOR_SEED=$seed SMMULATOR_PROGRAMS=$programs \
  "$build/tests/test_property" >"$log" 2>&1 || status=$?
took=$(($(date +%s) - from))

{
  echo '# Random cases against the naive translator'
  echo
  echo "Written by \`./dev long property\`: \`tests/property\`, $cases cases, seed $seed; and $programs"
  echo 'programs of the fast path against the stepped path.'
  echo
  echo "| commit | machine | seconds | verdict |"
  echo "|---|---|---|---|"
  printf '| %s | %s, %s CPUs | %d | %s |\n' "$commit" \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | sed -n 1p)" "$(nproc)" "$took" \
    "$([ "$status" -eq 0 ] && echo 'all agree' || echo 'DISAGREEMENTS')"
  echo
  echo '```'
  grep -E 'cases, seed|aborted without|^ATS requests|^  feature|^  event|programs of|^world|^program ' "$log" || true
  echo '```'
} >"$evidence/property.md"
cat "$evidence/property.md"
exit "$status"
