#!/bin/sh
# A second coordinator is started on the store of one that lives (somebody removed the lock): the
# first ends with code 3 at once, though its only worker reports nothing and it has nothing to
# write; it renews no lease any more, and what its worker does then is the second one's.
. "$(dirname "$0")/lib.sh"
mkfifo begun
exec 3<>begun
cat >objective.sh <<'END'
echo "$TIDEMILL_TRIAL $TIDEMILL_ATTEMPT" >>"$here/witness.txt"
echo "$TIDEMILL_TRIAL" >"$here/begun"
until [ -e "$here/go" ]; do sleep 0.1; done
echo "loss=$1"
END
cat >spec.yaml <<END
name: two
command: [sh, $here/objective.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 1}
environment: {env: {here: $here}}
END
serve --lease 4s
first=$coordinator
join only
"$tidemill" submit spec.yaml --store s.db
read -r line <&3
reached "SELECT state FROM attempt" active
rm s.db.lock
serve --lease 4s --listen 'tcp://127.0.0.1:*' # another address: the first still has its own
code=0
wait $first || code=$?
same 'exit code of the first' $code 3
grep -q 'event=ending.*another coordinator has taken over' serve.log || fail 'it does not say why'
kill -0 $coordinator || fail 'the second has ended, too'
join other
touch go
"$tidemill" wait 1 --store s.db
same trial "$(query s.db 'SELECT state, incarnation FROM trial, meta')" 'completed|2'
