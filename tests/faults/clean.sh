#!/usr/bin/env bash
# Every run that a fault of tests/faults is shown by, without the fault: nothing may be found.
# Usage: clean.sh SMMULATOR
set -euo pipefail
program=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tests/faults/lib.sh
faults_begin "$(dirname "$program")"

status=0
while read -r run; do
  # shellcheck disable=SC2086 # the words of the line are arguments
  if fault_run "$program" $run; then
    echo "nothing found: smmulator run $run"
  else
    echo "smmulator run $run:"
    cut -c1-600 "$faults_work/told" "$faults_work/err" | head -n 20
    status=1
  fi
done < <(for name in $(fault_names driver) $(fault_names model); do fault_lines "$name" Run; done |
  sort -u)
exit $status
