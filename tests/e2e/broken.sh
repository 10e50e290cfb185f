#!/bin/sh
# The coordinator is killed with -9 in the middle of an upload and started again: the worker sends
# the rest of the checkpoint, not all of it, while the trial and its lease live on; what arrived is
# what was saved. Somebody else has taken the port that files came by, so that they come by another.
. "$(dirname "$0")/lib.sh"
cat >objective.sh <<'END'
cd "$TIDEMILL_CHECKPOINT_DIR" || exit 1
saved=$(dirname "$TIDEMILL_REPORT")/report.saved
step=0
until [ -e "$here/caught" ]; do # an upload can be over before anybody saw it
    step=$((step + 1))
    head -c 150000000 /dev/urandom >weights.new && mv weights.new weights
    echo '{"checkpoint":'$step'}' >>"$TIDEMILL_REPORT"
    until grep -qs '"step":'$step',' "$saved"; do sleep 0.02; done
    grep '"step":'$step',' "$saved" >"$here/saved"
done
echo loss=1
END
cat >spec.yaml <<END
name: broken
command: [sh, $here/objective.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 1}
environment: {env: {here: $here}}
END
keys first
serve --keys keys
enter first
ask submit spec.yaml >/dev/null 2>&1
# part: the bytes of an upload that are there, once they are many
part() {
    find s.db.objects -name '*.part' -size +4M -exec stat -c %s '{}' ';' 2>/dev/null
}
# caught: whether the coordinator stands still in the middle of an upload
caught() {
    [ -n "$(part)" ] || return 1
    kill -STOP $coordinator
    [ -z "$(part)" ] || return 0
    kill -CONT $coordinator
    return 1
}
until caught; do sleep 0.02; done
there=$(part)
touch caught
crash $coordinator
port=$((${endpoint##*:} + 1))
"$tidemill" serve --store other.db --listen "tcp://127.0.0.1:$port" 2>other.log &
until grep -qs -e event=serving -e 'cannot listen' other.log; do sleep 0.02; done
serve --keys keys
"$tidemill" wait 1 --store s.db >/dev/null 2>&1
same 'what the script was told' "$(cut -d, -f2 saved)" '"saved":true}'
same trial "$(query s.db 'SELECT state, attempts FROM trial')" 'completed|1'
offset=$(sed -n 's/.*event=file_goes_on.* offset=\([0-9]*\) .*/\1/p' serve.log)
[ "${offset:-0}" -ge 4000000 ] || fail "it went on from '$offset', $there bytes were there"
[ "$(query s.db 'SELECT min(bytes) FROM checkpoint')" -gt 150000000 ] || fail 'no checkpoint'
