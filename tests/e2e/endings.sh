#!/bin/sh
# Every way a script may end, each as the table in docs/SPEC.md says, with a message a person can
# act on.
. "$(dirname "$0")/lib.sh"

# ending NAME TRIAL-STATE CAUSE SPEC-LINES...: runs `sh -c` with the script in script.sh, two
# trials, no patience
ending() {
    name=$1
    want=$2
    cause=$3
    shift 3
    mkdir "$name"
    mv script.sh "$name"
    {
        echo "name: $name"
        echo 'command: [sh, script.sh, "{x}"]'
        echo 'parameters: {x: {type: float, min: 0, max: 1}}'
        echo 'objective: {metric: loss, direction: minimize}'
        echo 'budget: {trials: 1}'
        for line in "$@"; do
            echo "$line"
        done
    } >"$name/spec.yaml"
    code=0
    "$tidemill" run "$name/spec.yaml" --workers 1 --store "$name.db" >"$name.out" 2>"$name.log" ||
        code=$?
    same "$name" "$(query "$name.db" "SELECT trial.state, attempt.cause FROM trial, attempt
        WHERE attempt.trial = trial.number ORDER BY attempt.number DESC LIMIT 1")" "$want|$cause"
    "$tidemill" show 1.0 --store "$name.db" >"$name.txt" 2>/dev/null
}
no_retry='retry: {max_restarts: 0}'

echo 'echo loss=0.25' >script.sh
ending completed completed exit
echo 'echo something else; echo and more' >script.sh
ending nothing failed no_objective
grep -q 'and more' nothing.txt || fail 'the last lines are not shown'
grep -q 'loss' nothing.txt || fail 'the pattern is not shown'
echo 'echo loss=0.1; echo the reason; exit 1' >script.sh
ending exits buried exit "$no_retry"
grep -q 'no trial completed' exits.out || fail 'a search that found nothing does not say so'
[ "$(grep -c 'the reason' exits.out)" -ge 2 ] || fail 'its last lines are not shown as it runs'
same 'the exit code of a search that found nothing' "$code" 1
echo 'echo loss=0.1; kill -SEGV $$' >script.sh
ending signalled buried signal "$no_retry"
echo 'echo loss=nan' >script.sh
ending nan infeasible non_finite
echo 'exit 65' >script.sh
ending unfit infeasible infeasible_report
echo 'echo started; exec sleep 1000' >script.sh
ending hangs buried timeout 'retry: {max_restarts: 0, timeout: 1s}'
echo 'exec sleep 1000' >script.sh
ending stalls buried stall 'retry: {max_restarts: 0, stall_timeout: 1s}'
echo 'head -c 104857600 /dev/zero | tr "\0" "x"; echo; echo loss=0.5' >script.sh
ending floods completed exit
[ "$(query floods.db 'SELECT sum(length(text)) FROM log')" -lt 6000000 ] ||
    fail 'a flood of output is kept whole'
echo 'echo CUDA out of memory; exit 1' >script.sh
ending rule infeasible rule_infeasible \
    'on_output: [{match: "CUDA out of memory", then: infeasible}]'
echo 'test "$TIDEMILL_ATTEMPT" = 3 && echo loss=0.5 || exit 7' >script.sh
ending restarts completed exit 'retry: {max_restarts: 2, backoff: 10ms}'
same attempts "$(query restarts.db 'SELECT restarts, attempts FROM trial')" '2|3'
echo 'test "$TIDEMILL_ATTEMPT" = 2 && echo loss=0.5 || exit 75' >script.sh
ending requeues completed exit "$no_retry" # exit 75 uses up no restart
same preemptions "$(query requeues.db 'SELECT restarts, preemptions FROM trial')" '0|1'

mkdir missing
cat >missing/spec.yaml <<END
name: missing
command: [no-such-program, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 1}
$no_retry
END
"$tidemill" run missing/spec.yaml --workers 1 --store missing.db 2>missing.log || true
same missing "$(query missing.db 'SELECT trial.state, cause FROM trial, attempt')" \
    'buried|not_found'
"$tidemill" show 1.0 --store missing.db 2>/dev/null | grep -q no-such-program ||
    fail 'the missing program is not named'
