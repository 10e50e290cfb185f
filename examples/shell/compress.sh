#!/bin/sh
# How small can xz make the licence texts that every Debian system has? A trial is one set of xz's
# parameters; a step is one file. The script talks to tidemill without any library: parameters come
# in TIDEMILL_PARAM_*, results go as lines of JSON to TIDEMILL_REPORT.
set -eu
checkpoint=$TIDEMILL_CHECKPOINT_DIR/state
notice=$TIDEMILL_NOTICE

report() {
    echo "$1" >>"$TIDEMILL_REPORT"
}

leave() {
    report "{\"checkpoint\":$step}"
    exit 75
}

# Told to leave, the script finishes the file it is at; the checkpoint then has all of its work.
leaving=no
trap 'leaving=yes' TERM

step=0
bytes=0
if [ "$TIDEMILL_RESUME" = 1 ]; then
    read -r step bytes <"$checkpoint"
fi

options="lc=$TIDEMILL_PARAM_lc,lp=$TIDEMILL_PARAM_lp,pb=$TIDEMILL_PARAM_pb"
options="$options,nice=$TIDEMILL_PARAM_nice,mf=$TIDEMILL_PARAM_finder,depth=$TIDEMILL_PARAM_depth"
file=0
for text in /usr/share/common-licenses/*; do
    file=$((file + 1))
    [ "$file" -gt "$step" ] || continue
    bytes=$((bytes + $(xz --format=raw --lzma2="$options" --stdout "$text" | wc -c)))
    step=$file
    report "{\"step\":$step,\"metrics\":{\"bytes\":$bytes}}"
    echo "$step $bytes" >"$checkpoint.new"
    mv "$checkpoint.new" "$checkpoint"
    if [ "$leaving" = yes ] || [ -e "$notice" ]; then
        leave
    fi
done
report '{"final":true}'
