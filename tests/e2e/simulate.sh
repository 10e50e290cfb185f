#!/bin/sh
# What a search would have cost: trial lengths come from the store where the search has run before,
# a shorter trial costs less, a store without it says what is missing; thirty days of a hundred
# machines are replayed within two seconds of CPU.
. "$(dirname "$0")/lib.sh"
cat >spec.yaml <<'END'
name: night
command: [echo, "loss={x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
search: {algorithm: random, concurrency: 100}
budget: {trials: 3}
schedule: {timezone: UTC, windows: ["22:00-06:00"], prices: {unit: EUR/h, default: 1}}
END
awk 'BEGIN { print "start,price"; for (h = 0; h < 720; h++)
    printf "2026-11-%02dT%02d:00:00Z,%.2f\n", 1 + h / 24, h % 24, h % 24 < 6 ? 0.1 : 0.3 }' \
    >prices.csv
awk 'BEGIN { print "tick,a,b"; for (t = 0; t < 4320; t++) print t "," (t % 50 > 3) "," (t % 70 > 9)
    }' >spot.csv
if "$tidemill" simulate spec.yaml --prices prices.csv --store s.db 2>err; then
    fail 'it made up a length'
fi
grep -q 'no completed trial of' err || fail "$(cat err)"
sed /schedule/d spec.yaml >now.yaml
"$tidemill" run now.yaml --workers 1 --store s.db >/dev/null
cost() { # cost OPTION...: of our policy
    "$tidemill" simulate spec.yaml --prices prices.csv --json --policy tidemill "$@" >out.json
    sed -n 's/.*"cost": *\([0-9.e+-]*\).*/\1/p' out.json
}
sqlite3 s.db 'UPDATE trial SET useful_ms = 3600000'
long=$(cost --store s.db)
same 'an hour of history' "$long" "$(cost --trial-minutes 60)"
grep -q '"trial_ms": 3600000' out.json || fail "$(cat out.json)"
sqlite3 s.db 'UPDATE trial SET useful_ms = 600000'
short=$(cost --store s.db)
[ "$(echo "$short < $long" | bc)" = 1 ] || fail "ten minutes cost $short, an hour $long"

sed -i 's/trials: 3/trials: 20000/' spec.yaml
(
    ulimit -t 2
    exec "$tidemill" simulate spec.yaml --prices prices.csv --preemptions spot.csv \
        --trial-minutes 60 --on-demand 2 >table.txt
) || fail 'thirty days of a hundred machines take more than two seconds of CPU'
grep -q '^tidemill ' table.txt || fail "$(cat table.txt)"
