"""Learning tasks that settings of tidemill were chosen on (others.py has those that were not).

Models of scikit-learn and two written here over numpy, on its bundled and made data, in ranges as
people write them: with plateaus where nothing is learnt, cliffs where descent diverges, errors that
are counts of a few hundred, optima at corners, and parameters that hardly matter. An evaluation
takes 1 to 30 ms. What is compared is the loss itself on rows kept aside.
"""
import functools
import math
import warnings

from problems import choice, real, whole


def when(parameter, name, *values):
    return dict(parameter, when={"name": name, "values": list(values)})


@functools.lru_cache(None)
def split(name):
    """(x, y, x aside, y aside), x standardised; numbers y standardised too."""
    import numpy
    from sklearn import datasets
    if name == "friedman":
        x, y = datasets.make_friedman1(260, 8, noise=1.0, random_state=3)
    elif name == "moons":
        x, y = datasets.make_moons(900, noise=0.3, random_state=4)
    elif name == "classes":
        x, y = datasets.make_classification(600, 20, n_informative=6, n_redundant=4, n_classes=3,
                                            flip_y=0.05, random_state=5)
    else:
        x, y = getattr(datasets, "load_" + name)(return_X_y=True)
    if y.dtype.kind == "f":
        y = (y - y.mean()) / y.std()
    x = (x - x.mean(0)) / numpy.maximum(x.std(0), 1e-6)
    order = numpy.random.RandomState(6).permutation(len(x))[:700]
    half = min(len(order) * 3 // 5, 300)
    return x[order[:half]], y[order[:half]], x[order[half:]], y[order[half:]]


def mistakes(model, data):
    x, y, xs, ys = split(data)
    return float((model.fit(x, y).predict(xs) != ys).mean())


def surprise(model, data):
    from sklearn.metrics import log_loss
    x, y, xs, ys = split(data)
    return float(log_loss(ys, model.fit(x, y).predict_proba(xs)))


def squares(model, data):
    x, y, xs, ys = split(data)
    return float(((model.fit(x, y).predict(xs) - ys) ** 2).mean())


def quiet(function):
    """Warnings are of no interest here, and a loss that is no number is a very bad one."""
    @functools.wraps(function)
    def value(p):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                loss = function(p)
            except (ValueError, OverflowError, FloatingPointError):
                loss = math.inf
        return loss if math.isfinite(loss) else 1e10
    return value


# ---- models of scikit-learn ----

def vectors_digits(p):
    from sklearn.svm import SVC
    return mistakes(SVC(C=p["C"], gamma=p["gamma"], max_iter=3000), "digits")


def vectors_classes(p):
    from sklearn.svm import SVC
    return mistakes(SVC(C=p["C"], kernel=p["kernel"], gamma=p.get("gamma", 1.0),
                        degree=p.get("degree", 3), coef0=p.get("coef", 0.0),
                        shrinking=p["shrinking"], max_iter=2000), "classes")


def vectors_friedman(p):
    from sklearn.svm import SVR
    return squares(SVR(C=p["C"], gamma=p["gamma"], epsilon=p["epsilon"], max_iter=20000),
                   "friedman")


def neighbours_digits(p):
    from sklearn.decomposition import PCA
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    return mistakes(make_pipeline(
        PCA(p["components"], whiten=p["whiten"], svd_solver="full", random_state=0),
        KNeighborsClassifier(p["k"], weights=p["weights"], metric=p["metric"])), "digits")


def forest_cancer(p):
    from sklearn.ensemble import RandomForestClassifier
    return surprise(RandomForestClassifier(
        n_estimators=p["trees"], max_depth=p["depth"], max_features=p["features"],
        min_samples_leaf=p["leaf"], criterion=p["criterion"], bootstrap=p["bootstrap"],
        random_state=0), "breast_cancer")


def boosting_friedman(p):
    from sklearn.ensemble import GradientBoostingRegressor
    return squares(GradientBoostingRegressor(
        loss=p["loss"], learning_rate=p["rate"], n_estimators=p["trees"], max_depth=p["depth"],
        subsample=p["subsample"], max_features=p["features"], min_samples_leaf=p["leaf"],
        random_state=0), "friedman")


def descent_cancer(p):
    from sklearn.linear_model import SGDClassifier
    return surprise(SGDClassifier(
        loss="log_loss", penalty="elasticnet", alpha=p["alpha"], l1_ratio=p["l1"],
        learning_rate=p["schedule"], eta0=p.get("eta", 0.01), power_t=p.get("power", 0.5),
        average=p["average"], max_iter=15, tol=None, random_state=0), "breast_cancer")


def elastic_diabetes(p):
    from sklearn.linear_model import ElasticNet
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler
    return squares(make_pipeline(PolynomialFeatures(p["degree"], include_bias=False),
                                 StandardScaler(),
                                 ElasticNet(alpha=p["alpha"], l1_ratio=p["l1"], max_iter=300)),
                   "diabetes")


def tree_moons(p):
    from sklearn.tree import DecisionTreeClassifier
    return mistakes(DecisionTreeClassifier(
        criterion=p["criterion"], max_depth=p["depth"], min_samples_leaf=p["leaf"],
        min_samples_split=p["split"], ccp_alpha=p["prune"], max_features=p["features"],
        random_state=0), "moons")


def trees_wine(p):
    from sklearn.ensemble import ExtraTreesClassifier
    return surprise(ExtraTreesClassifier(
        n_estimators=p["trees"], max_depth=p["depth"], min_samples_split=p["split"],
        max_features=p["features"], max_leaf_nodes=p["leaves"], random_state=0), "wine")


def features_digits(p):
    from sklearn.kernel_approximation import RBFSampler
    from sklearn.linear_model import RidgeClassifier
    from sklearn.pipeline import make_pipeline
    return mistakes(make_pipeline(
        RBFSampler(gamma=p["gamma"], n_components=p["components"], random_state=0),
        RidgeClassifier(alpha=p["alpha"])), "digits")


def mixture_wine(p):
    from sklearn.mixture import GaussianMixture
    x, _, xs, _ = split("wine")
    model = GaussianMixture(p["components"], covariance_type=p["covariance"],
                            reg_covar=p["floor"], max_iter=p["rounds"], random_state=0)
    return -float(model.fit(x).score(xs))


def ridge_friedman(p):
    """A kernel with a weight for every feature."""
    import numpy
    x, y, xs, ys = split("friedman")
    scale = numpy.sqrt([p["g%d" % i] for i in range(6)] + [1e-6] * 2)
    x, xs = x * scale, xs * scale
    kernel = numpy.exp(-((x[:, None] - x[None]) ** 2).sum(2))
    across = numpy.exp(-((xs[:, None] - x[None]) ** 2).sum(2))
    solved = numpy.linalg.solve(kernel + p["alpha"] * numpy.eye(len(x)), y)
    return float(((across @ solved - ys) ** 2).mean())


# ---- networks over numpy ----

def forward(layers, x):
    import numpy
    states = [x]
    for i, (w, b) in enumerate(layers):
        x = x @ w + b
        x = numpy.maximum(x, 0) if i + 1 < len(layers) else x
        states.append(x)
    top = x - x.max(1, keepdims=True)
    odds = numpy.exp(top)
    return states, odds / odds.sum(1, keepdims=True)


def gradients(layers, x, y):
    import numpy
    states, odds = forward(layers, x)
    back = odds
    back[numpy.arange(len(y)), y] -= 1
    back = back / len(y)
    slopes = []
    for i in reversed(range(len(layers))):
        slopes.append((states[i].T @ back, back.sum(0)))
        back = (back @ layers[i][0].T) * (states[i] > 0)
    return slopes[::-1]


def network(data, widths, epochs, batch, rate, decay, momentum, l2, spread):
    """Descent with momentum from Glorot's weights times `spread`: the surprise aside."""
    import numpy
    x, y, xs, ys = split(data)
    x, y = x[:240], y[:240]
    draw = numpy.random.RandomState(7)
    sizes = [x.shape[1]] + widths + [int(y.max()) + 1]
    layers = [[draw.normal(0, spread * math.sqrt(2 / (a + b)), (a, b)), numpy.zeros(b)]
              for a, b in zip(sizes, sizes[1:])]
    speed = [[0 * w, 0 * b] for w, b in layers]
    with numpy.errstate(all="ignore"):
        for _ in range(epochs):
            order = draw.permutation(len(x))
            for at in range(0, len(x), batch):
                some = order[at:at + batch]
                for layer, pace, (w, b) in zip(layers, speed,
                                               gradients(layers, x[some], y[some])):
                    pace[0] = momentum * pace[0] - rate * (w + l2 * layer[0])
                    pace[1] = momentum * pace[1] - rate * b
                    layer[0] = layer[0] + pace[0]
                    layer[1] = layer[1] + pace[1]
            rate *= decay
        _, odds = forward(layers, xs)
        return -float(numpy.log(odds[numpy.arange(len(ys)), ys] + 1e-300).mean())


def network_iris(p):
    return network("iris", [p["width"]], p["epochs"], p["batch"], p["rate"], 1, p["momentum"],
                   p["l2"], p["spread"])


def network_digits(p):
    return network("digits", [p["width"]] * p["layers"], 6, p["batch"], p["rate"], p["decay"],
                   p.get("momentum", 0), p["l2"], p["spread"])


def softmax_classes(p):
    return network("classes", [], 12, p["batch"], p["rate"], p["decay"], p["momentum"], p["l2"],
                   1e-3)


TASKS = {name: (space, quiet(function), evaluations, 0) for name, space, function, evaluations in (
    ("vectors_digits", [real("C", 1e-4, 1e4, True), real("gamma", 1e-7, 1e1, True)],
     vectors_digits, 40),
    ("vectors_classes", [real("C", 1e-3, 1e3, True),
                         choice("kernel", "linear", "poly", "rbf", "sigmoid"),
                         when(real("gamma", 1e-5, 1e1, True), "kernel", "poly", "rbf", "sigmoid"),
                         when(whole("degree", 2, 5), "kernel", "poly"),
                         when(real("coef", 0, 5), "kernel", "poly", "sigmoid"),
                         {"name": "shrinking", "type": "bool"}], vectors_classes, 50),
    ("vectors_friedman", [real("C", 1e-3, 1e4, True), real("gamma", 1e-5, 1e2, True),
                          real("epsilon", 1e-4, 2, True)], vectors_friedman, 50),
    ("neighbours_digits", [whole("k", 1, 50), choice("weights", "uniform", "distance"),
                           choice("metric", "euclidean", "manhattan", "chebyshev", "cosine"),
                           whole("components", 2, 60), {"name": "whiten", "type": "bool"}],
     neighbours_digits, 40),
    ("forest_cancer", [whole("trees", 2, 12, True), whole("depth", 1, 20),
                       real("features", 0.03, 1), whole("leaf", 1, 60, True),
                       choice("criterion", "gini", "entropy"),
                       {"name": "bootstrap", "type": "bool"}], forest_cancer, 40),
    ("boosting_friedman", [choice("loss", "squared_error", "huber"),
                           real("rate", 1e-4, 1, True), whole("trees", 3, 24, True),
                           whole("depth", 1, 8), real("subsample", 0.2, 1),
                           real("features", 0.1, 1), whole("leaf", 1, 50, True)],
     boosting_friedman, 60),
    ("descent_cancer", [real("alpha", 1e-7, 1, True), real("l1", 0, 1),
                        choice("schedule", "optimal", "constant", "invscaling", "adaptive"),
                        when(real("eta", 1e-6, 1e2, True), "schedule", "constant", "invscaling",
                             "adaptive"),
                        when(real("power", 0.05, 1), "schedule", "invscaling"),
                        {"name": "average", "type": "bool"}], descent_cancer, 60),
    ("elastic_diabetes", [real("alpha", 1e-5, 1e2, True), real("l1", 0, 1), whole("degree", 1, 2)],
     elastic_diabetes, 40),
    ("tree_moons", [choice("criterion", "gini", "entropy", "log_loss"), whole("depth", 1, 30),
                    whole("leaf", 1, 100, True), whole("split", 2, 200, True),
                    real("prune", 1e-6, 1, True), real("features", 0.1, 1)], tree_moons, 50),
    ("trees_wine", [whole("trees", 1, 12, True), whole("depth", 1, 16), whole("split", 2, 60, True),
                    real("features", 0.05, 1), whole("leaves", 2, 64, True)], trees_wine, 40),
    ("features_digits", [real("gamma", 1e-7, 1e1, True), whole("components", 2, 150, True),
                         real("alpha", 1e-8, 1e4, True)], features_digits, 40),
    ("mixture_wine", [whole("components", 1, 15),
                      choice("covariance", "full", "tied", "diag", "spherical"),
                      real("floor", 1e-9, 1e1, True), whole("rounds", 1, 30, True)],
     mixture_wine, 40),
    ("ridge_friedman", [real("alpha", 1e-8, 1e2, True)]
     + [real("g%d" % i, 1e-5, 1e1, True) for i in range(6)], ridge_friedman, 60),
    ("network_iris", [whole("width", 2, 64, True), whole("epochs", 1, 20),
                      whole("batch", 8, 64, True),
                      real("rate", 1e-5, 1e1, True), real("momentum", 0, 0.99),
                      real("l2", 1e-8, 1e1, True), real("spread", 1e-3, 1e2, True)],
     network_iris, 60),
    ("network_digits", [whole("width", 8, 64, True), whole("layers", 1, 4),
                        whole("batch", 16, 64, True), real("rate", 1e-4, 1e1, True),
                        real("decay", 0.3, 1), real("l2", 1e-7, 1, True),
                        real("spread", 3e-2, 3e1, True), choice("method", "plain", "momentum"),
                        when(real("momentum", 0.5, 0.99), "method", "momentum")],
     network_digits, 50),
    ("softmax_classes", [whole("batch", 8, 128, True), real("rate", 1e-5, 1e3, True),
                         real("decay", 0.3, 1), real("momentum", 0, 0.99),
                         real("l2", 1e-8, 1e2, True)], softmax_classes, 40),
)}
