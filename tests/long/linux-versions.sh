#!/usr/bin/env bash
# every verb of smmulator-linux on every Linux source at hand, 6.12 and newer
#
# Writes docs/evidence/linux-versions.md. Environment: SMMULATOR_LINUX_SRC, sources with colons between them; without it
# those that are installed, and the newest of Debian's backports, which is fetched where the network lets it. JOBS.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

evidence=${EVIDENCE_DIR:-docs/evidence}
jobs=${JOBS:-$(nproc)}
debian=http://deb.debian.org/debian
fetched=build/linux-source/fetched
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
verbs=(probe storm bench kunit sva transitions faults life vsmmu nested)

# The newest linux-source of backports, unpacked from its package; prints its path, or nothing.
fetch()
{
  local file tarball
  file=$(curl -fsL "$debian/dists/trixie-backports/main/binary-all/Packages.xz" | xz -dc |
    sed -n 's|^Filename: \(.*/linux-source-[0-9.]*_.*\.deb\)$|\1|p' | sort -V | tail -n 1) || return 0
  [ -n "$file" ] || return 0
  mkdir -p "$fetched"
  if [ "$(cat "$fetched/from" 2>/dev/null)" != "$file" ]; then
    curl -fsL -o "$work/deb" "$debian/$file" || return 0
    rm -f "$fetched"/*.tar.xz
    dpkg-deb --fsys-tarfile "$work/deb" | tar -xf - -C "$fetched" --strip-components=3 --wildcards '*.tar.xz'
    rm -f "$work/deb"
    echo "$file" >"$fetched/from"
  fi
  for tarball in "$fetched"/*.tar.xz; do echo "$PWD/$tarball"; done
}

sources()
{
  if [ -n "${SMMULATOR_LINUX_SRC:-}" ]; then
    tr ':' '\n' <<<"$SMMULATOR_LINUX_SRC"
    return
  fi
  compgen -G '/usr/src/linux-source-*.tar.xz' || true
  fetch
}

# build SOURCE FOLDER
build()
{
  cmake --preset release -B "$2" -DSMMU_LINUX=ON -DSMMU_LINUX_SRC="$1" >"$work/log" 2>&1 &&
    cmake --build "$2" -j "$jobs" --target smmulator-linux smmulator-linux-faults >>"$work/log" 2>&1
}

# run PROGRAM ARGS...: its rows that hold, of how many, and its seconds; fails when it does.
run()
{
  local TIMEFORMAT=%U status=0 seconds
  seconds=$({ time "$@" >"$work/out" 2>"$work/err" || echo $? >"$work/status"; } 2>&1)
  [ ! -e "$work/status" ] || status=$(cat "$work/status")
  rm -f "$work/status"
  printf '%s of %s, %s s' "$(grep -c -w ok "$work/out")" "$(grep -c -w -e ok -e FAILS -e FAILED -e MISSED "$work/out")" "$seconds"
  return "$status"
}

# of_version FOLDER: a row of the table, and what it has to say for itself.
of_version()
{
  local folder=$1 release verb cell status=0
  release=$("$folder/smmulator-linux" --version | sed 's/.*Linux //')
  printf '| %s' "$release" >>"$work/table"
  for verb in "${verbs[@]}"; do
    cell=$(run "$folder/smmulator-linux" "$verb") || { cell="$cell: **fails**"; status=1; }
    printf ' | %s' "$cell" >>"$work/table"
    [ "$verb" != vsmmu ] || sed "s/^/$release  /" "$work/out" >>"$work/vsmmu"
    [ "$verb" != kunit ] || tail -n 1 "$work/out" | sed "s/^/$release  /" >>"$work/kunit"
  done
  cell=$(run "$folder/smmulator-linux-faults" caught) || { cell="$cell: **fails**"; status=1; }
  printf ' | %s |\n' "$cell" >>"$work/table"
  return "$status"
}

status=0
: >"$work/table"
sources >"$work/sources"
[ -s "$work/sources" ] || { echo "linux-versions: there is no source (./dev deps linux)" >&2; exit 1; }
while read -r source; do
  folder=build/linux-versions/$(cksum <<<"$source" | tr -d ' ')
  if ! build "$source" "$folder"; then
    echo "linux-versions: $source does not build" >&2
    tail -n 20 "$work/log" >&2
    status=1
    continue
  fi
  of_version "$folder" || status=1
done <"$work/sources"
{
  printf '# The real driver of several versions\n\n'
  # shellcheck disable=SC2016 # quotes of the page
  printf 'Written by `./dev long linux-versions` at %s: rows that hold and processor seconds of each verb of `smmulator-linux`,\n' \
    "$(git rev-parse --short=12 HEAD)"
  # shellcheck disable=SC2016
  printf 'and of `smmulator-linux-faults caught`. Versions before 6.17 have nothing for `vsmmu`.\n\n'
  printf '| Linux'
  printf ' | %s' "${verbs[@]}"
  printf ' | caught |\n|---'
  printf '|---%.0s' "${verbs[@]}"
  printf '|---|\n'
  cat "$work/table"
  # shellcheck disable=SC2016
  printf '\n```text\n'
  cat "$work/kunit" "$work/vsmmu"
  # shellcheck disable=SC2016
  printf '```\n'
} >"$evidence/linux-versions.md"
cat "$evidence/linux-versions.md"
exit "$status"
