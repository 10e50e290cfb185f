#!/bin/sh
# The digits trainer keeps its promises to a search: the same seed gives the same lines; a run that
# was interrupted and resumed, however it was asked to leave, ends in the same bytes as one that
# was not; what it cannot train or understand it says by its exit status. Each case runs the real
# program on the real data in a directory of its own.
# usage: digits.sh PROGRAM DATA
set -eu
program=$1
data=$2
here=$(mktemp -d "${TMPDIR:-/tmp}/tidemill-digits-XXXXXX")
trap 'rm -rf "$here"' EXIT

die() {
    echo "digits: $*" >&2
    exit 1
}

# train NAME WORD...: a short run whose output is NAME.out and whose exit status is in $status.
train() {
    name=$1
    shift
    status=0
    "$program" --data "$data" --hidden 24 --layers 2 --epochs 6 --checkpoint-every 2 --seed 5 "$@" \
        >"$here/$name.out" 2>"$here/$name.err" || status=$?
}

same() {
    cmp "$here/$1" "$here/$2" || die "$1 and $2 differ"
}

for opt in "momentum --momentum 0.9 --activation tanh" "sgd --lr 0.3 --activation relu" \
    "sgd --activation logistic"; do
    # shellcheck disable=SC2086  # $opt is several words
    set -- --opt $opt

    # Without tidemill it is an ordinary program.
    train plain "$@"
    [ "$status" -eq 0 ] || die "a plain run exits $status"
    [ "$(grep -c '^epoch [1-6] val_error=0\.[0-9]* val_loss=[0-9.]*$' "$here/plain.out")" -eq 6 ] ||
        die "a plain run does not print six epochs"
    train again "$@"
    same plain.out again.out

    # The uninterrupted run, with everything tidemill offers.
    rm -rf "$here/whole" "$here/parts"
    mkdir "$here/whole" "$here/parts"
    TIDEMILL_CHECKPOINT_DIR=$here/whole TIDEMILL_REPORT=$here/whole.report \
        TIDEMILL_NOTICE=$here/no-such-notice train whole "$@"
    [ "$status" -eq 0 ] || die "a run under tidemill exits $status"
    same plain.out whole.out
    tail -n 1 "$here/whole.report" | grep -qx '{"final":true}' || die "no final line"
    for epoch in 2 4 6; do
        grep -qx "{\"checkpoint\":$epoch}" "$here/whole.report" || die "no checkpoint $epoch"
    done

    # The same run in parts: told to leave after every epoch, resumed every time.
    : >"$here/notice"
    : >"$here/parts.all"
    resume=0
    parts=0
    while :; do
        TIDEMILL_CHECKPOINT_DIR=$here/parts TIDEMILL_REPORT=$here/parts.report \
            TIDEMILL_NOTICE=$here/notice TIDEMILL_RESUME=$resume train part "$@"
        cat "$here/part.out" >>"$here/parts.all"
        parts=$((parts + 1))
        [ "$status" -eq 75 ] || break
        resume=1
    done
    [ "$status" -eq 0 ] || die "the last part exits $status: $(cat "$here/part.err")"
    [ "$parts" -eq 6 ] || die "six epochs took $parts parts"
    same plain.out parts.all
    same whole/digits.checkpoint parts/digits.checkpoint
    [ "$(ls "$here/parts")" = digits.checkpoint ] || die "something was left beside the checkpoint"

    # The report carries the same numbers as the output.
    sed -n -e 's/ val_error=/,"metrics":{"val_error":/; s/ val_loss=\(.*\)/,"val_loss":\1}}/' \
        -e 's/^epoch /{"step":/p' "$here/plain.out" >"$here/expected"
    grep '"step"' "$here/parts.report" >"$here/reported"
    same expected reported
    rm -f "$here/parts.report" "$here/whole.report"
done

# SIGTERM alone is enough: it saves and exits 75. The signal goes out at the first line it prints.
mkfifo "$here/lines"
mkdir "$here/term"
TIDEMILL_CHECKPOINT_DIR=$here/term "$program" --data "$data" --epochs 100000 >"$here/lines" &
trainer=$!
exec 3<"$here/lines"
read -r line <&3
kill -TERM "$trainer"
last=$(cat <&3 | tail -n 1)
exec 3<&-
status=0
wait "$trainer" || status=$?
[ "$status" -eq 75 ] || die "after SIGTERM it exits $status"
[ -s "$here/term/digits.checkpoint" ] || die "after SIGTERM ('$line' ... '$last') nothing is saved"

# What it must refuse, and how.
train diverged --lr 1000 --opt momentum --activation relu
[ "$status" -eq 65 ] || die "a run that diverges exits $status"
TIDEMILL_CHECKPOINT_DIR=$here/parts TIDEMILL_RESUME=1 train other --lr 0.2
[ "$status" -eq 1 ] || die "it resumes from another run's checkpoint"
grep -q 'other hyperparameters' "$here/other.err" || die "it does not say whose checkpoint it is"
for words in "--lr x" "--lr -1" "--hidden 1.5" "--opt sgdx" "--nonsense 1" "--lr" "lr=1" \
    "--activation" "--batch 0" "--seed 99999999999"; do
    # shellcheck disable=SC2086  # $words is several words
    train usage $words
    [ "$status" -eq 2 ] || die "'$words' exits $status"
    grep -q '^usage: ' "$here/usage.err" || die "'$words' shows no usage"
done
train nodata --data "$here/no-such-file"
[ "$status" -eq 1 ] || die "without its data it exits $status"
echo "0,1,2" >"$here/short.csv"
train short --data "$here/short.csv"
[ "$status" -eq 1 ] || die "with wrong data it exits $status"
