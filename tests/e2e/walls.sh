#!/bin/sh
# The walls of the real programs: secrets that others may read are refused; without keys a
# coordinator stays on loopback; a parameter that looks like shell code stays a word; a spec gets an
# empty environment; a worker as root asks how; a key that is taken away ends a live session, and
# the trial goes to another worker while the old one's result counts no more.
. "$(dirname "$0")/lib.sh"

# refused WHAT PATTERN COMMAND...
refused() {
    what=$1
    pattern=$2
    shift 2
    if timeout 20 "$@" >refused.log 2>&1; then
        fail "$what is not refused"
    fi
    grep -q -- "$pattern" refused.log || fail "$what is told: $(cat refused.log)"
}

keys spot-a spot-b
mkfifo begun
exec 3<>begun
serve --keys keys --lease 3s
root=
[ "$(id -u)" -ne 0 ] || root=--allow-root

chmod 640 spot-a.key
refused "a worker's key that others may read" 'chmod 600' "$worker" --connect "$endpoint" \
    --key spot-a.key --server-key keys/server.pub --state state-a $root
chmod 600 spot-a.key
chmod 644 keys/server.key
refused "a coordinator's key that others may read" 'chmod 600' \
    "$tidemill" serve --store other.db --keys keys --listen 'tcp://127.0.0.1:*'
chmod 600 keys/server.key
refused 'an address beyond loopback without keys' keygen \
    "$tidemill" serve --store other.db --listen 'tcp://0.0.0.0:*'
if [ -n "$root" ]; then
    refused 'root without a word' 'allow-root' "$worker" --connect "$endpoint" --key spot-a.key \
        --server-key keys/server.pub --state state-a
    refused 'root as its own other user' 'no user other than root' "$worker" --user root \
        --connect "$endpoint" --key spot-a.key --server-key keys/server.pub --state state-a
fi

# --- words stay words, and the environment begins empty ---
cat >words.sh <<'END'
echo "$1" >>"$here/words.txt"
tr '\0' '\n' </proc/self/environ | cut -d= -f1 | sort >"$here/environment.txt"
grep NoNewPrivs /proc/self/status >"$here/privileges.txt"
echo loss=0.5
END
cat >words.yaml <<END
name: words
command: [sh, $here/words.sh, "{word}"]
parameters: {word: {type: categorical, values: ["; touch pwned", "\$(touch pwned)", "| sh -c x"]}}
objective: {metric: loss, direction: minimize}
search: {algorithm: grid}
budget: {trials: 3}
environment: {env: {here: $here}}
END
SECRET_OF_THE_CALLER=1
export SECRET_OF_THE_CALLER
enter spot-a
unset SECRET_OF_THE_CALLER
ask submit words.yaml >/dev/null 2>&1
"$tidemill" wait words --store s.db >/dev/null 2>&1
same words "$(sort words.txt | tr '\n' ' ')" '$(touch pwned) ; touch pwned | sh -c x '
[ -z "$(find . -name pwned)" ] || fail 'a parameter became shell code'
grep -q SECRET environment.txt && fail 'the environment of the worker was passed on'
grep -q 'NoNewPrivs:.*1' privileges.txt || fail "privileges: $(cat privileges.txt)"

# --- a key is taken away in the middle of a trial ---
cat >slow.sh <<'END'
echo "$TIDEMILL_ATTEMPT" >"$here/begun"
if [ "$TIDEMILL_ATTEMPT" = 1 ]; then
    until [ -e "$here/go" ]; do sleep 0.1; done
    echo loss=0.1
    exit
fi
echo loss=0.2
END
cat >slow.yaml <<END
name: slow
command: [sh, $here/slow.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 1}
environment: {env: {here: $here}}
END
ask submit slow.yaml >/dev/null 2>&1
read -r line <&3
same 'the first attempt' "$line" 1
rm keys/worker/spot-a.pub
enter spot-b
read -r line <&3
same 'the attempt after the key was taken away' "$line" 2
touch go
"$tidemill" wait slow --store s.db >/dev/null 2>&1
same 'the result that counts' \
    "$(query s.db 'SELECT value, attempts, restarts FROM trial WHERE experiment = 2')" '0.2|2|0'
same 'whose it is' "$(query s.db "SELECT name FROM attempt AS a JOIN worker AS w ON w.id = a.worker
    WHERE experiment = 2 AND a.state = 'done'")" spot-b
