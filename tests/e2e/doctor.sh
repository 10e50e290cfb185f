#!/bin/sh
# doctor finds nothing bad where nothing is, and each thing that is: a coordinator that does not
# answer, a shell that holds the store, a secret that others may read, a damaged page, no store.
. "$(dirname "$0")/lib.sh"
mkfifo ready shell
exec 3<>ready
if grep -q __asan_init "$tidemill"; then # what it reserves is beyond any bound
    bound=unlimited verdict='[a-z]*' may='may take '
else
    bound=4194304 verdict=good may='may take 4.0 GiB'
fi
(ulimit -v $bound && exec "$tidemill" serve --store s.db --listen 'tcp://127.0.0.1:*') 2>ready &
coordinator=$!
sed '/event=serving/q' <&3 >/dev/null

# finds CODE VERDICT CHECK PATTERN [OPTION...]: its exit code, and the finding among its lines
finds() {
    want=$1
    pattern="^$2 *$3 .*$4"
    shift 4
    code=0
    "$tidemill" doctor --store s.db "$@" >doctor.txt 2>&1 || code=$?
    same "exit code for '$pattern'" $code "$want"
    grep -q -- "$pattern" doctor.txt || fail "no '$pattern' in: $(cat doctor.txt)"
}

finds 0 good coordinator 'it answers'
finds 0 good lock "process $coordinator has the store"
finds 0 "$verdict" memory "process $coordinator $may"
finds 0 good pages 'reference in order' --full
same 'nothing bad' "$(grep -c '^bad' doctor.txt || true)" 0

stdbuf -oL sqlite3 s.db <shell >locked.txt &
shell=$!
exec 5>shell
echo 'BEGIN IMMEDIATE; SELECT 1;' >&5
until [ -s locked.txt ]; do sleep 0.02; done
finds 1 bad writer 'holds the write lock'
exec 5>&-
wait $shell

chmod 644 s.db.run/server.key
finds 1 bad keys 'chmod 600'
chmod 600 s.db.run/server.key
chmod 777 s.db.run/worker
finds 1 bad keys 'open to others'
chmod 700 s.db.run/worker

kill -STOP $coordinator
finds 1 bad coordinator 'answer'
kill -CONT $coordinator
kill $coordinator
wait $coordinator || true
finds 0 note coordinator 'none runs'
python3 - <<'END'
with open("s.db", "r+b") as store:
    store.seek(4096 * 3)
    store.write(b"x" * 4096)
END
finds 1 bad pages 'damaged'
rm s.db
finds 1 bad store 'no store'
same json "$("$tidemill" doctor --store s.db --json 2>/dev/null |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["healthy"])')" False
