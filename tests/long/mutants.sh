#!/usr/bin/env bash
# single faults (tests/mutants), each must turn its named tests red
#
# A patch begins with "Rule: ..." (what it breaks) and one "Red: PROGRAM NAME" for each detector
# that must fail: "Red: litmus stale-fill", "Red: unit Sync.Irq*" (a GoogleTest filter; variants are
# added). Built optimised with SMMU_DEBUG=1, so the counter of visible actions watches too.
# The page keeps the rows of faults that are not run, each with the commit that it was run at: some at
# a time make a whole page.
# Environment: MUTANTS (names to run, default all), OTHERS (0: named detectors alone, no count of what
# else notices), JOBS, EVIDENCE_DIR, SMMULATOR_SEED.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

evidence=${EVIDENCE_DIR:-docs/evidence}
jobs=${JOBS:-$(nproc)}
others=${OTHERS:-1}
work=$(mktemp -d "${TMPDIR:-/tmp}/smmulator-mutants.XXXXXX")
trap 'rm -rf "$work"' EXIT
tree=$work/tree
build=$work/build
page=$evidence/mutants.md
# A hang is red. Every detector needs less than five seconds of a CPU, however busy the machine is.
cpu_seconds=20
wall_seconds=120
commit=$(git describe --always --dirty --abbrev=12 2>/dev/null || echo 'not committed')
# No random test may depend on luck here.
export SMMULATOR_SEED=${SMMULATOR_SEED:-1}

say() { printf '%s\n' "$*" >&2; }
die() { say "mutants: $*"; exit 2; }

# names_of_mutants [all]: those that this run is for, or all there are.
names_of_mutants()
{
  local path
  if [ "${1:-}" != all ] && [ -n "${MUTANTS:-}" ]; then
    tr -s ' ' '\n' <<<"$MUTANTS"
  else
    for path in tests/mutants/*.patch; do basename "$path" .patch; done
  fi
}

detectors_of() { sed -n '/^diff --git/q; s/^Red: *//p' "tests/mutants/$1.patch"; }
rule_of() { sed -n '/^diff --git/q; s/^Rule: *//p' "tests/mutants/$1.patch"; }

# The programs that detect the given faults, and those that tell what else notices.
programs_of()
{
  local mutant
  {
    echo smmulator
    [ "$others" = 0 ] || echo test_unit
    for mutant in "$@"; do detectors_of "$mutant"; done |
      cut -d' ' -f1 | sed 's/^litmus$/smmulator/; t; s/^/test_/'
  } | sort -u
}

# compile MUTANT...: what their detectors need.
compile()
{
  local programs
  mapfile -t programs < <(programs_of "$@")
  cmake --build "$build" -j "$jobs" --target "${programs[@]}" >"$work/build.log" 2>&1
}

# run PROGRAM NAME: 0 when the detector is green. Crashes and hangs are red.
run()
{
  local command=("$build/smmulator" litmus "$2")
  if [ "$1" != litmus ]; then
    command=("$build/tests/test_$1" --gtest_brief=1 "--gtest_filter=$2:$2/*")
  fi
  # The outer braces keep the shell's own word about a crash out of the way.
  { (
    cd "$tree"
    ulimit -c 0 -t "$cpu_seconds"
    exec timeout "$wall_seconds" "${command[@]}"
  ) >"$work/run.log" 2>&1; } 2>&-
}

# What else notices: red litmus programs, and failed cases of the unit tests.
others()
{
  local name red=0 count=''
  if [ "$others" = 0 ]; then
    printf -- '- | -'
    return
  fi
  for name in $litmus_names; do run litmus "$name" || red=$((red + 1)); done
  run unit '*' || true
  if grep -q '^\[==========\].* ran' "$work/run.log"; then
    count=$(grep -c '^\[  FAILED  \]' "$work/run.log" || true)
  fi
  printf '%s | %s' "$red" "${count:-dies}"
}

# patch_tree MUTANT [-R]
patch_tree()
{
  local patch=$PWD/tests/mutants/$1.patch
  shift
  (cd "$tree" && GIT_CEILING_DIRECTORIES=$work git apply -p1 "$@" "$patch") >"$work/build.log" 2>&1
}

# noticed MUTANT: prints the three cells that say what noticed the fault that the tree now has; 1 when
# a named detector did not.
noticed()
{
  local program name cells='' status=0
  if ! compile "$1"; then
    tail -n 20 "$work/build.log" >&2
    printf ' **does not build** | - | -'
    return 1
  fi
  while read -r program name; do
    if run "$program" "$name"; then
      cells+=" **green: $program $name**,"
      status=1
    else
      cells+=" $program \`$name\`,"
    fi
  done < <(detectors_of "$1")
  printf '%s | %s' "${cells%,}" "$(others)"
  return $status
}

# The rows of the page, and then those of this run: of two for one fault the later one counts. Rows of
# faults that are gone are left out.
rows_of_page()
{
  {
    [ ! -f "$page" ] || sed -n '/^|---/,$ { /^|---/d; /^|/p }' "$page"
    cat "$work/rows"
  } | awk -F ' [|] ' '
    { name = substr($1, 3); row[name] = $0 }
    END {
      while (("ls tests/mutants" | getline file) > 0) {
        sub(/[.]patch$/, "", file)
        if (file in row) print row[file]
      }
    }' | LC_ALL=C sort
}

write_page()
{
  local fresh=$work/page
  rows_of_page >"$work/all"
  {
    echo '# Mutants'
    echo
    echo "Written by \`./dev long mutants\`. Each row is a patch of \`tests/mutants/\`: one fault, the tests that"
    echo 'must turn red and did, what else noticed (litmus programs that no longer hold; unit test cases that'
    echo 'fail, "dies": a broken invariant or a hang ended it; "-": not counted), the seconds it took and the'
    echo 'commit it was run at. A named test that stays green fails the run.'
    echo
    awk -v patches="$(names_of_mutants all | wc -l)" -v seed="$SMMULATOR_SEED" '
      /[*][*]green: / { green++ }
      /[*][*]does not / { broken++ }
      END {
        printf "%d of %d faults, seed %s. %d with a detector that stayed green, %d that do not apply or build.\n",
               NR, patches, seed, green, broken
      }' "$work/all"
    echo
    echo '| fault | rule broken | named detectors, all red | litmus | unit | s | commit |'
    echo '|---|---|---|---|---|---|---|'
    cat "$work/all"
  } >"$fresh"
  cp "$fresh" "$page"
}

# ---- a copy of the tree, built and green ---------------------------------------------------------
mkdir -p "$tree" "$build" "$evidence"
: >"$work/rows"
git ls-files -z --cached --others --exclude-standard | tar --null -T - -c --ignore-failed-read |
  tar -x -C "$tree"
mapfile -t mutants < <(names_of_mutants)
[ ${#mutants[@]} -gt 0 ] || die 'there are no patches'
for mutant in "${mutants[@]}"; do
  [ -f "tests/mutants/$mutant.patch" ] || die "no such mutant: $mutant"
  [ -n "$(detectors_of "$mutant")" ] || die "$mutant names no detector"
done
cmake -G Ninja -S "$tree" -B "$build" -DCMAKE_BUILD_TYPE=Release -DSMMU_DEBUG=ON -DSMMU_BENCH=OFF \
  -DCMAKE_C_FLAGS_RELEASE=-O1 -DCMAKE_CXX_FLAGS_RELEASE=-O1 >"$work/configure.log" 2>&1 ||
  { cat "$work/configure.log" >&2; die 'cannot configure'; }
say 'mutants: building the tree without a fault'
compile "${mutants[@]}" || { tail -n 40 "$work/build.log" >&2; die 'the tree does not build'; }
litmus_names=$("$build/smmulator" litmus --list | awk '/^[a-z]/ { print $1 }')
while read -r program name; do
  run "$program" "$name" ||
    { cat "$work/run.log" >&2; die "$program $name is red without any fault"; }
done < <(for m in "${mutants[@]}"; do detectors_of "$m"; done | sort -u)

# ---- one fault after the other -------------------------------------------------------------------
unnoticed=0
for mutant in "${mutants[@]}"; do
  from=$(date +%s)
  if patch_tree "$mutant"; then
    cells=$(noticed "$mutant") || unnoticed=$((unnoticed + 1))
    patch_tree "$mutant" -R || die "cannot take $mutant back"
  else
    cells=' **does not apply** | - | -'
    unnoticed=$((unnoticed + 1))
  fi
  printf '| %s | %s |%s | %s | %s |\n' "$mutant" "$(rule_of "$mutant")" "$cells" \
    "$(($(date +%s) - from))" "$commit" | tee -a "$work/rows" >&2
  write_page
done
# Faults that the verdicts and the rules of drivers must notice have a page of their own.
if [ -z "${MUTANTS:-}" ]; then
  JOBS=$jobs tests/long/faults.sh || unnoticed=$((unnoticed + 1))
fi
if [ "$unnoticed" -gt 0 ]; then
  say "mutants: $unnoticed faults are not what their patch says: $page"
  exit 1
fi
