#!/bin/sh
# The coordinator is killed with -9 in the middle of an upload and started again: the worker sends
# the rest of the checkpoint, not all of it, while the trial and its lease live on; what arrived is
# what was saved.
. "$(dirname "$0")/lib.sh"
cat >objective.sh <<'END'
cd "$TIDEMILL_CHECKPOINT_DIR" || exit 1
head -c 150000000 /dev/urandom >weights.new && mv weights.new weights
echo '{"checkpoint":1}' >>"$TIDEMILL_REPORT"
saved=$(dirname "$TIDEMILL_REPORT")/report.saved
until grep -qs '"step":1,' "$saved"; do :; done
cat "$saved" >"$here/saved"
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
until [ -n "$(find s.db.objects -name '*.part' -size +4M 2>/dev/null)" ]; do :; done
kill -9 $coordinator
part=$(find s.db.objects -name '*.part' -exec stat -c %s '{}' ';')
[ -n "$part" ] || fail 'the upload was over before the coordinator was killed'
serve --keys keys
"$tidemill" wait 1 --store s.db >/dev/null 2>&1
same 'what the script was told' "$(cat saved)" '{"step":1,"saved":true}'
same trial "$(query s.db 'SELECT state, attempts FROM trial')" 'completed|1'
offset=$(sed -n 's/.*event=file_goes_on.* offset=\([0-9]*\) .*/\1/p' serve.log)
[ "${offset:-0}" -ge 4000000 ] || fail "it went on from '$offset', $part bytes were there"
[ "$(query s.db 'SELECT bytes FROM checkpoint')" -gt 150000000 ] || fail 'no checkpoint'
