#!/bin/sh
# Seventy trials fail for a reason outside of them and are buried; the experiment ends. Once what
# was wrong has been mended, one kick queues every one again, and they complete, with the same
# numbers and parameters; a second kick finds nothing to do.
. "$(dirname "$0")/lib.sh"
mkfifo ready
exec 3<>ready
"$tidemill" serve --store s.db --listen 'tcp://127.0.0.1:*' 2>ready &
sed '/event=serving/q' <&3 >/dev/null
cat >objective.sh <<'END'
[ -e "$here/mended" ] || exit 1
echo "loss=$1"
END
cat >spec.yaml <<END
name: kick
command: [sh, $here/objective.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
search: {algorithm: random}
budget: {trials: 70}
retry: {max_restarts: 0}
environment: {env: {here: $here}}
END
"$worker" --keys s.db.run --name only --state only --slots 8 --allow-root 2>worker.log &
"$tidemill" submit spec.yaml --store s.db 2>/dev/null
"$tidemill" wait kick --store s.db >/dev/null 2>&1 || true
same buried "$(query s.db "SELECT count(*) FROM trial WHERE state = 'buried'")" 70
query s.db 'SELECT number, params FROM trial' >before.txt
touch mended
"$tidemill" kick 1 --store s.db 2>kick.log
"$tidemill" wait kick --store s.db >/dev/null 2>&1
same completed "$(query s.db "SELECT count(*) FROM trial WHERE state = 'completed'")" 70
same attempts "$(query s.db 'SELECT min(attempts), max(attempts) FROM trial')" '2|2'
query s.db 'SELECT number, params FROM trial' >after.txt
cmp -s before.txt after.txt || fail 'the parameters have changed'
code=0
"$tidemill" kick 1 --store s.db 2>kick.log || code=$?
same 'exit code where nothing is buried' $code 3
