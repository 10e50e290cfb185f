#!/bin/sh
# Starts the trainer on the data beside this file: digits-train of the PATH, or else the one that
# the newest build of this checkout made.
here=$(cd "$(dirname "$0")" && pwd)
program=$(command -v digits-train) ||
    program=$(ls -t "$here"/../../build/*/digits-train 2>/dev/null | head -n 1)
if [ -z "$program" ]; then
    echo "digits: digits-train is not built yet; examples/quickstart.sh shows how" >&2
    exit 2
fi
exec "$program" --data "$here/digits.csv" "$@"
