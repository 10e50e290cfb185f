#!/bin/sh
# An attempt goes on where it is cheaper: of two pools of local processes the cheap one cannot
# launch at first, so the search runs in the dear one. When a cheap machine is free, the trial that
# runs gets its notice, saves, and goes on there from what it saved, without a preemption to its
# name; the dear machine ends, and the ledger has the time of both, also that in which the cheap one
# started. The clock is the test's.
. "$(dirname "$0")/lib.sh"
hooks=$(cd "$(dirname "$0")/../../examples/launch" && pwd)
cat >launch.sh <<'END'
[ "$1$2" != cheapup ] || [ -e "$here/quota" ] || { echo 'quota exceeded' >&2; exit 3; }
[ "$1$2" != cheapup ] || until [ -e "$here/boot" ]; do sleep 0.02; done
exec sh "$hooks/local.sh" "$here/s.db.run" "$here/machines" "$2" "$3" $4
END
cat >pools.yaml <<'END'
pools:
  default: {}
  cheap: {price: 0.30 USD/h, startup: 1m, max: 1, idle: 10m,
          launch: [sh, launch.sh, cheap, up], terminate: [sh, launch.sh, cheap, down]}
  dear: {price: 1.10 USD/h, startup: 1m, max: 1, idle: 10m,
         launch: [sh, launch.sh, dear, up], terminate: [sh, launch.sh, dear, down]}
END
cat >objective.sh <<'END'
trap : USR1
cd "$TIDEMILL_CHECKPOINT_DIR" || exit 1
step=0
test "$TIDEMILL_RESUME" = 0 || step=$(cat step)
trial=${TIDEMILL_TRIAL#*.}
echo "$trial $TIDEMILL_ATTEMPT from $step" >>"$here/witness.txt"
until [ -e "$here/go$trial" ]; do
    if [ -e "$TIDEMILL_NOTICE" ]; then
        echo 7 >step.new && mv step.new step
        echo '{"step":7,"metrics":{"loss":1}}' >>"$TIDEMILL_REPORT"
        exit 75
    fi
done
echo '{"step":9,"metrics":{"loss":0.5},"final":true}' >>"$TIDEMILL_REPORT"
END
cat >spec.yaml <<END
name: moved
command: [sh, objective.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
search: {algorithm: sobol, concurrency: 1}
budget: {trials: 2}
fleet: {pools: [cheap, dear]}
preemption: {signal: SIGUSR1, grace: 20s}
environment: {env: {here: $here}}
END
TIDEMILL_WORKER=$worker
export here hooks TIDEMILL_WORKER
at '2026-12-01 00:00'
serve --test-clock clock --config pools.yaml --lease 20h
"$tidemill" submit spec.yaml --store s.db
running="SELECT a.trial || ' in ' || p.name FROM attempt AS a JOIN worker AS w ON w.id = a.worker
         JOIN pool AS p ON p.id = w.pool_id WHERE a.state = 'active'"

# A trial takes an hour.
reached "$running" '0 in dear'
at '2026-12-01 01:00'
touch go0
reached "$running" '1 in dear'

# Five minutes into the second one a cheap machine can be had.
touch quota
at '2026-12-01 01:05'
reached "SELECT count(*) FROM machine WHERE state = 'asked'" 1
at '2026-12-01 01:06:30'
touch boot
reached "SELECT count(*) FROM machine WHERE name LIKE 'cheap-%' AND state = 'up'" 1
reached "$running" '1 in cheap'
same 'what was said of it' "$(query s.db "SELECT substr(text, instr(text, ':')) FROM event
    WHERE kind = 'moved'")" ': 1100000 millionths an hour here, 300000 elsewhere'
same preemptions "$(query s.db 'SELECT sum(preemptions) FROM trial')" 0
at '2026-12-01 01:30'
reached "SELECT count(*) FROM machine WHERE name LIKE 'dear-%' AND state = 'up'" 0
touch go1
"$tidemill" wait moved --store s.db
same witness "$(tr '\n' , <witness.txt)" '0 1 from 0,1 1 from 0,1 2 from 7,'
same moves "$(query s.db "SELECT count(*) FROM event WHERE kind = 'moved'")" 1
same 'its start' "$(query s.db "SELECT time(n.started), time(n.ended), n.experiment, n.cost_micro
    FROM entry AS n JOIN worker AS w ON w.id = n.worker WHERE w.name LIKE 'cheap-%'
    ORDER BY n.id LIMIT 1")" '01:05:00|01:06:30|1|7500'
ledger_agrees s.db
