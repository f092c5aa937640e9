#!/usr/bin/env bash
# thirty faults in the model's handling of commands: does the real driver's run notice?
#
# Writes docs/evidence/linux-model.md. Patches are those of tests/mutants and tests/faults/model, applied to a
# clone. Environment: FAULTS (names, default all), JOBS, EVIDENCE_DIR.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

default="asid-compare-dropped cerror-code-wrong cfgi-cd-drops-ste-alone cfgi-cd-ignores-ssid
  cfgi-marks-nothing cons-before-effects main-tlb-not-swept walk-cache-not-swept ril-last-page-missed
  ril-scale-of-five-bits tlbi-marks-nothing stopped-queue-goes-on sync-consumed-before-the-drain
  sync-forgets-marked-walks fill-ignores-mark gerror-before-err ring-wrap-broken vmid-compare-dropped
  leaf-always-one el2-hit-by-nsnh cmdqen-ack-given-early sweep-first-ways-alone sweep-half-of-the-sets
  sweep-last-page-left range-num-without-one range-scale-ignored tag-asid-of-eight-bits
  vmid-of-commands-ignored utlb-not-swept-for-ranges cfgi-range-of-half"
read -ra names <<<"$(tr -s '\n ' ' ' <<<"${FAULTS:-$default}")"
evidence=${EVIDENCE_DIR:-docs/evidence}
jobs=${JOBS:-$(nproc)}
work=$(mktemp -d "${TMPDIR:-/tmp}/smmulator-linux-model.XXXXXX")
trap 'rm -rf "$work"' EXIT
tree=$work/tree
program=$tree/build/release/smmulator-linux
seconds=60

patch_of()
{
  local file
  for file in "tests/mutants/$1.patch" "tests/faults/model/$1.patch"; do
    [ ! -f "$file" ] || { printf '%s\n' "$PWD/$file"; return; }
  done
  echo "linux-model: there is no fault $1" >&2
  exit 2
}

build() { cmake --build "$tree/build/release" -j "$jobs" --target smmulator-linux >"$work/log" 2>&1; }

# Who notices one run, in words; nothing when all holds. What came to no end is noticed too.
notice()
{
  local status=0
  timeout "$seconds" "$program" "$@" >"$work/out" 2>&1 || status=$?
  case $status in
    0) ;;
    1)
      if grep -q 'rules that the driver broke' "$work/out"; then echo checker; fi
      if grep -q 'stale-d' "$work/out"; then echo observatory; fi
      if grep -Eq 'CMD_SYNC timeout|the kernel stopped|wait|failed' "$work/out"; then echo driver; fi
      echo "answers"
      ;;
    124) echo "hangs" ;;
    *) echo "ends with $status" ;;
  esac
}

# all NAME: the runs, until one notices: "run: who".
all()
{
  local run who
  for run in "probe" "storm --cpus 8 --turns 24" "storm --cpus 64 --turns 4 --variant small-queues" \
    "storm --cpus 8 --turns 24 --variant s2-only --mode strict" "transitions" "faults"; do
    # shellcheck disable=SC2086 # words of the run
    who=$(notice $run | sort -u | paste -sd, | sed 's/,/, /g')
    if [ -n "$who" ]; then
      printf '%s: %s' "$run" "$who"
      return
    fi
  done
}

git clone -q . "$tree"
cmake -S "$tree" --preset release -B "$tree/build/release" >"$work/log" 2>&1
build || { tail -n 20 "$work/log" >&2; exit 1; }
clean=$(all)
[ -z "$clean" ] || { echo "linux-model: without a fault: $clean" >&2; exit 1; }
missed=0
: >"$work/rows"
for name in "${names[@]}"; do
  patch=$(patch_of "$name")
  if ! git -C "$tree" apply "$patch" 2>"$work/log" || ! build; then
    row="does not apply"
  else
    row=$(all)
  fi
  git -C "$tree" checkout -q .
  if [ -z "$row" ]; then
    row="missed; $(sed -n 's/^Red: */directed: /p; s/^Caught: */directed: /p' "$patch" | head -n 1)"
    missed=$((missed + 1))
  fi
  # shellcheck disable=SC2016 # quotes of the page
  printf '| `%s` | %s | %s |\n' "$name" "$(sed -n 's/^Rule: *//p; s/^Fault: *//p' "$patch" | head -n 1)" "$row" |
    tee -a "$work/rows" >&2
done
{
  printf '# Faults of the model, and the real driver\n\n'
  # shellcheck disable=SC2016 # quotes of the page
  printf 'Written by `./dev long linux-model` at %s, %s: %d faults, %d noticed. One that is missed names the\n' \
    "$(git rev-parse --short=12 HEAD)" "$("$program" --version | sed 's/.*Linux /Linux /')" "${#names[@]}" \
    $((${#names[@]} - missed))
  printf 'directed test that notices it.\n\n| fault | what is broken | first run that notices: who |\n|---|---|---|\n'
  cat "$work/rows"
} >"$evidence/linux-model.md"
