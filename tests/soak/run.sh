#!/bin/bash
# run.sh [SECONDS [PROCESSES [THREADS]]]: the soak for as long as wanted, from the build in BUILD (build/release).
set -eu
cd "$(dirname "$0")/../.."
build=${BUILD:-build/release}
export IPCARC_SOAK_SECONDS=${1:-60} IPCARC_SOAK_PROCESSES=${2:-3} IPCARC_SOAK_THREADS=${3:-2}
exec "$build/tests/soak/soak_test"
