#!/usr/bin/env bash
# faulty.sh TREE OUT: copies the files that patches of linux/faults name from TREE to OUT and patches them.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$1
out=$2
sed -n 's/^FAULT([A-Z_]*, "\([a-z-]*\)".*/\1/p' "$here/faults/faults.def" >"$out.list"
rm -rf "$out"
while read -r name; do
  patch=$here/faults/$name.patch
  file=$(sed -n 's|^--- a/||p' "$patch")
  if [ ! -e "$out/$file" ]; then
    mkdir -p "$(dirname "$out/$file")"
    cp "$tree/$file" "$out/$file"
  fi
  patch -d "$out" -p1 -s --no-backup-if-mismatch <"$patch" || {
    echo "linux/faults/$name.patch does not fit this Linux" >&2
    exit 1
  }
done <"$out.list"
rm -f "$out.list"
