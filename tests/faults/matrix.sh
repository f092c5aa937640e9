#!/usr/bin/env bash
# Which detector notices which fault: docs/faults.md, from all patches of tests/faults.
# Usage: matrix.sh BUILD. All of a build's programs that are needed must be there.
# Environment: FAULTS (names to run, default all; the page then keeps the rows of the others), JOBS, PAGE,
# FAULTS_SEED (1): no random test may depend on luck here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tests/faults/lib.sh
faults_begin "$1"
export FAULTS_SEED=${FAULTS_SEED:-1}
page=${PAGE:-docs/faults.md}
commit=$(git describe --always --dirty --abbrev=12 2>/dev/null || echo 'not committed')
rows=${FAULTS_ROWS:-$faults_work/rows}
# Suites that take seconds each are left out.
quick_ones='*-Crowd.*:Parallel*:Random*'

# ---- one fault: its row, and 1 when a named detector missed it --------------------------------------

# The id in bold when it is named.
bold() { if [ "$2" = 1 ]; then printf '**%s**' "$1"; else printf '%s' "$1"; fi; }

# named DETECTOR ID: 1 when a patch names it; filters of test cases are patterns.
named()
{
  local kind id rest
  while read -r kind id rest; do
    # shellcheck disable=SC2053 # the id is a pattern
    if [ "$kind" = "$1" ] && [[ $2 == $id ]]; then
      echo 1
      return
    fi
  done < <(fault_lines "$name" Caught)
  echo 0
}

# join: lines to one cell.
join() { paste -sd, | sed 's/,/, /g; s/^$/-/'; }

# What a run under the watch told: rules, each once.
rules_cell()
{
  awk '$1 == "rule" { print $2 }' "$faults_work/told" | sort | uniq -c | sort -rn |
    while read -r _ id; do
      bold "$id" "$(named rule "$id")"
      echo
    done | join
}

verdict_cell()
{
  awk '$1 == "verdict" { print $2 }' "$faults_work/told" | sort | uniq -c |
    while read -r _ id; do
      bold "$id" "$(named verdict "$id")"
      echo
    done | join
}

# Where the named rules and verdicts say that it is.
where_cell()
{
  local word place
  while read -ra word; do
    place=$(fault_noticed "${word[@]}") || continue
    [ -z "$place" ] || echo "\`$place\`"
  done < <(fault_lines "$name" Caught) | sort -u | join
}

litmus_cell()
{
  local program
  for program in $("$faults_build/smmulator" litmus --list | awk '/^[a-z]/ { print $1 }'); do
    if ! limited "$faults_work/smmulator" litmus "$program"; then
      bold "$program" "$(named litmus "$program")"
      echo
    fi
  done | join
}

# tests_cell PROGRAM: how many of its cases fail; "dies" when it does not come to an end.
tests_cell()
{
  local status=0 count case is_named=0
  fault_test "$1" "${2:-*}" || status=$?
  case $status in
    0) printf -- - ; return ;;
    2) printf 'does not link'; return ;;
  esac
  grep -o '^\[  FAILED  \] [A-Za-z]*[^ ,]*' "$faults_work/out" | sort -u |
    sed 's/.*\] //; s/,$//' | grep '\.' >"$faults_work/failed" || true
  while read -r case; do
    [ "$is_named" = 1 ] || is_named=$(named "$1" "$case")
  done <"$faults_work/failed"
  count=$(wc -l <"$faults_work/failed")
  grep -q '^\[==========\].* ran' "$faults_work/out" || count=dies
  [ "$count" != dies ] || is_named=$(named "$1" 'A*')
  bold "$count" "$is_named"
}

one()
{
  local name=$1 run word cells missed='' from=$SECONDS
  if ! fault_compile "$name" || ! fault_link smmulator smmulator; then
    printf '| %s | **does not apply or build** |\n' "${name#*/}" >"$rows/$name"
    return 1
  fi
  run=$(fault_lines "$name" Run)
  # shellcheck disable=SC2086 # the words of the line are arguments
  fault_run "$faults_work/smmulator" ${run:-small-demo} || true
  cells="$(rules_cell) | $(verdict_cell) | $(where_cell)"
  while read -ra word; do
    case ${word[0]} in
      rule | verdict) fault_noticed "${word[@]}" >/dev/null || missed+=" **missed: ${word[*]:0:2}**" ;;
    esac
  done < <(fault_lines "$name" Caught)
  case $name in
    driver/*) cells+=" | $(tests_cell driver "$quick_ones") | $(tests_cell host "$quick_ones")" ;;
    *)
      cells="$(verdict_cell) | $(litmus_cell) | $(tests_cell conformance) | $(tests_cell property) | $(tests_cell unit)"
      while read -ra word; do
        case ${word[0]} in
          rule | verdict) ;;
          *) [[ $cells == *'**'* ]] || missed+=" **missed: ${word[*]:0:2}**" ;;
        esac
      done < <(fault_lines "$name" Caught)
      ;;
  esac
  printf '| %s | %s | %s | %s | %s | %s |\n' "${name#*/}" "$(fault_lines "$name" Fault)$missed" \
    "$(sed 's/ --set / /g; s/^$/-/' <<<"$run")" "$cells" "$((SECONDS - from))" "$commit" >"$rows/$name"
  cat "$rows/$name" >&2
  [ -z "$missed" ]
}

if [ -n "${FAULTS_ONE:-}" ]; then
  one "$FAULTS_ONE"
  exit
fi

# ---- all of them ------------------------------------------------------------------------------------

# rows_of driver|model: those of this run, and those that the page has of others.
rows_of()
{
  local name
  for name in $(fault_names "$1"); do
    if [ -f "$rows/$name" ]; then
      cat "$rows/$name"
    elif [ -f "$page" ]; then
      sed -n "/^## .*$2/,\$ { /^| ${name#*/} |/p }" "$page" | head -n 1
    fi
  done
}

# noticed COLUMN FILE: how many rows have something there, and how many have it named.
noticed()
{
  awk -F ' [|] ' -v column="$1" '
    { cell = $column; sub(/ [|]$/, "", cell) }
    cell != "-" && cell != "" { some++ }
    cell ~ /[*][*]/ { named++ }
    END { printf "%d, named for %d", some, named }' "$2"
}

write_page()
{
  local driver=$faults_work/driver model=$faults_work/model
  rows_of driver software >"$driver"
  rows_of model model >"$model"
  {
    cat <<'END'
# Faults, and who notices them

Written by `./dev long faults` (and by `./dev long mutants`). Each row is a patch of `tests/faults/`: one deliberate
mistake, run by `smmulator run RUN --watch --strict` with a device that uses its buffer, and once more after the unmap.
**Bold** is the detector that the patch names: it must notice. What else noticed is not bold; `-` noticed nothing.
Numbers are test cases that fail; "dies": a hang or a broken invariant ended the program. Of the driver's and the host's
tests those count that take no seconds. A row ends with the seconds that it took and the commit it was run at: some
faults at a time make a whole page. Without a fault the same runs find nothing (`tests/faults/clean.sh`), and five
faults run in each `./dev test`. How faults are built and judged: [decisions/014](decisions/014-faults-are-patches.md).

END
    printf '%s of %s faults of software, %s of %s of the model; %s not noticed as named. %s, %s CPUs, seed %s.\n' \
      "$(wc -l <"$driver")" "$(fault_names driver | wc -l)" "$(wc -l <"$model")" "$(fault_names model | wc -l)" "$(cat "$driver" "$model" | grep -c '\*\*missed\|\*\*does not' || true)" \
      "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | sed -n 1p)" "$(nproc)" "$FAULTS_SEED"
    echo
    echo '| detector | faults of software | faults of the model |'
    echo '|---|---|---|'
    echo "| rules | $(noticed 4 "$driver") | |"
    echo "| verdicts | $(noticed 5 "$driver") | $(noticed 4 "$model") |"
    echo "| litmus programs | | $(noticed 5 "$model") |"
    echo "| conformance | | $(noticed 6 "$model") |"
    echo "| property, 15,000 random cases | | $(noticed 7 "$model") |"
    echo "| unit tests of the model | | $(noticed 8 "$model") |"
    echo "| tests of the driver | $(noticed 7 "$driver") | |"
    echo "| tests of the host | $(noticed 8 "$driver") | |"
    echo
    echo '## Faults of software: driver, host, VMM, guest'
    echo
    echo '| fault | what is wrong | run | rules | verdicts | where, as they say | driver | host | s | commit |'
    echo '|---|---|---|---|---|---|---|---|---|---|'
    cat "$driver"
    echo
    echo '## Faults of the model'
    echo
    echo '| fault | what is wrong | run | verdicts | litmus | conformance | property | unit | s | commit |'
    echo '|---|---|---|---|---|---|---|---|---|---|'
    cat "$model"
  } >"$faults_work/page"
  cp "$faults_work/page" "$page"
}

mkdir -p "$rows/driver" "$rows/model"
for target in smmulator tests/test_{driver,host,conformance,property,unit}; do
  commands_of "$target" >/dev/null
done
status=0
export FAULTS_ROWS=$rows FAULTS_COMMANDS=$faults_commands
# shellcheck disable=SC2046,SC2086 # names have no blanks
printf '%s\n' ${FAULTS:-$(fault_names driver) $(fault_names model)} |
  xargs -P "${JOBS:-$(nproc)}" -I NAME env FAULTS_ONE=NAME bash "$0" "$faults_build" || status=1
write_page
[ "$status" = 0 ] || echo "faults: some are not noticed as their patch says: $page" >&2
exit $status
