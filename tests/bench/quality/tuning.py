"""Problems that settings of tidemill may be chosen on: rugged ones and noisy ones.

Of other functions, centres and rotations than those of others.py, which stays the judge. The noise
is given in shares of the spread that the function has over its space; `wild` noise has the tails
of Student's distribution with two degrees of freedom, `uneven` noise grows with the value, and
`spiked` is a small noise with a far higher value now and then.
"""
import math
import random

from others import on, rotation
from tasks import TASKS
from problems import box, choice, coordinates, hartmann6, levy, real, whole


def placed(count, seed, low, high, turn=True):
    """(space, map): points of [low, high]^count about a drawn optimum, turned."""
    draw = random.Random(seed)
    half, middle = (high - low) / 2, (high + low) / 2
    optimum = [middle + 0.7 * half * draw.uniform(-1, 1) for _ in range(count)]
    rows = rotation(count, seed + 1)

    def place(p):
        z = [a - b for a, b in zip(coordinates(p), optimum)]
        return [sum(a * b for a, b in zip(row, z)) for row in rows] if turn else z
    return box(count, low, high), place


def weierstrass(z):
    top = sum(0.5 ** k * math.cos(math.pi * 3 ** k) for k in range(12))
    return sum(sum(0.5 ** k * math.cos(2 * math.pi * 3 ** k * (a + 0.5)) for k in range(12)) - top
               for a in z)


def katsuura(z):
    product = 1
    for i, a in enumerate(z):
        product *= (1 + (i + 1) * sum(abs(2 ** j * a - round(2 ** j * a)) / 2 ** j
                                      for j in range(1, 20))) ** (10 / len(z) ** 1.2)
    return 10 / len(z) ** 2 * (product - 1) + 0.2 * sum(a * a for a in z)


def schwefel(p):
    z = coordinates(p)
    return 418.9828872724339 - sum(a * math.sin(math.sqrt(abs(a))) for a in z) / len(z)


def rippled_levy(z):
    return levy({"x%d" % i: a + 1 for i, a in enumerate(z)}) + sum(
        0.5 * (1 - math.cos(9 * a)) for a in z)


def griewank(z):
    return 1 + sum(a * a for a in z) / 400 - math.prod(math.cos(a / math.sqrt(i + 1))
                                                      for i, a in enumerate(z))


def drop_wave(z):
    r = math.sqrt(sum(a * a for a in z))
    return 1 - (1 + math.cos(12 * r)) / (0.5 * r * r + 2)


def cosine_mixture(z):
    return sum(a * a for a in z) + 0.1 * sum(1 - math.cos(5 * math.pi * a) for a in z)


def rastrigin_mild(z):
    return sum(a * a + 4 * (1 - math.cos(2 * math.pi * a)) for a in z)


def floors(z):
    return sum((1 + 3 * i) * math.floor(a + 0.5) ** 2 for i, a in enumerate(z)) + 0.1 * sum(
        abs(a) for a in z)


def alpine(z):
    return sum(abs(a * math.sin(a) + 0.1 * a) for a in z)


def rings(z):
    pairs = list(zip(z, z[1:] + z[:1]))
    return sum(0.5 + (math.sin(math.hypot(a, b)) ** 2 - 0.5)
               / (1 + 0.001 * (a * a + b * b)) ** 2 for a, b in pairs)


def ackley(z):
    n = len(z)
    return (20 - 20 * math.exp(-0.2 * math.sqrt(sum(a * a for a in z) / n)) + math.e
            - math.exp(sum(math.cos(2 * math.pi * a) for a in z) / n))


def salomon(z):
    r = math.sqrt(sum(a * a for a in z))
    return 1 - math.cos(2 * math.pi * r) + 0.3 * r


def stretched(z):
    return sum((a * a + b * b) ** 0.25 * (1 + math.sin(50 * (a * a + b * b) ** 0.1) ** 2)
               for a, b in zip(z, z[1:]))


def curled(z):
    """Griewank's function along a bent valley."""
    steps = [100 * ((a + 1) ** 2 - b - 1) ** 2 + a * a for a, b in zip(z, z[1:] + z[:1])]
    return sum(a / 4000 - math.cos(a) + 1 for a in steps)


def eggs(p):
    x, y = p["x0"], p["x1"] + 47
    return 959.640662720851 - y * math.sin(math.sqrt(abs(x / 2 + y))) - x * math.sin(
        math.sqrt(abs(x - y)))


def sphere(z):
    return sum(a * a for a in z)


def valley(z):
    return sum(100 * (b - a * a - 2 * a) ** 2 + a * a for a, b in zip(z, z[1:]))


def camel(p):
    x, y = p["x0"], p["x1"]
    return ((4 - 2.1 * x * x + x ** 4 / 3) * x * x + x * y + 4 * (y * y - 1) * y * y
            + 1.031628453489877)


def hartmann4(p):
    x = coordinates(p)
    a = [[10, 3, 17, 3.5], [.05, 10, 17, .1], [3, 3.5, 1.7, 10], [17, 8, .05, 10]]
    c = [[.1312, .1696, .5569, .0124], [.2329, .4135, .8307, .3736], [.2348, .1451, .3522, .2883],
         [.4047, .8828, .8732, .5743]]
    return 3.7298404507 - sum(h * math.exp(-sum(w * (u - v) ** 2 for w, u, v in zip(k, x, m)))
                           for h, k, m in zip([1, 1.2, 3, 3.2], a, c))


def tuned_net(p):
    """A loss over a rate, a decay, a width and two choices."""
    rate, decay = math.log10(p["rate"]), math.log10(p["decay"])
    best = {"sgd": -1.2, "adam": -2.8, "rms": -3.1}[p["kind"]]
    width = math.log2(p["width"]) - 6
    return ({"sgd": 0.1, "adam": 0, "rms": 0.05}[p["kind"]] + 0.25 * (rate - best) ** 2
            + 0.04 * (decay + 4 + 0.5 * (rate - best)) ** 2 + 0.03 * width ** 2
            + 0.5 * (p["drop"] - 0.15 - 0.04 * width) ** 2
            + (0.08 if p["norm"] == "none" else 0.02 * abs(width)))


NET = [real("rate", 1e-5, 1, True), real("decay", 1e-7, 1e-1, True), real("drop", 0, 0.7),
       whole("width", 8, 512, True), choice("kind", "sgd", "adam", "rms"),
       choice("norm", "batch", "layer", "none")]


def spread(space, function):
    draw = random.Random(5)

    def any_value(p):
        if p["type"] == "cat":
            return draw.choice(p["choices"])
        low, high = (math.log(b) if p["log"] else b for b in (p["low"], p["high"]))
        value = draw.uniform(low, high)
        value = math.exp(value) if p["log"] else value
        return round(value) if p["type"] == "int" else value
    values = [function({p["name"]: any_value(p) for p in space}) for _ in range(2000)]
    mean = sum(values) / len(values)
    return math.sqrt(sum((v - mean) ** 2 for v in values) / len(values))


def wild(scale):
    return lambda draw, _: scale * draw.gauss(0, 1) / math.sqrt(draw.expovariate(1) + 1e-9) * 0.7


def uneven(scale, size):
    return lambda draw, clean: scale * (0.2 + clean / size) * draw.gauss(0, 1)


def spiked(scale, size):
    return lambda draw, _: (scale * draw.gauss(0, 1)
                            + (draw.uniform(2, 6) * size if draw.random() < 0.07 else 0))


def noisy(space, function, share, kind=None, evaluations=60):
    size = spread(space, function)
    scale = share * size
    noise = {None: scale, "wild": wild(scale), "uneven": uneven(scale, size),
             "spiked": spiked(scale, size)}[kind]
    return space, function, evaluations, noise


CAMEL = [real("x0", -3, 3), real("x1", -2, 2)]
RUGGED = {
    "weierstrass5": on(placed(5, 201, -0.5, 0.5), weierstrass) + (60, 0),
    "katsuura3": on(placed(3, 211, -2, 2), katsuura) + (60, 0),
    "schwefel4": (box(4, -500, 500), schwefel, 60, 0),
    "rippled_levy6": on(placed(6, 221, -5, 5), rippled_levy) + (80, 0),
    "griewank5": on(placed(5, 231, -20, 20), griewank) + (60, 0),
    "drop_wave2": on(placed(2, 241, -5, 5), drop_wave) + (60, 0),
    "cosine_mixture6": on(placed(6, 251, -1, 1), cosine_mixture) + (60, 0),
    "rastrigin5_mild": on(placed(5, 261, -4, 4), rastrigin_mild) + (80, 0),
    "floors6": on(placed(6, 271, -5, 5), floors) + (60, 0),
    "alpine4": on(placed(4, 281, -8, 8, False), alpine) + (60, 0),
    "rings4": on(placed(4, 291, -15, 15), rings) + (60, 0),
    "ackley6": on(placed(6, 301, -15, 15), ackley) + (60, 0),
    "salomon3": on(placed(3, 311, -5, 5), salomon) + (50, 0),
    "stretched5": on(placed(5, 371, -10, 10), stretched) + (60, 0),
    "curled3": on(placed(3, 381, -3, 3), curled) + (60, 0),
    "eggs2": (box(2, -512, 512), eggs, 60, 0),
}
UNSURE = {
    "camel_5": noisy(CAMEL, camel, 0.05, evaluations=50),
    "camel_50": noisy(CAMEL, camel, 0.5),
    "hartmann4_20": noisy(box(4, 0, 1), hartmann4, 0.2),
    "hartmann4_wild": noisy(box(4, 0, 1), hartmann4, 0.2, "wild"),
    "hartmann6_50": noisy(box(6, 0, 1), hartmann6, 0.5, evaluations=80),
    "sphere6_20": noisy(*on(placed(6, 321, -5, 5), sphere), 0.2),
    "sphere3_50": noisy(*on(placed(3, 331, -5, 5), sphere), 0.5),
    "valley4_5": noisy(*on(placed(4, 341, -2, 2, False), valley), 0.05),
    "valley3_uneven": noisy(*on(placed(3, 351, -2, 2, False), valley), 0.2, "uneven"),
    "ackley4_20": noisy(*on(placed(4, 361, -15, 15), ackley), 0.2),
    "levy5_20": noisy(box(5, -10, 10), levy, 0.2),
    "net_5": noisy(NET, tuned_net, 0.05),
    "net_30": noisy(NET, tuned_net, 0.3),
    "net_spiked": noisy(NET, tuned_net, 0.05, "spiked"),
}
EVEN = {
    "sphere8": on(placed(8, 401, -5, 5), sphere) + (60, 0),
    "valley5": on(placed(5, 411, -2, 2, False), valley) + (80, 0),
    "camel": (CAMEL, camel, 40, 0),
    "hartmann4": (box(4, 0, 1), hartmann4, 50, 0),
    "net": (NET, tuned_net, 60, 0),
    "levy7": (box(7, -10, 10), levy, 80, 0),
}


def bent(problem, powers):
    """The same problem in other coordinates: its places between the bounds are powers of ours."""
    space, function, evaluations, noise = problem

    def value(p):
        return function({one["name"]: one["low"] + (one["high"] - one["low"]) *
                         ((p[one["name"]] - one["low"]) / (one["high"] - one["low"])) ** power
                         for one, power in zip(space, powers)})
    return space, value, evaluations, noise


def unscaled(name):
    """A learning task whose author forgot which parameters go by their logarithm."""
    space, function, evaluations, noise = TASKS[name]
    return ([dict(one, log=False) if one["type"] == "float" else one for one in space], function,
            evaluations, noise)


# Scales other than those that a model of one lengthscale a parameter would like.
SCALES = {
    "hartmann6_bent": bent((box(6, 0, 1), hartmann6, 60, 0), (3, 1, 0.4, 1, 2, 1)),
    "hartmann4_bent": bent((box(4, 0, 1), hartmann4, 50, 0), (4, 1, 1, 0.3)),
    "sphere4_bent": bent(on(placed(4, 501, -5, 5, False), sphere) + (40, 0), (4, 3, 1, 0.3)),
    "valley3_bent": bent(on(placed(3, 511, -2, 2, False), valley) + (60, 0), (4, 1, 2)),
    "camel_bent": bent((CAMEL, camel, 40, 0), (3, 0.4)),
    "levy4_bent": bent((box(4, -10, 10), levy, 60, 0), (3, 1, 1, 0.4)),
    "vectors_digits_unscaled": unscaled("vectors_digits"),
    "vectors_friedman_unscaled": unscaled("vectors_friedman"),
    "network_digits_unscaled": unscaled("network_digits"),
    "softmax_classes_unscaled": unscaled("softmax_classes"),
    "boosting_friedman_unscaled": unscaled("boosting_friedman"),
}
GROUPS = {"scales": SCALES, "rugged": RUGGED, "unsure": UNSURE, "even": EVEN}
TUNING = {name: problem for group in GROUPS.values() for name, problem in group.items()}
