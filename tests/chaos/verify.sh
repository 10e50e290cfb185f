# Whether the witness of a chaos run agrees with its store; prints the figures.
# usage: verify.sh DIRECTORY SECONDS SEED
set -eu
cd "$1"
wrong=0
tr ' ' '|' <witness.txt >witness.csv
sort -u seen.txt >seen.csv 2>/dev/null || : >seen.csv
cat >import.sql <<'SQL'
CREATE TEMP TABLE line (trial INTEGER, attempt INTEGER, step TEXT, pid INTEGER, up REAL, x REAL);
CREATE TEMP TABLE seen (trial INTEGER, value REAL);
.mode list
.separator |
.import witness.csv line
.import seen.csv seen
CREATE INDEX temp.line_attempt ON line (trial, attempt);
CREATE TEMP VIEW stretch AS SELECT trial, attempt, min(up) AS first, max(up) AS last,
    min(CAST(step AS INTEGER)) FILTER (WHERE step <> 'end') AS from_step FROM line
    GROUP BY trial, attempt;
CREATE TEMP VIEW overlap AS SELECT a.trial, a.attempt AS older, b.attempt AS newer,
    min(a.last, b.last) - max(a.first, b.first) AS seconds FROM stretch a JOIN stretch b
    ON a.trial = b.trial AND a.attempt < b.attempt AND a.last > b.first AND b.last > a.first;
SQL

ask() {
    {
        cat import.sql
        echo "$1;"
    } | sqlite3 s.db
}

# none WHAT QUERY: rows that must not be
none() {
    rows=$(ask "$2")
    if [ -n "$rows" ]; then
        wrong=1
        echo "WRONG: $1:"
        echo "$rows" | head -n 10
    fi
}

none 'the store is damaged' \
    "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'"
none 'a trial has no result' "SELECT id, state, reason FROM trial WHERE state <> 'completed'"
none 'a result that was in the store is gone or another' \
    "SELECT * FROM seen LEFT JOIN trial ON number = seen.trial
     WHERE trial.value IS NOT seen.value OR state <> 'completed'"
none 'two attempts of a trial gave its result' \
    "SELECT trial, count(*) FROM attempt WHERE state = 'done' GROUP BY trial HAVING count(*) <> 1"
none 'a result is not what its attempt said at its end' \
    "SELECT id, trial.value, line.x FROM trial JOIN attempt ON attempt.trial = trial.number
     AND attempt.state = 'done' LEFT JOIN line ON line.trial = trial.number
     AND line.attempt = attempt.number AND line.step = 'end'
     WHERE line.x IS NULL OR line.x <> trial.value"
none 'an attempt ran twice' \
    "SELECT trial, attempt, count(DISTINCT pid) FROM line GROUP BY trial, attempt
     HAVING count(DISTINCT pid) > 1"
none 'an attempt ran that has no row' \
    "SELECT stretch.trial, stretch.attempt FROM stretch LEFT JOIN attempt
     ON attempt.trial = stretch.trial AND number = attempt WHERE number IS NULL"
none 'an attempt began at another step than that of its checkpoint' \
    "SELECT s.trial, s.attempt, s.from_step, a.from_step FROM stretch s JOIN attempt a
     ON a.trial = s.trial AND a.number = s.attempt WHERE s.from_step <= a.from_step"
none 'a step was computed again although a checkpoint of it had been acknowledged' \
    "SELECT a.trial, a.number, a.from_step, max(c.step) FROM attempt a JOIN checkpoint c
     ON c.trial = a.trial AND c.attempt < a.number AND c.created < a.offered
     JOIN stretch s ON s.trial = a.trial AND s.attempt = a.number
     GROUP BY a.trial, a.number HAVING s.from_step <= max(c.step)"
none 'a trial ran again after its result had been recorded' \
    "SELECT a.trial, a.number, max(s.attempt) FROM attempt a JOIN stretch s ON s.trial = a.trial
     WHERE a.state = 'done' AND NOT late GROUP BY a.trial HAVING max(s.attempt) > a.number"
none 'two attempts overlapped though neither was given up' \
    "SELECT o.trial, older, newer, round(seconds, 2), state FROM overlap o JOIN attempt a
     ON a.trial = o.trial AND a.number = older WHERE state <> 'lost' AND NOT late"
none 'restarts are not the failures of the script' \
    "SELECT id, restarts FROM trial WHERE restarts <> (SELECT count(*) FROM attempt
     WHERE attempt.trial = trial.number AND attempt.state = 'failed' AND cause <> 'worker')"

# Everybody who ended was ended, or left when told to.
unexpected=$(awk '$3 == "no" && $2 != 137 && !($1 ~ /^worker/ && $2 == 75)' ends-all.txt |
    awk '$2 != 0' | sort | uniq -c)
if [ -n "$unexpected" ]; then
    wrong=1
    echo 'WRONG: ended without being killed (how often, who, exit code):'
    echo "$unexpected"
fi

echo 'faults that hit:'
sort faults.txt | uniq -c | awk '{ printf "  %-18s %d\n", $2, $1; all += $1 }
    END { printf "  %-18s %d\n", "all", all }'
ask "SELECT 'trials completed    ' || count(*) FROM trial WHERE state = 'completed';
SELECT 'attempts            ' || count(*) || ': ' || (SELECT group_concat(state || ' ' || n, ', ')
    FROM (SELECT state, count(*) AS n FROM attempt GROUP BY state)) FROM attempt;
SELECT 'results late        ' || sum(late) FROM attempt;
SELECT 'coordinators        ' || incarnation FROM meta;
SELECT 'checkpoints         ' || count(*) FROM checkpoint;
SELECT 'steps computed      ' || count(*) || ', more than once ' ||
    (count(*) - (SELECT count(*) FROM (SELECT DISTINCT trial, step FROM line WHERE step <> 'end')))
    FROM line WHERE step <> 'end';
SELECT 'overlap             ' || coalesce(round(sum(seconds), 1), 0.0) || ' s in ' || count(*) ||
    ' attempts' FROM overlap"
echo "all ended           $(cat liveness) s after the last fault"
[ $wrong -eq 0 ] || exit 1
echo "chaos: $2 seconds, seed $3: 0 lost results, 0 duplicate results"
