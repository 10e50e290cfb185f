#!/bin/sh
# Prices that live. A search with `max_price` over a file waits while the file is not there, while
# it is no price and while it is too dear, each with its reason, and runs once it is cheap; what a
# pool costs comes from a command and is known to the store, with the last good price and the
# reason when the command fails. The clock is the test's.
. "$(dirname "$0")/lib.sh"
file() { # file TEXT: replaces the file of prices, in one move
    echo "$1" >day.csv.new
    mv day.csv.new day.csv
}
cat >feed.sh <<'END'
cat "$here/answer"
END
cat >pools.yaml <<'END'
pools:
  default: {}
  spot: {price: {command: [sh, feed.sh], every: 5m, hold: 1h}}
  own:
    price: {unit: EUR/kWh, timezone: Europe/Paris, default: 0.27, bands: [
      {when: "22:00-06:00", price: 0.16}]}
    power: 500W
END
cat >spec.yaml <<'END'
name: cheap
command: [echo, "loss={x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 2}
schedule: {timezone: UTC, prices: {unit: EUR/kWh, file: day.csv}, max_price: 0.20}
fleet: {pools: [default]}
END
export here
chmod 666 pools.yaml
at '2026-12-01 00:00'
"$tidemill" serve --store s.db --config pools.yaml 2>refused.txt && fail 'it was not refused'
grep -q 'others may write to it' refused.txt || fail "$(cat refused.txt)"
chmod 644 pools.yaml
cat >answer <<'END'
{"SpotPriceHistory": [{"AvailabilityZone": "a", "InstanceType": "p3", "SpotPrice": "0.9731",
                       "Timestamp": "2026-11-30T00:00:00Z"}]}
END
serve --test-clock clock --config pools.yaml --lease 20h
join one --pool nowhere
grep -q 'event=unknown_pool .*taken_as=default' serve.log || reached "SELECT count(*) FROM worker" 1
spot="SELECT p.price_micro, q.trust FROM price AS p JOIN pool AS q ON q.id = p.pool
      WHERE q.name = 'spot' ORDER BY p.start DESC LIMIT 1"
reached "$spot" '973100|known'
reached "SELECT group_concat(price_micro) FROM (SELECT DISTINCT price_micro FROM price
         JOIN pool ON id = pool WHERE name = 'own' ORDER BY 1)" 160000,270000

"$tidemill" submit spec.yaml --store s.db
reached 'SELECT reason FROM experiment' 'no price is known, and max_price has to be kept'
file '2026-12-01T00:00:00Z,cheap'
at '2026-12-01 00:01'
reached "SELECT count(*) FROM event WHERE text LIKE 'gate 1: open%'" 0
file '2026-12-01T00:00:00Z,0.27'
at '2026-12-01 00:02'
reached 'SELECT reason FROM experiment' 'the price is above max_price'
same 'attempts while it is dear' "$(query s.db 'SELECT count(*) FROM attempt')" 0

echo 'not a price' >answer
at '2026-12-01 00:05'
reached 'SELECT price FROM trouble' "line 1: a row is START,PRICE"
same 'the price that holds' "$(query s.db "$spot")" '973100|known'
at '2026-12-01 00:30'
reached "$spot" '973100|held'
at '2026-12-01 02:00'
reached "$spot" '973100|stale'
echo '2026-12-01T00:00:00Z,1.5' >answer
at '2026-12-01 02:05'
reached "$spot" '1500000|known'
same 'the trouble is over' "$(query s.db 'SELECT price FROM trouble')" ''

file '2026-12-01T00:00:00Z,0.27
2026-12-01T02:06:00Z,-0.05
2026-12-01T04:00:00Z,0.10'
at '2026-12-01 02:06'
"$tidemill" wait cheap --store s.db
same done "$(query s.db "SELECT count(*) FROM trial WHERE state = 'completed'")" 2

# A driven clock and configured keys do not go together: a test's coordinator serves nobody else.
echo 'keys: keys' >keys.yaml
if "$tidemill" serve --store t.db --config keys.yaml --test-clock clock 2>err; then
    fail 'a test clock was taken beside keys'
fi
grep -q 'test-clock is for tests' err || fail "$(cat err)"

# Under `run` the file of a spec that lies elsewhere is this machine's price per hour, also where
# its folder is packed.
mkdir elsewhere
echo '2026-01-01T00:00:00Z,36.5' >elsewhere/day.csv
sed -e 's|EUR/kWh, file|EUR/h, file|' -e 's/max_price: 0.20/max_price: 40/' -e '/fleet/d' \
    -e '1i workdir: .' spec.yaml >elsewhere/spec.yaml
"$tidemill" run elsewhere/spec.yaml --workers 1 --store r.db >/dev/null 2>&1
same 'price of run' "$(query r.db 'SELECT DISTINCT price_micro FROM entry')" 36500000
ledger_agrees r.db
