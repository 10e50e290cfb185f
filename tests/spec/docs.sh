#!/bin/sh
# docs/SPEC.md says what the code does: it has a row for every key the readers know, and marks as
# not in force exactly what pending.c lists, with the same words.
# usage: docs.sh ROOT
set -eu
cd "$1"
docs=docs/SPEC.md
wrong=0
list=$(mktemp)
trap 'rm -f "$list"' EXIT

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

# A line for each row of the table: the key and what happens instead.
pending=$(tr '\n' ' ' < scheduler/spec/pending.c |
    sed 's/} pending\[\] = {/\n/; s/};/\n/g' | sed -n 2p | sed 's/{"/\n/g' |
    sed -n 's/^\([a-z_.]*\)", \("[a-z_]*"\|NULL\), *"\([^"]*\)".*/\1|\3/p')
[ -n "$pending" ] || { echo "found nothing in pending.c"; exit 1; }
echo "$pending" | while IFS='|' read -r path instead; do
    grep "^| \`$path\`" $docs | grep "Not in force yet" | grep -qF ": $instead |" ||
        echo "$docs does not say of '$path': Not in force yet: $instead"
done > "$list"
cat "$list"
[ ! -s "$list" ] || wrong=1
marked=$(grep -c '^| .*\*\*Not in force yet' $docs)
listed=$(echo "$pending" | wc -l)
if [ "$marked" -ne "$listed" ]; then
    echo "$docs marks $marked keys, pending.c lists $listed"
    wrong=1
fi
echo "$(echo "$keys" | wc -l) keys, $listed of them not in force yet"
exit $wrong
