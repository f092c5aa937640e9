#!/usr/bin/env bash
# What docs/porting.md shows of examples/own_driver.
# usage: docs/example.sh run [ARG...]       what the program prints
#        docs/example.sh show FILE FUNCTION  a function of it, with the comment above
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
verb=$1
shift
# shellcheck disable=SC2016 # fences, no commands
case $verb in
  run)
    printf '```text\n$ own_driver%s\n' "${*:+ $*}"
    "$(dirname "${SMMULATOR:-build/release/smmulator}")/examples/own_driver" "$@" || [ $? = 1 ]
    printf '```\n'
    ;;
  show)
    printf '```c\n'
    awk -v name="$2" '
      /^\/\*/ { comment = ""; commenting = 1 }
      commenting { comment = comment $0 "\n"; if (/\*\/$/) commenting = 0; next }
      $0 ~ "^[a-z].*[ *]" name "\\(" { printf "%s", comment; inside = 1 }
      !inside { comment = "" }
      inside { print }
      inside && /^}/ { exit }' "examples/own_driver/$1"
    printf '```\n'
    ;;
  *) exit 2 ;;
esac
