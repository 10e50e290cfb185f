#!/bin/sh
# The examples in Python and sh are what their READMEs say. The Python ones are ordinary scripts:
# without any of tidemill's variables they print the objective in the form that the default pattern
# reads, the same at every run. The one in sh reports, saves and leaves as it is told; in parts it
# finds the same sum as in one go.
# usage: scripts.sh sklearn|xgboost|shell EXAMPLES
set -eu
what=$1
examples=$2
here=$(mktemp -d "${TMPDIR:-/tmp}/tidemill-scripts-XXXXXX")
trap 'rm -rf "$here"' EXIT
PATH=/usr/bin:$PATH
OPENBLAS_NUM_THREADS=1
OMP_NUM_THREADS=1
PYTHONDONTWRITEBYTECODE=1
export PATH OPENBLAS_NUM_THREADS OMP_NUM_THREADS PYTHONDONTWRITEBYTECODE

die() {
    echo "$what: $*" >&2
    exit 1
}

# twice WORD...: the script's output, which must be the same at the second run.
twice() {
    /usr/bin/python3 "$examples/$what/train.py" "$@" >"$here/once" 2>"$here/errors" ||
        die "$(cat "$here/errors")"
    /usr/bin/python3 "$examples/$what/train.py" "$@" >"$here/twice" 2>/dev/null
    cmp "$here/once" "$here/twice" || die "two runs differ"
}

check_sklearn() {
    twice --C 3.7 --kernel poly --degree 2 --gamma 0.21 --epsilon 0.3
    grep -Eqx 'mse=[0-9]+\.[0-9]+' "$here/once" || die "it printed: $(cat "$here/once")"
}

check_xgboost() {
    twice --rounds 7 --eta 0.21 --max_depth 3
    [ "$(grep -Ecx '\[[0-6]\]	valid-logloss:[0-9.]+' "$here/once")" -eq 7 ] ||
        die "it printed: $(cat "$here/once")"
}

# compress RESUME: the script under tidemill's variables; its exit status is in $status.
compress() {
    status=0
    TIDEMILL_CHECKPOINT_DIR=$here TIDEMILL_REPORT=$here/report TIDEMILL_NOTICE=$here/notice \
        TIDEMILL_RESUME=$1 TIDEMILL_PARAM_lc=2 TIDEMILL_PARAM_lp=1 TIDEMILL_PARAM_pb=3 \
        TIDEMILL_PARAM_nice=37 TIDEMILL_PARAM_finder=bt3 TIDEMILL_PARAM_depth=9 \
        sh "$examples/shell/compress.sh" || status=$?
}

check_shell() {
    compress 0
    [ "$status" -eq 0 ] || die "it exits $status"
    grep '"step"' "$here/report" >"$here/once"
    tail -n 1 "$here/report" | grep -qx '{"final":true}' || die "no final line"
    rm "$here/report"

    : >"$here/notice"
    compress 0
    parts=1
    while [ "$status" -eq 75 ]; do
        compress 1
        parts=$((parts + 1))
    done
    [ "$status" -eq 0 ] || die "resumed, it exits $status"
    grep '"step"' "$here/report" >"$here/twice"
    cmp "$here/once" "$here/twice" || die "in parts it reports something else"
    # told to leave after every file, it ran once for each and once to find that nothing is left
    [ "$parts" -eq $(($(wc -l <"$here/once") + 1)) ] || die "it ran $parts times"
    [ "$(grep -c '"checkpoint"' "$here/report")" -eq $((parts - 1)) ] || die "checkpoints missing"
}

check_"$what"
