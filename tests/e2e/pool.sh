#!/bin/sh
# A pool that scales from nothing to nothing: machines are worker processes started and ended by the
# hooks of examples/launch/local.sh. A launch that fails is tried again later, with its reason in
# the store. The coordinator is killed twice: within a launch, of which one machine comes up
# unannounced, is taken for its own and not launched again; and while machines run, which it
# knows afterwards. In the end none is left, and their idle time is in the ledger. The clock is
# the test's.
. "$(dirname "$0")/lib.sh"
hooks=$(cd "$(dirname "$0")/../../examples/launch" && pwd)
machines="SELECT coalesce(sum(state = 'up'), 0) || ' up of ' || count(*) FROM machine
          WHERE state <> 'gone'"
cat >launch.sh <<'END'
echo "$TIDEMILL_POOL $*" >>"$here/hooks.txt"
[ "$2" != up ] || [ -e "$here/quota" ] || { echo 'quota exceeded' >&2; exit 3; }
[ "$2" != up ] || [ ! -e "$here/hold" ] || until [ -e "$here/release" ]; do sleep 0.02; done
exec sh "$hooks/local.sh" "$here/s.db.run" "$here/machines" "$2" "$3" $4 $5 $6
END
cat >pools.yaml <<'END'
pools:
  default: {}
  burst:
    price: 1.20 USD/h
    startup: 1m
    max: 3
    idle: 10m
    launch: [sh, launch.sh, burst, up]
    terminate: [sh, launch.sh, burst, down]
END
cat >objective.sh <<'END'
until [ -e "$here/go" ]; do sleep 0.02; done
echo "loss=$1"
END
cat >spec.yaml <<END
name: burst
command: [sh, objective.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
search: {algorithm: sobol}
budget: {trials: 6}
fleet: {pools: [burst]}
environment: {env: {here: $here}}
END
TIDEMILL_WORKER=$worker
export here hooks TIDEMILL_WORKER
again() { # again: the coordinator is killed and started anew
    crash $coordinator
    serve --test-clock clock --config pools.yaml --lease 20h
}
at '2026-12-01 00:00'
serve --test-clock clock --config pools.yaml --lease 20h
same 'machines at first' "$(query s.db "$machines")" '0 up of 0'
"$tidemill" submit spec.yaml --store s.db

# The first launch fails, and is not tried again at once.
reached 'SELECT launch FROM trouble' 'exit 3: quota exceeded'
same 'machines after a failure' "$(query s.db "$machines")" '0 up of 0'

# The second one outlives its coordinator and then dies of it, with its first machine up.
touch quota hold
at '2026-12-01 00:01'
until [ "$(wc -l <hooks.txt)" = 2 ]; do sleep 0.02; done
again
same 'machines that may come' "$(query s.db "$machines")" '0 up of 3'
touch release
reached "$machines" '1 up of 3'
same 'launches so far' "$(wc -l <hooks.txt)" 2
rm hold

# What has not come is asked for again, and no more than that.
at '2026-12-01 00:08'
reached "$machines" '3 up of 3'
reached "SELECT count(*) FROM attempt WHERE state = 'active'" 3
same 'the trouble is over' "$(query s.db 'SELECT launch FROM trouble')" ''
joined=$(query s.db "SELECT count(*) FROM event WHERE kind = 'worker_joined'")
again
reached "SELECT count(*) FROM event WHERE kind = 'worker_joined'" $((joined + 3))
same 'machines after a restart' "$(query s.db "$machines")" '3 up of 3'
at '2026-12-01 00:11'
touch go
"$tidemill" wait burst --store s.db
same launches "$(cut -d' ' -f3-4 hooks.txt | tr '\n' ' ')" 'up 3 up 3 up 2 '

# Idle for less than ten minutes they stay, and then they go.
at '2026-12-01 00:20'
same 'machines that idle' "$(query s.db "$machines")" '3 up of 3'
at '2026-12-01 00:22'
reached "$machines" '0 up of 0'
reached 'SELECT count(*) FROM worker WHERE connected' 0
for folder in machines/*; do
    while [ -e "/proc/$(cat "$folder/pid")" ]; do sleep 0.02; done # it is on its way out
done
same 'machines ever' "$(ls machines | wc -l)" 3
same trials "$(query s.db "SELECT count(*) FROM trial WHERE state = 'completed'")" 6
same hooks "$(cut -d' ' -f3 hooks.txt | tr '\n' ' ')" 'up up up down '

# Eleven idle minutes of three machines are in the ledger, and it agrees with itself.
same 'idle seconds' "$(query s.db "SELECT round(sum(julianday(ended) - julianday(started)) * 86400)
    FROM ledger WHERE kind = 'idle' AND started >= '2026-12-01 00:11'")" 1980.0
ledger_agrees s.db
