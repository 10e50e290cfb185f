#!/bin/sh
# From a fresh Debian 12 to the best of 30 trained networks: installs what is missing, builds, and
# searches the hyperparameters of examples/digits with two workers on this machine. Safe to repeat.
# usage: sh examples/quickstart.sh [--no-install]
set -eu
cd "$(dirname "$0")/.."

case "$*" in
'') install=yes ;;
--no-install) install=no ;;
*)
    echo "usage: sh examples/quickstart.sh [--no-install]" >&2
    exit 2
    ;;
esac

say() {
    printf '\n== %s\n' "$*"
}

if [ "$install" = yes ]; then
    say "1 of 4: what is missing of the packages tidemill is built with (tests/install.sh)"
    sh tests/install.sh build
fi

say "2 of 4: build (cmake --preset release)"
cmake --preset release
cmake --build --preset release

# tidemill, tidemill-worker and digits-train, the program that is trained with
PATH=$PWD/build/release:$PATH
export PATH
store=build/quickstart.db

say "3 of 4: search (tidemill run examples/digits/spec.yaml --workers 2 --store $store)"
tidemill run examples/digits/spec.yaml --workers 2 --store "$store"

say "4 of 4: the results, from the store"
experiment=$(sqlite3 -readonly "$store" "SELECT max(id) FROM experiment")
tidemill trials "$experiment" --store "$store"
tidemill best "$experiment" --store "$store"
