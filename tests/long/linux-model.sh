#!/usr/bin/env bash
# thirty faults in the model's handling of commands: does the real driver's run notice?
#
# Writes docs/evidence/linux-model.md. The faults are those of tests/faults/linux.list; of each the patched files are
# compiled alone, with the commands of a build. Environment: FAULTS (names, default all), BUILD (build/release),
# JOBS, EVIDENCE_DIR.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tests/faults/lib.sh

build=${BUILD:-build/release}
evidence=${EVIDENCE_DIR:-docs/evidence}
[ -f "$build/build.ninja" ] || cmake --preset release -B "$build" >/dev/null
cmake --build "$build" -j "${JOBS:-$(nproc)}" --target smmulator smmulator-linux >/dev/null
faults_begin "$build"
faults_cpu_seconds=60
faults_wall_seconds=900

# Those that are named for a fault, and the others that the documentation shows.
runs()
{
  printf '%s\n' "probe" "transitions" "faults" "sva" "storm --cpus 8 --turns 24" \
    "storm --cpus 8 --turns 24 --variant s2-only --mode strict" \
    "storm --cpus 4 --turns 128 --traffic 32 --seed 2 --mode strict" "bench --us 50"
  awk '/^[a-z]/ && $2 != "-" { sub(/^[^ ]* */, ""); print }' tests/faults/linux.list
}

# Who notices one run, in words; nothing when all holds.
notice()
{
  local status=0 words
  read -ra words <<<"$2"
  limited "$1" "${words[@]}" || status=$?
  [ $status != 0 ] || return 0
  {
    if [ $status = 124 ] || [ $status = 137 ]; then echo 'it never ends'; fi
    if grep -q 'rules that the driver broke' "$faults_work/out"; then echo checker; fi
    if grep -Eq 'stale-d|no command had asked' "$faults_work/out"; then echo observatory; fi
    if grep -Eq 'CMD_SYNC timeout|the kernel stopped' "$faults_work/out"; then echo driver; fi
  } >"$faults_work/who"
  [ -s "$faults_work/who" ] || echo "what the scenario expects" >"$faults_work/who"
  paste -sd, "$faults_work/who" | sed 's/,/, /g'
}

# first PROGRAM RUN...: the first run that notices: "run: who".
first()
{
  local program=$1 run who
  shift
  for run in "$@"; do
    who=$(notice "$program" "$run")
    if [ -n "$who" ]; then
      printf '%s: %s' "$run" "$who"
      return
    fi
  done
}

row_of()
{
  local own
  own=$(awk -v name="$1" '$1 == name { sub(/^[^ ]* */, ""); print }' tests/faults/linux.list)
  if ! fault_compile "$1" || ! fault_link smmulator-linux faulty; then
    echo 'does not apply or build'
  elif [ -n "$own" ] && [ "${own:0:1}" != - ]; then
    first "$faults_work/faulty" "$own" "${all[@]}"
  else
    first "$faults_work/faulty" "${all[@]}"
  fi
}

mapfile -t names < <(awk '/^[a-z]/ { print $1 }' tests/faults/linux.list)
[ -z "${FAULTS:-}" ] || read -ra names <<<"$FAULTS"
mapfile -t all < <(runs | awk '!seen[$0]++')
clean=$(first "$faults_build/smmulator-linux" "${all[@]}")
[ -z "$clean" ] || { echo "linux-model: without a fault: $clean" >&2; exit 1; }
missed=0
status=0
: >"$faults_work/rows"
for name in "${names[@]}"; do
  row=$(row_of "$name")
  if [ -z "$row" ]; then
    row="missed, for $(awk -v name="$name" '$1 == name && $2 == "-" { sub(/^[^ ]* *- /, ""); print }' tests/faults/linux.list)"
    row="$row; $(sed -n 's/^Red: */directed: /p; s/^Caught: */directed: /p' "$(fault_patch "$name")" | head -n 1)"
    missed=$((missed + 1))
    ! grep -q "^$name  *[a-z]" tests/faults/linux.list || status=1
  fi
  # shellcheck disable=SC2016 # quotes of the page
  printf '| `%s` | %s | %s |\n' "${name#*/}" "$(fault_lines "$name" Rule; fault_lines "$name" Fault)" "$row" |
    tee -a "$faults_work/rows" >&2
done
{
  printf '# Faults of the model, and the real driver\n\n'
  # shellcheck disable=SC2016 # quotes of the page
  printf 'Written by `./dev long linux-model` at %s, %s: %d faults in the handling of\ncommands, %d noticed. One that is missed names the directed test that notices it.\n\n' \
    "$(git rev-parse --short=12 HEAD)" "$("$faults_build/smmulator-linux" --version | sed 's/.*Linux /Linux /')" "${#names[@]}" \
    $((${#names[@]} - missed))
  printf '| fault | what is broken | the run, and who notices |\n|---|---|---|\n'
  cat "$faults_work/rows"
} >"$evidence/linux-model.md"
exit $status
