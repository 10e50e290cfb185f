#!/bin/sh
# A coordinator without keys is killed with -9, and somebody else takes its port before it comes
# back on another: its worker finds it there, and the trial that runs needs no new start.
. "$(dirname "$0")/lib.sh"
mkfifo begun
cat >objective.sh <<'END'
echo begun >"$here/begun"
until [ -e "$here/go" ]; do sleep 0.02; done
echo loss=1
END
cat >spec.yaml <<END
name: moving
command: [sh, $here/objective.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 1}
environment: {env: {here: $here}}
END
serve
join first
"$tidemill" submit spec.yaml --store s.db >/dev/null
read -r line <begun
crash $coordinator
before=$endpoint
"$tidemill" serve --store other.db --listen "$before" 2>other.log &
until grep -qs event=serving other.log; do sleep 0.02; done
endpoint=
serve
[ "$endpoint" != "$before" ] || fail "it is at $endpoint again"
touch go
"$tidemill" wait 1 --store s.db >/dev/null
same trial "$(query s.db 'SELECT state, attempts FROM trial')" 'completed|1'
grep -q "event=moved connect=$endpoint" first.log || fail "$(cat first.log)"
