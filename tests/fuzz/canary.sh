#!/bin/sh
# A canary that must die: a fuzz target with a planted fault replays a corpus that reaches it. If it
# lives, the driver or the corpus proves nothing, and this fails.
# usage: canary.sh PROGRAM CORPUS
set -u
output=$("$1" "$2" 2>&1)
status=$?
if [ "$status" -eq 0 ]; then
    echo "the canary lives: $1 passed over its planted fault"
    exit 1
fi
case $output in
*"assertion failed"*) echo "the canary died as it must" ;;
*)
    echo "$output"
    echo "the canary died of something else"
    exit 1
    ;;
esac
