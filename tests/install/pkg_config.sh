#!/bin/bash
# pkg_config.sh COMPILER LIBDIR SOURCE ISOLATED: builds and runs a program with what pkg-config says of the installed tree.
set -eu
command -v pkg-config >/dev/null || exit 77
compiler=$1
libdir=$2
source=$3
isolated=$4
export PKG_CONFIG_PATH=$libdir/pkgconfig
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
read -ra flags < <(pkg-config --cflags ipcarc)
read -ra libraries < <(pkg-config --libs ipcarc)
"$compiler" -Wall -Wextra -Werror "${flags[@]}" "$source" -o "$work/consumer" "${libraries[@]}"
LD_LIBRARY_PATH=$libdir "$isolated" "$work/consumer"
if [[ -e $libdir/libipcarc.so ]]; then
  # Which of the two it is.
  LD_LIBRARY_PATH=$libdir ldd "$work/consumer" | grep -F "$libdir/libipcarc.so."
fi
