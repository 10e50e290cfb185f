#!/bin/sh
# 16 worker processes and trials that do nothing: none is lost, none is run twice, no point of a
# continuous space is suggested twice. While it runs, another user without write permission reads
# the store.
. "$(dirname "$0")/lib.sh"
cat >objective.sh <<'END'
echo "$TIDEMILL_TRIAL" >>witness.txt
echo "loss=$1"
END
cat >spec.yaml <<END
name: workers
command: [sh, objective.sh, "{x}"]
parameters:
  x: {type: float, min: 0, max: 1}
  y: {type: float, min: 0, max: 1}
objective: {metric: loss, direction: minimize}
search: {initial: 40}
budget: {trials: 200}
END
# a query by somebody who may read the file and nothing else
stranger() {
    setpriv --reuid 65534 --regid 65534 --clear-groups \
        sqlite3 -readonly s.db "$1" >/dev/null 2>reader.log
}
"$tidemill" run spec.yaml --workers 16 --store s.db 2>warnings.txt &
run=$!
reads=0
while kill -0 $run 2>/dev/null; do
    if [ -f s.db ] && [ "$(id -u)" -eq 0 ]; then
        chmod 755 .
        stranger "SELECT number, value, params->>'x' FROM trial
            WHERE state = 'completed' ORDER BY value LIMIT 5" && reads=$((reads + 1))
    fi
done
wait $run
[ "$(id -u)" -ne 0 ] || [ $reads -gt 0 ] || fail "another user could not read: $(cat reader.log)"
same trials "$(query s.db "SELECT count(*) FROM trial WHERE state = 'completed'")" 200
same attempts "$(query s.db 'SELECT count(*) FROM attempt')" 200
same points "$(query s.db 'SELECT count(DISTINCT params) FROM trial')" 200
same runs "$(sort witness.txt | uniq | wc -l),$(wc -l <witness.txt)" 200,200
[ "$(id -u)" -ne 0 ] || stranger 'SELECT 1' ||
    fail "another user cannot read the store after the end: $(cat reader.log)"
