#!/bin/bash
# packages.sh CPACK BUILD WORK LIBDIR COMPILER SOURCE ISOLATED: builds the Debian packages, looks at what they say, installs them into a
# root with a package database of its own (who is not root: unpacks them), uses them there, and removes them.
set -eu
command -v dpkg-deb >/dev/null && command -v dpkg-shlibdeps >/dev/null || exit 77
cpack=$1
build=$2
work=$3
libdir=$4
compiler=$5
source=$6
isolated=$7
rm -rf "$work"
mkdir -p "$work"
(cd "$build" && "$cpack" -G DEB -B "$work" >"$work/cpack.log" 2>&1) || { cat "$work/cpack.log"; exit 1; }

fail() {
  echo "$1" >&2
  exit 1
}
# said PACKAGE FIELD PATTERN: what the package's control file says.
said() {
  local value
  value=$(dpkg-deb -f "$work/$1"_*.deb "$2")
  grep -qE "$3" <<<"$value" || fail "$1: expected $2 like $3, found: $value"
}
library=libipcarc0.1
said "$library" Depends 'libc6 .*libstdc\+\+6'
said libipcarc-dev Depends "$library \(= .*libboost-dev \(>= 1\.81\) \| libboost1\.81-dev.*libfmt-dev"
dpkg-deb -I "$work/$library"_*.deb shlibs | grep -qx "libipcarc 0.1 $library .*" || fail "no shlibs of $library"

root=$work/root
# What they depend on is this system's, and not in that database; their scripts, which call ldconfig, find no shell in that root.
private_dpkg() {
  PATH=$PATH:/usr/sbin:/sbin dpkg --root="$root" --log=/dev/null --force-depends --force-not-root --force-bad-path --force-script-chrootless "$@" \
    >"$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log"; exit 1; }
}
if (($(id -u) == 0)); then
  mkdir -p "$root"/var/lib/dpkg/{info,updates,triggers}
  : >"$root/var/lib/dpkg/status"
  private_dpkg -i "$work"/*.deb
else
  for package in "$work"/*.deb; do
    dpkg-deb -x "$package" "$root"
  done
fi
export LD_LIBRARY_PATH=$root/usr/$libdir
[[ -L $LD_LIBRARY_PATH/libipcarc.so && -f $LD_LIBRARY_PATH/libipcarc.a ]] || fail "expected libipcarc.so and libipcarc.a"

# Flags without PKG_CONFIG_SYSROOT_DIR: the file finds its prefix itself.
export PKG_CONFIG_PATH=$LD_LIBRARY_PATH/pkgconfig
read -ra flags < <(pkg-config --cflags ipcarc)
read -ra libraries < <(pkg-config --libs ipcarc)
"$compiler" "${flags[@]}" -c "$source" -o "$work/consumer.o"
"$compiler" "$work/consumer.o" -o "$work/consumer" "${libraries[@]}"
"$isolated" "$work/consumer"
# And with the static library.
"$compiler" "$work/consumer.o" -o "$work/consumer_static" "${libraries[@]/-lipcarc/-l:libipcarc.a}"
LD_LIBRARY_PATH='' "$isolated" "$work/consumer_static"

if [[ -e $root/usr/bin/ipcarc ]]; then
  said ipcarc Depends "$library \(= "
  "$isolated" "$root/usr/bin/ipcarc" --version
  "$isolated" "$root/usr/bin/ipcarc" ls
fi
# What is to be installed can be: all that they depend on is there to be had.
if command -v apt-get >/dev/null; then
  apt-get install --simulate --no-install-recommends "$work"/*.deb >"$work/apt.log" 2>&1 || { cat "$work/apt.log"; exit 1; }
fi
(($(id -u) == 0)) || exit 0
mapfile -t names < <(for package in "$work"/*.deb; do dpkg-deb -f "$package" Package; done)
private_dpkg -r "${names[@]}"
left=$(find "$root" -type f -not -path "$root/var/lib/dpkg/*")
[[ -z $left ]] || fail "left behind by the removal: $left"
