"""CPU milliseconds per ask + tell: tidemill beside Optuna's GP sampler, pair by pair in one run.

python3 beside.py --bench build/ci/tests/bench/quality/bench_latency
                  [--rounds 10] [--n 25,50,100,200,500,1000] [--dimensions 6,20]

For each number of observations both are told as many random points of the same function, then
rounds of ask and tell are timed with their refits, after one round that does not count.
Both sides are CPU time of one thread, so that other programs on the machine disturb both alike.
"""
import argparse
import math
import os
import random
import subprocess
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")


def valley(x):
    """The function of latency.c."""
    return sum((a - 0.3 - 0.05 * i) ** 2 + 0.1 * math.sin(9 * a) for i, a in enumerate(x))


def optuna_rounds(dimensions, count, rounds):
    import optuna
    import torch
    import warnings
    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    draw = random.Random(1)
    names = ["p%d" % i for i in range(dimensions)]
    space = {name: optuna.distributions.FloatDistribution(0, 1) for name in names}
    study = optuna.create_study(sampler=optuna.samplers.GPSampler(seed=1, n_startup_trials=1))
    for _ in range(count):
        x = [draw.random() for _ in names]
        study.add_trial(optuna.trial.create_trial(params=dict(zip(names, x)), distributions=space,
                                                  value=valley(x)))
    took = []
    for _ in range(rounds + 1):
        start = time.process_time()
        trial = study.ask()
        x = [trial.suggest_float(name, 0, 1) for name in names]
        study.tell(trial, valley(x))
        took.append(1e3 * (time.process_time() - start))
    return took[1:]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bench", required=True)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--n", default="25,50,100,200,500,1000")
    parser.add_argument("--dimensions", default="6,20")
    options = parser.parse_args()
    for dimensions in map(int, options.dimensions.split(",")):
        for count in map(int, options.n.split(",")):
            ours = subprocess.run([options.bench, "--rounds", str(options.rounds), "--dimensions",
                                   str(dimensions), "--n", str(count), "--ahead", "0"],
                                  stdout=subprocess.PIPE, text=True, check=True).stdout
            mean = float(ours.split("mean")[1].split()[0])
            theirs = optuna_rounds(dimensions, count, options.rounds)
            average = sum(theirs) / len(theirs)
            print("%s    Optuna GP mean %9.2f, highest %9.2f, lowest %9.2f: %.0f times"
                  % (ours.strip(), average, max(theirs), min(theirs), average / mean), flush=True)


if __name__ == "__main__":
    sys.exit(main())
