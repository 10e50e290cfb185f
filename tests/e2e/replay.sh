#!/bin/sh
# Every suggestion of a search with a model, parallel workers, failed trials and a coordinator
# killed in the middle is computed again by `replay`, bit for bit; and a suggestion that somebody
# changed is found, alone.
. "$(dirname "$0")/lib.sh"
mkfifo begun
cat >objective.sh <<'END'
echo "$TIDEMILL_TRIAL" >begun
case $3 in c) exit 65 ;; esac
test "$TIDEMILL_TRIAL" != 1.3 || exit 1
awk "BEGIN { print \"loss=\" ($1 - 0.3) ^ 2 + ($2 - 4) ^ 2 / 100 }"
END
cat >spec.yaml <<END
name: replay
command: [sh, $here/objective.sh, "{x}", "{n}", "{kind}"]
parameters:
  x: {type: float, min: 0, max: 1}
  n: {type: int, min: 1, max: 64, log: true}
  kind: {type: categorical, values: [a, b, c]}
objective: {metric: loss, direction: minimize}
search: {initial: 6}
budget: {trials: 24}
retry: {max_restarts: 0}
END
exec 3<>begun # held open, so that a trial whose reader was killed does not wait for ever

# run_killed SPEC STORE N: killed with -9 when N attempts have begun, then run to its end
run_killed() {
    "$tidemill" run "$1" --workers 3 --store "$2" 2>first.log &
    pid=$!
    for _ in $(seq "$3"); do
        read -r line <&3
    done
    crash $pid
    "$tidemill" run "$1" --workers 3 --store "$2" 2>second.log >table.txt
}
run_killed spec.yaml s.db 14

"$tidemill" replay --store s.db >replay.txt || fail "it differs: $(cat replay.txt)"
grep -q 'every one the same, bit for bit' replay.txt || fail "it says: $(cat replay.txt)"
count=$(query s.db "SELECT count(*) FROM suggestion WHERE params IS NOT NULL")
grep -q " $count suggestions" replay.txt || fail "not all $count: $(cat replay.txt)"
[ "$(query s.db "SELECT count(*) FROM suggestion WHERE origin LIKE '%bayes%'")" -gt 8 ] ||
    fail 'too few suggestions of the model to show anything'

# the same of a search that began with the results of that one
sed -e 's/^name: replay/name: warm/' -e 's/trials: 24/trials: 12/' -e 's/initial: 6/initial: 2/' \
    spec.yaml >warm.yaml
echo 'warm_start: [replay]' >>warm.yaml
run_killed warm.yaml s.db 6
"$tidemill" replay 2 --store s.db >replay.txt || fail "it differs: $(cat replay.txt)"

# one that somebody changed: the others were asked for with it, and are still what they were
sqlite3 s.db "UPDATE suggestion SET params = json_set(params, '\$.x', 0.123456789)
    WHERE number = (SELECT max(number) FROM suggestion WHERE params IS NOT NULL)"
code=0
"$tidemill" replay 1 --store s.db --json >replay.json || code=$?
same 'exit code' $code 1
same differences "$(python3 -c 'import json
document = json.load(open("replay.json"))
differences = document["differences"]
print(len(differences), "0.123456789" in differences[0]["stored"])')" '1 True'

# the same of a search whose trials wait at rungs: what they were worth there was known too
cat >rungs.sh <<'END'
echo "$TIDEMILL_TRIAL" >begun
for step in $(seq "$TIDEMILL_BUDGET"); do
    awk "BEGIN { print \"epoch $step loss=\" ($1 - 0.3) ^ 2 + 1 / $step }"
done
END
cat >rungs.yaml <<END
name: rungs
command: [sh, $here/rungs.sh, "{x}", "{epochs}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
search: {initial: 4}
fidelity: {name: epochs, min: 1, max: 9}
early_stopping: {algorithm: asha, eta: 3}
budget: {trials: 24}
END
run_killed rungs.yaml rungs.db 16
[ "$(query rungs.db "SELECT count(*) FROM event WHERE kind = 'rung'")" -gt 20 ] ||
    fail 'too few rungs to show anything'
"$tidemill" replay --store rungs.db >replay.txt || fail "it differs: $(cat replay.txt)"

# the same where values of running trials were known, and the worse half was told to leave
sed -e 's/^name: rungs/name: median/' -e 's/algorithm: asha, eta: 3/algorithm: median/' \
    rungs.yaml >median.yaml
run_killed median.yaml median.db 12
[ "$(query median.db "SELECT count(*) FROM event WHERE kind = 'rung'")" -gt 40 ] ||
    fail 'too few values to show anything'
"$tidemill" replay --store median.db >replay.txt || fail "it differs: $(cat replay.txt)"

# the same where trials failed, were kicked, one of them twice, and ended otherwise; the coordinator
# is killed between a kick and the end that followed
cat >kicked.sh <<'END'
case $TIDEMILL_TRIAL in
1.2) [ -e "$here/mended" ] || exit 1 ;;
1.5) [ -e "$here/mended again" ] || exit 1 ;;
1.7) until [ -e "$here/mended again" ]; do sleep 0.1; done ;;
esac
awk "BEGIN { print \"loss=\" ($1 - 0.3) ^ 2 }"
END
cat >kicked.yaml <<END
name: kicked
command: [sh, $here/kicked.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
search: {initial: 3}
budget: {trials: 30}
retry: {max_restarts: 0}
environment: {env: {here: $here}}
END
# completed N: waits until so many trials are
completed() {
    until [ "$(query s.db "SELECT count(*) FROM trial WHERE state = 'completed'")" -ge "$1" ]; do
        sleep 0.1
    done
}
burials="SELECT count(*) FROM event WHERE kind = 'trial' AND a = 5"
rm -f s.db* && rm -rf s.db.run
serve
join only --slots 3
"$tidemill" submit kicked.yaml --store s.db
completed 9
reached "$burials" 2
touch mended
"$tidemill" kick 1 --store s.db
completed 14
reached "$burials" 3
crash $coordinator
touch 'mended again'
serve
completed 18
"$tidemill" kick 1 --store s.db
"$tidemill" wait 1 --store s.db
same burials "$(query s.db "$burials")" 3
"$tidemill" replay --store s.db >replay.txt || fail "it differs: $(cat replay.txt)"
