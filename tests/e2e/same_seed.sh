#!/bin/sh
# The same spec, seed and one worker give the same trials, bit for bit; another seed does not.
. "$(dirname "$0")/lib.sh"
cat >objective.sh <<'END'
awk -v x="$1" -v n="$2" 'BEGIN { x -= 0.3; n -= 7; printf "loss=%.15g\n", x * x + n * n / 100 }'
END
spec() {
    cat <<END
name: same
command: [sh, objective.sh, "{x}", "{n}"]
parameters:
  x: {type: float, min: 0, max: 1}
  n: {type: int, min: 1, max: 64, log: true}
objective: {metric: loss, direction: minimize}
search: {seed: $1}
budget: {trials: 20}
END
}
spec 5 >five.yaml
spec 6 >six.yaml
for store in one two; do
    "$tidemill" run five.yaml --workers 1 --store $store.db
done
"$tidemill" run six.yaml --workers 1 --store three.db
for store in one two three; do
    query $store.db 'SELECT number, value, params FROM trial ORDER BY number' >$store.txt
done
same trials "$(wc -l <one.txt)" 20
cmp one.txt two.txt || fail 'two runs of one seed differ'
! cmp -s one.txt three.txt || fail 'two seeds give the same trials'
same 'a good end' "$(query one.db 'SELECT min(value) < 0.001 FROM trial')" 1
