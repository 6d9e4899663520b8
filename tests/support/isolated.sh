#!/bin/bash
# isolated.sh COMMAND...: runs a program with a registry directory of its own, and fails if it leaves a file there.
set -eu
IPCARC_DIR=$(mktemp -d /dev/shm/ipcarc-test.XXXXXX)
export IPCARC_DIR
trap 'rm -rf "$IPCARC_DIR"' EXIT
"$@"
left=$(find "$IPCARC_DIR" -mindepth 1)
if [[ -n $left ]]; then
  echo "left behind: $left" >&2
  exit 1
fi
