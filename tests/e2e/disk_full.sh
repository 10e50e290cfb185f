#!/bin/sh
# The coordinator's disk fills up under a running search: it keeps every lease from memory, while
# nothing can be recorded and nothing is acknowledged; freed, it carries on without a restart, with
# every result that was reported meanwhile, and none is computed again.
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
: >witness.txt
exec 3<>ready 4<>begun
"$tidemill" serve --store disk/s.db --lease 4s --listen 'tcp://127.0.0.1:*' 2>ready &
coordinator=$!
sed '/event=serving/q' <&3 >/dev/null
(cat <&3 >serve.log) &

# a trial takes two leases
cat >objective.sh <<'END'
for step in $(seq 32); do
    echo "$TIDEMILL_TRIAL $TIDEMILL_ATTEMPT $step" >>"$here/witness.txt"
    echo "$TIDEMILL_TRIAL $step" >"$here/begun"
    sleep 0.25
done
echo "loss=$1"
END
cat >spec.yaml <<END
name: full
command: [sh, $here/objective.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
search: {algorithm: random}
budget: {trials: 6}
environment: {env: {here: $here}}
END
for name in first second; do
    "$worker" --keys disk/s.db.run --name $name --state $name --allow-root 2>$name.log &
done
"$tidemill" submit spec.yaml --store disk/s.db 2>/dev/null

# said PATTERN: waits until the coordinator's log has it
said() {
    tail -n +1 -f serve.log | sed "/$1/q" >/dev/null
}

# step TRIAL STEP: waits until that trial has come so far, or was there already
step() {
    until grep -q "^$1 1 $2\$" witness.txt; do
        read -r line <&4
    done
}
step 1.2 1
step 1.3 1
# written to the last byte, in pieces that get smaller
for piece in 1M 64k 4k 1k; do
    dd if=/dev/zero of="disk/filler-$piece" bs=$piece 2>/dev/null || true
done
said 'event=store_waits.*full'
said event=dispatch_held
query disk/s.db "SELECT number, value FROM trial WHERE state = 'completed'" >before.txt
query disk/s.db 'SELECT count(*) FROM attempt' >attempts.txt
step 1.2 32 # both go on for two leases, and end
step 1.3 32
same 'rows while the disk is full' "$(query disk/s.db 'SELECT count(*) FROM attempt')" \
    "$(cat attempts.txt)"
rm disk/filler-*
said event=store_goes_on
said event=dispatch_goes_on
"$tidemill" wait full --store disk/s.db >/dev/null 2>&1
kill -0 $coordinator || fail 'the coordinator has ended'
same starts "$(query disk/s.db 'SELECT incarnation FROM meta')" 1
same trials "$(query disk/s.db "SELECT count(*) FROM trial WHERE state = 'completed'")" 6
same attempts "$(query disk/s.db "SELECT count(*), sum(state = 'done') FROM attempt")" '6|6'
same 'steps computed twice' "$(sort witness.txt | uniq -d)" ''
query disk/s.db 'SELECT number, value FROM trial' >after.txt
while read -r row; do
    grep -qx "$row" after.txt || fail "the result $row is gone"
done <before.txt
kill $coordinator
wait $coordinator || true
umount --lazy disk
