#!/bin/sh
# Planted bugs: each line of mutations.txt (name|file|what stands there|what the bug makes of it)
# changes one place of a copy of the sources; the simulation must fail for it. One that it does
# not find is a hole in the simulation, and fails this script.
# usage: mutations.sh SOURCE SEEDS [NAME]      SEEDS 0: only whether each can still be planted
set -eu
source=$1
seeds=$2
only=${3:-}
work=$(mktemp -d "${TMPDIR:-/tmp}/tidemill-mutations-XXXXXX")
trap 'rm -rf "$work"' EXIT

plant() {
    rm -rf "$work/tree"
    mkdir "$work/tree"
    (cd "$source" && tar cf - --exclude=./build --exclude=./.git .) |
        (cd "$work/tree" && tar xf -)
    # What stood there before the last bug is older than what was built with it.
    [ -z "$last" ] || touch "$work/tree/$last"
    last=$1
    awk -v old="$2" -v new="$3" '
        !done && (at = index($0, old)) {
            $0 = substr($0, 1, at - 1) new substr($0, at + length(old))
            done = 1
        }
        { print }
        END { exit !done }' "$work/tree/$1" >"$work/mutant" || {
        echo "mutations: $1 does not hold: $2" >&2
        exit 1
    }
    mv "$work/mutant" "$work/tree/$1"
}

build() {
    cmake -S "$work/tree" -B "$work/build" -G Ninja >"$work/log" &&
        cmake --build "$work/build" --target test_sim >>"$work/log" 2>&1 || {
        tail -n 20 "$work/log" >&2
        exit 1
    }
}

missed=0
last=
printf '%-50s %-14s %s\n' 'PLANTED BUG' 'FOUND BY SEED' 'WHAT THE AUDITOR SAID'
while IFS='|' read -r name file old new; do
    [ -z "$only" ] || [ "$only" = "$name" ] || continue
    if [ "$seeds" -eq 0 ]; then
        grep -qF -- "$old" "$source/$file" || {
            echo "$name: $file does not hold: $old"
            missed=$((missed + 1))
        }
        continue
    fi
    plant "$file" "$old" "$new"
    build
    if "$work/build/tests/sim/sim" --seeds "$seeds" --plain >"$work/out" 2>&1; then
        printf '%-50s %s\n' "$name" "NOT FOUND in $seeds"
        missed=$((missed + 1))
    else
        seed=$(sed -n 's/^seed \([0-9]*\) failed/\1/p' "$work/out" | head -n 1)
        said=$(sed -n 's/^seed [0-9]*, at [0-9.]* s: //p' "$work/out" | head -n 1 | cut -c 1-60)
        printf '%-50s %-14s %s\n' "$name" "$seed" "${said:-$(head -n 1 "$work/out" | cut -c 1-60)}"
    fi
done <"$source/tests/sim/mutations.txt"
exit "$missed"
