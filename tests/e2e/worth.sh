#!/bin/sh
# stop: a search of a smooth bowl ends, completed, long before its budget, because the model expects
# no improvement worth another trial, and why says so; without the rule it goes on to its budget.
. "$(dirname "$0")/lib.sh"
cat >objective.sh <<'END'
awk -v x="$1" -v y="$2" 'BEGIN { printf "loss=%.15g\n", (x - 0.3) ^ 2 + 2 * (y - 0.6) ^ 2 }'
END
cat >spec.yaml <<END
name: worth
command: [sh, objective.sh, "{x}", "{y}"]
parameters:
  x: {type: float, min: 0, max: 1}
  y: {type: float, min: 0, max: 1}
objective: {metric: loss, direction: minimize}
search: {seed: 1, acquisition: per_cost}
stop: {improvement_below: 0.001, confidence: 0.9}
budget: {trials: 60}
END
"$tidemill" check spec.yaml >check.txt 2>&1
! grep -q 'not in force' check.txt || fail "$(cat check.txt)"
"$tidemill" run spec.yaml --workers 1 --store s.db
same reason "$(query s.db 'SELECT state, reason FROM experiment')" \
    'completed|no improvement worth another trial is to be expected'
trials=$(query s.db 'SELECT count(*) FROM trial')
[ "$trials" -ge 5 ] && [ "$trials" -lt 60 ] || fail "$trials trials"
same 'a good end' "$(query s.db 'SELECT min(value) < 0.002 FROM trial')" 1
"$tidemill" why 1 --store s.db >why.txt
grep -q 'no improvement worth another trial' why.txt || fail "$(cat why.txt)"
