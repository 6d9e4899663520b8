#!/bin/sh
# check.sh COMPILER CASE SOURCE_TREE INCLUDES: compiles CASE, which has to fail and to say what its comments name:
# `// says: TEXT` in every compiler, `// says (g++): TEXT` and `// says (clang++): TEXT` in one. A case without any such
# comment has to compile. INCLUDES are folders with ":" between. 77 means that the compiler is missing.
set -eu

compiler=$1
case_file=$2
tree=$3
command -v "$compiler" >/dev/null || {
  echo "no $compiler here"
  exit 77
}

flags="-std=c++20 -fsyntax-only -I$tree/registry/include -I$tree/containers/include
  -I$tree/serialization/include"
old_ifs=$IFS
IFS=:
for folder in $4; do
  # The compiler's own folder may not come first.
  [ "$folder" = /usr/include ] || flags="$flags -isystem $folder"
done
IFS=$old_ifs

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n -e 's|^// says: ||p' -e "s|^// says ($compiler): ||p" "$case_file" >"$work/expected"

status=0
# shellcheck disable=SC2086
"$compiler" $flags "$case_file" >"$work/output" 2>&1 || status=$?

if ! [ -s "$work/expected" ]; then
  [ "$status" -eq 0 ] || {
    cat "$work/output"
    exit 1
  }
  exit 0
fi
[ "$status" -ne 0 ] || {
  echo "$case_file compiles, and must not"
  exit 1
}
while IFS= read -r text; do
  grep -qF -- "$text" "$work/output" || {
    echo "the compiler does not say: $text"
    cat "$work/output"
    exit 1
  }
done <"$work/expected"
