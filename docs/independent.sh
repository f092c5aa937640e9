#!/usr/bin/env bash
# Prints published unmap latencies that no profile was fitted to beside the model's, as Markdown. Called by docs/renew.sh.
# usage: docs/independent.sh nested|bare      the sources are named in docs/table.md
set -euo pipefail
program=${SMMULATOR:-build/release/smmulator}

# model THREADS PAGES SCENARIO ASSIGNMENT: the mean unmap in microseconds
model()
{
  "$program" run "$3" --profile published --set "$4" --set bench.loops=100 --set "vm.vcpus=$1" \
    --set "bench.threads=$1" --set "bench.granule=$(($2 * 4))k" | awk '$1 == "unmap" { printf "%s", $2 }'
}

error()
{
  awk -v model="$1" -v measured="$2" 'BEGIN { printf "%.1f | %+.0f %%", model, 100 * (model / measured - 1) }'
}

# table SCENARIO ASSIGNMENT: lines of pages, published mean of one thread, of ten threads
table()
{
  local pages one ten
  printf '| pages | published, 1 thread | model | error | published, 10 threads | model | error |\n'
  printf -- '|--:|--:|--:|--:|--:|--:|--:|\n'
  while read -r pages one ten; do
    printf '| %s | %s | %s | %s | %s |\n' "$pages" "$one" "$(error "$(model 1 "$pages" "$@")" "$one")" \
      "$ten" "$(error "$(model 10 "$pages" "$@")" "$ten")"
  done
}

case ${1:-} in
  nested)
    table dma-map-trapped guest.ril=on <<'TABLE'
1 7.5 39.1
4 7.9 42.4
8 8.3 46.1
16 9.1 50.2
32 10.7 58.2
TABLE
    ;;
  bare)
    table dma-map-bare host.ril=off <<'TABLE'
1 0.8 5.8
2 0.9 6.0
4 1.1 5.6
8 1.4 6.3
16 2.0 12.4
32 3.3 24.2
64 6.1 46.4
TABLE
    ;;
  *)
    sed -n 2,3p "$0" >&2
    exit 2
    ;;
esac
