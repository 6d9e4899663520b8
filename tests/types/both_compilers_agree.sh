#!/bin/sh
# both_compilers_agree.sh SOURCE_TREE INCLUDES PROBE: builds the program PROBE with g++ and with clang++ and compares what
# the two print. INCLUDES are folders with ":" between. 77 means that a compiler is missing.
set -eu

tree=$1
flags="-std=c++20 -O0 -DXXH_INLINE_ALL -I$tree/registry/include -I$tree/containers/include
  -I$tree/serialization/include -I$tree/registry/src -I$tree/tests"
old_ifs=$IFS
IFS=:
for folder in $2; do
  # The compiler's own folder may not come first.
  [ "$folder" = /usr/include ] || flags="$flags -isystem $folder"
done
IFS=$old_ifs

for compiler in g++ clang++; do
  command -v "$compiler" >/dev/null || {
    echo "no $compiler here"
    exit 77
  }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for compiler in g++ clang++; do
  # shellcheck disable=SC2086
  "$compiler" $flags "$tree/$3" "$tree"/registry/src/types/*.cpp \
    -o "$work/$compiler"
  "$work/$compiler" >"$work/$compiler.txt"
  test -s "$work/$compiler.txt"
done
diff "$work/g++.txt" "$work/clang++.txt"
