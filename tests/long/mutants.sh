#!/usr/bin/env bash
# single faults (tests/mutants), each must turn its named tests red
#
# A patch begins with "Rule: ..." (what it breaks) and one "Red: PROGRAM NAME" for each detector
# that must fail: "Red: litmus stale-fill", "Red: unit Sync.Irq*" (a GoogleTest filter; variants are
# added). Built optimised with SMMU_DEBUG=1, so the counter of visible actions watches too.
# Environment: MUTANTS (names to run, default all), JOBS, EVIDENCE_DIR, SMMULATOR_SEED.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

evidence=${EVIDENCE_DIR:-docs/evidence}
jobs=${JOBS:-$(nproc)}
work=$(mktemp -d "${TMPDIR:-/tmp}/smmulator-mutants.XXXXXX")
trap 'rm -rf "$work"' EXIT
tree=$work/tree
build=$work/build
seconds_a_detector=20 # a hang is red; every detector needs less than five
commit=$(git describe --always --dirty --abbrev=12 2>/dev/null || echo 'not committed')
# No random test may depend on luck here.
export SMMULATOR_SEED=${SMMULATOR_SEED:-1}

say() { printf '%s\n' "$*" >&2; }
die() { say "mutants: $*"; exit 2; }

names_of_mutants()
{
  local path
  if [ -n "${MUTANTS:-}" ]; then
    tr -s ' ' '\n' <<<"$MUTANTS"
  else
    for path in tests/mutants/*.patch; do basename "$path" .patch; done
  fi
}

detectors_of() { sed -n '/^diff --git/q; s/^Red: *//p' "tests/mutants/$1.patch"; }
rule_of() { sed -n '/^diff --git/q; s/^Rule: *//p' "tests/mutants/$1.patch"; }

compile() { cmake --build "$build" -j "$jobs" --target smmulator "${programs[@]}" >"$work/build.log" 2>&1; }

# run PROGRAM NAME: 0 when the detector is green. Crashes and hangs are red.
run()
{
  local command=("$build/smmulator" litmus "$2")
  if [ "$1" != litmus ]; then
    command=("$build/tests/test_$1" --gtest_brief=1 "--gtest_filter=$2:$2/*")
  fi
  # The outer braces keep the shell's own word about a crash out of the way.
  { (cd "$tree" && timeout "$seconds_a_detector" "${command[@]}") >"$work/run.log" 2>&1; } 2>&-
}

# What else notices: red litmus programs, and failed cases of the unit tests.
others()
{
  local name red=0 count=''
  for name in $litmus_names; do run litmus "$name" || red=$((red + 1)); done
  run unit '*' || true
  if grep -q '^\[==========\].* ran' "$work/run.log"; then
    count=$(grep -c '^\[  FAILED  \]' "$work/run.log" || true)
  fi
  printf '%s | %s' "$red" "${count:-dies}"
}

# ---- a copy of the tree, built and green ---------------------------------------------------------
mkdir -p "$tree" "$build"
git ls-files -z --cached --others --exclude-standard | tar --null -T - -c --ignore-failed-read |
  tar -x -C "$tree"
mapfile -t mutants < <(names_of_mutants)
[ ${#mutants[@]} -gt 0 ] || die 'there are no patches'
programs=(test_unit)
for mutant in "${mutants[@]}"; do
  [ -f "tests/mutants/$mutant.patch" ] || die "no such mutant: $mutant"
  [ -n "$(detectors_of "$mutant")" ] || die "$mutant names no detector"
done
for program in $(for m in "${mutants[@]}"; do detectors_of "$m"; done | cut -d' ' -f1 | sort -u); do
  case $program in litmus | unit) ;; *) programs+=("test_$program") ;; esac
done
cmake -G Ninja -S "$tree" -B "$build" -DCMAKE_BUILD_TYPE=Release -DSMMU_DEBUG=ON -DSMMU_BENCH=OFF \
  -DCMAKE_C_FLAGS_RELEASE=-O1 -DCMAKE_CXX_FLAGS_RELEASE=-O1 >"$work/configure.log" 2>&1 ||
  { cat "$work/configure.log" >&2; die 'cannot configure'; }
say 'mutants: building the tree without a fault'
compile || { tail -n 40 "$work/build.log" >&2; die 'the tree does not build'; }
litmus_names=$("$build/smmulator" litmus --list | awk '/^[a-z]/ { print $1 }')
while read -r program name; do
  run "$program" "$name" ||
    { cat "$work/run.log" >&2; die "$program $name is red without any fault"; }
done < <(for m in "${mutants[@]}"; do detectors_of "$m"; done | sort -u)

# ---- one fault after the other -------------------------------------------------------------------
rows=()
unnoticed=()
began=$(date +%s)
for mutant in "${mutants[@]}"; do
  from=$(date +%s)
  patch=$PWD/tests/mutants/$mutant.patch
  (cd "$tree" && GIT_CEILING_DIRECTORIES=$work git apply -p1 "$patch") ||
    die "$mutant does not apply: renew the patch"
  compile || { tail -n 40 "$work/build.log" >&2; die "$mutant does not build"; }
  cells=''
  while read -r program name; do
    if run "$program" "$name"; then
      cells+=" **green: $program $name**,"
      unnoticed+=("$mutant: $program $name")
    else
      cells+=" $program \`$name\`,"
    fi
  done < <(detectors_of "$mutant")
  more=$(others)
  (cd "$tree" && GIT_CEILING_DIRECTORIES=$work git apply -p1 -R "$patch")
  rows+=("| $mutant | $(rule_of "$mutant") |${cells%,} | $more | $(($(date +%s) - from)) |")
  say "${rows[-1]}"
done

mkdir -p "$evidence"
{
  echo '# Mutants'
  echo
  echo "Written by \`./dev long mutants\`. Each row is a patch of \`tests/mutants/\`: one fault, the tests that"
  echo 'must turn red and did, and what else noticed: litmus programs that no longer hold, unit test cases'
  echo 'that fail ("dies": a broken invariant or a hang ended it). A named test that stays green fails the run.'
  echo
  printf 'Commit %s, %s, %s CPUs, %s, seed %s. %s faults in %s s, %s detectors stayed green.\n\n' \
    "$commit" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | sed -n 1p)" "$(nproc)" \
    "$(date -u +%Y-%m-%d)" "$SMMULATOR_SEED" "${#rows[@]}" "$(($(date +%s) - began))" \
    "${#unnoticed[@]}"
  echo '| fault | rule broken | named detectors, all red | litmus | unit | s |'
  echo '|---|---|---|---|---|---|'
  printf '%s\n' "${rows[@]}"
} >"$evidence/mutants.md"
if [ ${#unnoticed[@]} -gt 0 ]; then
  printf 'stayed green: %s\n' "${unnoticed[@]}" >&2
  exit 1
fi
