# What the end-to-end tests share: a directory of their own, the programs of the build under test,
# and assertions. usage: . lib.sh BUILD; every test runs in $here, which goes away with it, with
# every process it started.
set -eu
tidemill=$1/tidemill
worker=$1/tidemill-worker
here=$(mktemp -d "${TMPDIR:-/tmp}/tidemill-e2e-XXXXXX")
cd "$here"

finish() {
    code=$?
    jobs -p >"$here/jobs" # dash knows no jobs inside of $(...)
    while read -r pid; do
        kill -9 "$pid" 2>/dev/null || true
    done <"$here/jobs"
    if [ "$code" -ne 0 ]; then
        echo "FAILED in $here; the events:"
        for store in ./*.db; do
            query "$store" 'SELECT time, text FROM event ORDER BY id DESC LIMIT 40' || true
        done
        tail -n 20 ./*.log 2>/dev/null || true
    else
        rm -rf "$here"
    fi
    exit "$code"
}
trap finish EXIT

fail() {
    echo "$*" >&2
    exit 1
}

# same WHAT GOT WANT
same() {
    [ "$2" = "$3" ] || fail "$1: got '$2', want '$3'"
}

query() {
    sqlite3 -readonly "$1" "$2"
}
