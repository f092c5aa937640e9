#!/usr/bin/env bash
# A few of the faults (five, FAULTS says how many), in turn by commit: each must be caught as its patch
# says. The whole matrix: tests/faults/matrix.sh. Usage: some.sh BUILD
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tests/faults/lib.sh
faults_begin "$1"

# Three of software and two of the model, by the number that the commit's name begins with.
chosen()
{
  local commit number names=() i
  commit=$(git rev-parse HEAD 2>/dev/null || echo 0)
  number=$((16#${commit:0:7}))
  mapfile -t names < <(fault_names "$1")
  for ((i = 0; i < $2 && i < ${#names[@]}; i++)); do
    echo "${names[(number + i * (${#names[@]} / $2)) % ${#names[@]}]}"
  done
}

caught()
{
  local name=$1 run word place missed=0
  printf '%s: %s\n' "$name" "$(fault_lines "$name" Fault)"
  if ! fault_compile "$name" || ! fault_link smmulator smmulator; then
    cat "$faults_work/log"
    echo '  does not apply or build'
    return 1
  fi
  run=$(fault_lines "$name" Run)
  # shellcheck disable=SC2086 # the words of the line are arguments
  [ -z "$run" ] || fault_run "$faults_work/smmulator" $run || true
  while read -ra word; do
    if place=$(fault_noticed "${word[@]}"); then
      printf '  caught by %s %s%s\n' "${word[0]}" "${word[1]}" "${place:+, $place}"
    else
      printf '  missed by %s\n' "${word[*]}"
      sed 's/^/    /' "$faults_work/told" "$faults_work/err" 2>/dev/null | cut -c1-400 | head -n 12
      missed=1
    fi
  done < <(fault_lines "$name" Caught)
  rm -f "$faults_work"/test_* "$faults_work/told"
  return $missed
}

if ! command -v git >/dev/null || ! command -v ninja >/dev/null; then
  echo 'git or ninja is missing'
  exit 77
fi
status=0
for name in ${FAULTS:-$(chosen driver 3) $(chosen model 2)}; do
  caught "$name" || status=1
done
exit $status
