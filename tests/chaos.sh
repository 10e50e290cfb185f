#!/bin/sh
# Chaos with real processes: a coordinator and eight workers on one machine, trials that save
# checkpoints and write every step they compute to a witness file; every few seconds something is
# killed or stopped, the store's disk is filled, a shell holds the store, the network drops. Then
# the faults end, everything that was begun has to finish, and witness and store must agree.
#
# usage: tests/chaos.sh [--minutes N] [--seconds N] [--seed N] [--build DIR] [--keep]
#   --minutes N, --seconds N   how long faults go on (1 minute)
#   --seed N                   which faults, when and to whom (random, and said)
#   --build DIR                where the programs are (build/ci)
#   --keep                     leave the directory of the run behind, also after success
#
# Network faults need network namespaces, a full disk needs a tmpfs: both are made inside namespaces
# of the run's own, which vanish with it. Where those are refused, the run says what it leaves out.
set -eu
here_tests=$(cd "$(dirname "$0")" && pwd)
build=$here_tests/../build/ci
seconds=60
seed=
keep=no
inside=no
directory=
while [ $# -gt 0 ]; do
    case $1 in
    --minutes) seconds=$(awk "BEGIN { print int($2 * 60) }") && shift ;;
    --seconds) seconds=$2 && shift ;;
    --seed) seed=$2 && shift ;;
    --build) build=$2 && shift ;;
    --keep) keep=yes ;;
    --inside) inside=$2 && directory=$3 && shift 2 ;; # the script calls itself so
    *) sed -n '/^# usage/,/^# *--keep/s/^# //p' "$0" >&2 && exit 2 ;;
    esac
    shift
done
[ -x "$build/tidemill" ] || { echo "chaos: no tidemill in $build" >&2 && exit 2; }
build=$(cd "$build" && pwd)

if [ "$inside" = no ]; then
    seed=${seed:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
    directory=$(mktemp -d "${TMPDIR:-/tmp}/tidemill-chaos-XXXXXX")
    own='unshare --mount --net --pid --fork --mount-proc --kill-child'
    [ "$(id -u)" -eq 0 ] || own="$own --user --map-root-user"
    run="sh $here_tests/chaos.sh --seconds $seconds --seed $seed --build $build --inside"
    code=0
    # shellcheck disable=SC2086  # the commands are words
    if $own true 2>/dev/null && command -v nft >/dev/null && command -v ip >/dev/null; then
        $own $run namespaces "$directory" || code=$?
    else
        echo 'chaos: no namespaces of its own (root, nft and ip are needed):' \
            'no network faults, no full disk' >&2
        $run plain "$directory" || code=$?
    fi
    if [ "$code" -eq 0 ] && [ "$keep" = no ]; then
        rm -rf "$directory"
    else
        echo "chaos: what is left is in $directory"
    fi
    exit "$code"
fi

cd "$directory"
. "$here_tests/chaos/party.sh"
. "$here_tests/chaos/faults.sh"
parties_begin
faults_run "$seconds" "$seed"
parties_finish
sh "$here_tests/chaos/verify.sh" . "$seconds" "$seed"
