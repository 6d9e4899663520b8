#!/bin/bash
# compile_time.sh [COMPILER...]: how long a translation unit with ten shared types takes to compile (-O2), in ms of processor time, the
# least of three; beside the headers alone, and the same types used but not shared. Types are ten members each, five of them containers or strings.
set -eu
tree=$(cd "$(dirname "$0")/.." && pwd)
flags=(-std=c++20 -O2 -c -o /dev/null "-I$tree/registry/include" "-I$tree/containers/include")

# least FLAG...: the least processor time of three runs, in ms.
least() {
  local best=0 used
  for _ in 1 2 3; do
    used=$({ TIMEFORMAT='%U %S'; time "$@" 2>/dev/null; } 2>&1 | awk '{ printf "%d", ($1 + $2) * 1000 }')
    if ((best == 0 || used < best)); then
      best=$used
    fi
  done
  printf '%s' "$best"
}

printf '%-12s %10s %12s %10s %16s\n' compiler headers "used" "shared" "sharing, a type"
for compiler in "${@:-g++}"; do
  source_file=$tree/bench/compile_time/ten_types.cpp
  headers=$(least "$compiler" "${flags[@]}" "$source_file")
  private=$(least "$compiler" "${flags[@]}" -DPRIVATE "$source_file")
  shared=$(least "$compiler" "${flags[@]}" -DSHARED "$source_file")
  printf '%-12s %7s ms %9s ms %7s ms %13s ms\n' "$compiler" "$headers" "$private" "$shared" $(((shared - private) / 10))
done
