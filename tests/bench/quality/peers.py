"""Final simple regret of tidemill and of Optuna's samplers on the same problems, seeds and machine.

python3 peers.py --tidemill build/release/tidemill --out results.csv [--seeds 20] [--first 0]
                 [--problems public|smooth|spaces|learning|noisy|others|tasks|branin,...]
                 [--methods tidemill,gp,tpe,mtpe,cma,sobol,random] [--parallel 1] [--announce]
python3 peers.py --summary results.csv [--problems ...] [--parallel 1] [--methods ...]

Every method is driven by the same loop; with --parallel N, N evaluations are always under way and
end in a random order that depends on the seed only. tidemill is driven through its JSON-lines face;
--announce tells it that a noisy problem is noisy, which Optuna has no word for. Needs Python 3;
Optuna (with torch for gp, cmaes for cma) and scikit-learn where they are asked for. One thread
each. A row that is in the file already is not run again, so that peers are measured once.

Rows: problem, parallel, method, seed, regret at the best told, regret at the recommendation (the
same thing for Optuna), CPU milliseconds of the method a trial. The summary prints medians, mean
ranks by seed and problem, and one-sided paired rank tests.
"""
import argparse
import csv
import json
import math
import os
import random
import statistics
import subprocess
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import others
import problems
import tasks
import tuning

PROBLEMS = dict(problems.PROBLEMS, **others.OTHERS, **tasks.TASKS, **tuning.TUNING)
PUBLIC = ("branin", "hartmann6", "hartmann6_noisy", "rosenbrock8", "ackley10", "mixed", "svr")
GROUPS = dict({name: tuple(group) for name, group in {**others.GROUPS, **tuning.GROUPS}.items()},
              public=PUBLIC, tasks=tuple(tasks.TASKS), tuning=tuple(tuning.TUNING),
              others=tuple(n for g in ("smooth", "spaces", "learning") for n in others.GROUPS[g]))


class Tidemill:
    def __init__(self, program, parameters, evaluations, seed, parallel, noisy):
        self.process = subprocess.Popen([program, "optimizer"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.say({"cmd": "space", "version": 1, "objective": "minimize", "params": parameters,
                  "budget": evaluations, "seed": seed, "noisy": noisy, "parallel": parallel})

    def say(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def ask(self):
        answer = self.say({"cmd": "ask"})
        return answer["id"], answer["params"]

    def tell(self, key, value):
        self.say({"cmd": "tell", "id": key, "value": value, "status": "ok"})

    def recommended(self):
        return self.say({"cmd": "best"})["params"]

    def cpu_ms(self):
        """Of the process so far: utime and stime in ticks."""
        with open("/proc/%d/stat" % self.process.pid) as source:
            fields = source.read().rsplit(")", 1)[1].split()
        return 1e3 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.process.communicate('{"cmd":"quit"}\n')


def optuna_sampler(method, seed, parallel):
    from optuna import samplers
    if method == "gp":
        return samplers.GPSampler(seed=seed, n_startup_trials=10)
    if method in ("tpe", "mtpe"):
        return samplers.TPESampler(seed=seed, multivariate=method == "mtpe",
                                   constant_liar=parallel > 1)
    if method == "cma":
        return samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)
    if method == "sobol":
        return samplers.QMCSampler(seed=seed, scramble=True, warn_independent_sampling=False)
    return samplers.RandomSampler(seed=seed)


class Optuna:
    def __init__(self, method, parameters, seed, parallel):
        import optuna
        import warnings
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.simplefilter("ignore")
        self.parameters = parameters
        self.study = optuna.create_study(sampler=optuna_sampler(method, seed, parallel))
        self.trials = {}

    def ask(self):
        trial = self.study.ask()
        point = {}
        for p in self.parameters:
            name, when = p["name"], p.get("when")
            if when and point.get(when["name"]) not in when["values"]:
                continue
            if p["type"] == "float":
                point[name] = trial.suggest_float(name, p["low"], p["high"], log=p["log"])
            elif p["type"] == "int":
                point[name] = trial.suggest_int(name, p["low"], p["high"], log=p["log"])
            else:
                point[name] = trial.suggest_categorical(name, p.get("choices", [False, True]))
        self.trials[trial.number] = trial
        return trial.number, point

    def tell(self, key, value):
        self.study.tell(self.trials.pop(key), value)

    def recommended(self):
        return self.study.best_params

    def cpu_ms(self):
        return 1e3 * time.process_time()

    def close(self):
        pass


def run(program, method, name, seed, parallel, announce=False):
    parameters, function, evaluations, noise = PROBLEMS[name]
    order = random.Random(seed)
    if method == "tidemill":
        peer = Tidemill(program, parameters, evaluations, seed, parallel, announce and noise != 0)
    else:
        peer = Optuna(method, parameters, seed, parallel)
    waiting, best, regret, cpu = [], math.inf, math.inf, 0
    for i in range(evaluations + parallel - 1):
        start = peer.cpu_ms()
        if i < evaluations:
            waiting.append(peer.ask())
        cpu += peer.cpu_ms() - start
        if i + 1 >= parallel:
            key, point = waiting.pop(order.randrange(len(waiting)))
            clean = function(point)
            told = clean + (noise(order, clean) if callable(noise) else
                            order.gauss(0, noise) if noise else 0)
            peer.tell(key, told)
            if told < best:
                best, regret = told, clean
    recommended = function(peer.recommended()) if noise else regret
    peer.close()
    return regret, recommended, cpu / evaluations


def signed_rank(a, b):
    """Wilcoxon's one-sided p that a is larger (worse) than b; exact up to 20 pairs."""
    pairs = [x - y for x, y in zip(a, b) if x != y]
    if not pairs:
        return 1.0
    pairs.sort(key=abs)
    n, plus = len(pairs), sum(rank + 1 for rank, d in enumerate(pairs) if d > 0)
    if n > 20:
        z = (plus - n * (n + 1) / 4) / math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
        return 0.5 * math.erfc(z / math.sqrt(2))
    ways = [1] + [0] * (n * (n + 1) // 2)
    for rank in range(1, n + 1):
        for total in range(len(ways) - 1, rank - 1, -1):
            ways[total] += ways[total - rank]
    return sum(ways[plus:]) / 2 ** n


def chosen(names):
    return [name for part in names.split(",") for name in GROUPS.get(part, (part,))]


def read_rows(path):
    rows = {}
    if os.path.exists(path):
        with open(path) as source:
            for row in csv.reader(source):
                rows[row[0], int(row[1]), row[2], int(row[3])] = [float(v) for v in row[4:]]
    return rows


def places(values):
    """Ranks from 1, ties shared; less is better."""
    return [1 + sum(o < v for o in values) + (sum(o == v for o in values) - 1) / 2 for v in values]


def summary(options):
    """`best`: the regret at the best told; at the recommendation where --recommended is given."""
    rows, methods = read_rows(options.summary), options.methods.split(",")
    at = 1 if options.recommended else 0
    ranks, worse, better = {m: [] for m in methods}, [], []
    print("%-22s %5s" % ("problem", "seeds") + "".join("%12s" % m for m in methods)
          + "   p(worse) p(better) than gp")
    for name in chosen(options.problems):
        table = {m: {s: v[at] for (n, p, o, s), v in rows.items()
                     if n == name and p == options.parallel and o == m} for m in methods}
        seeds = sorted(set.intersection(*(set(v) for v in table.values())))[:options.seeds]
        if not seeds:
            continue
        line = "".join("%12.4g" % statistics.median(table[m][s] for s in seeds) for m in methods)
        for s in seeds:
            for m, rank in zip(methods, places([table[m][s] for m in methods])):
                ranks[m].append(rank)
        if "gp" in methods and "tidemill" in methods:
            ours, theirs = ([table[m][s] for s in seeds] for m in ("tidemill", "gp"))
            p = signed_rank(ours, theirs), signed_rank(theirs, ours)
            line += "   %8.3f %9.3f" % p
            worse += [name] * (p[0] < 0.05)
            better += [name] * (p[1] < 0.05)
        print("%-22s %5d%s" % (name, len(seeds), line))
    print("mean rank" + " " * 19
          + "".join("%12.2f" % statistics.mean(ranks[m] or [0]) for m in methods))
    print("at 5 %%: tidemill worse than gp on %d %s, better on %d"
          % (len(worse), worse, len(better)))


def measure(options):
    done = read_rows(options.out)
    with open(options.out, "a") as out:
        for seed in range(options.first, options.seeds):
            for name in chosen(options.problems):
                for method in options.methods.split(","):
                    key = (name, options.parallel, method, seed)
                    if key not in done:
                        row = run(options.tidemill, method, name, seed, options.parallel,
                                  options.announce)
                        out.write("%s,%d,%s,%d,%.10g,%.10g,%.3f\n" % (key + row))
                        out.flush()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tidemill", default="tidemill")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--problems", default="public")
    parser.add_argument("--methods", default="tidemill,gp,tpe,mtpe,cma,sobol")
    parser.add_argument("--parallel", type=int, default=1)
    parser.add_argument("--announce", action="store_true")
    parser.add_argument("--out", default="results.csv")
    parser.add_argument("--summary")
    parser.add_argument("--recommended", action="store_true")
    options = parser.parse_args()
    if options.summary:
        summary(options)
    else:
        measure(options)


if __name__ == "__main__":
    sys.exit(main())
