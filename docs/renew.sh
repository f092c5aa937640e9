#!/usr/bin/env bash
# Renews what documents quote of the program and of files, or says what is stale (--check, exit status 1).
# usage: docs/renew.sh [--check] [FILE.md...]          all pages, and docs/images/dma-map.svg, without FILE
# The program is $SMMULATOR, or build/release/smmulator. The text between a marker and "<!-- end -->" becomes
#   <!-- begin: ARGS -->         the output of `smmulator ARGS`
#   <!-- begin: ARGS # 5-12 -->  lines 5 to 12 of it
#   <!-- file: PATH -->          a file of the tree
#   <!-- script: PATH ARG -->    what a script of the tree prints, as it is
# Digits of "N.NNN s" differ from run to run and do not count.
set -euo pipefail
start=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export SMMULATOR=${SMMULATOR:-$PWD/build/release/smmulator}
export LC_ALL=C
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
stale=0

# output ARGS: the name of a file with what the program prints. A run that finds a difference (1) is a result.
output()
{
  local file
  set -f # words of the marker are no patterns; this runs in a subshell
  file=$work/$(printf '%s' "$1" | cksum | tr ' ' -)
  if [ ! -f "$file" ]; then
    # shellcheck disable=SC2086 # the words of the marker are arguments
    "$SMMULATOR" $1 >"$file" 2>"$work/err" || [ $? = 1 ] || {
      printf 'smmulator %s failed:\n' "$1" >&2
      cat "$work/err" >&2
      exit 1
    }
  fi
  printf '%s\n' "$file"
}

# cut_lines FROM-TO FILE
cut_lines()
{
  awk -v from="${1%-*}" -v to="${1#*-}" '
    NR < from && NR == 1 { print "..." }
    NR >= from && NR <= to
    END { if (NR > to) print "..." }' "$2"
}

quote_program()
{
  local args=${1%%' # '*} lines='' file
  [ "$args" = "$1" ] || lines=${1##*' # '}
  file=$(output "$args") || return 1
  if [[ $args = *--markdown* ]]; then
    cat "$file"
    return
  fi
  # shellcheck disable=SC2016 # a fence, not a command
  printf '```text\n$ smmulator %s\n' "$args"
  if [ -n "$lines" ]; then cut_lines "$lines" "$file"; else cat "$file"; fi
  # shellcheck disable=SC2016
  printf '```\n'
}

quote()
{
  local what=${1#'<!-- '} value
  value=${what#*: }
  value=${value%' -->'}
  case $what in
    begin:*) quote_program "$value" ;;
    file:*) printf '```%s\n' "${value##*.}" && cat "$value" && printf '```\n' ;;
    script:*) bash -c "$value" ;;
  esac
}

renew()
{
  local line inside=''
  while IFS= read -r line; do
    if [ -n "$inside" ]; then
      [ "$line" = '<!-- end -->' ] || continue
      inside=''
    fi
    printf '%s\n' "$line"
    case $line in
      '<!-- begin: '*' -->' | '<!-- file: '*' -->' | '<!-- script: '*' -->')
        inside=$line
        quote "$line" || return 1
        ;;
    esac
  done <"$1"
  if [ -n "$inside" ]; then
    printf '%s: "%s" has no end\n' "$1" "$inside" >&2
    return 1
  fi
}

without_times()
{
  sed 's/[0-9.][0-9.]* s$/# s/' "$1"
}

# settle FILE NEW: FILE is NEW already, or becomes it, or is reported.
settle()
{
  if cmp -s <(without_times "$1") <(without_times "$2"); then
    return
  fi
  if [ "$check" = 1 ]; then
    printf '%s is stale. Renew it: docs/renew.sh\n' "$1"
    diff <(without_times "$1") <(without_times "$2") | head -n 20 || true
    stale=1
  else
    cp "$2" "$1"
    printf 'renewed %s\n' "$1"
  fi
}

check=0
if [ "${1:-}" = --check ]; then
  check=1
  shift
fi
pages=()
for file in "$@"; do
  [[ $file = /* ]] || file=$start/$file
  pages+=("$file")
done
if [ $# = 0 ]; then
  awk -f docs/plot.awk "$(output 'reproduce dma-map')" >"$work/plot"
  settle docs/images/dma-map.svg "$work/plot"
  mapfile -t pages < <(grep -lE '^<!-- (begin|file|script): ' README.md docs/*.md docs/decisions/*.md docs/rules/*.md)
fi
for file in "${pages[@]}"; do
  renew "$file" >"$work/page"
  settle "$file" "$work/page"
done
exit $stale
