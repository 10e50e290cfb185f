#!/bin/sh
# Checkpoints without a shared path: workers with keys and state folders of their own, as on several
# machines. The first is killed with -9 in the middle of a trial; the second goes on from the
# checkpoint that the coordinator keeps. Those that rot on the coordinator's disk are not used: the
# trial goes on from the newest of the three that it keeps which can be loaded. What a trial kept
# goes with it.
. "$(dirname "$0")/lib.sh"
mkfifo begun
cat >objective.sh <<'END'
cd "$TIDEMILL_CHECKPOINT_DIR" || exit 1
step=0
test "$TIDEMILL_RESUME" = 0 || step=$(cat step)
echo "attempt $TIDEMILL_ATTEMPT from $step" >>"$here/witness.txt"
while [ $step -lt 6 ]; do
    step=$((step + 1))
    head -c 3000000 /dev/urandom >weights.new && mv weights.new weights
    echo $step >step.new && mv step.new step
    echo '{"step":'$step',"metrics":{"loss":'$((10 - step))'}}' >>"$TIDEMILL_REPORT"
    echo '{"checkpoint":'$step'}' >>"$TIDEMILL_REPORT"
    saved=$(dirname "$TIDEMILL_REPORT")/report.saved
    until grep -qs '"step":'$step',' "$saved"; do sleep 0.02; done
    grep -q true "$saved" || exit 1
    if [ "$TIDEMILL_ATTEMPT$step" = 12 ] || [ "$TIDEMILL_ATTEMPT$step" = 25 ]; then
        echo "$step" >"$here/begun"
        exec sleep 1000
    fi
done
echo '{"final":true}' >>"$TIDEMILL_REPORT"
END
cat >spec.yaml <<END
name: carried
command: [sh, $here/objective.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 1}
checkpoint: {keep: 3}
environment: {env: {here: $here}}
END
exec 3<>begun
keys first second third
serve --keys keys --lease 2s

# recorded STEP: waits until the store has that checkpoint
recorded() {
    until [ "$(query s.db 'SELECT max(step) FROM checkpoint')" = "$1" ]; do sleep 0.02; done
}

enter first
first=$joined
ask submit spec.yaml
read -r line <&3
recorded 2
crash $first
enter second
second=$joined
read -r line <&3
recorded 5
same 'where they are' "$(query s.db 'SELECT DISTINCT location FROM checkpoint')" coordinator:
same 'how many the coordinator keeps' "$(find s.db.objects/1/0 -type f | wc -l)" 3
for step in 4 5; do
    object=$(query s.db "SELECT hash FROM checkpoint WHERE step = $step")
    printf 'rot' | dd of="s.db.objects/1/0/$object" conv=notrunc bs=1 seek=1000000 2>/dev/null
done
crash $second
enter third
"$tidemill" wait 1 --store s.db
same witness "$(cat witness.txt)" "attempt 1 from 0
attempt 2 from 2
attempt 5 from 3"
same trial "$(query s.db 'SELECT state, value, restarts FROM trial')" 'completed|4.0|0'
same attempts "$(query s.db 'SELECT group_concat(state), group_concat(cause) FROM attempt')" \
    'lost,lost,failed,failed,done|none,none,bad_checkpoint,bad_checkpoint,exit'
same spoiled "$(query s.db 'SELECT step, spoiled_by FROM checkpoint
    WHERE spoiled_by IS NOT NULL ORDER BY step')" \
    '4|4
5|3'
[ ! -e s.db.objects/1 ] || fail 'objects of an ended trial are kept'
