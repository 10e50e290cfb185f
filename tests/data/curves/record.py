#!/usr/bin/env python3
"""Records learning curves: every point of a grid of hyperparameters, trained to the end.

usage: record.py digits DIGITS_TRAIN DIGITS_CSV >digits.csv
       record.py mlp DIGITS_CSV >mlp.csv        (needs scikit-learn)

One line a configuration: its parameters, then the validation loss after each of 27 epochs; a run
that diverged has fewer. The grids are the whole spaces of the searches, so a replay interpolates
nothing.
"""
import csv
import itertools
import math
import subprocess
import sys

EPOCHS = 27

DIGITS = {
    "lr": [1e-4, 3.2e-4, 1e-3, 3.2e-3, 1e-2, 3.2e-2, 0.1, 0.32, 1],
    "momentum": [0, 0.9, 0.97],
    "hidden": [16, 64],
    "layers": [1, 2],
    "l2": [1e-5, 1e-2, 0.1],
}

MLP = {
    "lr": [1e-5, 3.2e-5, 1e-4, 3.2e-4, 1e-3, 3.2e-3, 1e-2, 3.2e-2, 0.1],
    "solver": ["sgd", "adam"],
    "hidden": [8, 32, 128],
    "alpha": [1e-4, 1e-2, 1],
    "batch": [16, 128],
}


def digits_curve(program, data, point):
    words = [f"--{name}={value}" for name, value in point.items()]
    words += ["--opt=momentum", f"--epochs={EPOCHS}", "--seed=1", f"--data={data}"]
    ended = subprocess.run([program, *words], stdout=subprocess.PIPE, check=False, text=True)
    words = ended.stdout.split()
    losses = [word.removeprefix("val_loss=") for word in words if word.startswith("val_loss=")]
    return [float(loss) for loss in losses]


def mlp_data(path):
    import numpy

    rows = numpy.loadtxt(path, delimiter=",")
    order = numpy.random.RandomState(1998).permutation(len(rows))
    images, labels = rows[order, :64] / 16, rows[order, 64].astype(int)
    return images[:1200], labels[:1200], images[1200:], labels[1200:]


def mlp_curve(data, point):
    from sklearn.metrics import log_loss
    from sklearn.neural_network import MLPClassifier

    images, labels, unseen, answers = data
    network = MLPClassifier(
        hidden_layer_sizes=(point["hidden"],),
        solver=point["solver"],
        learning_rate_init=point["lr"],
        alpha=point["alpha"],
        batch_size=point["batch"],
        random_state=1,
    )
    losses = []
    for _ in range(EPOCHS):
        network.partial_fit(images, labels, classes=list(range(10)))
        loss = log_loss(answers, network.predict_proba(unseen), labels=list(range(10)))
        if not math.isfinite(loss):
            break
        losses.append(loss)
    return losses


def main():
    kind = sys.argv[1]
    grid = DIGITS if kind == "digits" else MLP
    data = mlp_data(sys.argv[2]) if kind == "mlp" else None
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow([*grid, *range(1, EPOCHS + 1)])
    for values in itertools.product(*grid.values()):
        point = dict(zip(grid, values))
        curve = mlp_curve(data, point) if kind == "mlp" else digits_curve(*sys.argv[2:4], point)
        out.writerow([*values, *(f"{loss:.5g}" for loss in curve)])
        sys.stdout.flush()


main()
