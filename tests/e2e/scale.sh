#!/bin/sh
# Scale to zero with real processes: nothing is launched before there is work, at most `max`
# machines while there is, and none is left when it is done; the ledger has every slot's time from
# the moment its worker joined until it left; a spec in another currency than the pools is refused.
. "$(dirname "$0")/lib.sh"
hook=$(cd "$(dirname "$0")/../../examples/launch" && pwd)/local.sh
cat >coordinator.yaml <<END
pools:
  night: {price: 3.6 USD/h, startup: 1s, slots: 1, max: 2, idle: 1s,
          launch: [/usr/bin/env, TIDEMILL_WORKER=$worker, sh, $hook, $here/s.db.run, $here/m, up],
          terminate: [/usr/bin/env, sh, $hook, $here/s.db.run, $here/m, down]}
END
cat >spec.yaml <<END
name: scale
command: [sh, -c, "sleep 0.2; echo loss={x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
search: {algorithm: random}
budget: {trials: 5, cost: 5 USD}
fleet: {pools: [night]}
END
sed -e 's/USD/EUR/' -e 's/name: scale/name: other/' spec.yaml >other.yaml
serve --config coordinator.yaml
if "$tidemill" submit other.yaml --store s.db >out 2>&1; then
    fail 'a mix of currencies was taken'
fi
grep -q "7:1: one currency an experiment: pool 'night' costs USD, the experiment EUR" out ||
    fail "$(cat out)"
same before "$(query s.db 'SELECT wanted FROM pool')" 0
"$tidemill" submit spec.yaml --store s.db
"$tidemill" wait scale --store s.db
until [ "$(query s.db 'SELECT machines + wanted FROM pool')" = 0 ]; do sleep 0.02; done
until [ "$(query s.db 'SELECT count(*) FROM worker WHERE connected = 1')" = 0 ]; do sleep 0.02; done
same most "$(query s.db 'SELECT count(*) BETWEEN 1 AND 2 FROM worker')" 1
same trials "$(query s.db "SELECT count(*) FROM trial WHERE state = 'completed' AND cost > 0")" 5
same cost "$(query s.db "SELECT cost_micro - (SELECT sum(cost_micro) FROM entry
    WHERE experiment = 1) FROM experiment")" 0
same entries "$(query s.db 'SELECT count(*) FROM entry WHERE abs(cost_micro - slots *
    (julianday(ended) - julianday(started)) * 86400000) > 0.6')" 0
same holes "$(query s.db 'SELECT count(*) FROM entry AS a WHERE NOT EXISTS (SELECT 1 FROM entry AS b
    WHERE b.worker = a.worker AND b.started = a.ended)')" \
    "$(query s.db 'SELECT count(DISTINCT worker) FROM entry')"
