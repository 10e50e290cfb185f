#!/bin/sh
# Machines that are jobs of a Slurm cluster, one worker each.
# usage: slurm.sh KEYS up COUNT | slurm.sh KEYS down ID...
# Options of sbatch (partition, time, GPUs) come from SBATCH_* variables of the coordinator.
set -eu
keys=$1
verb=$2
shift 2

# The job's number is its id; its worker is called by it. One that Slurm preempts leaves on SIGTERM.
up() {
    count=$1
    while [ "$count" -gt 0 ]; do
        number=$(sbatch --parsable --job-name "tidemill-$TIDEMILL_POOL" --requeue <<END
#!/bin/sh
exec tidemill-worker --keys '$keys' --pool '$TIDEMILL_POOL' --name "slurm-\$SLURM_JOB_ID" \\
    --state "\${TMPDIR:-/tmp}/tidemill-\$SLURM_JOB_ID"
END
        )
        echo "slurm-${number%%;*}"
        count=$((count - 1))
    done
}

down() {
    for id; do
        scancel "${id#slurm-}" || true # one that has ended is what was wanted
    done
}

"$verb" "$@"
