#!/bin/sh
# The coordinator is killed with -9 in the middle of an upload and started again: the worker sends
# the rest of the checkpoint, not all of it, while the trial and its lease live on; what arrived is
# what was saved.
. "$(dirname "$0")/lib.sh"
mkfifo ready begun
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
exec 4<>ready
"$tidemill" keygen worker first --keys keys >/dev/null 2>&1
"$tidemill" keygen operator me --keys keys >/dev/null 2>&1
# serve ENDPOINT LOG: waits until it serves
serve() {
    "$tidemill" serve --store s.db --keys keys --listen "$1" 2>ready &
    coordinator=$!
    endpoint=$(sed -n '/event=serving/{s/.*endpoint=\([^ ]*\).*/\1/p;q}' <&4)
    (exec cat <&4 >"$2") &
    reading=$!
}

serve 'tcp://127.0.0.1:*' first.serve
"$worker" --connect "$endpoint" --key first.key --server-key keys/server.pub --state first \
    --allow-root 2>worker.log &
"$tidemill" submit spec.yaml --connect "$endpoint" --key me.key --server-key keys/server.pub \
    >/dev/null 2>&1
until [ -n "$(find s.db.objects -name '*.part' -size +4M 2>/dev/null)" ]; do :; done
kill -9 $coordinator
kill $reading
part=$(find s.db.objects -name '*.part' -exec stat -c %s '{}' ';')
[ -n "$part" ] || fail 'the upload was over before the coordinator was killed'
serve "$endpoint" second.serve
"$tidemill" wait 1 --store s.db >/dev/null 2>&1
kill $reading
same 'what the script was told' "$(cat saved)" '{"step":1,"saved":true}'
same trial "$(query s.db 'SELECT state, attempts FROM trial')" 'completed|1'
offset=$(sed -n 's/.*event=file_goes_on.* offset=\([0-9]*\) .*/\1/p' second.serve)
[ "${offset:-0}" -ge 4000000 ] || fail "it went on from '$offset', $part bytes were there"
[ "$(query s.db 'SELECT bytes FROM checkpoint')" -gt 150000000 ] || fail 'no checkpoint'
