#!/bin/bash
# run.sh BUILD [--record]: counts the instructions of the hot paths of the library built in BUILD, by callgrind, and compares them with
# counts.txt: a path that needs more than the tolerance allows fails. --record writes counts.txt anew. A matter of seconds.
set -eu
build=$1
record=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
program=$build/tests/instructions/ipcarc_hot_paths
counts=$here/counts.txt
if [[ ! -x $program ]]; then
  echo "no $program: build it with valgrind's headers installed (cmake/bootstrap.sh ci)" >&2
  exit 1
fi
IPCARC_DIR=$(mktemp -d /dev/shm/ipcarc-instructions.XXXXXX)
export IPCARC_DIR
scratch=$(mktemp -d)
trap 'rm -rf "$IPCARC_DIR" "$scratch"' EXIT

# glibc picks memcpy and its kin by the processor: the same ones everywhere.
export GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX,-AVX512F,-AVX512VL,-AVX512BW,-ERMS,-FSRM,-SSSE3,-SSE4_2
if ! valgrind --quiet --tool=callgrind --combine-dumps=yes --callgrind-out-file="$scratch/out" "$program" \
  >"$scratch/head" 2>"$scratch/log"; then
  cat "$scratch/log" >&2
  exit 1
fi
awk -f "$here/per_call.awk" "$scratch/head" "$scratch/out" >"$scratch/now"

if [[ $record == --record ]]; then
  cp "$scratch/now" "$counts"
  cat "$counts"
  exit
fi
# What finds nothing is to be seen finding something: the same counts against a record that is a tenth lower.
if awk '/^#/ { print; next } { $1 *= 0.9; print }' "$scratch/now" >"$scratch/lower" &&
  awk -v tolerance=3 -f "$here/compare.awk" "$scratch/lower" "$scratch/now" >"$scratch/planted"; then
  echo "a planted growth of a tenth was not found" >&2
  exit 1
fi
awk -v tolerance=3 -f "$here/compare.awk" "$counts" "$scratch/now"
