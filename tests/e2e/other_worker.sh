#!/bin/sh
# docs/PROTOCOL.md is enough to write a worker: one in Python (other_worker.py), which was written
# from that page, does a whole search with metrics, a failure and a STOP, goes on with a coordinator
# that was killed and started again in the middle of a trial, and leaves when it is drained.
# usage: other_worker.sh BUILD PYTHON
program=$(cd "$(dirname "$0")" && pwd)/other_worker.py
. "$(dirname "$0")/lib.sh"
mkfifo begun go
cat >objective.sh <<'END'
case $TIDEMILL_TRIAL.$TIDEMILL_ATTEMPT in
1.1.1) exit 3 ;;
1.2.1)
    echo "$TIDEMILL_TRIAL" >"$here/begun"
    read -r line <"$here/go"
    ;;
1.3.1)
    echo "$TIDEMILL_TRIAL" >"$here/begun"
    exec sleep 1000
    ;;
esac
echo "loss=0.$TIDEMILL_PARAM_x"
echo "loss=$1"
END
cat >spec.yaml <<END
name: other
command: [sh, objective.sh, "{x}"]
parameters: {x: {type: int, min: 1, max: 9}}
objective: {metric: loss, direction: minimize}
budget: {trials: 5}
retry: {max_restarts: 0}
environment: {env: {here: $here}}
END
exec 3<>begun
# the next RENEW is far away: what wakes the worker after the restart is its RESULT
serve --lease 600s
"$tidemill" submit spec.yaml --store s.db
"$2" "$program" s.db.run snake state 2>snake.log &
snake=$!
read -r line <&3
same 'the trial that waits' "$line" 1.2
crash "$coordinator"
serve --lease 600s
echo on >go
read -r line <&3
same 'the trial that is told to leave' "$line" 1.3
"$tidemill" pause 1 --store s.db
until [ "$(query s.db 'SELECT state FROM trial WHERE number = 3')" = paused ]; do sleep 0.02; done
"$tidemill" resume 1 --store s.db
"$tidemill" wait 1 --store s.db
same trials "$(query s.db "SELECT group_concat(state || attempts, ' ') FROM trial")" \
    'completed1 buried1 completed1 completed2 completed1'
same attempts "$(query s.db "SELECT group_concat(state, ' ') FROM attempt")" \
    'done failed done preempted done done'
same values "$(query s.db "SELECT count(*) FROM trial WHERE value = params->>'x'")" 4
# those of 1.2 came before its HELLO to the new coordinator
same metrics "$(query s.db "SELECT count(*), max(step) FROM metric")" '6|1'
"$tidemill" drain snake --store s.db
wait $snake || fail "the worker ended with $?: $(cat snake.log)"
same connected "$(query s.db 'SELECT connected FROM worker')" 0
