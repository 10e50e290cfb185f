# Who takes part in a chaos run: the coordinator and the workers, each looked after by a keeper that
# starts it again whenever it ends, and writes down how it ended. Read by chaos.sh, in the run's
# directory; `inside`, `build` and `here_tests` are set.
workers=8
lease=4s

# run_coordinator: in the run's own network namespace, on its own disk
coordinator_run() {
    exec "$build/tidemill" serve --store disk/s.db --keys keys --lease "$lease" \
        --listen "$listen" 2>>serve.log
}

worker_run() {
    enter=
    [ ! -e "net-$1" ] || enter="nsenter --net=/proc/$(cat "net-$1")/ns/net"
    # shellcheck disable=SC2086  # the command is words
    exec $enter "$build/tidemill-worker" --connect "$(cat "connect-$1")" --key "worker-$1.key" \
        --server-key keys/server.pub --state "state-$1" --allow-root 2>>"worker-$1.log"
}

# keeper NAME FUNCTION [ARGUMENT]: NAME.pid is its process while it lives
keeper() {
    while [ ! -e over ]; do
        [ ! -e "$1.wipe" ] || rm -rf "state-$3" "$1.wipe"
        "$2" ${3:+"$3"} &
        echo $! >"$1.pid"
        code=0
        wait $! || code=$?
        rm -f "$1.pid"
        # while the disk is full or locked, a start is refused: that is no death
        hindered=no
        [ ! -e full ] && [ ! -e locked ] || hindered=yes
        echo "$1 $code $hindered" >>ends.txt
        sleep 0.3
    done
}

# A link of each worker's own to the coordinator's namespace, which is this one.
link_make() {
    unshare --net sleep 1000000 &
    echo $! >"net-$1"
    until [ "$(readlink "/proc/$!/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do :; done
    ip link add "v$1" type veth peer name eth0 netns $!
    ip address add "10.77.$1.1/30" dev "v$1"
    ip link set "v$1" up
    nsenter --net="/proc/$!/ns/net" sh -c "ip link set lo up; ip link set eth0 up
        ip address add 10.77.$1.2/30 dev eth0"
    echo "tcp://10.77.$1.1:7733" >"connect-$1"
}

network_make() {
    ip link set lo up
    for n in $(seq $workers); do
        link_make "$n"
    done
    nft -f - <<'RULES'
table inet chaos {
    set deaf { type ifname; }
    set dumb { type ifname; }
    set lossy { type ifname; }
    chain input {
        type filter hook input priority 0;
        iifname @deaf drop
        iifname @lossy numgen random mod 100 < 20 drop
    }
    chain output {
        type filter hook output priority 0;
        oifname @dumb drop
        oifname @lossy numgen random mod 100 < 20 drop
    }
}
RULES
}

as_operator() {
    verb=$1
    shift
    "$build/tidemill" "$verb" "$@" --connect "tcp://127.0.0.1:$port" --key operator.key \
        --server-key keys/server.pub
}

# until_true SECONDS COMMAND...: tries again and again
until_true() {
    left=$(($1 * 5))
    shift
    until "$@"; do
        left=$((left - 1))
        [ $left -gt 0 ] || return 1
        sleep 0.2
    done
}

parties_begin() {
    mkdir disk
    port=7733
    listen="tcp://0.0.0.0:$port"
    if [ "$inside" = namespaces ]; then
        mount -t tmpfs -o size=64m tmpfs disk
        network_make
    else
        port=$((20000 + $$ % 20000))
        listen="tcp://127.0.0.1:$port"
        for n in $(seq $workers); do
            echo "$listen" >"connect-$n"
        done
        trap plain_end EXIT
    fi
    for n in $(seq $workers); do
        "$build/tidemill" keygen worker "worker-$n" --keys keys >/dev/null 2>&1
    done
    "$build/tidemill" keygen operator operator --keys keys >/dev/null 2>&1
    : >witness.txt
    : >faults.txt
    : >ends.txt
    spec_write >spec.yaml
    keeper coordinator coordinator_run 2>>keepers.log &
    until_true 60 grep -qs event=serving serve.log
    as_operator submit spec.yaml >submit.log 2>&1 || { cat submit.log >&2; exit 1; }
    for n in $(seq $workers); do
        keeper "worker-$n" worker_run "$n" 2>>keepers.log &
    done
    until_true 60 test -s witness.txt
}

spec_write() {
    cat <<SPEC
name: chaos
command: [sh, $here_tests/chaos/trial.sh, "{x}", "{steps}", "{mood}"]
parameters:
  x: {type: float, min: 0, max: 1}
  steps: {type: int, min: 2, max: 40}
  mood: {type: int, min: 0, max: 9}
objective: {metric: loss, direction: minimize}
search: {algorithm: random, seed: $seed}
budget: {trials: 100000}
preemption: {grace: 5s}
retry: {max_restarts: 1000, max_preemptions: 10000, backoff: 100ms}
environment: {env: {WITNESS: $PWD/witness.txt}}
SPEC
}

experiment_over() {
    case $(sqlite3 -readonly disk/s.db "SELECT state FROM experiment") in
    stopped | completed) ;;
    *) false ;;
    esac
}

# The faults have ended: what was begun finishes, and everybody leaves in an orderly way.
parties_finish() {
    until_true 60 as_operator stop 1 >stop.log 2>&1 || {
        cat stop.log >&2
        echo 'chaos: the coordinator does not answer after the faults' >&2
        exit 1
    }
    date +%s >healed
    until_true 300 experiment_over || {
        echo 'chaos: it does not come to an end after the faults:' >&2
        sqlite3 -readonly disk/s.db "SELECT id, state, reason FROM trial
            WHERE state IN ('queued', 'running', 'paused')" >&2
        exit 1
    }
    echo $(($(date +%s) - $(cat healed))) >liveness
    touch over
    for file in coordinator.pid worker-*.pid; do
        [ ! -e "$file" ] || kill -TERM "$(cat "$file")" || true
    done
    until_true 60 parties_gone
    mv ends.txt ends-all.txt
    cp disk/s.db .
}

parties_gone() {
    for file in coordinator.pid worker-*.pid; do
        [ ! -e "$file" ] || return 1
    done
}

# Without a namespace that ends them all: the keepers see `over`, the others are told.
plain_end() {
    touch over
    for file in coordinator.pid worker-*.pid; do
        [ ! -e "$file" ] || kill -9 "$(cat "$file")" || true
    done
    until_true 10 parties_gone
}
