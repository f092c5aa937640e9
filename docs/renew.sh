#!/usr/bin/env bash
# Renews what documents quote of the program: the text between "<!-- begin: ARGS -->" and "<!-- end -->"
# becomes the output of `smmulator ARGS`. Run it from anywhere after building preset release.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program=build/release/smmulator

renew()
{
  local file=$1 line args inside=0 fence
  while IFS= read -r line; do
    if [ "$inside" = 1 ]; then
      [ "$line" = '<!-- end -->' ] || continue
      inside=0
    fi
    printf '%s\n' "$line"
    case $line in
      '<!-- begin: '*)
        args=${line#'<!-- begin: '}
        args=${args%' -->'}
        inside=1
        fence='```'
        [[ $args != *--markdown* ]] || fence=
        if [ -n "$fence" ]; then
          printf '%stext\n$ smmulator %s\n' "$fence" "$args"
        fi
        # shellcheck disable=SC2086 # the words of the line are arguments
        $program $args 2>/dev/null
        [ -z "$fence" ] || printf '%s\n' "$fence"
        ;;
    esac
  done <"$file"
}

for file in README.md docs/*.md; do
  grep -q '^<!-- begin: ' "$file" || continue
  renew "$file" >"$file.new"
  if cmp -s "$file" "$file.new"; then
    rm "$file.new"
  else
    mv "$file.new" "$file"
    printf 'renewed %s\n' "$file"
  fi
done
