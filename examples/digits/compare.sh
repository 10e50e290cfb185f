#!/bin/sh
# Is the search better than luck? Runs the digits search with bayes and with random, 30 trials each,
# for the seeds 1 to 5, and prints the best validation loss of each and both medians. Exits 0 when
# bayes has the lower median. Nothing is kept.
# usage: sh examples/digits/compare.sh [--workers N]      (about 8 minutes with 2 workers)
set -eu
here=$(cd "$(dirname "$0")" && pwd)

workers=2
case $# in
0) ;;
2) [ "$1" = --workers ] && workers=$2 ;;
*) sed -n 's/^# usage: //p' "$0" >&2 && exit 2 ;;
esac

tidemill=$(command -v tidemill) ||
    tidemill=$(ls -t "$here"/../../build/*/tidemill 2>/dev/null | head -n 1)
if [ -z "$tidemill" ]; then
    echo "compare: tidemill is not built yet; examples/quickstart.sh shows how" >&2
    exit 2
fi
PATH=$(dirname "$tidemill"):$PATH
export PATH

scratch=$(mktemp -d "${TMPDIR:-/tmp}/tidemill-compare-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

# best ALGORITHM SEED: the lowest loss that this search finds.
best() {
    spec=$scratch/$1-$2.yaml
    store=$scratch/$1-$2.db
    sed -e "s|^version: 1|&\nworkdir: $here|" \
        -e "s|^search:.*|search: {algorithm: $1, seed: $2}|" "$here/spec.yaml" >"$spec"
    tidemill run "$spec" --workers "$workers" --store "$store" >"$scratch/log" 2>&1 || {
        cat "$scratch/log" >&2
        exit 1
    }
    sqlite3 -readonly "$store" \
        "SELECT printf('%.6f', min(value)) FROM trial WHERE state = 'completed'"
}

median() {
    sort -n | sed -n 3p
}

printf '%-6s  %-9s  %-9s\n' seed bayes random
for seed in 1 2 3 4 5; do
    bayes=$(best bayes $seed)
    random=$(best random $seed)
    printf '%-6s  %-9s  %-9s\n' $seed "$bayes" "$random"
    echo "$bayes" >>"$scratch/bayes"
    echo "$random" >>"$scratch/random"
done
bayes=$(median <"$scratch/bayes")
random=$(median <"$scratch/random")
printf '%-6s  %-9s  %-9s\n' median "$bayes" "$random"
awk "BEGIN { exit !($bayes < $random) }"
