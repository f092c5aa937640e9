#!/usr/bin/env bash
# link.sh OUT OBJECT...: one relocatable object of the kernel and its runtime, in which only the names of
# the boundary are global: the rest would clash with the C library's.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$1
shift
ld -r -T "$here/link.lds" --wrap=alloc_iova_fast --wrap=free_iova_fast \
  --wrap=rb_insert_color --wrap=rb_erase --wrap=alloc_io_pgtable_ops \
  --wrap=xa_erase --wrap=ida_free -o "$out.all" "$@"
sed -n 's/.*[ *]\(linux_[a-z_0-9]*\)(.*/\1/p' "$here/boundary/boundary.h" >"$out.names"
objcopy --set-section-alignment .data=64 --set-section-alignment .bss=64 \
  --keep-global-symbols="$out.names" "$out.all" "$out"
rm -f "$out.all"
