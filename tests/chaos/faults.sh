# What happens to the parties of a chaos run: a plan drawn from the seed, and each fault of it.
# Faults that last are ended in the background, so that they meet others. Every one that hit
# somebody is a line of faults.txt.

# plan SECONDS SEED: lines `pause fault target duration`
plan() {
    awk -v seconds="$1" -v seed="$2" -v inside="$inside" 'BEGIN {
        srand(seed)
        faults = "coordinator_kill coordinator_kill coordinator_stop worker_kill worker_kill \
worker_stop worker_leave worker_wipe supervisor_kill script_kill script_stop shell_lock reader_hold"
        if (inside == "namespaces") {
            faults = faults " disk_fill network_deaf network_dumb network_cut network_lossy \
network_all"
        }
        count = split(faults, fault, " ")
        for (at = 0; at < seconds; at += pause) {
            pause = 1 + rand() * 5
            lasts = rand() < 0.2 ? 8 + rand() * 10 : 0.5 + rand() * 5
            printf "%.2f %s %d %.2f\n", pause, fault[1 + int(rand() * count)], \
                1 + int(rand() * 8), lasts
        }
    }'
}

hit() {
    echo "$1" >>faults.txt
}

# later SECONDS COMMAND...: ends a fault
later() {
    (
        sleep "$1"
        shift
        "$@" 2>/dev/null || true
    ) &
    echo $! >>healers.txt
}

# signalled NAME SIGNAL FAULT: a party, if it lives
signalled() {
    pid=$(cat "$1.pid" 2>/dev/null) && kill "-$2" "$pid" 2>/dev/null && hit "$3"
}

stopped() {
    if signalled "$1" STOP "$3"; then
        later "$2" kill -CONT "$pid"
    fi
}

# script_find N: the N-th last of those that wrote to the witness lately and still live
script_find() {
    for pid in $(tail -n 40 witness.txt | cut -d' ' -f4 | sort -u); do
        if grep -qs 'trial.sh' "/proc/$pid/cmdline"; then
            echo "$pid"
        fi
    done | sed -n "$1p"
}

fault_do() {
    case $1 in
    coordinator_kill) signalled coordinator KILL "$1" ;;
    coordinator_stop) stopped coordinator "$3" "$1" ;;
    worker_kill) signalled "worker-$2" KILL "$1" ;;
    worker_stop) stopped "worker-$2" "$3" "$1" ;;
    worker_leave) signalled "worker-$2" TERM "$1" ;;
    worker_wipe) touch "worker-$2.wipe" && signalled "worker-$2" KILL "$1" ;;
    supervisor_kill | script_kill | script_stop) script_fault "$@" ;;
    shell_lock) shell_lock "$3" ;;
    reader_hold) reader_hold "$3" ;;
    disk_fill) disk_fill "$3" ;;
    network_*) network_fault "$@" ;;
    esac
}

script_fault() {
    script=$(script_find "$2")
    [ -n "$script" ] || return 0
    case $1 in
    script_kill) kill -9 "$script" 2>/dev/null && hit "$1" ;;
    script_stop) kill -STOP "$script" 2>/dev/null && hit "$1" && later "$3" kill -CONT "$script" ;;
    supervisor_kill)
        supervisor=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$script/status" 2>/dev/null)
        [ "${supervisor:-1}" -le 1 ] || { kill -9 "$supervisor" 2>/dev/null && hit "$1"; }
        ;;
    esac
}

shell_lock() {
    [ ! -e locked ] || return 0
    touch locked
    {
        echo 'PRAGMA busy_timeout = 2000; BEGIN IMMEDIATE;'
        sleep "$1"
        echo 'ROLLBACK;'
    } | sqlite3 disk/s.db >/dev/null 2>&1 &
    hit shell_lock
    later "$1" lock_end
}

lock_end() {
    sleep 1
    rm -f locked
}

reader_hold() {
    {
        echo 'BEGIN; SELECT count(*) FROM trial;'
        sleep "$1"
    } | sqlite3 -readonly disk/s.db >/dev/null 2>&1 &
    hit reader_hold
}

disk_fill() {
    [ ! -e full ] || return 0
    touch full
    head -c 1000000000 /dev/zero >disk/filler 2>/dev/null || true
    hit disk_fill
    later "$1" disk_free
}

disk_free() {
    rm -f disk/filler
    sleep 1
    rm -f full
}

# silence WHAT SET SECONDS INTERFACE...
silence() {
    hit "$1"
    set_name=$2
    lasts=$3
    shift 3
    for interface in "$@"; do
        nft add element inet chaos "$set_name" "{ $interface }"
        later "$lasts" nft delete element inet chaos "$set_name" "{ $interface }"
    done
}

network_fault() {
    case $1 in
    network_deaf) silence "$1" deaf "$3" "v$2" ;;
    network_dumb) silence "$1" dumb "$3" "v$2" ;;
    network_lossy) silence "$1" lossy "$3" "v$2" ;;
    network_cut)
        silence "$1" deaf "$3" "v$2"
        silence "$1" dumb "$3" "v$2"
        ;;
    network_all)
        # shellcheck disable=SC2046  # the interfaces are words
        silence "$1" deaf "$3" $(seq -f v%g $workers)
        ;;
    esac
}

# What the store says before something dies must stay true: acknowledged results come after their
# commit.
results_note() {
    timeout 5 sqlite3 -readonly disk/s.db \
        "SELECT number || '|' || printf('%!.17g', value) FROM trial WHERE state = 'completed'" \
        >>seen.txt || true
}

# faults_run SECONDS SEED: also waits until the last fault has ended
faults_run() {
    echo "chaos: $1 seconds, seed $2, 8 workers, lease $lease"
    : >healers.txt
    plan "$1" "$2" >plan.txt
    while read -r pause fault target lasts; do
        sleep "$pause"
        case $fault in
        coordinator_*) results_note ;;
        esac
        fault_do "$fault" "$target" "$lasts" </dev/null || true
    done <plan.txt
    while read -r healer; do
        wait "$healer" || true
    done <healers.txt
}
