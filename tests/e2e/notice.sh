#!/bin/sh
# A notice of each cloud, through the real programs: `--notice auto` finds out by itself where it
# is; on the notice the trial saves 200 MB, which are durable on the coordinator, over the encrypted
# link, before 25 s have passed; another worker goes on at once; no restart is used up, and the row
# says how much was lost. Prints the times. 200 MB with TIDE_LONG=1, otherwise a tenth of it.
metadata=$(cd "$(dirname "$0")" && pwd)/metadata.py
. "$(dirname "$0")/lib.sh"
[ "${TIDE_LONG:-}" = 1 ] && bytes=200000000 || bytes=20000000
cat >objective.sh <<'END'
trap '' TERM
cd "$TIDEMILL_CHECKPOINT_DIR" || exit 1
if [ "$TIDEMILL_RESUME" = 1 ]; then
    [ "$(stat -c %s weights)" = "$bytes" ] || exit 1
    echo "loss=$1"
    exit 0
fi
echo "$TIDEMILL_TRIAL" >"$here/begun"
until [ -e "$TIDEMILL_NOTICE" ]; do sleep 0.05; done
head -c "$bytes" /dev/urandom >weights.new
mv weights.new weights
exit 75
END

# ms SQL: of two columns of time, the milliseconds between them
ms() {
    query s.db "SELECT CAST(round((julianday(b) - julianday(a)) * 86400000) AS INTEGER) FROM ($1)"
}

leaves() {
    cloud=$1
    mkdir "$cloud"
    cd "$cloud"
    mkfifo begun
    exec 3<>begun
    keys spot other
    endpoint=
    serve --keys keys
    python3 "$metadata" "$cloud" "$PWD/flag" port &
    until [ -e port ]; do sleep 0.05; done
    cat >spec.yaml <<END
name: $cloud
command: [sh, $here/objective.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 1}
retry: {max_restarts: 0}
environment: {env: {here: $PWD, bytes: "$bytes"}}
END
    ask submit spec.yaml >/dev/null 2>&1
    started=$(date +%s%N)
    enter spot --notice auto --notice-url "http://127.0.0.1:$(cat port)"
    spot=$joined
    until grep -q "cloud $cloud" spot.log; do sleep 0.02; done
    found=$(((($(date +%s%N) - started)) / 1000000))
    read -r line <&3
    enter other
    until [ "$(query s.db 'SELECT count(*) FROM worker WHERE connected')" = 2 ]; do sleep 0.05; done
    touch flag
    code=0
    wait $spot || code=$?
    same 'exit code of a worker that leaves' $code 75
    "$tidemill" wait 1 --store s.db >/dev/null 2>&1
    same trial "$(query s.db 'SELECT state, restarts, preemptions FROM trial')" 'completed|0|1'
    same attempts "$(query s.db 'SELECT group_concat(state) FROM attempt')" 'preempted,done'
    same workers "$(query s.db 'SELECT count(DISTINCT worker) FROM attempt')" 2
    saved=$(ms "SELECT e.time AS a, c.created AS b FROM event AS e, checkpoint AS c
        WHERE e.kind = 'worker_draining' AND c.attempt = 1 ORDER BY e.id LIMIT 1")
    again=$(ms "SELECT max(c.created, a.ended) AS a, b.offered AS b FROM checkpoint AS c,
        attempt AS a, attempt AS b WHERE c.attempt = 1 AND a.number = 1 AND b.number = 2")
    echo "$cloud: found out after $found ms; $bytes bytes durable $saved ms after the notice;" \
        "offered again $again ms later; lost $(query s.db 'SELECT lost_ms FROM trial') ms"
    [ "$saved" -lt 25000 ] || fail "$cloud: durable only after $saved ms"
    [ "$again" -lt 2000 ] || fail "$cloud: requeued only after $again ms"
    kill $coordinator
    wait $coordinator || true
    cd ..
}
for cloud in aws gcp azure; do
    leaves $cloud
done
