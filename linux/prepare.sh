#!/usr/bin/env bash
# prepare.sh SOURCE OUT: makes OUT/src (headers and the files of files.txt, unpacked from SOURCE, or a link
# to it when it is a directory) and OUT/gen (the headers that a kernel build would generate).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$1
out=$2
gen=$out/gen.part

unpack()
{
  local root
  rm -rf "$out/src" "$out/src.part"
  if [ -d "$source" ]; then
    ln -s "$source" "$out/src"
    return
  fi
  mkdir -p "$out/src.part"
  root=$(basename "$source" .tar.xz)
  xz -T0 -dc "$source" | tar -xf - -C "$out/src.part" --strip-components=1 --wildcards \
    "$root/Makefile" "$root/include" "$root/drivers/base/*.[ch]" "$root/drivers/iommu/*.[ch]" \
    "$root/drivers/pci/ats.c" "$root/drivers/pci/pci.h" \
    "$root/kernel/dma/*.[ch]" \
    "$root/kernel/locking/*.[ch]" "$root/lib/*.[ch]" "$root/mm/*.h" "$root/mm/mmu_notifier.c"
  mv "$out/src.part" "$out/src"
}

of_makefile() { sed -n "s/^$1 = *//p" "$out/src/Makefile" | head -n 1; }

# One line each for the headers that this architecture takes from asm-generic.
wrap()
{
  local header name
  for header in "$out"/src/include/asm-generic/*.h "$out"/src/include/uapi/asm-generic/*.h; do
    name=$(basename "$header")
    [ -e "$here/asm/$name" ] || echo "#include <asm-generic/$name>" >"$gen/asm/$name"
  done
}

# What did not change keeps its time.
generate()
{
  local version patch sub
  rm -rf "$gen"
  mkdir -p "$gen/asm" "$gen/generated" "$gen/linux"
  version=$(of_makefile VERSION) patch=$(of_makefile PATCHLEVEL) sub=$(of_makefile SUBLEVEL)
  [ -n "$version" ] || { echo "$source is no Linux source" >&2; exit 1; }
  wrap
  cp "$here/kernel/autoconf.h" "$gen/generated/autoconf.h"
  echo "#define UTS_RELEASE \"$version.$patch.$sub\"" >"$gen/generated/utsrelease.h"
  : >"$gen/generated/asm-offsets.h"
  : >"$gen/generated/timeconst.h"
  echo "#define RQ_nr_pinned 0" >"$gen/generated/rq-offsets.h"
  cat >"$gen/linux/version.h" <<END
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
#define LINUX_VERSION_CODE KERNEL_VERSION($version, $patch, $sub)
#define LINUX_VERSION_MAJOR $version
#define LINUX_VERSION_PATCHLEVEL $patch
#define LINUX_VERSION_SUBLEVEL $sub
END
  cat >"$gen/generated/bounds.h" <<END
#define NR_PAGEFLAGS 22
#define MAX_NR_ZONES 2
#define NR_CPUS_BITS 6
#define SPINLOCK_SIZE 4
#define LRU_GEN_WIDTH 0
#define __LRU_REFS_WIDTH 0
END
  if diff -rq "$gen" "$out/gen" >/dev/null 2>&1; then
    rm -rf "$gen"
  else
    rm -rf "$out/gen"
    mv "$gen" "$out/gen"
  fi
}

mkdir -p "$out"
exec 9>"$out/lock"
flock 9
from="$source $(stat -c %Y "$source") $(cksum <"$here/prepare.sh")"
if [ "$(cat "$out/from" 2>/dev/null || true)" != "$from" ]; then
  unpack
  echo "$from" >"$out/from"
fi
generate
