"""Problems that no setting of tidemill was chosen on: an independent judge.

Functions in the manner of BBOB (Hansen et al., "Real-parameter black-box optimization
benchmarking", 2009: rotated, badly conditioned, multimodal), others of Surjanovic & Bingham, mixed,
conditional and discrete spaces, real learning tasks of scikit-learn on its bundled data, and noise.
Rotations and centres are drawn from fixed seeds. Each function is less its optimum, where that is
known; of the learning tasks and the discrete landscape the loss itself is compared.
"""
import functools
import itertools
import math
import random

from problems import box, branin, choice, coordinates, learning, mixed, real, whole, MIXED_SPACE


def rotation(count, seed):
    """An orthogonal matrix: Gram and Schmidt on normal numbers."""
    draw = random.Random(seed)
    rows = []
    while len(rows) < count:
        row = [draw.gauss(0, 1) for _ in range(count)]
        for other in rows:
            along = sum(a * b for a, b in zip(row, other))
            row = [a - along * b for a, b in zip(row, other)]
        size = math.sqrt(sum(a * a for a in row))
        rows.append([a / size for a in row])
    return rows


def centre(count, seed):
    draw = random.Random(seed)
    return [draw.uniform(-3.5, 3.5) for _ in range(count)]


def turned(count, seed):
    """(space, map): points of [-5, 5]^count, moved to a drawn optimum and rotated."""
    rows, optimum = rotation(count, seed), centre(count, seed + 1)

    def place(p):
        moved = [a - b for a, b in zip(coordinates(p), optimum)]
        return [sum(a * b for a, b in zip(row, moved)) for row in rows]
    return box(count, -5, 5), place


def on(space_and_place, function):
    space, place = space_and_place
    return space, lambda p: function(place(p))


def ellipsoid(z):
    return sum(10 ** (4 * i / (len(z) - 1)) * a * a for i, a in enumerate(z))


def rastrigin(z):
    return sum(a * a + 10 * (1 - math.cos(2 * math.pi * a)) for a in z)


def ridge(z):
    return z[0] ** 2 + 100 * math.sqrt(sum(a * a for a in z[1:]))


def powers(z):
    return math.sqrt(sum(abs(a) ** (2 + 4 * i / (len(z) - 1)) for i, a in enumerate(z)))


def sector(z):
    return sum((100 * a if a > 0 else a) ** 2 for a in z) ** 0.9


def steps(z):
    flat = [math.floor(0.5 + a) if abs(a) > 0.5 else math.floor(0.5 + 10 * a) / 10 for a in z]
    total = sum(10 ** (2 * i / (len(z) - 1)) * a * a for i, a in enumerate(flat))
    return 0.1 * max(abs(z[0]) / 1e4, total)


def schaffer(z):
    s = [math.sqrt(a * a + b * b) for a, b in zip(z, z[1:])]
    return (sum(math.sqrt(a) * (1 + math.sin(50 * a ** 0.2) ** 2) for a in s) / len(s)) ** 2


def griewank_rosenbrock(z):
    z = [a / 2 + 1 for a in z]
    s = [100 * (a * a - b) ** 2 + (a - 1) ** 2 for a, b in zip(z, z[1:])]
    return 10 / len(s) * sum(a / 4000 - math.cos(a) for a in s) + 10


def bent_cigar(z):
    return z[0] ** 2 + 1e4 * sum(a * a for a in z[1:])


@functools.lru_cache(None)
def peaks(count, how_many):
    """Height, weights and place of Gallagher's peaks; the first is the optimum."""
    draw = random.Random(271)
    return [(10 if i == 0 else 1.1 + 8 * (i - 1) / (how_many - 2),
             [10 ** draw.uniform(-0.7, 0.7) for _ in range(count)],
             [draw.uniform(-4, 4) for _ in range(count)]) for i in range(how_many)]


def gallagher(p):
    z = coordinates(p)
    return 10 - max(h * math.exp(-sum(w * (a - b) ** 2 for w, a, b in zip(weights, z, place))
                                 / (2 * len(z))) for h, weights, place in peaks(len(z), 21))


def goldstein_price(p):
    x, y = p["x0"], p["x1"]
    return ((1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x * x - 14 * y + 6 * x * y + 3 * y * y))
            * (30 + (2 * x - 3 * y) ** 2
               * (18 - 32 * x + 12 * x * x + 48 * y - 36 * x * y + 27 * y * y))) - 3


def michalewicz(p):
    z = coordinates(p)
    return 4.687658179 - sum(math.sin(a) * math.sin((i + 1) * a * a / math.pi) ** 20
                             for i, a in enumerate(z))


def styblinski_tang(p):
    return sum((a ** 4 - 16 * a * a + 5 * a) / 2 + 39.16616570377142 for a in coordinates(p))


def slope(p):
    """The optimum is a corner."""
    return sum(10 ** (i / 7) * (5 - a if i % 2 else a + 5) for i, a in enumerate(coordinates(p)))


def hartmann3_of_12(p):
    """Nine of twelve parameters do nothing."""
    x = [p["x2"], p["x7"], p["x11"]]
    a = [[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]]
    c = [[.3689, .1170, .2673], [.4699, .4387, .7470], [.1091, .8732, .5547],
         [.03815, .5743, .8828]]
    return 3.8627797873 - sum(h * math.exp(-sum(w * (u - v) ** 2 for w, u, v in zip(k, x, m)))
                              for h, k, m in zip([1, 1.2, 3, 3.2], a, c))


# ---- mixed, conditional, discrete ----

def vessel(p):
    """A pressure vessel (Kannan & Kramer 1994): two thicknesses in sixteenths, penalised."""
    s, h, r, l = p["shell"] / 16, p["head"] / 16, p["radius"], p["length"]
    cost = 0.6224 * s * r * l + 1.7781 * h * r * r + 3.1661 * s * s * l + 19.84 * s * s * r
    faults = [0.0193 * r - s, 0.00954 * r - h,
              (1296000 - math.pi * r * r * l - 4 / 3 * math.pi * r ** 3) / 1296000]
    return math.log(cost + sum(1e4 * max(a, 0) + (2000 if a > 0 else 0) for a in faults))


def kernels(p):
    """A choice that turns the landscape, and two whole numbers."""
    shift = {"a": (0.2, 0.7, 0.4), "b": (0.8, 0.3, 0.6), "c": (0.5, 0.5, 0.9),
             "d": (0.3, 0.2, 0.1)}[p["kind"]]
    z = [p["x%d" % i] - shift[i] for i in range(3)]
    wave = 0.3 * (1 - math.cos(5 * math.pi * z[0])) if p["wave"] else 0.25
    return ({"a": 0.15, "b": 0, "c": 0.3, "d": 0.2}[p["kind"]] + 3 * (z[0] + z[1]) ** 2
            + 0.4 * (z[0] - z[1]) ** 2 + z[2] ** 2 + wave + ((p["n"] - 23) / 20) ** 2
            + 0.4 * abs(math.log2(p["m"]) - 4 - 2 * z[2]))


def branches(p):
    """Three ways with parameters of their own; the best is a narrow place in the second."""
    shared = (p["x0"] - 0.3) ** 2 + 0.5 * (math.log10(p["rate"]) + 2.4) ** 2
    if p["way"] == "a":
        return 0.3 + shared + 2 * (p["a0"] - 0.6) ** 2 + (p["a1"] - p["x0"]) ** 2
    if p["way"] == "b":
        return shared + 8 * (p["b0"] - 0.25) ** 2 + 0.02 * (p["b1"] - 12) ** 2
    return 0.15 + shared + 0.6 * abs(p["c0"] - 0.5)


def network(p):
    """Widths of one to four layers, each of which exists only if there are so many."""
    loss, size = 0.8 * 0.6 ** p["layers"] + 0.08 * p["layers"], 0
    for i in range(p["layers"]):
        width = math.log2(p["width%d" % i])
        loss += 0.05 * (width - (6.5 - i)) ** 2
        size += width
    drop = 0.1 * p["layers"]
    rate = math.log10(p["rate"]) + 3 - 0.02 * size
    return loss + 0.3 * (p["drop"] - drop) ** 2 + 0.2 * rate ** 2


@functools.lru_cache(None)
def landscape():
    draw = random.Random(99)
    return [{key: draw.random() for key in itertools.product(range(4), repeat=3)}
            for _ in range(6)]


def letters(p):
    """Six choices of four, each worth what it makes with two others (Kauffman's NK)."""
    x = [int(p["c%d" % i]) for i in range(6)]
    return sum(part[x[i], x[(i + 1) % 6], x[(i + 3) % 6]]
               for i, part in enumerate(landscape())) / 6


def wholes(p):
    z = [p["n%d" % i] - a for i, a in enumerate((13, 4, 9, 17, 7))]
    return sum((1 + i) * a * a / 40 + 1.5 * (1 - math.cos(2 * math.pi * a / 5))
               for i, a in enumerate(z)) + 0.02 * sum(z) ** 2


# ---- learning ----

def ridge_regression(p):
    from sklearn.kernel_ridge import KernelRidge
    return KernelRidge(alpha=p["alpha"], kernel=p["kernel"], gamma=p.get("gamma"),
                       degree=p.get("degree", 3), coef0=p.get("coef", 1))


def boosted_trees(p):
    from sklearn.ensemble import GradientBoostingRegressor
    return GradientBoostingRegressor(learning_rate=p["rate"], n_estimators=p["trees"],
                                     max_depth=p["depth"], subsample=p["subsample"],
                                     min_samples_leaf=p["leaf"], random_state=0)


def trees(p):
    from sklearn.ensemble import ExtraTreesRegressor
    return ExtraTreesRegressor(n_estimators=15, max_depth=p["depth"], min_samples_leaf=p["leaf"],
                               min_samples_split=p["split"], max_features=p["features"],
                               random_state=0)


def perceptron(p):
    from sklearn.neural_network import MLPClassifier
    return MLPClassifier(hidden_layer_sizes=(p["width"],), activation=p["activation"],
                         alpha=p["alpha"], learning_rate_init=p["rate"], batch_size=p["batch"],
                         beta_1=p["beta"], max_iter=12, random_state=0)


def machine(p):
    from sklearn.svm import SVC
    return SVC(C=p["C"], gamma=p["gamma"], kernel=p["kernel"], coef0=p["coef"],
               class_weight=p["weights"] if p["weights"] != "none" else None, max_iter=4000)


def descent(p):
    from sklearn.linear_model import SGDRegressor
    return SGDRegressor(alpha=p["alpha"], l1_ratio=p["l1"], penalty="elasticnet",
                        eta0=p["eta"], power_t=p["power"], epsilon=p["epsilon"], loss="huber",
                        max_iter=20, random_state=0)


LOG_LOSS = "neg_log_loss"
MARGIN = "f1_macro"

# name: (parameters, function less its optimum, evaluations, noise)
SMOOTH = {
    "ellipsoid5_turned": on(turned(5, 11), ellipsoid) + (60, 0),
    "rastrigin3_turned": on(turned(3, 21), rastrigin) + (60, 0),
    "ridge6": on(turned(6, 31), ridge) + (60, 0),
    "powers6": on(turned(6, 41), powers) + (60, 0),
    "sector5": on(turned(5, 51), sector) + (60, 0),
    "steps5": on(turned(5, 61), steps) + (60, 0),
    "schaffer4": on(turned(4, 71), schaffer) + (60, 0),
    "griewank_rosenbrock4": on(turned(4, 81), griewank_rosenbrock) + (60, 0),
    "bent_cigar4": on(turned(4, 91), bent_cigar) + (60, 0),
    "gallagher4": (box(4, -5, 5), gallagher, 60, 0),
    "goldstein_price": (box(2, -2, 2), goldstein_price, 40, 0),
    "michalewicz5": (box(5, 0, math.pi), michalewicz, 60, 0),
    "styblinski_tang5": (box(5, -5, 5), styblinski_tang, 60, 0),
    "slope8": (box(8, -5, 5), slope, 40, 0),
    "hartmann3_of_12": (box(12, 0, 1), hartmann3_of_12, 60, 0),
}
SPACES = {
    "vessel": ([whole("shell", 1, 32), whole("head", 1, 32), real("radius", 20, 100),
                real("length", 20, 240)], vessel, 60, 0),
    "kernels": (box(3, 0, 1) + [choice("kind", "a", "b", "c", "d"),
                                {"name": "wave", "type": "bool"}, whole("n", 1, 60),
                                whole("m", 1, 256, True)], kernels, 60, 0),
    "branches": ([real("x0", 0, 1), real("rate", 1e-4, 1, True), choice("way", "a", "b", "c"),
                  dict(real("a0", 0, 1), when={"name": "way", "values": ["a"]}),
                  dict(real("a1", 0, 1), when={"name": "way", "values": ["a"]}),
                  dict(real("b0", 0, 1), when={"name": "way", "values": ["b"]}),
                  dict(whole("b1", 1, 20), when={"name": "way", "values": ["b"]}),
                  dict(real("c0", 0, 1), when={"name": "way", "values": ["c"]})],
                 branches, 50, 0),
    "network": ([whole("layers", 1, 4), real("rate", 1e-5, 1e-1, True), real("drop", 0, 0.6)]
                + [dict(whole("width%d" % i, 4, 512, True),
                        **({"when": {"name": "layers", "values": list(range(i + 1, 5))}}
                           if i else {})) for i in range(4)], network, 60, 0),
    "letters": ([choice("c%d" % i, "0", "1", "2", "3") for i in range(6)], letters, 60, 0),
    "wholes": ([whole("n%d" % i, 0, 20) for i in range(5)], wholes, 60, 0),
}
LEARNING = {
    "ridge_diabetes": ([real("alpha", 1e-5, 1e3, True),
                        choice("kernel", "rbf", "poly", "laplacian"),
                        real("gamma", 1e-5, 1e1, True),
                        dict(whole("degree", 2, 5), when={"name": "kernel", "values": ["poly"]}),
                        dict(real("coef", 0, 3), when={"name": "kernel", "values": ["poly"]})],
                       learning(ridge_regression), 50, 0),
    "boosted_diabetes": ([real("rate", 1e-3, 1, True), whole("trees", 3, 40, True),
                          whole("depth", 1, 5), real("subsample", 0.3, 1),
                          whole("leaf", 1, 40, True)], learning(boosted_trees), 40, 0),
    "trees_diabetes": ([whole("depth", 1, 20), whole("leaf", 1, 40, True),
                        whole("split", 2, 60, True), real("features", 0.1, 1)],
                       learning(trees), 40, 0),
    "perceptron_wine": ([whole("width", 2, 64, True),
                         choice("activation", "relu", "tanh", "logistic"),
                         real("alpha", 1e-6, 1e1, True), real("rate", 1e-4, 0.3, True),
                         whole("batch", 8, 64, True), real("beta", 0.5, 0.99)],
                        learning(perceptron, LOG_LOSS, "wine"), 50, 0),
    "machine_cancer": ([real("C", 1e-3, 1e4, True), real("gamma", 1e-6, 1e1, True),
                        choice("kernel", "rbf", "poly", "sigmoid"), real("coef", 0, 3),
                        choice("weights", "none", "balanced")],
                       learning(machine, MARGIN, "breast_cancer"), 50, 0),
    "descent_diabetes": ([real("alpha", 1e-6, 1, True), real("l1", 0, 1),
                          real("eta", 1e-5, 1, True), real("power", 0, 1),
                          real("epsilon", 1e-3, 3, True)], learning(descent), 50, 0),
}
NOISY = {
    "branin_noisy": ([real("x0", -5, 10), real("x1", 0, 15)], branin, 60, 2.0),
    "hartmann3_of_6_noisy": (box(6, 0, 1),
                             lambda p: hartmann3_of_12({"x2": p["x0"], "x7": p["x3"],
                                                        "x11": p["x4"]}), 60, 0.2),
    "ellipsoid3_noisy": on(turned(3, 111), lambda z: math.log1p(ellipsoid(z))) + (60, 0.5),
    "styblinski_tang4_noisy": (box(4, -5, 5), styblinski_tang, 60, 5.0),
    "mixed_noisy": (MIXED_SPACE, mixed, 80, 0.1),
    "branches_noisy": (SPACES["branches"][0], branches, 60, 0.1),
}
GROUPS = {"smooth": SMOOTH, "spaces": SPACES, "learning": LEARNING, "noisy": NOISY}
OTHERS = {name: problem for group in GROUPS.values() for name, problem in group.items()}
