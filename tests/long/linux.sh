#!/usr/bin/env bash
# a million maps and unmaps by the real driver through VCMDQs, on 64 CPUs, twice
#
# Writes docs/evidence/linux.md. Environment: TURNS of each CPU (15625), BUILD (build/release).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

build=${BUILD:-build/release}
turns=${TURNS:-15625}
evidence=${EVIDENCE_DIR:-docs/evidence}
program=$build/smmulator-linux
if [ ! -x "$program" ]; then
  echo "linux: smmulator-linux is not there (./dev deps linux)" >&2
  exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
args=(storm --cpus 64 --variant cmdqv --mode strict --turns "$turns")

# Seconds of processor time, for the machine may be shared.
seconds()
{
  local TIMEFORMAT=%U
  { time "$program" "${args[@]}" >"$1"; } 2>&1
}

first=$(seconds "$work/1")
second=$(seconds "$work/2")
same=differ
cmp -s "$work/1" "$work/2" && same=same
{
  printf '# A million maps and unmaps by the real driver\n\n'
  # shellcheck disable=SC2016 # quotes of the page
  printf 'Written by `./dev long linux`: `smmulator-linux %s`, twice; every translation judged.\n\n' "${args[*]}"
  printf '| commit | machine | Linux | processor seconds | outputs |\n|---|---|---|---|---|\n'
  printf '| %s | %s | %s | %s, %s | %s |\n\n' "$(git rev-parse --short=12 HEAD)" \
    "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), $(nproc) CPUs" \
    "$("$program" --version | sed 's/.*Linux //')" "$first" "$second" "$same"
  # shellcheck disable=SC2016
  printf '```\n'
  cat "$work/1"
  # shellcheck disable=SC2016
  printf '```\n'
} >"$evidence/linux.md"
cat "$evidence/linux.md"
[ "$same" = same ]
