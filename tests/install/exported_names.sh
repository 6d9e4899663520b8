#!/bin/bash
# exported_names.sh LIBRARY SONAME: the shared library exports what is ipcarc's, and nothing of what it is made with.
set -eu
# Without the name of the version itself.
names=$(nm -DC --defined-only "$1" | grep -v ' A ' | cut -d ' ' -f 3-)
rule='^(ipcarc::|(typeinfo|typeinfo name|vtable) for ipcarc::)'
if grep -vE "$rule" <<<"$names"; then
  echo "expected no name that is not of ipcarc" >&2
  exit 1
fi
# What must be there, or a user's program would not link, or would have a second one.
for name in "ipcarc::Error::" "typeinfo for ipcarc::Error" ipcarc::error_category ipcarc::detail::open_core \
  ipcarc::detail::mapped_segments; do
  grep -qF "$name" <<<"$names" || { echo "expected $name" >&2; exit 1; }
done
# The inside stays inside.
for name in ipcarc::detail::Core:: ipcarc::detail::Heap:: ipcarc::detail::Directory:: ipcarc::detail::Attachment::; do
  if grep -F "$name" <<<"$names"; then
    echo "expected no $name" >&2
    exit 1
  fi
done
readelf -d "$1" | grep -F "soname: [$2]"
