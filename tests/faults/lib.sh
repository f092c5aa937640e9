# shellcheck shell=bash
# Single faults (tests/faults), for the scripts beside this one: a patched file is compiled alone, with
# the command of an existing build, and linked before the libraries of that build. Nothing is built
# twice, and neither the tree nor the build is changed.
#
# A patch begins with "Fault: " (what is wrong), "Run: " (arguments of smmulator run; to those of
# fault_run are added) and one "Caught: " for each detector that must notice it:
#   Caught: rule ID in FUNCTION FILE `TEXT`          the finding names this place; TEXT is in its line
#   Caught: verdict stale-driver in FUNCTION FILE `TEXT`
#   Caught: verdict stale-device                     of its Run, and so on for faults of the model:
#   Caught: litmus NAME, Caught: conformance FILTER, Caught: property FILTER
# FUNCTION and what follows may be left out.

# faults_begin BUILD: the rest works with this build directory, and in $faults_work.
faults_begin()
{
  faults_root=$PWD
  faults_build=$(cd "$1" && pwd)
  faults_work=$(mktemp -d "${TMPDIR:-/tmp}/smmulator-faults.XXXXXX")
  trap 'rm -rf "$faults_work"' EXIT
  # How programs are made, for those who share it.
  faults_commands=${FAULTS_COMMANDS:-$faults_work}
  # A hang is noticed too.
  faults_cpu_seconds=${FAULTS_CPU_SECONDS:-20}
  faults_wall_seconds=90
}

# fault_names driver|model
fault_names()
{
  local path
  for path in "tests/faults/$1"/*.patch; do echo "$1/$(basename "$path" .patch)"; done
}

# fault_patch NAME: its file; names that begin with mutants/ are those of tests/mutants.
fault_patch()
{
  case $1 in
    mutants/*) echo "$faults_root/tests/$1.patch" ;;
    *) echo "$faults_root/tests/faults/$1.patch" ;;
  esac
}

# fault_lines NAME KEY: what the lines of this key say.
fault_lines() { sed -n "/^diff --git/q; s/^$2: *//p" "$(fault_patch "$1")"; }

# commands_of TARGET: how the build makes it; the file's name.
commands_of()
{
  local file=$faults_commands/commands.${1//\//-}
  [ -s "$file" ] || (cd "$faults_build" && ninja -t commands "$1") >"$file"
  echo "$file"
}

# Optimising at link time would take a quarter of a minute for each fault. Warnings of a patched file
# are part of the fault.
quick() { sed 's/-flto[^ ]*//g; s/-ffat-lto-objects//g; s/-fprofile[^ ]*//g; s/-Werror[^ ]*//g'; }

# includers HEADER: the files of the model that see it, as the last build has found them.
includers()
{
  local file=$faults_commands/deps
  [ -s "$file" ] || (cd "$faults_build" && ninja -t deps) >"$file"
  awk -v header="/${1#model/}" '
    /^[^ ]/ { source = "" }
    /^ / { if (source == "") source = $1; if (substr($1, length($1) - length(header) + 1) == header) print source }' "$file" |
    sed -n 's,^.*/\(model/[a-z]*/[a-z0-9_]*\.c\)$,\1,p' | sort -u
}

# patched_sources FILE...: what is to be compiled again; a patched header is found before the tree's, by the name of
# its layer.
patched_sources()
{
  local file layer
  for file in "$@"; do
    case $file in
      *.c) echo "$file" ;;
      model/*.h)
        layer=$(dirname "$file")
        mkdir -p "$faults_work/include"
        ln -sfn "$faults_work/source/$layer" "$faults_work/include/$(basename "$layer")"
        includers "$file"
        ;;
      *) echo "$file: faults are in .c files, or in headers of the model" >>"$faults_work/log" ;;
    esac
  done | sort -u
}

# fault_compile NAME: objects of the patched files, in $faults_work/objects; 1: it does not apply or
# build, and $faults_work/log says why.
fault_compile()
{
  local patch files file at object command
  patch=$(fault_patch "$1")
  rm -rf "$faults_work/source" "$faults_work/objects" "$faults_work/include"
  mkdir -p "$faults_work/source" "$faults_work/objects"
  : >"$faults_work/log"
  mapfile -t files < <(sed -n 's,^+++ b/,,p' "$patch")
  for file in "${files[@]}"; do
    mkdir -p "$faults_work/source/$(dirname "$file")"
    cp "$file" "$faults_work/source/$file"
  done
  (cd "$faults_work/source" && GIT_CEILING_DIRECTORIES=$faults_work git apply -p1 "$patch") \
    >"$faults_work/log" 2>&1 || return 1
  mapfile -t files < <(patched_sources "${files[@]}")
  [ ${#files[@]} -gt 0 ] && [ ! -s "$faults_work/log" ] || return 1
  for file in "${files[@]}"; do
    object=$faults_work/objects/$(basename "$file").o
    at=$faults_work/source
    [ -f "$at/$file" ] || at=$faults_root
    command=$(grep -F -- " -c $faults_root/$file" "$(commands_of smmulator)" | tail -n 1 | quick |
      sed -E "s, -M[DTF]( CMakeFiles[^ ]*)?,,g; s, -o [^ ]*, -o $object,; s, -I, -I$faults_work/include -I,
              s, -c .*, -w -ffile-prefix-map=$faults_work/source=$faults_root -c $at/$file,")
    (cd "$faults_build" && eval "$command") >>"$faults_work/log" 2>&1 || return 1
  done
}

# fault_link TARGET NAME: a program with the patched objects before the libraries, $faults_work/NAME.
# Places in software are found by debug information; tests do without, and link faster.
fault_link()
{
  local command strip=''
  [[ $1 != tests/* ]] || strip=-Wl,-S
  command=$(tail -n 1 "$(commands_of "$1")" | sed 's/^: && //; s/ && .*//' | quick)
  command=${command/ -o $1 / $faults_work/objects/*.o -o $faults_work/$2 }
  (cd "$faults_build" && eval "$command -fno-lto $strip") >"$faults_work/log" 2>&1
}

# limited COMMAND...: without a core file, its output in $faults_work/out and .../err; its status.
limited()
{
  # The outer braces keep the shell's own word about a crash out of the way.
  { (
    ulimit -c 0 -t "$faults_cpu_seconds"
    exec timeout "$faults_wall_seconds" "$@"
  ) >"$faults_work/out" 2>"$faults_work/err"; } 2>&-
}

# fault_run PROGRAM ARGUMENT...: smmulator run under the watch, a short run of a device that uses its
# buffer and uses it once more after the unmap; arguments may say otherwise. A line "rule ID TEXT" or "verdict NAME
# TEXT" for each thing it told, in $faults_work/told. The status of the run.
fault_run()
{
  local program=$1 status=0
  shift
  limited "$program" run --set device.dma=on --set device.late=on --set bench.loops=8 \
    --set bench.warmup=2 --set run.limit=1s "$@" --watch --strict --json || status=$?
  awk '
    function flush() { if (kind != "") print kind, id, text; id = text = "" }
    /^  "findings": \[/ { kind = "rule"; next }
    /^  "stories": \[/ { kind = "verdict"; next }
    /^  [^ ]/ { kind = "" }
    kind == "" { next }
    /^    \{/ { id = text = ""; next }
    /^    \}/ { flush(); next }
    {
      line = $0
      sub(/^ */, "", line)
      if (line ~ /^"(rule|verdict)": /) { id = line; gsub(/^[^:]*: "|",?$/, "", id); gsub("_", "-", id) }
      gsub(/\\"/, "\"", line)
      text = text " " line
    }' "$faults_work/out" >"$faults_work/told"
  return $status
}

# fault_told KIND ID [FUNCTION FILE [TEXT]]: whether the last run told it, and the place "FUNCTION
# FILE:LINE".
fault_told()
{
  local place line where source=$faults_root/${4:-}
  where=$(grep "^$1 $2 " "$faults_work/told") || return 1
  [ -n "${3:-}" ] || return 0
  [ ! -f "$faults_work/source/$4" ] || source=$faults_work/source/$4
  while read -r place; do
    line=${place##*:}
    if [ -z "${5:-}" ] || sed -n "${line}p" "$source" | grep -qF -- "$5"; then
      echo "$place"
      return 0
    fi
  done < <(grep -o "\b$3 $4:[0-9]*" <<<"$where" | sort | uniq -c | sort -rn | sed 's/^ *[0-9]* //')
  return 1
}

# fault_test PROGRAM FILTER: a GoogleTest program with the fault (names, or a whole filter with -); 0:
# green, 1: red, 2: it does not link.
fault_test()
{
  local filter=$2
  [[ $filter == *-* ]] || filter="$2:$2/*"
  [ -x "$faults_work/test_$1" ] || fault_link "tests/test_$1" "test_$1" || return 2
  SMMULATOR_SEED=${FAULTS_SEED:-1} SMMULATOR_CASES=15000 SMMULATOR_PROGRAMS=100 \
    limited "$faults_work/test_$1" --gtest_brief=1 "--gtest_filter=$filter" || return 1
}

# fault_noticed DETECTOR NAME [in FUNCTION FILE `TEXT`]: 0: it noticed the fault that is compiled. Place or
# number to stdout.
fault_noticed()
{
  local kind=$1 id=$2
  shift 2
  case $kind in
    rule | verdict)
      set -- "${@:2}"
      local text="${*:3}"
      text=${text#\`}
      fault_told "$kind" "$id" "${1:-}" "${2:-}" "${text%\`}"
      ;;
    litmus) ! limited "$faults_work/smmulator" litmus "$id" ;;
    conformance | property)
      fault_test "$kind" "$id" && return 1
      [ $? = 1 ]
      ;;
    *) echo "no such detector: $kind" >&2; return 2 ;;
  esac
}
