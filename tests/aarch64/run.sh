#!/bin/sh
# Builds the tests of src/simd for 64-bit ARM in the folder $1 and runs them.
set -eu
for tool in aarch64-linux-gnu-g++ qemu-aarch64-static; do
  command -v "$tool" > /dev/null || { echo "$tool is missing: ./dev test --all installs it" >&2; exit 1; }
done
here=$(cd "$(dirname "$0")" && pwd)
cmake -S "$here/simd" -B "$1" -G Ninja -DCMAKE_TOOLCHAIN_FILE="$here/../../cmake/aarch64.cmake" \
  -DCMAKE_BUILD_TYPE=Release --log-level=WARNING > /dev/null
ninja -C "$1" --quiet simd_test
exec qemu-aarch64-static "$1/simd/simd_test"
