#!/bin/sh
# warm_start: an earlier experiment of the store, whose space is wider and lacks one parameter,
# helps the next search: fewer trials find the optimum. A search that is killed and
# started again makes the same suggestions as an undisturbed one. A name that is not there is an
# error at the key, by run and by submit.
. "$(dirname "$0")/lib.sh"
mkfifo begun
exec 3<>begun # held open, so that a trial whose reader was killed does not wait for ever
cat >objective.sh <<'END'
[ -z "${watched:-}" ] || echo begun >"$here/begun"
awk -v x="$1" -v y="$2" -v z="${3:-0.5}" 'BEGIN {
    printf "loss=%.15g\n", 7 + 100 * ((x - 0.31) ^ 2 + (y - 0.77) ^ 2 + 0.2 * (z - 0.6) ^ 2) }'
END
cat >old.yaml <<END
name: old
command: [sh, objective.sh, "{x}", "{y}"]
parameters:
  x: {type: float, min: -0.5, max: 1}
  y: {type: float, min: 0, max: 1}
objective: {metric: loss, direction: minimize}
search: {seed: 3}
budget: {trials: 25}
environment: {env: {here: $here}}
END
cat >new.yaml <<END
name: new
command: [sh, objective.sh, "{x}", "{y}", "{z}"]
parameters:
  x: {type: float, min: 0, max: 1}
  y: {type: float, min: 0, max: 1}
  z: {type: float, min: 0, max: 1}
objective: {metric: loss, direction: minimize}
search: {seed: 4}
warm_start: [old]
budget: {trials: 8}
environment: {env: {here: $here, watched: ""}}
END
sed -e '/^warm_start/d' new.yaml >cold.yaml
sed -e 's/\[old\]/[old, older]/' new.yaml >wrong.yaml
"$tidemill" run old.yaml --workers 1 --store one.db
cp one.db two.db
"$tidemill" run new.yaml --workers 1 --store one.db
"$tidemill" run cold.yaml --workers 1 --store cold.db
same sources "$(query one.db "SELECT sources FROM experiment WHERE name = 'new'")" '[[1,25]]'
warm=$(query one.db "SELECT min(value) FROM trial WHERE experiment = 2")
cold=$(query cold.db "SELECT min(value) FROM trial")
[ "$(query one.db "SELECT $warm < $cold")" = 1 ] || fail "warm $warm, cold $cold"

# killed after three trials, and continued
sed -e 's/watched: ""/watched: "1"/' new.yaml >watched.yaml
"$tidemill" run watched.yaml --workers 1 --store two.db &
pid=$!
for _ in 1 2 3; do
    read -r line <&3
done
crash $pid
"$tidemill" run watched.yaml --workers 1 --store two.db
points='SELECT number, params FROM trial WHERE experiment = 2 ORDER BY number'
query one.db "$points" >one.txt
query two.db "$points" >two.txt
same trials "$(wc -l <one.txt)" 8
cmp one.txt two.txt || fail 'another search after the restart'

# what is not there
code=0
"$tidemill" run wrong.yaml --workers 1 --store one.db 2>err.txt || code=$?
same 'exit code of run' $code 2
grep -q "wrong.yaml:9:1: error: no experiment of this store is called 'older'" err.txt ||
    fail "$(cat err.txt)"
"$tidemill" serve --store one.db 2>serve.log &
until [ -e one.db.run/endpoint ]; do sleep 0.02; done
code=0
"$tidemill" submit wrong.yaml --store one.db 2>err.txt || code=$?
same 'exit code of submit' $code 2
grep -q "wrong.yaml:9:1: error: no experiment of this store is called 'older'" err.txt ||
    fail "$(cat err.txt)"
same 'the id' "$("$tidemill" submit cold.yaml --store one.db)" 3
sed -e 's/^name: new/name: newer/' -e 's/\[old\]/[new, old]/' new.yaml >newer.yaml
same 'the next id' "$("$tidemill" submit newer.yaml --store one.db)" 4
sources="SELECT sources = '[[3,0],[1,25]]' FROM experiment WHERE id = 4"
until [ "$(query one.db "$sources")" = 1 ]; do sleep 0.02; done
