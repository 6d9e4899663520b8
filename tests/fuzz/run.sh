#!/bin/bash
# run.sh SECONDS [BUILD]: fuzzes for so long, by several processes, since an exercise sleeps most of its time. What is found is left in
# BUILD/findings, what is worth keeping in BUILD/corpus. IPCARC_FUZZ_CMAKE_ARGS: more arguments for cmake. IPCARC_FUZZ_KEEP=1: begin with
# what the last run kept too, for runs of hours: each process first tries all of that again.
set -eu
seconds=$1
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath -m "${2:-$here/../../build/fuzz}")
flags='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer'
# shellcheck disable=SC2086 # several arguments
cmake -S "$here/../.." -B "$build" -G Ninja -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_CXX_FLAGS_RELEASE='-O1 -g1' -DCMAKE_CXX_FLAGS="$flags" -DIPCARC_FUZZ=ON -DIPCARC_WERROR=ON \
  -DIPCARC_BUILD_SAMPLES=OFF -DIPCARC_BUILD_BENCH=OFF -DIPCARC_BUILD_TOOLS=OFF ${IPCARC_FUZZ_CMAKE_ARGS:-} >/dev/null
cmake --build "$build" --target ipcarc_fuzz -j "${IPCARC_CI_JOBS:-$(nproc)}"
[[ -n ${IPCARC_FUZZ_KEEP:-} ]] || rm -rf "$build/corpus"
mkdir -p "$build/corpus" "$build/findings"
rm -f "$build"/findings/* "$build"/fuzz-*.log
export ASAN_OPTIONS="detect_leaks=0:allocator_may_return_null=1:${ASAN_OPTIONS:-}"
export UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS:-}"
IPCARC_DIR=$(mktemp -d "${IPCARC_DIR:-/dev/shm}/ipcarc-fuzz.XXXXXX")
export IPCARC_DIR
trap 'rm -rf "$IPCARC_DIR"' EXIT
jobs=$(($(nproc) * 3))
cd "$build"
status=0
tests/fuzz/ipcarc_fuzz -max_total_time="$seconds" -max_len=300 -timeout=180 -report_slow_units=180 -rss_limit_mb=0 \
  -malloc_limit_mb=128 -print_final_stats=1 -artifact_prefix="$build/findings/" -jobs=$jobs \
  -workers=$jobs "$build/corpus" "$here/corpus" >fuzz.log 2>&1 || status=$?
runs=$(awk '/^stat::number_of_executed_units/ { sum += $2 } END { print sum + 0 }' fuzz-*.log)
mapfile -t findings < <(find findings -type f)
if ((status != 0 || ${#findings[@]} != 0)); then
  grep -hE -A25 'runtime error|ERROR: |the exercise ' fuzz-*.log | head -200
  printf 'found: %s\n' "${findings[@]}"
  ((status != 0)) || status=1
fi
echo "$jobs processes, $seconds s, $runs damaged segments, ${#findings[@]} findings"
exit "$status"
