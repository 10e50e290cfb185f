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

# serve OPTION...: a coordinator of s.db on loopback, once it serves: its process is $coordinator,
# its address $endpoint, its log serve.log. Called again, it takes the same address.
serve() {
    rm -f served # the reader of an earlier one must not read of this one
    mkfifo served
    "$tidemill" serve --store s.db --listen "${endpoint:-tcp://127.0.0.1:*}" "$@" 2>served &
    coordinator=$!
    exec 4<served
    while read -r said <&4; do
        echo "$said" >>serve.log
        case $said in *event=serving*) break ;; esac
    done
    endpoint=$(sed -n 's/.*event=serving.*endpoint=\([^ ]*\).*/\1/p' serve.log | tail -n 1)
    [ -n "$endpoint" ] || fail 'it does not serve'
    (exec cat <&4 >>serve.log) & # somebody always reads: a line of its log must not end it
}

# join NAME OPTION...: a worker of that coordinator; its process is $joined, its log NAME.log.
join() {
    name=$1
    shift
    "$worker" --keys s.db.run --name "$name" --state "$name" --allow-root "$@" 2>"$name.log" &
    joined=$!
}
