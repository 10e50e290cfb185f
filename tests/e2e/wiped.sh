#!/bin/sh
# Checkpoints without keys: the worker is on the coordinator's machine, and its checkpoints lie
# beside the store. It is killed with -9, and everything it had is removed, its results, its copy
# of the workdir and the trial's own folder: the next worker goes on from the last checkpoint.
. "$(dirname "$0")/lib.sh"
mkfifo begun
cat >objective.sh <<'END'
cd "$TIDEMILL_CHECKPOINT_DIR" || exit 1
step=0
test "$TIDEMILL_RESUME" = 0 || step=$(cat step)
echo "attempt $TIDEMILL_ATTEMPT from $step" >>"$here/witness.txt"
while [ $step -lt 4 ]; do
    step=$((step + 1))
    echo $step >step.new && mv step.new step
    echo '{"step":'$step',"metrics":{"loss":'$((10 - step))'},"checkpoint":'$step'}' \
        >>"$TIDEMILL_REPORT"
    saved=$(dirname "$TIDEMILL_REPORT")/report.saved
    until grep -qs '"step":'$step',"saved":true' "$saved"; do sleep 0.02; done
    if [ "$TIDEMILL_ATTEMPT$step" = 12 ]; then
        echo "$step" >"$here/begun"
        exec sleep 1000
    fi
done
echo '{"final":true}' >>"$TIDEMILL_REPORT"
END
cat >spec.yaml <<END
name: wiped
command: [sh, $here/objective.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 1}
environment: {env: {here: $here}}
END
exec 3<>begun
serve --lease 2s
join first
"$tidemill" submit spec.yaml --store s.db
read -r line <&3
reached 'SELECT max(step) FROM checkpoint' 2
crash $joined
rm -rf first
join second
"$tidemill" wait 1 --store s.db
same witness "$(cat witness.txt)" 'attempt 1 from 0
attempt 2 from 2'
same trial "$(query s.db 'SELECT state, value, restarts FROM trial')" 'completed|6.0|0'
same 'where they were' "$(query s.db "SELECT count(DISTINCT location), min(location LIKE
    'file:$here/s.db.%') FROM checkpoint WHERE attempt = 1")" '2|1'
