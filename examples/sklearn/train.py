"""Support vector regression on scikit-learn's diabetes data; prints its cross-validated error.

An ordinary script: it knows nothing of tidemill.
"""
import argparse

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import KFold, cross_val_score
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

parser = argparse.ArgumentParser()
parser.add_argument("--C", type=float, default=1.0)
parser.add_argument("--epsilon", type=float, default=0.1)
parser.add_argument("--kernel", choices=["linear", "rbf", "poly"], default="rbf")
parser.add_argument("--gamma", type=float, default=0.1)
parser.add_argument("--degree", type=int, default=3)
args = parser.parse_args()

X, y = load_diabetes(return_X_y=True)
X = StandardScaler().fit_transform(X)
y = (y - y.mean()) / y.std()

model = SVR(C=args.C, epsilon=args.epsilon, kernel=args.kernel, gamma=args.gamma,
            degree=args.degree, max_iter=20_000)
folds = KFold(n_splits=3, shuffle=True, random_state=1)
scores = cross_val_score(model, X, y, cv=folds, scoring="neg_mean_squared_error")
print(f"mse={-np.mean(scores):.6f}")
