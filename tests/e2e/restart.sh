#!/bin/sh
# kill -9 of the coordinator in the middle, twice: started again on the same store it finishes the
# search, with exactly the budgeted number of trials, and no trial that had finished is run again.
# The witness file is written by the trials themselves.
. "$(dirname "$0")/lib.sh"
mkfifo begun
cat >objective.sh <<'END'
echo "$TIDEMILL_TRIAL $TIDEMILL_ATTEMPT" >>witness.txt
echo "$TIDEMILL_TRIAL" >begun
echo "loss=$1"
END
cat >spec.yaml <<END
name: restart
command: [sh, objective.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 24}
END
exec 3<>begun # held open, so that a trial whose reader was killed does not wait for ever

# run_until N: runs, and kills the coordinator with -9 when N more trials have begun
run_until() {
    "$tidemill" run spec.yaml --workers 3 --store s.db &
    pid=$!
    for _ in $(seq "$1"); do
        read -r line <&3
    done
    crash $pid
    query s.db "SELECT number, value FROM trial WHERE state = 'completed'" >finished-"$1".txt
}
run_until 7
run_until 8
[ "$(wc -l <finished-8.txt)" -lt 24 ] || fail 'the search ended before it was killed'
"$tidemill" run spec.yaml --workers 3 --store s.db
same state "$(query s.db 'SELECT state FROM experiment')" completed
same experiments "$(query s.db 'SELECT count(*) FROM experiment')" 1
same trials "$(query s.db 'SELECT count(*), min(number), max(number) FROM trial')" '24|0|23'
same completed "$(query s.db "SELECT count(*) FROM trial WHERE state = 'completed'")" 24
same points "$(query s.db 'SELECT count(DISTINCT params) FROM trial')" 24
query s.db 'SELECT number, value FROM trial ORDER BY number' >all.txt
for before in finished-7.txt finished-8.txt; do
    while read -r row; do
        grep -qx "$row" all.txt || fail "the result $row has changed"
    done <$before
done
# after an attempt whose result was recorded in time, nothing was started (a late one may cross a
# new attempt: rule R7)
query s.db "SELECT '1.' || trial, max(number) FROM attempt
    WHERE state = 'done' AND late = 0 GROUP BY trial" |
    tr '|' ' ' >done.txt
while read -r trial attempt; do
    last=$(grep "^$trial " witness.txt | sort -k2n | tail -n 1 | cut -d' ' -f2)
    [ "$last" -le "$attempt" ] || fail "trial $trial ran again after its result"
done <done.txt
