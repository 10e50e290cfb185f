#!/bin/sh
# early_stopping: median, judged by the second of two metrics and without a fidelity. Trials that
# are worse than the median of the others at a step hear `pruned` and leave; show says at which step
# and by what; the best trial is trained to the end; the search is told of all of them.
. "$(dirname "$0")/lib.sh"
cat >objective.sh <<'END'
trap '' TERM
step=0
while [ $step -lt 16 ] && [ ! -e "$TIDEMILL_NOTICE" ]; do
    step=$((step + 1))
    loss=$(awk -v x="$1" -v s=$step 'BEGIN { print (x - 0.6) * (x - 0.6) + 1 / s }')
    echo '{"step":'$step',"metrics":{"size":'"$1"',"loss":'"$loss"'}}' >>"$TIDEMILL_REPORT"
    # Each is better than all before it, but the last, which waits to hear that it is not.
    if [ $step = 8 ] && awk -v x="$1" 'BEGIN { exit !(x < 0.2) }'; then
        while [ ! -e "$TIDEMILL_NOTICE" ]; do sleep 0.05; done
    fi
done
[ -e "$TIDEMILL_NOTICE" ] || echo '{"final":true}' >>"$TIDEMILL_REPORT"
[ ! -e "$TIDEMILL_NOTICE" ] || { cat "$TIDEMILL_NOTICE" >>"$here/notices.txt"; exit 75; }
END
cat >spec.yaml <<END
name: median
command: [sh, objective.sh, "{x}"]
parameters: {x: {type: ordinal, values: [0.9, 0.8, 0.75, 0.7, 0.65, 0.6, 0.1]}}
objectives: [{metric: size, direction: minimize}, {metric: loss, direction: minimize}]
early_stopping: {algorithm: median, metric: loss}
search: {algorithm: grid, concurrency: 1}
budget: {trials: 7}
environment: {env: {here: $here}}
END
"$tidemill" check spec.yaml >check.txt 2>&1
! grep -q 'not in force' check.txt || fail "$(cat check.txt)"
"$tidemill" run spec.yaml --workers 1 --store s.db
same pruned "$(query s.db "SELECT state, reason, params->>'x' FROM trial WHERE state = 'pruned'")" \
    'pruned|stopping_rule|0.1'
grep -q '"reason":"pruned"' notices.txt || fail "the notice says: $(cat notices.txt)"
same others "$(query s.db "SELECT count(*) FROM trial WHERE state = 'completed'")" 6
trial=$(query s.db "SELECT id FROM trial WHERE state = 'pruned'")
"$tidemill" show --store s.db "$trial" >show.txt
grep -Eq 'pruned +at step [0-9]+: best [0-9.]+, the median of the others [0-9.]+' show.txt ||
    fail "$(cat show.txt)"
"$tidemill" show --store s.db "$trial" --json >show.json
grep -q '"algorithm": *"median"' show.json || fail "$(cat show.json)"
