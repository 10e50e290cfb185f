#!/bin/sh
# A coordinator with configured keys, as on several machines: a worker and an operator with files
# from keygen do their work, everybody else is refused with the exit code that says so.
. "$(dirname "$0")/lib.sh"

# exits WHAT CODE COMMAND...: its exit code, its words in refused.log
exits() {
    what=$1
    want=$2
    shift 2
    code=0
    "$@" >refused.log 2>&1 || code=$?
    same "$what" "$code" "$want"
}

# said WHAT PATTERN
said() {
    grep -q "$2" refused.log || fail "$1 is told: $(cat refused.log)"
}

keys spot-a3
same 'mode of a secret' "$(stat -c %a spot-a3.key) $(stat -c %a keys/server.key)" '600 600'
exits 'a name that has a key' 1 "$tidemill" keygen worker spot-a3 --keys keys -o other.key
[ ! -e other.key ] || fail 'a secret that nobody knows'

serve --keys keys

cat >spec.yaml <<END
name: keys
command: [sh, -c, "echo loss=0.5"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 5}
END
enter spot-a3
ask submit spec.yaml >/dev/null
"$tidemill" wait keys --store s.db >/dev/null 2>&1
same trials "$(query s.db "SELECT count(*) FROM trial WHERE state = 'completed'")" 5
same worker "$(query s.db 'SELECT DISTINCT name FROM worker')" spot-a3

"$tidemill" keygen operator stranger --keys elsewhere >/dev/null 2>&1
exits 'an unknown key' 4 "$tidemill" pause 1 --connect "$endpoint" --key stranger.key \
    --server-key keys/server.pub
said 'an unknown key' 'does not know this key'
exits 'another server key' 4 "$tidemill" pause 1 --connect "$endpoint" --key me.key \
    --server-key elsewhere/server.pub
said 'another server key' 'does not have the server key'
exits "a worker's key" 4 "$tidemill" pause 1 --connect "$endpoint" --key spot-a3.key \
    --server-key keys/server.pub
said "a worker's key" "not for the role 'worker'"
chmod 644 me.key
exits 'a secret that others may read' 4 ask pause 1
said 'a secret that others may read' 'chmod 600'
chmod 600 me.key
rm keys/operator/me.pub
exits 'a revoked key' 4 ask pause 1
exits 'an address beyond loopback without keys' 1 "$tidemill" serve --store t.db \
    --listen 'tcp://0.0.0.0:*'
said 'an address beyond loopback without keys' keygen

# a machine that has only a token: one worker, which finds its key again at the next start
"$tidemill" keygen enrol batch --expires 1h --keys keys >/dev/null 2>&1
[ "$(stat -c %a batch.token)" = 600 ] || fail 'a token that others may read'
enrolled() {
    "$worker" --connect "$endpoint" --token batch.token --name "$1" --state "$2" --allow-root \
        --exit-when-idle 1s
}
kill $joined
wait $joined || true
enrolled spot-b7 state-b7 2>enrol.log
[ -f keys/worker/spot-b7.pub ] || fail 'the worker has no key'
[ ! -e keys/enrol/batch.pub ] || fail 'the token is good a second time'
enrolled spot-b7 state-b7 2>enrol.log
same 'enrolled workers' "$(query s.db "SELECT count(*) FROM worker WHERE name = 'spot-b7'")" 1
code=0
enrolled thief state-thief 2>refused.log || code=$?
[ $code -ne 0 ] || fail 'a used token'

kill $coordinator
wait $coordinator
exits 'nobody there' 5 "$tidemill" pause 1 --connect "$endpoint" --key stranger.key \
    --server-key keys/server.pub
