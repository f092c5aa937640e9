#!/usr/bin/env bash
# linux.sh [-n FROM-TO] [-p SUFFIX] ARGS...: what `smmulator-linux[SUFFIX] ARGS` prints, for docs/linux.md and
# README.md. Without that program, or with another Linux than the page's, they keep what they have.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
all=$*
lines=
if [ "$1" = -n ]; then
  lines=$2
  shift 2
fi
suffix=
if [ "$1" = -p ]; then
  suffix=$2
  shift 2
fi
program=$(dirname "${SMMULATOR:-build/release/smmulator}")/smmulator-linux$suffix
release=$(sed -n 's/.*measured with \([0-9.]*[0-9]\).*/\1/p' docs/linux.md | head -n 1)
if [ ! -x "$program" ] || [[ $("$program" --version) != *", Linux $release" ]]; then
  awk -v marker="<!-- script: docs/linux.sh $all -->" '
    $0 == "<!-- end -->" { inside = 0 }
    inside { print }
    $0 == marker { inside = 1 }' docs/linux.md README.md
  exit
fi
# shellcheck disable=SC2016 # a fence, not a command
printf '```text\n$ smmulator-linux%s %s\n' "$suffix" "$*"
if [ -n "$lines" ]; then
  "$program" "$@" | { sed -n "${lines%-*},${lines#*-}p"; cat >/dev/null; } || [ $? = 1 ]
else
  "$program" "$@" || [ $? = 1 ]
fi
# shellcheck disable=SC2016
printf '```\n'
