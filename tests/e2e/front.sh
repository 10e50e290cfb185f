#!/bin/sh
# Two objectives: the worker reduces each as the spec says (`best`, and `last`), and `best` shows
# the front, as text and as JSON: what SQL makes of the trials. `replay` computes every suggestion
# again, and the targets end the experiment once one trial has reached both.
. "$(dirname "$0")/lib.sh"
cat >objective.sh <<'END'
awk -v x="$1" -v y="$2" 'BEGIN {
    g = 1 + 9 * y
    printf "loss=%.17g\nloss=%.17g\nloss=%.17g\n", x + 1, x, x + 2
    printf "gain=%.17g\ngain=%.17g\n", 7, -(g * (1 - sqrt(x / g))) }'
END
# spec NAME KEYS-OF-LOSS KEYS-OF-GAIN [ALGORITHM]
spec() {
    cat <<END
name: $1
command: [sh, objective.sh, "{x}", "{y}"]
parameters: {x: {type: float, min: 0, max: 1}, y: {type: float, min: 0, max: 1}}
objectives:
  - {metric: loss, direction: minimize, reduce: best, reference: 1.1$2}
  - {metric: gain, direction: maximize, reference: -1.1$3}
search: {initial: 6, algorithm: ${4:-bayes}}
budget: {trials: 18}
END
}
spec front '' '' >front.yaml
"$tidemill" check front.yaml >check.txt 2>&1
! grep -q 'not in force' check.txt || fail "$(cat check.txt)"
"$tidemill" run front.yaml --workers 2 --store s.db >table.txt
same state "$(query s.db 'SELECT state, reason FROM experiment')" \
    'completed|every trial of the budget has ended'
same objectives "$(query s.db 'SELECT objectives FROM experiment')" \
    '[{"metric":"loss","direction":"minimize"},{"metric":"gain","direction":"maximize"}]'
same trials "$(query s.db "SELECT count(*) FROM trial WHERE state = 'completed'")" 18
same 'values reduced otherwise' "$(query s.db "SELECT count(*) FROM trial
    WHERE objectives->>0 <> params->>'x' OR value <> params->>'x' OR objectives->>1 > 0")" 0
same 'suggestions of the model' "$(query s.db "SELECT count(*) FROM suggestion
    WHERE state = 'used' AND origin->>'phase' = 'bayes'")" 12

# The front: what no other trial covers, in the order of the first objective.
query s.db "SELECT t.id FROM trial AS t WHERE NOT EXISTS (SELECT 1 FROM trial AS o
    WHERE o.objectives->>0 <= t.objectives->>0 AND o.objectives->>1 >= t.objectives->>1
    AND (o.objectives->>0 < t.objectives->>0 OR o.objectives->>1 > t.objectives->>1))
    ORDER BY t.value" >front.txt
[ "$(wc -l <front.txt)" -gt 3 ] || fail "a front of $(cat front.txt)"
[ "$(wc -l <front.txt)" -lt 18 ] || fail 'a front of all the trials shows nothing'
"$tidemill" best --store s.db >best.txt
head -n 1 best.txt | grep -q "^front of $(wc -l <front.txt) among 18 completed trials" ||
    fail "$(cat best.txt)"
sed -n 2p best.txt | grep -Eq '^TRIAL +loss +gain +PARAMETERS' || fail "$(cat best.txt)"
awk 'NR > 2 && NF { print $1 }' best.txt | cmp - front.txt || fail "$(cat best.txt front.txt)"
"$tidemill" best --store s.db --json >best.json
python3 - best.json >front.json.txt <<'END'
import json, sys
for trial in json.load(open(sys.argv[1]))["trials"]:
    assert trial["objectives"][0] == trial["value"] == trial["params"]["x"], trial
    print(trial["trial"])
END
cmp front.json.txt front.txt || fail "$(cat best.json)"

# A target of one of two objectives is not enough; those of both, reached by one trial, are.
spec target ', target: 0.5' ', target: -3' sobol >target.yaml
"$tidemill" run target.yaml --workers 1 --store target.db >table.txt
same 'state by targets' "$(query target.db 'SELECT state, reason FROM experiment')" \
    'completed|the target was reached'
same 'the trials that reached the targets' "$(query target.db "SELECT number,
    objectives->>0 <= 0.5, objectives->>1 >= -3 FROM trial
    WHERE state = 'completed' ORDER BY number")" '0|0|1
1|1|0
2|1|1'

# The model seeks points better than the reference: here, those of the first fifth of the front.
spec near '' '' | sed 's/reference: 1.1/reference: 0.2/' >near.yaml
"$tidemill" run near.yaml --workers 2 --store near.db >table.txt
share="SELECT sum(params->>'x' <= 0.25) FROM trial WHERE number >= 6"
near=$(query near.db "$share")
[ "$near" -ge 8 ] && [ "$near" -gt "$(query s.db "$share")" ] ||
    fail "within the reference: $near and $(query s.db "$share")"

"$tidemill" replay --store s.db >replay.txt || fail "it differs: $(cat replay.txt)"
grep -q ' 18 suggestions' replay.txt || fail "not all: $(cat replay.txt)"
