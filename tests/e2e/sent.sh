#!/bin/sh
# A workdir reaches workers of other machines: packed without what .gitignore names, sent once to
# each worker, set up once there although two slots wait for it, and every attempt starts in a clean
# copy of its own. The same files submitted again are not sent again. A setup that fails is a
# failure of the attempt that says why. `run` means the same by it.
. "$(dirname "$0")/lib.sh"
keys first second
serve --keys keys
mkdir -p code/lib code/data code/runs
printf '%s\n' '# what is made' '*.log' '/data/' '!keep.log' 'runs/**/big' >code/.gitignore
echo 'echo "$1"' >code/lib/number.sh
chmod +x code/lib/number.sh
ln -s lib/number.sh code/number
echo x >code/noise.log
echo x >code/keep.log
echo x >code/data/large
mkdir -p code/runs/a/b/big code/.git
echo x >code/.git/config
cat >code/train.sh <<'END'
[ ! -e noise.log ] && [ ! -e data ] && [ ! -e runs/a/b/big ] && [ ! -e .git ] || exit 3
[ -e keep.log ] && [ -x lib/number.sh ] && [ -L number ] && [ -e made ] || exit 4
[ ! -e mine ] || exit 5
echo "$TIDEMILL_TRIAL" >mine
echo "loss=$(sh ./number "$1")"
END
cat >code/prepare.sh <<'END'
echo "$1" >>"$here/setups"
ls "$here" >/dev/null
echo made >made
END
# spec NAME SETUP
spec() {
    cat >code/spec.yaml <<END
name: $1
workdir: .
setup: $2
command: [sh, train.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 8}
retry: {max_restarts: 1, backoff: 0s}
environment: {env: {here: $here}}
END
}

enter first --slots 2
enter second --slots 2
spec sent 'sh prepare.sh once'
ask submit code/spec.yaml >/dev/null
"$tidemill" wait 1 --store s.db
same trials "$(query s.db "SELECT count(*) FROM trial WHERE state = 'completed'")" 8
[ "$(wc -l <setups)" -le 2 ] || fail "set up $(wc -l <setups) times on two workers"
same objects "$(find s.db.objects/workdir -type f | wc -l)" 1
object=$(find s.db.objects/workdir -type f)
before=$(stat -c %i "$object")
rm setups
touch -d 2001-01-01 code/train.sh # what was not changed is the same, however old it is
ask submit code/spec.yaml >/dev/null
"$tidemill" wait 2 --store s.db
same 'the object of the same files' "$(stat -c %i "$object")" "$before"
same objects "$(find s.db.objects/workdir -type f | wc -l)" 1
[ ! -e setups ] || fail 'set up again for the same files'

spec broken 'sh -c "echo no such wheel; exit 7"'
ask submit code/spec.yaml >/dev/null
"$tidemill" wait 3 --store s.db >/dev/null 2>&1
same 'trials without their setup' \
    "$(query s.db 'SELECT DISTINCT state FROM trial WHERE experiment = 3')" buried
query s.db 'SELECT DISTINCT cause, message FROM attempt WHERE experiment = 3' >why
grep -q '^setup_failed|the setup exited with 7; it said last:' why || fail "it says: $(cat why)"
"$tidemill" show 3.0 --store s.db | grep -q 'no such wheel' || fail 'show does not say why'

ln -s /etc/hostname code/outside
ask submit code/spec.yaml >/dev/null 2>refused && fail 'a link that leads out is taken'
grep -q "'outside' is a link that leads out of the workdir" refused ||
    fail "it says: $(cat refused)"
rm code/outside

rm -f setups
spec local 'sh prepare.sh local'
"$tidemill" run code/spec.yaml --store code/t.db --workers 1 >/dev/null 2>run.log
same 'trials of run' "$(query code/t.db "SELECT count(*) FROM trial WHERE state = 'completed'")" 8
same 'setups of run' "$(cat setups)" local
[ ! -e code/mine ] || fail 'an attempt ran in the workdir itself'
