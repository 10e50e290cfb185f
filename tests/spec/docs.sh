#!/bin/sh
# docs/SPEC.md says what the code does: it has a row for every key the readers know.
# usage: docs.sh ROOT
set -eu
cd "$1"
docs=docs/SPEC.md
wrong=0

keys=$(cat scheduler/spec/*.c |
    grep -oE '(FIELD|RAW)\("[a-z_]+"|\{\.name = "[a-z_]+", \.read' |
    sed 's/^[^"]*"//; s/".*//' | sort -u)
[ "$(echo "$keys" | wc -l)" -ge 80 ] || { echo "found too few keys: $keys"; exit 1; }
for key in $keys; do
    if ! grep -q "^| \`\([a-z_.*]*\.\)\?$key[.\`]" $docs; then
        echo "$docs has no row for '$key'"
        wrong=1
    fi
done
echo "$(echo "$keys" | wc -l) keys"
exit $wrong
