#!/bin/sh
# budget.cost holds with real processes: a search whose trials would cost many times its budget
# begins, is told to leave (notice `budget`) and ends paused within it, and what the rows say it
# cost is what SQL makes of the ledger's times and prices, to the last millionth.
. "$(dirname "$0")/lib.sh"
cat >objective.sh <<'END'
trap 'exit 75' TERM
sleep 600 &
wait $!
END
cat >spec.yaml <<END
name: money
command: [sh, objective.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
search: {algorithm: random}
budget: {trials: 50, cost: 0.4 EUR}
preemption: {grace: 2s}
schedule: {prices: {unit: EUR/h, default: 36.01}}
END
"$tidemill" run spec.yaml --workers 2 --lease 3s --store s.db
same state "$(query s.db "SELECT state || ', ' || reason FROM experiment")" \
    'paused, the budget is used up'
same notices "$(query s.db "SELECT DISTINCT leave FROM attempt")" budget
same over "$(query s.db 'SELECT count(*) FROM cost WHERE cost > budget_cost')" 0
[ "$(query s.db 'SELECT cost_micro > 200000 FROM experiment')" = 1 ] ||
    fail 'less than half of the budget was spent'
ledger_agrees s.db
sed -e '/schedule/d' -e 's/name: money/name: unpriced/' spec.yaml >unpriced.yaml
if "$tidemill" run unpriced.yaml --store u.db 2>err; then
    fail 'a budget of money without prices was taken'
fi
grep -q '6:1: budget.cost: nothing here has a price' err ||
    fail "$(cat err)"
