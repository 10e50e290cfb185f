#!/bin/sh
# The coordinator's disk has room for rows, and none for checkpoints: a trial that is completed then
# is recorded at once; its last checkpoint, which nobody needs, is not waited for.
if [ "${2:-}" != inside ]; then
    own='unshare --mount --pid --fork --mount-proc --kill-child'
    [ "$(id -u)" -eq 0 ] && $own true 2>/dev/null ||
        { echo 'skipped: a small disk of its own needs root (mount)' && exit 77; }
    exec $own sh "$0" "$1" inside
fi
. "$(dirname "$0")/lib.sh"
mkdir disk
mount -t tmpfs -o size=16m tmpfs disk
mkfifo ready begun
exec 3<>begun
cat >objective.sh <<'END'
echo "$TIDEMILL_TRIAL" >"$here/begun"
until [ -e "$here/go" ]; do sleep 0.05; done
head -c 300000 /dev/urandom >"$TIDEMILL_CHECKPOINT_DIR/weights"
echo '{"step":'"$TIDEMILL_BUDGET"',"metrics":{"loss":0.5},"checkpoint":'"$TIDEMILL_BUDGET"'}' \
    >>"$TIDEMILL_REPORT"
echo '{"final":true}' >>"$TIDEMILL_REPORT"
END
cat >spec.yaml <<END
name: full
command: [sh, $here/objective.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
fidelity: {name: epochs, min: 1, max: 9}
budget: {trials: 1}
environment: {env: {here: $here}}
END
"$tidemill" keygen worker only --keys keys >/dev/null 2>&1
"$tidemill" keygen operator me --keys keys >/dev/null 2>&1
exec 4<>ready
"$tidemill" serve --store disk/s.db --keys keys --listen 'tcp://127.0.0.1:*' 2>ready &
endpoint=$(sed -n '/event=serving/{s/.*endpoint=\([^ ]*\).*/\1/p;q}' <&4)
(cat <&4 >serve.log) &
"$worker" --connect "$endpoint" --key only.key --server-key keys/server.pub --state only \
    --allow-root 2>only.log &
"$tidemill" submit spec.yaml --connect "$endpoint" --key me.key --server-key keys/server.pub
read -r line <&3

# all but 800 KB: rows go on, and less than a sixteenth is free
free=$(($(stat -f -c '%a * %S' disk) / 1024 - 800))
dd if=/dev/zero of=disk/filler bs=1k count=$free 2>/dev/null
touch go
until [ "$(query disk/s.db 'SELECT state FROM trial')" = completed ]; do sleep 0.1; done
same 'checkpoints of it' "$(query disk/s.db 'SELECT count(*) FROM checkpoint')" 0
[ -e disk/filler ] || fail 'the disk had room'
umount --lazy disk
