"""Gradient boosted trees on the breast cancer data; xgboost prints a line per round.

An ordinary script: it knows nothing of tidemill.
"""
import argparse

import xgboost
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--eta", type=float, default=0.3)
parser.add_argument("--max_depth", type=int, default=6)
parser.add_argument("--min_child_weight", type=float, default=1.0)
parser.add_argument("--subsample", type=float, default=1.0)
parser.add_argument("--colsample_bytree", type=float, default=1.0)
parser.add_argument("--reg_lambda", type=float, default=1.0)
parser.add_argument("--rounds", type=int, default=100)
args = vars(parser.parse_args())

X, y = load_breast_cancer(return_X_y=True)
X_train, X_valid, y_train, y_valid = train_test_split(X, y, test_size=0.4, random_state=1)
rounds = args.pop("rounds")
xgboost.train(
    {"objective": "binary:logistic", "eval_metric": "logloss", "nthread": 1, "seed": 1, **args},
    xgboost.DMatrix(X_train, y_train),
    num_boost_round=rounds,
    evals=[(xgboost.DMatrix(X_valid, y_valid), "valid")],
)
