#!/usr/bin/env bash
# Reads the results of one run of smmu_bench and says which speed gates hold; exit 1 if one is
# missed. usage: bench/gates.sh [results.json]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

results=${1:-build/bench/results.json}
[ -r "$results" ] || { echo "gates: $results is missing; run ./dev bench" >&2; exit 2; }

# counter BENCHMARK NAME: the value of a user counter, or nothing.
counter()
{
  awk -v want="\"name\": \"$1" -v key="\"$2\":" '
    index($0, "\"name\":") { inside = index($0, want) > 0 }
    inside && index($0, key) { v = $2; sub(/,$/, "", v); print v; exit }' "$results"
}

missed=0

# gate TITLE BENCHMARK COUNTER ge|le LIMIT UNIT
gate()
{
  local title=$1 value verdict
  value=$(counter "$2" "$3")
  if [ -z "$value" ]; then
    verdict=MISSING
  else
    verdict=$(awk -v v="$value" -v op="$4" -v l="$5" \
      'BEGIN { print ((op == "le") ? v <= l : v >= l) ? "holds" : "MISSED" }')
  fi
  [ "$verdict" = holds ] || missed=1
  printf '%-46s %12.3f %-8s %s %s  %s\n' "$title" "${value:-0}" "$6" \
    "$([ "$4" = le ] && echo '<=' || echo '>=')" "$5" "$verdict"
}

gate "TLB hit, of a bare 4-way lookup" gate/hit ratio le 10 times
gate "nested miss of 24 reads, of a naive walker" gate/nested ratio ge 0.35 times
gate "TLBI by address, of decode and search" gate/tlbi ratio ge 0.25 times
gate "log replay" gate/replay lines_per_second ge 200000 lines/s
gate "64 vCPUs, unmaps of 4 KB, a minute" gate/unmap_4k unmaps_per_minute ge 1000000 ""
gate "64 vCPUs, unmaps of 64 KB, a minute" gate/unmap_64k unmaps_per_minute ge 1000000 ""
for run in strict/dma-map-ats strict/dma-map-trapped strict/dma-map-vcmdq strict/grace-2t-256k strict/vcmdq-64 \
  lazy/dma-map-ats lazy/dma-map-trapped lazy/dma-map-vcmdq lazy/grace-2t-256k lazy/vcmdq-64; do
  gate "watched, of the same run alone: $run" "watched/$run" times le 2 times
done

# A ratio means something only when the run did what its name says.
gate "share of hits in the hit bench" gate/hit hit_share ge 0.999 ""
gate "reads of a nested miss, at least" gate/nested reads ge 24 reads
gate "reads of a nested miss, at most" gate/nested reads le 24 reads
exit $missed
