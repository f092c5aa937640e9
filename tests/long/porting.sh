#!/usr/bin/env bash
# the first steps of docs/porting.md, word by word, in a fresh clone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

work=$(mktemp -d "${TMPDIR:-/tmp}/smmulator-porting.XXXXXX")
trap 'rm -rf "$work"' EXIT
git clone -q . "$work/smmulator"
cd "$work/smmulator"
# The page's first block of commands.
awk '/^```sh$/ { inside = 1; next } inside && /^```$/ { exit } inside' docs/porting.md >"$work/steps.sh"
HOME=$work bash -eux "$work/steps.sh" | tee "$work/out"
grep -q '^1 fresh, 0 stale, 0 findings$' "$work/out"
