#!/bin/bash
# run.sh SECONDS [BUILD]: fuzzes for so long: a quarter of it stored encodings, which keep every core busy, the rest damaged segments, by more
# processes, since an exercise sleeps most of its time. What is found is left in BUILD/findings, what is worth keeping in BUILD/corpus and
# BUILD/blob_corpus. IPCARC_FUZZ_CMAKE_ARGS: more arguments for cmake. IPCARC_FUZZ_KEEP=1: begin with what the last run kept too, for runs of
# hours: each process first tries all of that again.
set -eu
seconds=$1
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath -m "${2:-$here/../../build/fuzz}")
flags='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer'
# shellcheck disable=SC2086 # several arguments
cmake -S "$here/../.." -B "$build" -G Ninja -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_CXX_FLAGS_RELEASE='-O1 -g1' -DCMAKE_CXX_FLAGS="$flags" -DIPCARC_FUZZ=ON -DIPCARC_WERROR=ON \
  -DIPCARC_BUILD_SAMPLES=OFF -DIPCARC_BUILD_BENCH=OFF -DIPCARC_BUILD_TOOLS=OFF ${IPCARC_FUZZ_CMAKE_ARGS:-} >/dev/null
cmake --build "$build" --target ipcarc_fuzz ipcarc_blob_fuzz -j "${IPCARC_CI_JOBS:-$(nproc)}"
[[ -n ${IPCARC_FUZZ_KEEP:-} ]] || rm -rf "$build/corpus" "$build/blob_corpus"
mkdir -p "$build/corpus" "$build/blob_corpus" "$build/findings"
rm -f "$build"/findings/* "$build"/*fuzz-*.log "$build"/fuzz.log "$build"/blob_fuzz.log
export ASAN_OPTIONS="detect_leaks=0:allocator_may_return_null=1:${ASAN_OPTIONS:-}"
export UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS:-}"
IPCARC_DIR=$(mktemp -d "${IPCARC_DIR:-/dev/shm}/ipcarc-fuzz.XXXXXX")
export IPCARC_DIR
trap 'rm -rf "$IPCARC_DIR"' EXIT
cd "$build"
status=0

# fuzz NAME SECONDS JOBS WHAT ARGUMENT...: each process writes fuzz-N.log, kept apart as NAME-N.log.
fuzz() {
  local name=$1 limit=$2 jobs=$3 what=$4 code=0 runs log
  shift 4
  "tests/fuzz/ipcarc_$name" -max_total_time="$limit" -malloc_limit_mb=128 -print_final_stats=1 \
    -artifact_prefix="$build/findings/" -jobs="$jobs" -workers="$jobs" "$@" >"$name.log" 2>&1 || code=$?
  for log in fuzz-*.log; do
    mv "$log" "$name-$log"
  done
  runs=$(awk '/^stat::number_of_executed_units/ { sum += $2 } END { print sum + 0 }' "$name"-fuzz-*.log)
  echo "$jobs processes, $limit s, $runs $what"
  if ((code != 0)); then
    grep -hE -A25 'runtime error|ERROR: |the exercise ' "$name"-fuzz-*.log | head -200
    status=$code
  fi
}

blob_seconds=$((seconds / 4))
fuzz blob_fuzz "$blob_seconds" "$(nproc)" "damaged encodings" -max_len=4096 -timeout=20 -rss_limit_mb=1024 \
  "$build/blob_corpus" "$here/blob_corpus"
fuzz fuzz $((seconds - blob_seconds)) $(($(nproc) * 3)) "damaged segments" -max_len=300 -timeout=180 -report_slow_units=180 \
  -rss_limit_mb=0 "$build/corpus" "$here/corpus"

mapfile -t findings < <(find findings -type f)
if ((${#findings[@]} != 0)); then
  printf 'found: %s\n' "${findings[@]}"
  ((status != 0)) || status=1
fi
exit "$status"
