#!/bin/bash
# run.sh BUILD [--every] [OPTION...]: the full run of the kill stepper that is built in BUILD, each planted fault first.
# Without --every it skips the kill points between two changes that others could see: minutes. With it: hours.
set -eu
build=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
# planted NAME SCENARIO VERDICT
planted() {
  printf '== planted: %s, to be found as %s\n' "$1" "$3"
  "$here/../support/isolated.sh" "$build/tests/kill/ipcarc_kill_$1" --no-second --max-faults=1 \
    --only="$2" --expect="$3"
}
planted plain_mutex 'create: int' hung
planted early_name 'create: nested containers' torn
planted forgotten_zero 'release: last hold of a removed one' leaked
printf '== the library\n'
exec "$here/../support/isolated.sh" "$build/tests/kill/ipcarc_kill" "$@"
