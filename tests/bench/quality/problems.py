"""The problems that tidemill and its peers are measured on: the public ones and what all need.

A problem is (parameters as tidemill's JSON-lines face takes them, function less its optimum,
evaluations, sd of the noise). others.py has those that no setting was chosen on.
"""
import math


def real(name, low, high, log=False):
    return {"name": name, "type": "float", "low": low, "high": high, "log": log}


def whole(name, low, high, log=False):
    return {"name": name, "type": "int", "low": low, "high": high, "log": log}


def choice(name, *choices):
    return {"name": name, "type": "cat", "choices": list(choices)}


def box(count, low, high):
    return [real("x%d" % i, low, high) for i in range(count)]


def coordinates(p):
    return [p["x%d" % i] for i in range(len(p))]


def branin(p):
    a, b = p["x0"], p["x1"]
    s = b - 5.1 / (4 * math.pi ** 2) * a * a + 5 / math.pi * a - 6
    return s * s + 10 * (1 - 1 / (8 * math.pi)) * math.cos(a) + 10 - 0.39788735772973816


HARTMANN_A = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8],
              [17, 8, 0.05, 10, 0.1, 14]]
HARTMANN_P = [[.1312, .1696, .5569, .0124, .8283, .5886],
              [.2329, .4135, .8307, .3736, .1004, .9991],
              [.2348, .1451, .3522, .2883, .3047, .6650],
              [.4047, .8828, .8732, .5743, .1091, .0381]]


def hartmann6(p):
    x = coordinates(p)
    total = 0
    for alpha, a, c in zip([1.0, 1.2, 3.0, 3.2], HARTMANN_A, HARTMANN_P):
        total -= alpha * math.exp(-sum(w * (u - v) ** 2 for w, u, v in zip(a, x, c)))
    return total + 3.32236801141551


def rosenbrock(p):
    x = coordinates(p)
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(x, x[1:]))


SHIFT = (-1.7819, 6.1818, 6.7079, 3.4829, 6.1619, -1.3535, 2.522, 5.3136, 6.9149, 2.2422)


def ackley(p):
    z = [a - s for a, s in zip(coordinates(p), SHIFT)]
    n = len(z)
    return (-20 * math.exp(-0.2 * math.sqrt(sum(a * a for a in z) / n)) + 20 + math.e
            - math.exp(sum(math.cos(2 * math.pi * a) for a in z) / n))


def mixed(p):
    centre = {"a": (.276189, .163633, .474253, .657454), "b": (.444143, .489799, .158947, .49116),
              "c": (.809265, .745557, .660975, .226115)}[p["c"]]
    u = ((math.log10(p["f0"]) + 5) / 5, p["f1"], p["f2"], (math.log10(p["f3"]) + 1) / 4)
    q = [a - b for a, b in zip(u, centre)]
    di, dj = (p["i0"] - 5) / 10, math.log(p["i1"] / 32) / math.log(64)
    best = {"a": "w", "b": "z", "c": "u"}[p["c"]]
    pen = 0 if p["m"] == best else 0.2 + 0.6 * {"w": 0, "z": .25, "u": .5, "v": 1}[p["m"]]
    return ({"a": 0, "b": .35, "c": .8}[p["c"]] + pen * (0.5 + abs(q[1])) + 4 * q[0] ** 2
            + 6 * (q[1] - q[2] / 2) ** 2 + 2 * q[2] ** 2 + 3 * (q[3] + di) ** 2 + 2 * di ** 2
            + 3 * dj ** 2 + 0.1 * (1 - math.cos(6 * math.pi * q[0])))


def levy(p):
    w = [1 + (a - 1) / 4 for a in coordinates(p)]
    last = w[-1] - 1
    total = math.sin(math.pi * w[0]) ** 2 + last ** 2 * (1 + math.sin(2 * math.pi * w[-1]) ** 2)
    return total + sum((a - 1) ** 2 * (1 + 10 * math.sin(math.pi * a + 1) ** 2) for a in w[:-1])


def ellipsoid(p):
    s = (0.317, 0.742, 0.105, 0.581, 0.893, 0.448)
    return sum(10 ** (0.8 * i) * (a - b) ** 2 for i, (a, b) in enumerate(zip(coordinates(p), s)))


def rastrigin(p):
    z = [6 * (a - b) for a, b in zip(coordinates(p), (0.317, 0.742, 0.205, 0.581))]
    return sum(a * a + 10 * (1 - math.cos(2 * math.pi * a)) for a in z)


def learning(make_model, scoring="neg_mean_squared_error", data="diabetes"):
    """Three-fold loss of a scikit-learn model; X (and y where it is a number) standardised."""
    cache = {}

    def value(p):
        import numpy
        from sklearn import datasets, model_selection
        if not cache:
            x, y = getattr(datasets, "load_" + data)(return_X_y=True)
            x = (x - x.mean(0)) / numpy.maximum(x.std(0), 1e-12)
            cache["x"] = x
            cache["y"] = (y - y.mean()) / y.std() if data == "diabetes" else y
        folds = model_selection.KFold(3, shuffle=True, random_state=1)
        import warnings
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scores = model_selection.cross_val_score(make_model(p), cache["x"], cache["y"],
                                                     cv=folds, scoring=scoring)
        return -float(scores.mean())
    return value


def svr(p):
    from sklearn.svm import SVR
    return SVR(C=p["C"], gamma=p["gamma"], epsilon=p["epsilon"], max_iter=20000)


def svc(p):
    from sklearn.svm import SVC
    kernel = p["kernel"]
    return SVC(C=p["C"], gamma=p["gamma"], kernel=kernel, max_iter=5000)


def boosted(p):
    from sklearn.ensemble import GradientBoostingRegressor
    return GradientBoostingRegressor(learning_rate=p["rate"], n_estimators=p["trees"],
                                     max_depth=p["depth"], subsample=p["subsample"],
                                     min_samples_leaf=p["leaf"], random_state=0)


SVR_SPACE = [real("C", 1e-2, 1e4, True), real("gamma", 1e-5, 1e1, True),
             real("epsilon", 1e-3, 2, True)]
MIXED_SPACE = [real("f0", 1e-5, 1, True), real("f1", 0, 1), real("f2", 0, 1),
               real("f3", 0.1, 1000, True), whole("i0", 1, 10), whole("i1", 1, 64, True),
               choice("c", "a", "b", "c"), choice("m", "u", "v", "w", "z")]

# name: (parameters, function less its optimum, evaluations, noise)
PROBLEMS = {
    "branin": ([real("x0", -5, 10), real("x1", 0, 15)], branin, 60, 0),
    "hartmann6": (box(6, 0, 1), hartmann6, 60, 0),
    "hartmann6_noisy": (box(6, 0, 1), hartmann6, 60, 0.1),
    "rosenbrock8": (box(8, -2, 2), rosenbrock, 100, 0),
    "ackley10": (box(10, -5, 10), ackley, 100, 0),
    "mixed": (MIXED_SPACE, mixed, 100, 0),
    "svr": (SVR_SPACE, learning(svr), 60, 0),
    "levy10": (box(10, -10, 10), levy, 100, 0),
    "ellipsoid6": (box(6, 0, 1), ellipsoid, 60, 0),
    "rastrigin4": (box(4, 0, 1), rastrigin, 60, 0),
    "svc": ([real("C", 1e-3, 1e4, True), real("gamma", 1e-6, 1e1, True),
             choice("kernel", "rbf", "poly", "sigmoid")],
            learning(svc, "accuracy", "breast_cancer"), 60, 0),
    "boosted": ([real("rate", 1e-3, 1, True), whole("trees", 5, 120, True), whole("depth", 1, 8),
                 real("subsample", 0.3, 1), whole("leaf", 1, 40, True)], learning(boosted), 60, 0),
}
