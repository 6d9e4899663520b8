#!/bin/bash
# Checks the protocol's models with spin: the models as they are must hold, and each variant with one clause taken away must fail.
# --long: also what takes more than a few minutes. MODEL_JOBS: runs at a time (2). MODEL_KEEP: the build folder, kept.
set -u
cd "$(dirname "$0")"
sources=$PWD
long=0
[[ ${1:-} == --long ]] && long=1
work=${MODEL_KEEP:-$(mktemp -d)}
mkdir -p "$work"
[[ -n ${MODEL_KEEP:-} ]] || trap 'rm -rf "$work"' EXIT
limit=$((long ? 7200 : 240))  # seconds of processor time for each run
memory=$((long ? 8000 : 3500))

for tool in spin gcc; do
  command -v "$tool" >/dev/null || { echo "tests/model: $tool is not installed"; exit 1; }
done

# build NAME FILE PAN_FLAGS SPIN_FLAGS...
build() {
  local name=$1 file=$2 flags=$3
  shift 3
  mkdir -p "$work/$name"
  # shellcheck disable=SC2086
  (cd "$work/$name" && spin "$@" -a "$sources/$file" && gcc -O2 -w -DSAFETY -DNOREDUCE $flags \
    -DMEMLIM=$memory -o pan pan.c) >"$work/$name/build.log" 2>&1 \
    || { echo "$file does not build:"; cat "$work/$name/build.log"; exit 1; }
}

# one EXPECT BUILD NAME SETTINGS: runs pan, prints a line of the table.
one() {
  local expect=$1 build=$2 name=$3 settings=$4 log seconds states verdict outcome
  log="$work/${name//[^A-Za-z0-9_]/_}.log"
  mkdir -p "$log.d"
  # shellcheck disable=SC2086
  (cd "$log.d" && ulimit -t "$limit" && TIMEFORMAT='cpu %U %S' && time env $settings "$work/$build/pan" -m100000 -n -w24) >"$log" 2>&1
  seconds=$(awk '$1 == "cpu" { printf "%.1f", $2 + $3 }' "$log")
  states=$(sed -nE 's/^ *([0-9.e+]+) states, stored$/\1/p' "$log")
  if grep -q '^pan:1: ' "$log"; then
    verdict=fails
  elif grep -q 'errors: 0' "$log" && ! grep -qE 'max search depth too small|pan: reached|pan: out of memory|Search not completed' "$log"; then
    verdict=holds
  else
    verdict=unfinished
  fi
  outcome=ok
  [[ $verdict == "$expect" ]] || outcome=WRONG
  printf '%-66s %12s %8s  %-10s %s\n' "$name" "${states:--}" "$seconds" "$verdict" "$outcome"
}
export -f one
export work limit

{
  # MENU: create 1, publish 2, lookup 4, remove 8, pin 16, weak 32, reap 64.
  while read -r number name settings; do
    build=two
    for other in three threads litmus; do
      [[ $settings == *$other* ]] && build=$other && settings=${settings/$other/}
    done
    echo "fails|$build|without: $name|MUTANT=$number $settings"
  done <<'MUTANTS'
1 NO_RECHECK OPS=1
2 NO_GENERATION START=1 MENU=5 KILLS=0
3 NO_DOOMED OPS=1
4 IGNORE_DOOMED OPS=1
5 NO_ASK_AFTER_FAILED_HOLD OPS=1
6 MAYBE_FREE_WITHOUT_LOCK OPS=1
7 NO_GENERATION_UNDER_LOCK SHARDS=2 START=1 OPS=3 MENU=5 KILLS=0
8 NO_REVERT OPS=1
9 PINNED_COUNTS_UNLINKED OPS=1
10 EARLY_EXIT_IGNORES_LEAVING OPS=1
11 LEAVING_AFTER_UNLINK OPS=1
12 LINK_THEN_LIVE OPS=1
13 LIVE_THEN_LINK OPS=1
14 HOLD_AFTER_UNLOCK OPS=1 START=0 MENU=5
15 NO_SEQUENCE START=8 MENU=6 KILLS=0
16 BUMP_BEFORE_UNLINK START=8 MENU=6 KILLS=0
17 BUMP_AFTER_FREE three START=8 OPS=1 MENU=6 KILLS=0
18 PLAIN_MUTEX OPS=1
19 NO_RECOVERY OPS=1
21 RECOVERY_KEEPS_LEAVING OPS=1
22 RECOVERY_KEEPS_DESTROYING OPS=1
23 RECOVERY_WITHOUT_BUMP OPS=1
24 STALE_DOOMED_KEPT OPS=1
25 NO_REAPER_STEP1 OPS=1
26 NO_REAPER_STEP2 OPS=1
27 NO_REAPER_STEP3 OPS=1
28 REAPER_ASKS_CHANGED_ONLY OPS=1
29 NO_SHARD_LOCK_BEFORE_FREE_DESTROYING OPS=1
30 STATE_BEFORE_REGION OPS=1
31 SLOT_FREED_FIRST OPS=1
32 NO_LEAVING_IN_PUBLISH OPS=1
33 EARLY_EXIT_IGNORES_DOOMED OPS=1
34 PUBLISH_WITHOUT_BUMP START=8
35 COMPUTE_WITHOUT_LOOKING_AGAIN START=0 MENU=142
36 NO_MEND START=0 MENU=142
37 PLAIN_ENTRY_MUTEX START=0 MENU=142
38 RESERVED_NEVER_FREED START=0 MENU=142
39 COMPLETE_WITHOUT_SHARD_LOCK START=0 MENU=142
40 SHARDS_OF_THE_DEAD_LEFT OPS=1
41 REMOVE_WITHOUT_BUMP START=3 MENU=14 KILLS=0
42 LEAVING_IS_FOUND START=8 MENU=6
1 COUNT_WITHOUT_VALIDATION threads
2 NO_STILL_ZERO threads
3 WORD_BEFORE_BIT threads
4 LET_GO_WITHOUT_STRIPE threads
5 BIT_CLEARED_AFTER_STRIPE threads
6 FIRST_HOLD_OVERWRITES threads
1 FENCE_OF_HOLD litmus PAIR=1
2 FENCE_OF_DOOM litmus PAIR=1
1 FENCE_OF_LET_GO litmus PAIR=2
2 FENCE_OF_LEAVING litmus PAIR=2
MUTANTS
  echo "holds|threads|threads: 2 threads, another process, 3 lookups each|ROUNDS=3"
  for pair in 1 2; do
    echo "holds|litmus|litmus: pair $pair, fences on both sides|PAIR=$pair"
  done
  # START: the names bound and the handles held at the beginning; see init in holds.pml.
  for start in 0 1 2 3 4 5 6 7 8; do
    echo "holds|two|2 processes, 2 operations, 2 deaths, start $start|START=$start"
  done
  echo "holds|two|2 processes, 1 operation, 2 deaths, 2 shards|SHARDS=2 OPS=1"
  echo "holds|two|2 processes, 2 operations, 1 death, 2 shards, start 8|SHARDS=2 START=8 KILLS=1"
  echo "holds|two|get_or_compute, lookup: 2 operations, 1 death|START=0 MENU=132 KILLS=1"
  echo "holds|two|get_or_compute, all else: 1 operation, 2 deaths|OPS=1 MENU=255"
  echo "holds|two|recovery leaves doomed to who comes next|MUTANT=20 START=4 OPS=2 KILLS=1"
  echo "holds|three|3 processes, 1 operation, 1 death, start 4|START=4 OPS=1 KILLS=1"
  if ((long)); then
    for start in 0 1 2 3 4 5 6 7 8; do
      echo "holds|packed|long: 2 processes, 2 operations, 3 deaths, start $start|START=$start KILLS=3"
      echo "holds|packed|long: 2 processes, 2 operations, 2 deaths, 2 shards, start $start|SHARDS=2 START=$start"
      echo "holds|packed3|long: 3 processes, 1 operation, 2 deaths, start $start|START=$start OPS=1"
      echo "holds|reapers|long: 1 operation, 2 reapers, 3 deaths, start $start|START=$start OPS=1 KILLS=3"
      echo "holds|entries|long: 3 entries, 2 operations, 1 death, start $start|START=$start KILLS=1"
    done
    echo "holds|packed|long: get_or_compute, lookup, remove, publish: 2 operations, 2 deaths|START=0 MENU=142"
    echo "holds|packed3|long: get_or_compute, 3 processes, 1 operation, 2 deaths|START=0 OPS=1 MENU=142"
  fi
} >"$work/runs"

build two holds.pml "" -DWORKERS=2
build three holds.pml "" -DWORKERS=3
build threads threads.pml ""
build litmus litmus.pml ""
if ((long)); then
  build packed holds.pml -DCOLLAPSE -DWORKERS=2
  build packed3 holds.pml -DCOLLAPSE -DWORKERS=3
  build reapers holds.pml -DCOLLAPSE -DWORKERS=2 -DREAPERS=2
  build entries holds.pml -DCOLLAPSE -DWORKERS=2 -DENTRIES=3
fi

printf '%-66s %12s %8s  %s\n' model states cpu_s verdict
tr '\n' '\0' <"$work/runs" | xargs -0 -P "${MODEL_JOBS:-2}" -I{} bash -c '
  IFS="|" read -r expect build name settings <<<"$1"; one "$expect" "$build" "$name" "$settings"' _ {} |
  tee "$work/table"

wrong=$(grep -c ' WRONG$' "$work/table")
runs=$(wc -l <"$work/runs")
done_=$(wc -l <"$work/table")
echo "$runs models, $((runs - done_ + wrong)) not as they must be, $SECONDS s"
((wrong == 0 && runs == done_))
