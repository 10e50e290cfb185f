#!/bin/sh
# docs/COORDINATOR.md has a row for every key that the reader of the configuration knows.
# usage: docs.sh ROOT
set -eu
cd "$1"
docs=docs/COORDINATOR.md
wrong=0

keys=$(cat scheduler/config/*.c | grep -oE 'FIELD\("[a-z_]+"' |
    sed 's/^[^"]*"//; s/".*//' | sort -u)
[ "$(echo "$keys" | wc -l)" -ge 20 ] || { echo "found too few keys: $keys"; exit 1; }
for key in $keys; do
    if ! grep -q "^| \`\([a-z_.*]*\.\)\?$key\`" $docs; then
        echo "$docs has no row for '$key'"
        wrong=1
    fi
done
echo "$(echo "$keys" | wc -l) keys"
exit $wrong
