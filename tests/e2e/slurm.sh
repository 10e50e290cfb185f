#!/bin/sh
# Slurm preempts workers for real: munge, slurmctld and slurmd run here, in namespaces of their own;
# workers are a requeueable array in the low partition, and a job in the high one takes their node.
# The trials save a checkpoint and leave, the array is requeued, the trials go on from their
# checkpoints and finish; no step is computed again after its checkpoint.
if [ "${2:-}" != inside ]; then
    for program in munged slurmctld slurmd sbatch; do
        command -v $program >/dev/null || { echo "skipped: there is no $program" && exit 77; }
    done
    own='unshare --mount --net --uts --pid --fork --mount-proc --kill-child'
    [ "$(id -u)" -eq 0 ] && $own true 2>/dev/null ||
        { echo 'skipped: munge and Slurm need root, and namespaces of their own' && exit 77; }
    exec $own sh "$0" "$1" inside
fi
. "$(dirname "$0")/lib.sh"
hostname tide
ip link set lo up
ip address add 10.99.0.1/32 dev lo # names are resolved only where there is an address
chmod 755 .
mkdir state spool run run/munge
echo '127.0.0.1 localhost tide' >hosts
mount --bind hosts /etc/hosts

# until_true WHAT COMMAND...: tries again and again, for a minute or so
until_true() {
    what=$1
    shift
    tries=500
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || fail "waited in vain: $what"
        sleep 0.1
    done
}

# --- Slurm ---
head -c 1024 /dev/urandom >run/munge/key
chmod 700 run/munge
chmod 400 run/munge/key
chown -R munge:munge run/munge
chmod 755 run/munge
socket=$here/run/munge/socket
setpriv --reuid munge --regid munge --clear-groups munged --foreground \
    --key-file "$here/run/munge/key" --socket "$socket" --log-file "$here/run/munge/log" \
    --pid-file "$here/run/munge/pid" --seed-file "$here/run/munge/seed" >munged.log 2>&1 &
cat >slurm.conf <<END
ClusterName=tide
SlurmctldHost=tide(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$socket,cred_expire=5
StateSaveLocation=$here/state
SlurmdSpoolDir=$here/spool
SlurmctldPidFile=$here/run/slurmctld.pid
SlurmdPidFile=$here/run/slurmd.pid
SlurmctldLogFile=$here/slurmctld.log
SlurmdLogFile=$here/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SchedulerParameters=sched_interval=1,bf_interval=1
SlurmdParameters=config_overrides
ReturnToService=2
NodeName=tide NodeAddr=127.0.0.1 CPUs=2
PartitionName=low Nodes=tide PriorityTier=1 GraceTime=10 Default=YES
PartitionName=high Nodes=tide PriorityTier=10
END
SLURM_CONF=$here/slurm.conf
export SLURM_CONF
until_true 'munge answers' munge -n -S "$socket"
slurmctld -D >slurmctld.out 2>&1 &
slurmd -D >slurmd.out 2>&1 &
until_true 'the node is idle' sh -c 'sinfo -h -p low -o %T | grep -qx idle'

# --- the search ---
cat >objective.sh <<'END'
trap '' TERM # its children too: the notice says enough
cd "$TIDEMILL_CHECKPOINT_DIR" || exit 1
step=0
[ "$TIDEMILL_RESUME" = 0 ] || read -r step <step
while [ "$step" -lt 20 ]; do
    sleep 0.25
    step=$((step + 1))
    echo "$TIDEMILL_TRIAL $TIDEMILL_ATTEMPT $step" >>"$here/witness.txt"
    echo $step >step.new && mv step.new step
    echo '{"step":'$step',"metrics":{"loss":'"$1"'},"checkpoint":'$step'}' >>"$TIDEMILL_REPORT"
    [ ! -e "$TIDEMILL_NOTICE" ] || exit 75
done
echo '{"final":true}' >>"$TIDEMILL_REPORT"
END
cat >spec.yaml <<END
name: slurm
command: [sh, $here/objective.sh, "{x}"]
parameters: {x: {type: float, min: 0, max: 1}}
objective: {metric: loss, direction: minimize}
budget: {trials: 4}
preemption: {grace: 5s}
environment: {env: {here: $here}}
END
serve
"$tidemill" submit spec.yaml --store s.db
# Slurm tells the steps of a job, and not its script, that it is being preempted; once the worker
# has left (75), its script has the job queued again.
cat >workers.sh <<END
#!/bin/sh
code=0
srun "$worker" --keys $here/s.db.run --name slurm-\$SLURM_ARRAY_TASK_ID \\
    --state $here/worker-\$SLURM_ARRAY_TASK_ID --allow-root || code=\$?
echo "\$SLURM_ARRAY_TASK_ID left \$code restarts \${SLURM_RESTART_COUNT:-0}" >>$here/left.txt
[ \$code -ne 75 ] || scontrol requeue \$SLURM_JOB_ID
exit \$code
END
cat >urgent.sh <<'END'
#!/bin/sh
sleep 2
END
sbatch --parsable --array 1-2 --cpus-per-task 1 --partition low --requeue --open-mode append \
    --output "$here/worker-%a.log" workers.sh >array.txt

experiment_over() {
    [ "$(query s.db 'SELECT state FROM experiment')" = completed ]
}

# saved N: so many checkpoints are acknowledged
saved() {
    [ "$(query s.db 'SELECT count(*) FROM checkpoint')" -ge "$1" ]
}
until_true 'both workers have saved' saved 6

# --- somebody urgent takes the node ---
sbatch --parsable --cpus-per-task 2 --partition high --output "$here/urgent.log" \
    urgent.sh >urgent.txt
until_true 'the urgent job runs' \
    sh -c 'squeue -h -j $(cat urgent.txt) -o %T | grep -qx RUNNING'
query s.db "SELECT trial, attempt, max(step) FROM checkpoint GROUP BY trial, attempt" >saved.txt
same 'attempts that run on the node that was taken' \
    "$(query s.db "SELECT count(*) FROM attempt WHERE ended IS NULL")" 0

# --- the node is free again ---
until_true 'the search has ended' experiment_over
same trials "$(query s.db "SELECT count(*) FROM trial WHERE state = 'completed'")" 4
same restarts "$(query s.db 'SELECT sum(restarts) FROM trial')" 0
[ "$(query s.db "SELECT count(*) FROM attempt WHERE state = 'preempted'")" -ge 1 ] ||
    fail 'nothing was preempted'
grep -q 'left 75' left.txt || fail "no worker left when told to: $(cat left.txt)"
[ "$(cut -d' ' -f1,3 witness.txt | sort | uniq -d | wc -l)" -eq 0 ] ||
    fail "computed again: $(cut -d' ' -f1,3 witness.txt | sort | uniq -d)"
same 'steps computed' "$(wc -l <witness.txt)" 80
