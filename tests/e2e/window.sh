#!/bin/sh
# Two nights with a clock that the test turns: a search submitted at 21:58 Paris time waits,
# begins at 22:00, is told to leave before 06:00 and leaves from a checkpoint, and goes on the next
# night on another worker. No step is computed twice, nothing runs outside of the window, and what
# it cost is what two prices and the times of the attempts make of it.
. "$(dirname "$0")/lib.sh"
mkfifo begun go
cat >objective.sh <<'END'
trap : USR1
cd "$TIDEMILL_CHECKPOINT_DIR" || exit 1
step=0
test "$TIDEMILL_RESUME" = 0 || step=$(cat step)
while [ $step -lt 4 ]; do
    step=$((step + 1))
    echo "$TIDEMILL_ATTEMPT $step $(cat "$here/clock")" >>"$here/witness.txt"
    echo $step >step.new && mv step.new step
    echo '{"step":'$step',"metrics":{"loss":'$((10 - step))'}}' >>"$TIDEMILL_REPORT"
    if [ "$TIDEMILL_ATTEMPT$step" = 12 ]; then
        echo "$step" >"$here/begun"
        until [ -e "$TIDEMILL_NOTICE" ]; do sleep 0.02; done
        IFS= read -r notice <"$TIDEMILL_NOTICE" # no command of its own: the signal may end it
        echo "$notice" >"$here/notice.json"
        exit 75
    fi
done
echo '{"final":true}' >>"$TIDEMILL_REPORT"
END
cat >spec.yaml <<END
name: night
command: [sh, objective.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 1}
environment: {env: {here: $here}}
preemption: {signal: SIGUSR1, grace: 20s}
schedule: {timezone: Europe/Paris, windows: ["22:00-06:00"]}
END
night() { # night LOCAL: turns the clock to that time of Paris
    at "TZ=\"Europe/Paris\" $1"
}
cat >pools.yaml <<'END'
pools:
  default:
    price: {unit: EUR/h, timezone: Europe/Paris, default: 0.60, bands: [
      {when: "00:00-06:00", price: 0.36}]}
END
exec 3<>begun
night '2026-11-23 21:58'
serve --test-clock clock --lease 20h --config pools.yaml
join first
first=$joined
"$tidemill" submit spec.yaml --store s.db
reached 'SELECT reason FROM experiment' 'no window is open'
same 'attempts before the window' "$(query s.db 'SELECT count(*) FROM attempt')" 0
night '2026-11-23 22:00'
read -r line <&3
night '2026-11-24 05:59:45'
reached "SELECT state || reason FROM trial" pausedwindow
grep -q '"window"' notice.json || fail "the notice does not say why: $(cat notice.json)"
kill -TERM $first
join second
reached "SELECT count(*) FROM worker WHERE name = 'second' AND connected" 1
reached 'SELECT state || reason FROM experiment' 'waitingno window is open'
night '2026-11-24 12:00'
same 'attempts at noon' "$(query s.db 'SELECT count(*) FROM attempt')" 1
night '2026-11-24 22:00'
"$tidemill" wait 1 --store s.db
same steps "$(cut -d' ' -f2 witness.txt | tr '\n' ' ')" '1 2 3 4 '
same trial "$(query s.db 'SELECT state, value, attempts, restarts, preemptions FROM trial')" \
    'completed|6.0|2|0|0'
same attempts "$(query s.db 'SELECT group_concat(state), max(from_step) IN (1, 2) FROM attempt')" \
    'preempted,done|1'
same 'the night of two prices' "$(query s.db 'SELECT cost_micro FROM attempt WHERE number = 1')" \
    $((2 * 600000 + (6 * 3600 - 15) * 360000 / 3600))
ledger_agrees s.db
