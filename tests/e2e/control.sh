#!/bin/sh
# The verbs that change something, on a live coordinator with one worker: submit hands over, pause
# makes the attempt save and leave, resume lets it go on from its checkpoint, cancel ends it, drain
# empties the worker; each with its exit code, and 5 when nobody is there.
. "$(dirname "$0")/lib.sh"
mkfifo begun go
cat >objective.sh <<'END'
trap : TERM
echo "begun $TIDEMILL_ATTEMPT" >"$here/begun"
until [ -e "$TIDEMILL_NOTICE" ]; do sleep 0.02; done
exit 75
END
cat >spec.yaml <<END
name: held
command: [sh, objective.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 1}
environment: {env: {here: $here}}
END
sed 's/min: 0/min: 2/' spec.yaml >wrong.yaml
code() { # code WANT VERB...
    want=$1
    shift
    got=0
    "$tidemill" "$@" --store s.db >out.txt 2>err.txt || got=$?
    same "exit code of $*" "$got" "$want"
}
code 3 status
"$tidemill" serve --store s.db 2>serve.log &
serve=$!
until [ -e s.db.run/endpoint ]; do sleep 0.02; done
join w1 --inherit-env
remote=$joined
code 2 submit wrong.yaml
code 0 submit spec.yaml
same "the id" "$(cat out.txt)" 1
read -r line <begun
same "the first attempt" "$line" "begun 1"
code 1 submit spec.yaml # the name is taken
code 8 wait held --timeout 0
code 3 pause nosuch
code 0 pause held
until [ "$(query s.db "SELECT state FROM trial WHERE number = 0")" = paused ]; do sleep 0.02; done
code 0 resume 1
read -r line <begun
same "the attempt after resume" "$line" "begun 2"
code 0 drain w1
wait $remote || fail "the drained worker left with $?"
code 3 drain nosuch
code 0 cancel 1 --json
grep -q '"verb": "cancel"' out.txt || fail "cancel said: $(cat out.txt)"
code 6 wait 1
code 1 resume 1
kill $serve
wait $serve || fail "serve ended with $?"
code 5 cancel 1
code 5 submit spec.yaml
