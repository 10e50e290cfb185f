#!/bin/sh
# An example's search works from its spec to its results: `tidemill run` with two real workers ends
# well, every budgeted trial is completed with a finite objective, and the store answers the query
# that the README shows. The spec is the example's own, but for the number of trials.
# usage: search.sh EXAMPLE PROGRAMS EXAMPLES
set -eu
example=$1
PATH=$2:/usr/bin:$PATH
folder=$3/$1
export PATH

here=$(mktemp -d "${TMPDIR:-/tmp}/tidemill-search-XXXXXX")
trap 'rm -rf "$here"' EXIT
store=$here/store.db
trials=4

die() {
    echo "$example: $*" >&2
    cat "$here/said" >&2
    exit 1
}

sed -e "s|^version: 1|&\nworkdir: $folder|" -e "s|^budget:.*|budget: {trials: $trials}|" \
    "$folder/spec.yaml" >"$here/spec.yaml"
tidemill run "$here/spec.yaml" --workers 2 --store "$store" >"$here/said" 2>&1 ||
    die "tidemill run exits $?"

good=$(sqlite3 -readonly "$store" \
    "SELECT count(*) FROM trial WHERE state = 'completed' AND value > 0")
[ "$good" = "$trials" ] || die "$good of $trials trials are completed"
sqlite3 -readonly "$store" "SELECT number, value, params FROM trial
    WHERE state = 'completed' ORDER BY value LIMIT 5" >"$here/table"
[ "$(wc -l <"$here/table")" -eq "$trials" ] || die "the table is short: $(cat "$here/table")"
tidemill best 1 --store "$store" >"$here/best" 2>>"$here/said" || die "tidemill best exits $?"
