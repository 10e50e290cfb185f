#!/bin/sh
# A shell that holds BEGIN IMMEDIATE on the store: the coordinator says which process it is, renews
# leases, holds results back, and after half a minute tells operators so at once; when the shell
# ends, it carries on: nothing is lost, nobody ran twice, nothing was restarted.
. "$(dirname "$0")/lib.sh"
mkfifo ready shell begun
exec 3<>ready 4<>begun
"$tidemill" serve --store s.db --lease 4s --listen 'tcp://127.0.0.1:*' 2>ready &
coordinator=$!
sed '/event=serving/q' <&3 >/dev/null
(cat <&3 >serve.log) &
cat >objective.sh <<'END'
echo "$TIDEMILL_TRIAL $TIDEMILL_ATTEMPT" >>"$here/witness.txt"
echo "$TIDEMILL_TRIAL" >"$here/begun"
until [ -e "$here/go" ]; do sleep 0.1; done
echo "loss=$1"
END
cat >spec.yaml <<END
name: lock
command: [sh, $here/objective.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 2}
environment: {env: {here: $here}}
END
"$worker" --keys s.db.run --name only --state only --allow-root --slots 2 2>worker.log &
"$tidemill" submit spec.yaml --store s.db 2>/dev/null
read -r line <&4
read -r line <&4

# said PATTERN: waits until the coordinator's log has it
said() {
    until grep -q "$1" serve.log; do sleep 0.1; done
}

stdbuf -oL sqlite3 s.db <shell >locked.txt &
sqlite=$!
exec 5>shell
echo 'BEGIN IMMEDIATE; SELECT 1;' >&5
until [ -s locked.txt ]; do sleep 0.1; done
touch go # both results come while nothing can be recorded
said "event=store_waits.*holder=$sqlite"
said "event=store_degraded.*holder=$sqlite"
code=0
"$tidemill" pause 1 --store s.db >refused.txt 2>&1 || code=$?
same 'exit code of a refusal' $code 1
grep -q "nothing can be recorded now.*process $sqlite" refused.txt ||
    fail "an operator is told: $(cat refused.txt)"
same 'results while the store is held' \
    "$(query s.db "SELECT count(*) FROM trial WHERE state = 'completed'")" 0
exec 5>&-
wait $sqlite
said event=store_goes_on
"$tidemill" wait lock --store s.db >/dev/null 2>&1
kill -0 $coordinator || fail 'the coordinator has ended'
same starts "$(query s.db 'SELECT incarnation FROM meta')" 1
same attempts "$(query s.db "SELECT count(*), sum(state = 'done') FROM attempt")" '2|2'
same runs "$(sort witness.txt | uniq -c | awk '{ print $1 }' | tr '\n' ' ')" '1 1 '

# a coordinator that is started while a shell is in the way waits for it, for a while
crash $coordinator
: >locked.txt
stdbuf -oL sqlite3 s.db <shell >locked.txt &
sqlite=$!
exec 5>shell
echo 'BEGIN IMMEDIATE; SELECT 1;' >&5
until [ -s locked.txt ]; do sleep 0.1; done
"$tidemill" serve --store s.db --lease 4s --listen 'tcp://127.0.0.1:*' \
    2>second.log 5>&- &
coordinator=$!
until grep -qs 's.db-shm' /proc/$coordinator/maps; do # it has opened the store, and waits
    kill -0 $coordinator || fail "a start did not wait: $(cat second.log)"
done
exec 5>&-
wait $sqlite
until grep -q event=serving second.log; do
    kill -0 $coordinator || fail "a start did not wait: $(cat second.log)"
    sleep 0.1
done
same 'starts in the end' "$(query s.db 'SELECT incarnation FROM meta')" 2
