#!/bin/sh
# A worker of another process is killed with -9 in the middle of a trial: the trial is run again
# after the lease, and counts once.
. "$(dirname "$0")/lib.sh"
mkfifo begun
cat >objective.sh <<'END'
echo "$TIDEMILL_TRIAL $TIDEMILL_ATTEMPT" >begun
test "$TIDEMILL_ATTEMPT" = 2 || exec sleep 1000
echo "loss=$1"
END
cat >spec.yaml <<END
name: killed
command: [sh, objective.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 1}
END
exec 3<>begun
serve --lease 2s
join first
first=$joined
"$tidemill" submit spec.yaml --store s.db
read -r line <&3
same 'first attempt' "$line" '1.0 1'
crash $first
join second
read -r line <&3
same 'second attempt' "$line" '1.0 2'
"$tidemill" wait 1 --store s.db
same trial "$(query s.db 'SELECT state, attempts, restarts, preemptions FROM trial')" \
    'completed|2|0|1'
same attempts "$(query s.db 'SELECT group_concat(state) FROM attempt')" 'lost,done'
