#!/bin/sh
# Every algorithm keeps to the space: points that break a constraint on parameters are never
# proposed, trials whose outcome breaks its bound are completed and told, but neither best nor what
# a target is reached by; a grid visits every point of its space once and ends by itself.
. "$(dirname "$0")/lib.sh"
cat >objective.sh <<'END'
awk -v n="$1" -v x="$2" 'BEGIN { printf "loss=%.17g\nsize=%.17g\n", x + n / 100, 10 - n * x }'
END
# spec ALGORITHM SEED OBJECTIVE-KEYS
spec() {
    cat <<END
name: $1
command: [sh, objective.sh, "{n}", "{x}", "{kind}"]
parameters:
  n: {type: int, min: 1, max: 8}
  x: {type: float, min: 0, max: 2, step: 0.25}
  kind: {type: categorical, values: [a, b]}
objective: {metric: loss, direction: minimize$3}
constraints: ["n * x <= 6", "n + 2 * x >= 3", {metric: size, max: 8}]
search: {algorithm: $1, seed: $2}
budget: {trials: 20}
END
}
# run_in STORE ALGORITHM SEED [MORE]
run_in() {
    spec "$2" "$3" "${4:-}" >"$1.yaml"
    "$tidemill" check "$1.yaml" >check.txt 2>&1
    ! grep -q 'not in force' check.txt || fail "$(cat check.txt)"
    "$tidemill" run "$1.yaml" --workers 2 --store "$1.db" >table.txt
    same "$1: outside of the space" "$(query "$1.db" "SELECT count(*) FROM trial
        WHERE params->>'n' * params->>'x' > 6 OR params->>'n' + 2 * params->>'x' < 3
        OR params->>'n' NOT BETWEEN 1 AND 8 OR params->>'x' NOT BETWEEN 0 AND 2
        OR params->>'x' * 4 <> CAST(params->>'x' * 4 AS INTEGER)")" 0
    same "$1: points twice" "$(query "$1.db" \
        'SELECT count(*) - count(DISTINCT params) FROM trial')" 0
    same "$1: not as it was measured" "$(query "$1.db" "SELECT count(*) FROM trial
        WHERE state = 'completed' AND (constraints->>0 <> 10 - params->>'n' * params->>'x'
        OR feasible <> (constraints->>0 <= 8))")" 0
}
for algorithm in bayes random sobol; do
    run_in $algorithm $algorithm 1
    same "$algorithm: state" "$(query $algorithm.db 'SELECT state, reason FROM experiment')" \
        'completed|every trial of the budget has ended'
    same "$algorithm: trials" "$(query $algorithm.db \
        "SELECT count(*) FROM trial WHERE state = 'completed'")" 20
    phases=$(query $algorithm.db "SELECT DISTINCT origin->>'phase' FROM suggestion
        WHERE state = 'used' ORDER BY 1")
    case $algorithm in
    bayes) echo "$phases" | grep -q bayes || fail "phases: $phases" ;;
    *) same phases "$phases" $algorithm ;;
    esac
    query $algorithm.db "SELECT params FROM trial ORDER BY number" >$algorithm.txt
done
! cmp -s random.txt sobol.txt || fail 'random and sobol propose the same'
run_in other random 2
[ "$(query other.db 'SELECT group_concat(params) FROM trial')" != \
    "$(query random.db 'SELECT group_concat(params) FROM trial')" ] || fail 'a seed changes nothing'

# The best is the best of those whose size holds, though others have a smaller loss.
[ "$(query random.db "SELECT (SELECT min(value) FROM trial WHERE feasible = 0) <
    (SELECT min(value) FROM trial WHERE feasible = 1)")" = 1 ] || fail 'the bound decides nothing'
best=$(query random.db 'SELECT id FROM trial WHERE feasible = 1 ORDER BY value, number LIMIT 1')
"$tidemill" best --store random.db >best.txt
grep -q "^trial $best .* best of 20 completed" best.txt || fail "not $best: $(cat best.txt)"
"$tidemill" trials --limit 0 --store random.db >trials.txt
same 'trials marked' "$(grep -c 'not feasible' trials.txt)" \
    "$(query random.db 'SELECT count(*) FROM trial WHERE feasible = 0')"

# A target that only trials reach whose size does not hold, is not reached.
run_in target random 1 ", target: $(query random.db 'SELECT min(value) + 0.001 FROM trial')"
same 'state beside the target' "$(query target.db 'SELECT state, reason FROM experiment')" \
    'completed|every trial of the budget has ended'

# A grid, and without a budget: as many points as SQL counts, each once.
spec grid 0 "" | sed "/^budget/d" >grid.yaml
"$tidemill" run grid.yaml --workers 4 --store grid.db >table.txt
same 'state of the grid' "$(query grid.db 'SELECT state, reason FROM experiment')" \
    'completed|every point of the space was tried'
same 'points of the grid' "$(query grid.db "WITH RECURSIVE k(v) AS (SELECT 0 UNION ALL
    SELECT v + 1 FROM k WHERE v < 8), wanted AS (SELECT n.v || ' ' || (x.v / 4.0) || ' ' || c.value
    AS point FROM k AS n, k AS x, json_each('[\"a\",\"b\"]') AS c
    WHERE n.v > 0 AND n.v * x.v / 4.0 <= 6 AND n.v + x.v / 2.0 >= 3),
    visited AS (SELECT params->>'n' || ' ' || CAST(params->>'x' AS REAL) || ' ' ||
    (params->>'kind') AS point FROM trial WHERE state = 'completed')
    SELECT (SELECT count(*) FROM wanted) = (SELECT count(*) FROM visited),
    (SELECT count(*) FROM (SELECT point FROM wanted EXCEPT SELECT point FROM visited)),
    (SELECT count(*) FROM (SELECT point FROM visited EXCEPT SELECT point FROM wanted))")" '1|0|0'
