#!/bin/sh
# Installs what is missing, builds everything with warnings as errors, and runs every test. The last
# lines are ctest's summary.
# usage: sh tests/run.sh [--no-install] [--long] [CTEST-OPTION...]
#   --no-install   nothing is installed
#   --long         also the tests that take minutes to hours: those labelled `long`, and the others
#                  with the larger sizes they have for TIDE_LONG=1
#   anything else goes to ctest: sh tests/run.sh -R core
set -eu
cd "$(dirname "$0")/.."

install=yes
long=no
for word in "$@"; do
    shift
    case $word in
    --no-install) install=no ;;
    --long) long=yes ;;
    *) set -- "$@" "$word" ;;
    esac
done

if [ "$install" = yes ]; then
    sh tests/install.sh
fi
if [ "$long" = yes ]; then
    TIDE_LONG=1
    export TIDE_LONG
else
    set -- -LE '^long$' "$@"
fi
cmake --preset ci
cmake --build --preset ci
exec ctest --preset ci --parallel "$(nproc)" --no-label-summary "$@"
