#!/usr/bin/env bash
# single faults of drivers and of the model (tests/faults): which detector notices which
#
# Writes docs/faults.md. Environment: FAULTS (names to run, default all; the page keeps the rows of the
# others), JOBS, BUILD (build/release), FAULTS_SEED.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

build=${BUILD:-build/release}
[ -n "${BUILD:-}" ] || cmake --preset release >/dev/null
cmake --build "$build" -j "${JOBS:-$(nproc)}" --target smmulator test_driver test_host \
  test_conformance test_property test_unit >/dev/null
tests/faults/clean.sh "$build/smmulator"
tests/faults/matrix.sh "$build"
