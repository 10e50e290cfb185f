#!/bin/sh
# Purity: the object code of a pure room calls nothing that purity.txt does not grant it. The
# symbols ARCHIVE leaves undefined are compared with the room's list; those which it defines itself,
# or one of the BELOW archives does, are free. Prints each offender with its object file.
# usage: purity.sh ROOM ARCHIVE [BELOW...]
set -eu
room=$1
archive=$2
list=$(dirname "$0")/purity.txt
shift

for each in "$@"; do
    [ -f "$each" ] || {
        echo "purity: there is no $each" >&2
        exit 1
    }
done
{
    nm -A --defined-only "$@" 2>/dev/null | sed -n 's/.* \([^ ]*\)$/defined \1/p'
    nm -A --undefined-only "$archive" 2>/dev/null |
        sed -n 's/^[^:]*:\([^:]*\): *[Uwv] \([^ @]*\).*/wanted \1 \2/p'
} | awk -v room="$room" -v list="$list" '
function grant(symbol) {
    gsub(/\*/, ".*", symbol)
    granted["^" symbol "$"] = 1
}

function pure(symbol,    pattern) {
    for (pattern in granted) {
        if (symbol ~ pattern) {
            return 1
        }
    }
    return 0
}

BEGIN {
    while ((getline line < list) > 0) {
        words = split(line, word, " ")
        for (i = 3; i <= words; i++) {
            if (word[1] == "group") {
                group[word[2]] = group[word[2]] " " word[i]
            } else if (word[1] == "room" && word[2] == room) {
                known = 1
                count = split(word[i] in group ? group[word[i]] : word[i], symbol, " ")
                for (j = 1; j <= count; j++) {
                    grant(symbol[j])
                }
            } else if (word[1] == "except" && word[2] == room) {
                except[word[i]] = 1
            }
        }
    }
}
$1 == "defined" { defined[$2] = 1; definitions++ }
$1 == "wanted" && !($2 in except) { wanted[$2 " " $3] = $3 }
END {
    for (place in wanted) {
        if (!(wanted[place] in defined) && !pure(wanted[place])) {
            print room ": " place
            bad++
        }
    }
    print room ": " definitions + 0 " symbols, " bad + 0 " impure calls"
    exit bad > 0 || !known || definitions == 0
}'
