#!/bin/bash
# run.sh BUILD [--every] [OPTION...]: the full run of the kill stepper that is built in BUILD, each planted fault first.
# Without --every it skips the kill points between two changes that others could see: minutes. With it: hours.
set -eu
build=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
for fault in plain_mutex early_name forgotten_zero; do
  case $fault in
    plain_mutex) only='create: int' ;;
    early_name) only='create: nested containers' ;;
    forgotten_zero) only='release: last hold$' ;;
  esac
  printf '== planted: %s\n' "$fault"
  "$here/../support/isolated.sh" "$build/tests/kill/ipcarc_kill_$fault" --no-second --expect-faults \
    --max-faults=1 --only="$only"
done
printf '== the library\n'
exec "$here/../support/isolated.sh" "$build/tests/kill/ipcarc_kill" "$@"
