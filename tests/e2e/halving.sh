#!/bin/sh
# early_stopping: asha. Trials stop at rungs, the best go on from their checkpoints: no step of a
# trial is computed twice, far fewer steps are computed than full training takes, and the best
# trial is one that was trained to the end.
. "$(dirname "$0")/lib.sh"
cat >objective.sh <<'END'
cd "$TIDEMILL_CHECKPOINT_DIR" || exit 1
step=0
test "$TIDEMILL_RESUME" = 0 || step=$(cat step)
while [ $step -lt "$2" ]; do
    step=$((step + 1))
    echo "$TIDEMILL_TRIAL $step" >>"$here/witness.txt"
    echo $step >step.new && mv step.new step
    loss=$(awk -v x="$1" -v s=$step 'BEGIN { print (x - 0.6) * (x - 0.6) + 1 / s }')
    echo '{"step":'$step',"metrics":{"loss":'"$loss"'}}' >>"$TIDEMILL_REPORT"
    echo '{"checkpoint":'$step'}' >>"$TIDEMILL_REPORT"
done
echo '{"final":true}' >>"$TIDEMILL_REPORT"
END
cat >spec.yaml <<END
name: halving
command: [sh, objective.sh, "{x}", "{epochs}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
fidelity: {name: epochs, min: 1, max: 9}
early_stopping: {algorithm: asha, eta: 3}
budget: {trials: 18}
environment: {env: {here: $here}}
END
"$tidemill" run spec.yaml --workers 2 --store s.db
same states "$(query s.db "SELECT count(*) FROM trial WHERE state IN ('completed', 'pruned')")" 18
[ "$(query s.db "SELECT count(*) FROM trial WHERE state = 'completed'")" -ge 1 ] ||
    fail 'no trial was trained to the end'
same repeated "$(sort witness.txt | uniq -d | head -n 1)" ''
steps=$(wc -l <witness.txt)
[ "$steps" -le 81 ] || fail "$steps steps of 162 were computed: half should do"
same resumed "$(query s.db 'SELECT count(*) FROM attempt WHERE number > 1 AND from_step = 0')" 0
same best "$(query s.db "SELECT trial FROM attempt WHERE state = 'done' AND last_step = 9
    AND trial = (SELECT number FROM trial ORDER BY value IS NULL, value LIMIT 1)" | wc -l)" 1
