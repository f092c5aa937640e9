#!/usr/bin/env bash
# the fitted profile found again from neutral values, and fits that must predict cells they never saw
#
# Four parts: all, n3, corners, logo (see describe). FIT_PARTS="n3 corners" or arguments select some;
# the sections of the others stay in the evidence. tests/long/fit.awk searches, in a file that holds
# the fitted cells alone; tests/long/fit_judge.awk judges.
# Environment: FIT_PARTS, FIT_EVALUATIONS (400: of each stage, at most), FIT_LOOPS (300: turns a cell
# while searching; a search on few turns finds values at which two threads have not yet fallen into
# step), FIT_SEEDS (5: of the final judgement), SMMULATOR, EVIDENCE_DIR.
# Exit status 1 when grace-fitted is worse than what is found here, or misses a gate.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export LC_ALL=C

program=${SMMULATOR:-build/release/smmulator}
evidence=${EVIDENCE_DIR:-docs/evidence}
evaluations=${FIT_EVALUATIONS:-400}
loops=${FIT_LOOPS:-300}
seeds=${FIT_SEEDS:-5}
table=traces/reference/dma_map_benchmark.csv
commit=$(git describe --always --dirty --abbrev=12 2>/dev/null || echo 'not committed')
work=$(mktemp -d "${TMPDIR:-/tmp}/smmulator-fit.XXXXXX")
trap 'rm -rf "$work"' EXIT
page=$work/fit.md

say() { printf '%s\n' "$*" >&2; }
die() { say "fit: $*"; exit 2; }

# ---- what is fitted -----------------------------------------------------------------------------
# NAME FIRST-STEP LAST-STEP. First what a thread alone can tell, on the cells of one thread.
stage_one()
{
  cat <<'END'
host.ioctl              4000000 50000
vmm.command              400000  5000
smmu.sync.latency       1000000 20000
dma.unmap                100000 10000
dma.cold                    500    20
smmu.invalidate.latency    5000   500
END
}

# Then all of them, on all cells of the fold, from there; first what all granules share.
stage_two()
{
  cat <<'END'
vmm.lock_switch  50     2
vmm.wake    1000000 50000
END
  stage_one
}

# The four of the fold of four cells: a submission and a command, trapped and in the hardware.
stage_four() { stage_one | grep -v '^dma'; }

# ---- one fold -----------------------------------------------------------------------------------
rows() { grep -E "^(granule|$1)" "$table"; }

# search NAME STAGE TABLE FROM: the values that stage finds.
search()
{
  "$3" >"$work/params"
  awk -v program="$program" -v table="$2" -v params="$work/params" -v most="$evaluations" \
    -v loops="$loops" -v from="$4" -f tests/long/fit.awk >"$1" || die "no fit for $1"
}

cpu_seconds()
{
  times >"$work/times" # not in a subshell: it has its own times
  awk 'NR == 2 { split($1, t, /[ms]/); print int(t[1] * 60 + t[2]) }' "$work/times" >"$work/cpu"
}

# judge NAME PROFILE [--set ...]: every cell, with the seeds and turns of the program.
judge()
{
  local name=$1 profile=$2 status=0
  shift 2
  "$program" reproduce dma-map --json --seeds "$seeds" --profile "$profile" "$@" \
    >"$work/$name.json" 2>"$work/err" || status=$?
  [ "$status" -le 1 ] || { cat "$work/err" >&2; die "no judgement of $name"; }
  awk -v fitted="$work/$name.csv" -f tests/long/fit_judge.awk "$work/$name.json" >"$work/$name.cells"
}

# fold NAME PATTERN WAY: PATTERN selects the fitted cells; WAY is eight or four.
fold()
{
  local name=$1 from cpu key value set=()
  say "fit: $name"
  from=$(date +%s)
  cpu_seconds
  cpu=$(cat "$work/cpu")
  rows "$2" >"$work/$name.csv"
  if [ "$3" = four ]; then
    search "$work/$name.fit" "$work/$name.csv" stage_four ''
    cp "$work/$name.fit" "$work/$name.one"
    sed -i 's/^evaluations .*/evaluations 0/' "$work/$name.one"
  else
    grep -E '^granule|^[0-9]+,1,' "$work/$name.csv" >"$work/one.csv"
    search "$work/$name.one" "$work/one.csv" stage_one ''
    search "$work/$name.fit" "$work/$name.csv" stage_two "$work/$name.one"
  fi
  cpu_seconds
  echo "$(($(cat "$work/cpu") - cpu)) $(($(date +%s) - from))" >"$work/$name.took"
  while read -r key value; do
    case $key in *.*) set+=(--set "$key=$value") ;; esac
  done <"$work/$name.fit"
  judge "$name" neutral "${set[@]}"
}

# ---- words about folds --------------------------------------------------------------------------
# errors FILE fitted|held model|line [PATTERN]: "mean / max" over cells "granule threads mode", or "-".
errors()
{
  awk -v seen="$2" -v column="$([ "$3" = model ] && echo 7 || echo 8)" -v pattern="${4:-.}" '
    $1 == "cell" && $9 == seen && $column != "-" && ($2 " " $3 " " $4) ~ pattern {
      e = $column < 0 ? -$column : $column
      sum += e; n++
      if (e > most) most = e
    }
    END { if (n) printf "%.1f / %.1f", sum / n, most; else printf "-" }' "$1"
}

# goal TEXT "MEAN / MAX" MEAN-LIMIT MAX-LIMIT: one line of verdict.
goal()
{
  awk -v text="$1" -v value="$2" -v mean="$3" -v most="$4" 'BEGIN {
    split(value, v, " / ")
    printf "- Goal %s: %s: **%s**.\n", text, value,
           v[1] + 0 <= mean + 0 && v[2] + 0 <= most + 0 ? "met" : "not met"
  }'
}

# goal_lines FILE: does the model predict better than straight lines through the same cells?
goal_lines()
{
  local lines
  lines=$(errors "$1" held line)
  goal_of "held out mean no worse than that of the lines, ${lines% /*}" "$(errors "$1" held model)" \
    at-most "${lines% /*}"
}

# goal_of TEXT VALUE at-most|at-least LIMIT
goal_of()
{
  awk -v text="$1" -v value="$2" -v way="$3" -v limit="$4" 'BEGIN {
    met = way == "at-most" ? value + 0 <= limit + 0 : value + 0 >= limit + 0
    printf "- Goal %s: %s: **%s**.\n", text, value, met ? "met" : "not met"
  }'
}

reduction() { awk '$1 == "reduction" && $2 > most { most = $2 } END { printf "%.1f", most }' "$@"; }

contention()
{
  awk '$1 == "contention" && (!n++ || $2 < least) { least = $2 } END { printf "%.2f", least }' "$@"
}

gates_missed() { grep -c '"holds": false' "$1" || true; }

fold_rows()
{
  local name f cpu wall
  printf '| fit | cells, parameters | fitted | held out | lines: fitted | lines: held out |'
  printf ' evaluations, ended | s of CPU | s |\n|---|---|---|---|---|---|---|---|---|\n'
  for name in "$@"; do
    f=$work/$name.cells
    read -r cpu wall <"$work/$name.took"
    printf '| %s | %d, %d | %s | %s | %s | %s | %d, %s | %d | %d |\n' "$name" \
      "$(grep -c '^[0-9]' "$work/$name.csv")" "$(grep -c '^[a-z_]*\..* ' "$work/$name.fit")" \
      "$(errors "$f" fitted model)" "$(errors "$f" held model)" \
      "$(errors "$f" fitted line)" "$(errors "$f" held line)" \
      "$(cat "$work/$name.one" "$work/$name.fit" | awk '$1 == "evaluations" { n += $2 } END { print n }')" \
      "$(sed -n 's/^ended //p' "$work/$name.fit")" "$cpu" "$wall"
  done
}

# The values found: a row for each parameter, in units of its own (ps, or per mille).
value_rows()
{
  local name
  printf '| value, ps or per mille | first, last step |'
  printf ' %s |' "$@"
  printf '\n|---|---|'
  printf -- '---|%.0s' "$@"
  echo
  stage_two | while read -r key first last; do
    printf '| %s | %s, %s |' "$key" "$first" "$last"
    for name in "$@"; do
      printf ' %s |' "$(sed -n "s/^$key //p" "$work/$name.fit" | grep . || echo neutral)"
    done
    echo
  done
}

# The cells of a file of judged cells, held out ones marked.
cell_rows()
{
  echo '```text'
  awk 'BEGIN { print "  bytes threads    queue  measured    model    error     line" }
    $1 == "cell" {
      printf "%7d %7d %8s %9.1f %8.1f%s %+6.1f%% %8s\n", $2, $3, $4, $5, $6,
             $9 == "held" ? "*" : " ", $7, $8 == "-" ? "-" : sprintf("%+.1f%%", $8)
    }' "$1"
  echo '```'
}

# ---- the parts ----------------------------------------------------------------------------------
part_all()
{
  local f=$work/all.cells profile=$work/profile.cells
  fold all '' eight
  cp "$work/all.csv" "$work/profile.csv"
  judge profile grace-fitted
  echo '## all: every cell fitted'
  echo
  echo "Commit $commit. Nothing is held out: this says how far eight numbers bend, not what they predict."
  echo
  fold_rows all
  echo
  value_rows all
  echo
  goal 'mean <= 4 %, max <= 12 %' "$(errors "$f" fitted model)" 4 12
  goal_of 'every reduction within 2 points, worst' "$(reduction "$f")" at-most 2
  goal_of "gates of \`reproduce\` missed, 0" "$(gates_missed "$work/all.json")" at-most 0
  echo "- Trapped, two threads to one, least: $(contention "$f")."
  echo "- The profile in the tree, \`grace-fitted\`, judged the same way:" \
    "$(errors "$profile" fitted model), gates missed $(gates_missed "$work/profile.json")."
  echo
  cell_rows "$f"
  echo
}

part_n3()
{
  local f=$work/n3.cells
  fold n3 '4096,|65536,|262144,' eight
  echo '## n3: fitted on n = 1, 16, 64 pages, predicted n = 4, 32'
  echo
  echo "Commit $commit."
  echo
  fold_rows n3
  echo
  value_rows n3
  echo
  goal 'held out mean <= 4 %, max <= 10 %' "$(errors "$f" held model)" 4 10
  goal_lines "$f"
  echo "- Reductions, worst: $(reduction "$f") points. Trapped, two threads to one, least:" \
    "$(contention "$f")."
  echo
  cell_rows "$f"
  echo
}

part_corners()
{
  local f=$work/corners.cells
  fold corners '4096,1,|262144,1,' four
  echo '## corners: fitted on four cells of one thread, predicted 16'
  echo
  echo "Commit $commit. Nothing of two threads is fitted: the lock and the wake-up have neutral values."
  echo
  fold_rows corners
  echo
  value_rows corners
  echo
  goal 'held out mean <= 8 %' "$(errors "$f" held model)" 8 1e9
  goal_of 'trapped, two threads to one >= 2.0 at every n, least' "$(contention "$f")" at-least 2
  echo "- One thread, held out: $(errors "$f" held model ' 1 '); the lines through the same corners:" \
    "$(errors "$f" held line ' 1 '). Of two threads the lines say nothing; the model: trapped" \
    "$(errors "$f" held model ' 2 trapped'), VCMDQ $(errors "$f" held model ' 2 vcmdq')."
  echo
  cell_rows "$f"
  echo
}

part_logo()
{
  local granule others names=() f=$work/logo.cells
  for granule in 4096 16384 65536 131072 262144; do
    others=$(grep -Eo '^[0-9]+,' "$table" | sort -nu | grep -vx "$granule," | paste -sd '|')
    fold "without-$granule" "$others" eight
    names+=("without-$granule")
    awk -v granule="$granule" '($1 == "cell" && $2 == granule) || $1 != "cell"' \
      "$work/without-$granule.cells" >>"$f"
  done
  echo '## logo: leave one granule out, five fits'
  echo
  echo "Commit $commit."
  echo
  fold_rows "${names[@]}"
  echo
  value_rows "${names[@]}"
  echo
  goal 'held out mean <= 6 %, max <= 20 %' "$(errors "$f" held model)" 6 20
  goal 'of the three inner granules mean <= 5 %' "$(errors "$f" held model '^(16384|65536|131072) ')" 5 1e9
  goal_lines "$f"
  echo
  cell_rows "$f"
  echo
}

# ---- the page -----------------------------------------------------------------------------------
head_of_page()
{
  cat <<END
# The fit, again

Written by \`./dev long fit\` (\`tests/long/fit.sh\`; FIT_PARTS selects parts). Coordinate descent with
shrinking integer steps through \`smmulator reproduce dma-map\`, $loops turns a cell and one seed while
searching; judged with $seeds seeds and the program's own number of turns. Errors in percents,
"mean / max". $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | sed -n 1p), one process, $(date -u +%Y-%m-%d).

- Every fit starts from profile \`neutral\`, also the folds, and what it does not fit stays there. It reads a
  table that holds the fitted cells alone. First the parameters of one thread on the fitted cells of one
  thread, then all on all; when the finest steps no longer help, wide ones are tried again.
- What is minimised: the mean squared relative error, and twice the points by which a fitted pair of cells is
  beyond: reduction off by 1.8 points, trapped contention below 2.05, VCMDQ scaling above 28 % (4k) or 9 % (from
  64k). So where these cells are fitted, the gates of \`reproduce\` hold by construction and prove nothing;
  for held out cells they are predictions.
- Which parameters are fitted, their steps, the back-off and the shape of dma.cold were chosen by people
  who knew the whole table. The search too (turns a cell, order of the parameters, when it ends) was settled
  with results in view, held out ones among them: five variants gave n3 a held out mean of 4.8 to 7.4 %,
  some of them on earlier states of the model. The last is here, not the best. The folds do not undo that.
- Lines: a straight line for each series through the same fitted cells, two numbers each.
- Held out cells have a star.

END
}

# The section of a part from the evidence that is there, for parts that do not run now.
old_section()
{
  [ ! -f "$evidence/fit.md" ] || awk -v head="## $1:" '
    /^## / { inside = index($0, head) == 1 } inside' "$evidence/fit.md"
}

read -r -a parts <<<"${*:-${FIT_PARTS:-all n3 corners logo}}"
for part in "${parts[@]}"; do
  case $part in all | n3 | corners | logo) ;; *) die "no such part: $part (all, n3, corners, logo)" ;; esac
done
[ -x "$program" ] || die "build $program first"
mkdir -p "$evidence"
head_of_page >"$page"
for part in all n3 corners logo; do
  case " ${parts[*]} " in
    *" $part "*) "part_$part" >>"$page" ;;
    *) old_section "$part" >>"$page" ;;
  esac
done
# Without empty lines at the end.
awk 'NF { for (; empty > 0; empty--) print ""; print; next } { empty++ }' "$page" >"$evidence/fit.md"

# A missed goal of a fold is a result; a profile that the program would fit better is a defect.
if [ -f "$work/profile.cells" ]; then
  awk -v ours="$(errors "$work/profile.cells" fitted model)" \
    -v found="$(errors "$work/all.cells" fitted model)" \
    -v missed="$(gates_missed "$work/profile.json")" 'BEGIN {
      if (ours - found > 0.3) print "fit: grace-fitted is " ours ", the fit found " found >"/dev/stderr"
      if (missed > 0) print "fit: grace-fitted misses " missed " gates" >"/dev/stderr"
      exit ours - found > 0.3 || missed > 0
    }'
fi
