#!/bin/sh
# Where the output of a verb may go: --json is JSON to its last byte, a pipe that is closed early
# ends it without a word, and a full disk is a failure, whatever the verb.
# usage: output.sh BUILD
. "$(dirname "$0")/../e2e/lib.sh"
cat >spec.yaml <<'END'
name: outputs
command: [sh, -c, "echo begins; echo epoch 1 loss=$1", sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 40}
search: {algorithm: random}
END
"$tidemill" run spec.yaml --store s.db --workers 2 >/dev/null 2>&1
objects='status|status 1|trials 1|show 1|show 1.3|best 1|why 1|workers --all|wait 1|check spec.yaml'
lines='logs 1.3|watch 1 --history|export 1 --format jsonl'

# each LIST FUNCTION: FUNCTION VERB WORDS... for each of them
each() {
    printf '%s\n' "$1" | tr '|' '\n' >verbs.txt
    while read -r words; do
        # shellcheck disable=SC2086  # they are words
        $2 $words </dev/null
    done <verbs.txt
}
valid() { # valid FILE
    same "$1 is JSON" "$(query :memory: "SELECT json_valid(readfile('$1'))")" 1
}
object() {
    "$tidemill" "$@" --json --store s.db >out.json 2>err.txt || fail "$* --json: $(cat err.txt)"
    valid out.json
}
by_line() {
    "$tidemill" "$@" --json --store s.db >out.jsonl
    same "lines of $* that are no JSON" "$(sqlite3 :memory: 'CREATE TABLE line (text)' \
        '.mode ascii' '.separator "\001" "\n"' '.import out.jsonl line' \
        'SELECT count(*) FILTER (WHERE NOT json_valid(text)) FROM line HAVING count(*) > 0')" 0
}
full() {
    ! "$tidemill" "$@" --store s.db >/dev/full 2>err.txt || fail "$* onto a full disk is a success"
    grep -q written err.txt || fail "$* onto a full disk says: $(cat err.txt)"
}
closed() {
    "$tidemill" "$@" --store s.db 2>err.txt | head -c 1 >/dev/null
    ! grep -qi 'pipe\|written' err.txt || fail "$* into a closed pipe says: $(cat err.txt)"
}
each "$objects" object
each "$lines" by_line
each "$objects|$lines|export 1 --format csv|completion bash" full
each "$objects|$lines|trials 1 --limit 0" closed
