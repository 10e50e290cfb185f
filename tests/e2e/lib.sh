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
    # machines that a hook launched are no jobs: they are known by where their state is
    grep -ls -- "$here/" /proc/[0-9]*/cmdline 2>/dev/null | cut -d/ -f3 >>"$here/jobs" || true
    while read -r pid; do
        kill -9 "$pid" 2>/dev/null || true
    done <"$here/jobs"
    if [ "$code" -ne 0 ]; then
        echo "FAILED in $here; the events:"
        for store in ./*.db; do
            [ -e "$store" ] || continue
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

# crash PROCESS: ends it with -9, and waits for that: until it has ended it holds its locks
crash() {
    kill -9 "$1"
    wait "$1" 2>/dev/null || true
}

# serve OPTION...: a coordinator of s.db on loopback, once it serves: its process is $coordinator,
# its address $endpoint, its log serve.log. Called again, it takes the same address.
serve() {
    rm -f served # the reader of an earlier one must not read of this one
    mkfifo served
    "$tidemill" serve --store s.db --listen "${endpoint:-tcp://127.0.0.1:*}" "$@" 2>served &
    coordinator=$!
    exec 4<served
    endpoint=
    while [ -z "$endpoint" ] && read -r said <&4; do
        echo "$said" >>serve.log
        endpoint=$(echo "$said" | sed -n 's/.*event=serving.*endpoint=\([^ ]*\).*/\1/p')
    done
    [ -n "$endpoint" ] || fail "it does not serve: $said"
    (exec cat <&4 >>serve.log) & # somebody always reads: a line of its log must not end it
}

# join NAME OPTION...: a worker of that coordinator; its process is $joined, its log NAME.log.
join() {
    name=$1
    shift
    "$worker" --keys s.db.run --name "$name" --state "$name" --allow-root "$@" 2>"$name.log" &
    joined=$!
}

# Between machines, with keys: `keys NAME...`, then `serve --keys keys`, and the next two.

# keys NAME...: secrets of workers with these names, and of the operator `me`.
keys() {
    for name; do
        "$tidemill" keygen worker "$name" --keys keys >/dev/null 2>&1
    done
    "$tidemill" keygen operator me --keys keys >/dev/null 2>&1
}

# enter NAME OPTION...: a worker as on a machine of its own; its process is $joined, its log
# NAME.log.
enter() {
    name=$1
    shift
    "$worker" --connect "$endpoint" --key "$name.key" --server-key keys/server.pub \
        --state "$name" --allow-root "$@" 2>"$name.log" &
    joined=$!
}

# ask VERB...: as the operator, over the network
ask() {
    verb=$1
    shift
    "$tidemill" "$verb" "$@" --connect "$endpoint" --key me.key --server-key keys/server.pub
}

# at DATE: turns the clock of serve --test-clock clock to that moment, in one move.
at() {
    date -u -d "$1" +%s000 >clock.new
    mv clock.new clock
}

# reached SQL WANT: until the store says so.
reached() {
    until [ "$(query s.db "$1")" = "$2" ]; do sleep 0.02; done
}

# ledger_agrees STORE: recomputes the ledger in SQL, from times and prices alone: every entry to the
# last millionth (a half goes to the even one), attempts and experiments as the sums of theirs, and
# no time of a worker twice.
ledger_agrees() {
    same 'entries that cost something else' "$(query "$1" "SELECT count(*) FROM (
        SELECT n.slots, n.cost_micro, n.price_micro *
            CAST(round((julianday(n.ended) - julianday(n.started)) * 86400000) AS INTEGER) AS whole,
            3600000 * w.slots AS part
        FROM entry AS n JOIN worker AS w ON w.id = n.worker JOIN pool AS p ON p.id = n.pool
        WHERE p.power_watt IS NULL)
        WHERE cost_micro <> slots * (whole / part + (2 * (whole % part) > part
            OR (2 * (whole % part) = part AND whole / part % 2 = 1)))")" 0
    same 'entries at another price' "$(query "$1" "SELECT count(*) FROM entry AS n
        WHERE n.price_micro <> (SELECT price_micro FROM price AS c WHERE c.pool = n.pool
            AND c.start <= n.started ORDER BY c.start DESC LIMIT 1)
        OR EXISTS (SELECT 1 FROM price AS c WHERE c.pool = n.pool AND c.start > n.started
            AND c.start < n.ended AND c.price_micro <> n.price_micro)")" 0
    same 'attempts that are no sum' "$(query "$1" "SELECT count(*) FROM attempt AS a
        WHERE cost_micro <> (SELECT coalesce(sum(cost_micro), 0) FROM entry
            WHERE experiment = a.experiment AND trial = a.trial AND attempt = a.number)")" 0
    same 'experiments that are no sum' "$(query "$1" "SELECT count(*) FROM experiment AS e
        WHERE cost_micro <> (SELECT coalesce(sum(cost_micro), 0) FROM entry
            WHERE experiment = e.id)")" 0
    same 'time counted twice' "$(query "$1" "SELECT count(*) FROM entry AS a
        JOIN entry AS b ON b.worker = a.worker JOIN worker AS w ON w.id = a.worker
        WHERE w.slots = 1 AND b.id > a.id AND b.started < a.ended AND a.started < b.ended")" 0
}
