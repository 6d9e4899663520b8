#!/bin/sh
# Installs the Debian packages that the named groups need and that are missing: `cmake/bootstrap.sh build ci docs`.
# Silent, and a matter of milliseconds, when nothing is missing. On a system without dpkg it leaves the search to CMake.
set -eu

packages=""
for group in "$@"; do
  case "$group" in
    build)
      packages="$packages g++ cmake ninja-build ccache libboost1.81-dev libfmt-dev libgtest-dev
        nlohmann-json3-dev libxxhash-dev libcereal-dev libcli11-dev libncurses-dev"
      ;;
    bench)
      packages="$packages libbenchmark-dev pkg-config gnuplot-nox liblmdb-dev redis-server libhiredis-dev
        memcached libmemcached-dev"
      ;;
    format) packages="$packages clang-format-14" ;;
    docs) packages="$packages doxygen graphviz" ;;
    ci)
      packages="$packages git gcc libc6-dev pkg-config clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev
        valgrind spin doxygen graphviz util-linux dpkg-dev file zsh"
      ;;
    *)
      echo "bootstrap: no group '$group' (build, bench, format, docs, ci)" >&2
      exit 2
      ;;
  esac
done

command -v dpkg-query >/dev/null 2>&1 || exit 0
missing=""
for package in $packages; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

sudo=""
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "bootstrap: these packages are missing; as root: apt-get install$missing" >&2
    exit 1
  fi
  sudo="sudo"
fi

echo "installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
  if ! $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1; then
    cat "$log" >&2
    return 1
  fi
}
apt update
# shellcheck disable=SC2086 -- a list of words
apt install -y --no-install-recommends $missing
