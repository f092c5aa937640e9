#!/usr/bin/env bash
# Faults of the model under the real driver (tests/faults/linux.list): without one its runs hold, with one they do
# not. Five in turn by commit; FAULTS says which instead. All, with every run: tests/long/linux-model.sh.
# Usage: linux.sh BUILD
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tests/faults/lib.sh
faults_begin "$1"
# Processor time is what tells a hang; of the other others may take much.
faults_wall_seconds=400

# run_of NAME: what notices it.
run_of() { awk -v name="$1" '$1 == name { sub(/^[^ ]* */, ""); print }' tests/faults/linux.list; }

chosen()
{
  local commit number names=() i
  commit=$(git rev-parse HEAD 2>/dev/null || echo 0)
  number=$((16#${commit:0:7}))
  mapfile -t names < <(awk '/^[a-z]/ && $2 != "-" { print $1 }' tests/faults/linux.list)
  for ((i = 0; i < 5; i++)); do
    echo "${names[(number + i * (${#names[@]} / 5)) % ${#names[@]}]}"
  done
}

# holds PROGRAM RUN: 0: it holds, 1: it does not, or never ends.
holds()
{
  local program=$1 words
  read -ra words <<<"$2"
  limited "$program" "${words[@]}"
}

noticed()
{
  local name=$1 run
  run=$(run_of "$name")
  printf '%s: smmulator-linux %s\n' "$name" "$run"
  if [ -z "$run" ] || [ "${run:0:1}" = - ]; then
    echo '  no run is known to notice it'
    return 1
  fi
  if ! fault_compile "$name" || ! fault_link smmulator-linux smmulator-linux; then
    cat "$faults_work/log"
    echo '  does not apply or build'
    return 1
  fi
  if ! holds "$faults_build/smmulator-linux" "$run"; then
    echo '  does not hold without the fault'
    return 1
  fi
  if holds "$faults_work/smmulator-linux" "$run"; then
    echo '  missed'
    return 1
  fi
  echo '  noticed'
}

for need in git ninja; do
  if ! command -v $need >/dev/null; then
    echo "$need is missing"
    exit 77
  fi
done
if [ ! -x "$faults_build/smmulator-linux" ]; then
  echo 'smmulator-linux is not there: the source of Linux is absent (./dev deps linux)'
  exit 77
fi
status=0
for name in ${FAULTS:-$(chosen)}; do
  noticed "$name" || status=1
done
exit $status
