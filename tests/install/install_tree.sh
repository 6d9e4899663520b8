#!/bin/bash
# install_tree.sh CMAKE BUILD PREFIX: installs the build, anew, for the tests that use it.
set -eu
rm -rf "$3"
"$1" --install "$2" --prefix "$3" >/dev/null
