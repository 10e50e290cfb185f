#!/bin/sh
# A worker is told to leave in the middle of a trial (SIGTERM, as a cloud's notice does): the script
# saves, exits, and another worker goes on from its checkpoint. No step is computed twice.
. "$(dirname "$0")/lib.sh"
mkfifo begun go
cat >objective.sh <<'END'
cd "$TIDEMILL_CHECKPOINT_DIR" || exit 1
step=0
test "$TIDEMILL_RESUME" = 0 || step=$(cat step)
while [ $step -lt 6 ]; do
    step=$((step + 1))
    echo "$TIDEMILL_ATTEMPT $step" >>"$here/witness.txt"
    echo $step >step.new && mv step.new step
    echo '{"step":'$step',"metrics":{"loss":'$((10 - step))'}}' >>"$TIDEMILL_REPORT"
    echo '{"checkpoint":'$step'}' >>"$TIDEMILL_REPORT"
    if [ "$TIDEMILL_ATTEMPT$step" = 13 ]; then
        echo "$step" >"$here/begun"
        until [ -e "$TIDEMILL_NOTICE" ]; do sleep 0.02; done
        IFS= read -r notice <"$TIDEMILL_NOTICE" # no command of its own: the signal may end it
        echo "$notice" >"$here/notice.json"
        exit 75
    fi
done
echo '{"final":true}' >>"$TIDEMILL_REPORT"
END
cat >spec.yaml <<END
name: resume
command: [sh, objective.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 1}
environment: {env: {here: $here}}
preemption: {signal: SIGUSR1, grace: 20s}
END
sed -i '1i trap : USR1' objective.sh
exec 3<>begun
serve
join first
first=$joined
"$tidemill" submit spec.yaml --store s.db
read -r line <&3
kill -TERM $first
join second
"$tidemill" wait 1 --store s.db
grep -q '"reason"' notice.json || fail "the notice does not say why: $(cat notice.json)"
same steps "$(cut -d' ' -f2 witness.txt | tr '\n' ' ')" '1 2 3 4 5 6 '
same trial "$(query s.db 'SELECT state, value, attempts, restarts, preemptions FROM trial')" \
    'completed|4.0|2|0|1'
# what was saved for an earlier step may hold step 3 already: then it is called by that one
same attempts "$(query s.db 'SELECT group_concat(state), max(from_step) >= 1 FROM attempt')" \
    'preempted,done|1'
[ ! -e s.db.checkpoints/*/1.0 ] || fail 'checkpoints of an ended trial are kept'
