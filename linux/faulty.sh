#!/usr/bin/env bash
# faulty.sh TREE OUT: copies the files that patches of linux/faults name from TREE to OUT and patches them.
# A patch that does not fit this version has another in a folder of linux/faults.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$1
out=$2

apply() { patch -d "$out" -p1 -s -F0 --no-backup-if-mismatch "$@"; }

add()
{
  local name=$1 patch file
  for patch in "$here/faults/$name.patch" "$here"/faults/*/"$name.patch"; do
    [ -e "$patch" ] || continue
    file=$(sed -n 's|^--- a/||p' "$patch")
    if [ ! -e "$out/$file" ]; then
      mkdir -p "$(dirname "$out/$file")"
      cp "$tree/$file" "$out/$file"
    fi
    if apply --dry-run <"$patch" >/dev/null; then
      apply <"$patch"
      return
    fi
  done
  echo "linux/faults/$name.patch does not fit this Linux" >&2
  exit 1
}

sed -n 's/^FAULT([A-Z_]*, "\([a-z-]*\)".*/\1/p' "$here/faults/faults.def" >"$out.list"
rm -rf "$out"
while read -r name; do
  add "$name"
done <"$out.list"
rm -f "$out.list"
