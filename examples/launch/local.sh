#!/bin/sh
# Machines that are worker processes on the coordinator's own machine, one slot each.
# usage: local.sh KEYS STATE up COUNT | local.sh KEYS STATE down ID...
#   KEYS   the folder of keys: STORE.run, or that of tidemill keygen
#   STATE  where each worker keeps its files and its log
set -eu
keys=$1
state=$2
verb=$3
shift 3
worker=${TIDEMILL_WORKER:-tidemill-worker}

# pid_of ID: the process of the worker, if it is there and still that worker.
pid_of() {
    pid=$(cat "$state/$1/pid" 2>/dev/null) || return 1
    tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q -- "--name $1 " || return 1
}

up() {
    mkdir -p "$state"
    count=$1
    root=
    [ "$(id -u)" -ne 0 ] || root=--allow-root
    while [ "$count" -gt 0 ]; do
        folder=$(mktemp -d "$state/${TIDEMILL_POOL:-default}-XXXXXX")
        id=$(basename "$folder")
        setsid "$worker" --keys "$keys" --name "$id" --pool "${TIDEMILL_POOL:-default}" \
            --state "$folder" $root </dev/null >"$folder/log" 2>&1 &
        echo $! >"$folder/pid"
        echo "$id"
        count=$((count - 1))
    done
}

# An id whose worker is gone is no failure: it is what was wanted.
down() {
    for id; do
        if pid_of "$id"; then
            kill -TERM "$pid"
            timeout 60 tail --pid="$pid" -f /dev/null || kill -KILL "$pid" || true
        fi
    done
}

"$verb" "$@"
