"""Hypervolume after 100 evaluations of two and three objectives, tidemill beside Optuna's samplers.

python3 fronts.py --tidemill build/release/tidemill [--seeds 5] [--evaluations 100]
                  [--methods tidemill,nsga2,tpe,gp,random] [--problems zdt1,...]

ZDT1 and ZDT2 with 6 parameters, reference (1.1, 1.1); DTLZ2 with 6 parameters and 2 or 3
objectives, reference 1.5 each. Every method is told the same kind of thing; tidemill knows the
reference. Needs Optuna for the others.
"""
import argparse
import math
import statistics
import sys

import peers
import problems


def zdt(power):
    def value(p):
        x = problems.coordinates(p)
        g = 1 + 9 * sum(x[1:]) / (len(x) - 1)
        return x[0], g * (1 - (x[0] / g) ** power)
    return value


def dtlz2(objectives):
    def value(p):
        x = problems.coordinates(p)
        g = sum((a - 0.5) ** 2 for a in x[objectives - 1:])
        angles = [a * math.pi / 2 for a in x[:objectives - 1]]
        values = []
        for i in range(objectives):
            v = 1 + g
            for a in angles[:objectives - 1 - i]:
                v *= math.cos(a)
            if i > 0:
                v *= math.sin(angles[objectives - 1 - i])
            values.append(v)
        return tuple(values)
    return value


PROBLEMS = {
    "zdt1": (zdt(0.5), 2, 1.1),
    "zdt2": (zdt(2.0), 2, 1.1),
    "dtlz2_2": (dtlz2(2), 2, 1.5),
    "dtlz2_3": (dtlz2(3), 3, 1.5),
}


def area(points, reference):
    total, height = 0.0, reference
    for a, b in sorted(points):
        if a < reference and b < height:
            total += (reference - a) * (height - b)
            height = b
    return total


def volume(points, reference):
    """Slices along the third objective where there is one."""
    if len(points[0]) == 2:
        return area(points, reference)
    levels = sorted({p[2] for p in points if p[2] < reference}) + [reference]
    return sum((high - low) * area([p[:2] for p in points if p[2] <= low], reference)
               for low, high in zip(levels, levels[1:]))


class Tidemill(peers.Tidemill):
    def __init__(self, program, parameters, objectives, reference, evaluations, seed):
        self.process = peers.subprocess.Popen([program, "optimizer"], text=True,
                                              stdin=peers.subprocess.PIPE,
                                              stdout=peers.subprocess.PIPE)
        self.say({"cmd": "space", "params": parameters, "seed": seed, "budget": evaluations,
                  "objectives": ["minimize"] * objectives, "reference": [reference] * objectives})

    def tell(self, key, value):
        self.say({"cmd": "tell", "id": key, "values": list(value)})


class Optuna(peers.Optuna):
    def __init__(self, method, parameters, objectives, seed):
        import optuna
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        import warnings
        warnings.simplefilter("ignore")
        samplers = {"nsga2": optuna.samplers.NSGAIISampler, "tpe": optuna.samplers.TPESampler,
                    "gp": optuna.samplers.GPSampler, "random": optuna.samplers.RandomSampler}
        self.parameters = parameters
        self.study = optuna.create_study(sampler=samplers[method](seed=seed),
                                         directions=["minimize"] * objectives)
        self.trials = {}


def run(program, method, name, seed, evaluations):
    function, objectives, reference = PROBLEMS[name]
    parameters = problems.box(6, 0, 1)
    if method == "tidemill":
        peer = Tidemill(program, parameters, objectives, reference, evaluations, seed)
    else:
        peer = Optuna(method, parameters, objectives, seed)
    points = []
    for _ in range(evaluations):
        key, point = peer.ask()
        points.append(function(point))
        peer.tell(key, points[-1])
    peer.close()
    return volume(points, reference)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tidemill", default="tidemill")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--evaluations", type=int, default=100)
    parser.add_argument("--problems", default=",".join(PROBLEMS))
    parser.add_argument("--methods", default="tidemill,nsga2,tpe,gp,random")
    options = parser.parse_args()
    for name in options.problems.split(","):
        for method in options.methods.split(","):
            values = [run(options.tidemill, method, name, seed, options.evaluations)
                      for seed in range(options.seeds)]
            print("%-8s %-9s median %.4f  lowest %.4f  highest %.4f"
                  % (name, method, statistics.median(values), min(values), max(values)), flush=True)


if __name__ == "__main__":
    sys.exit(main())
