#!/bin/bash
# check.sh HOST PLUGIN...: what the host prints is what it should.
set -eu
diff -u "$(dirname "$0")/expected.txt" <("$@" | sed -E 's/of Boost [0-9]{6}/of Boost 108100/g')
