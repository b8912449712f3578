"""
A grid search that keeps fine labels from training
==================================================

Margin and alpha are chosen by a score against fine labels, which training must not see. With
scikit-learn's metadata routing ``fit`` gets the coarse label, and the fine labels go to the scorer
alone.
"""

# %%
# The digits as a table; the coarse label is whether a digit is even. The pipeline ends in KMeans
# and is no classifier for scikit-learn, so that the shuffled, stratified folds are made here.

import sklearn
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, StratifiedKFold, train_test_split
from sklearn.pipeline import Pipeline

from fa_sklearn import ForcedApartClassifier
from fa_sklearn.inspection import MarginDisplay
from fa_sklearn.metrics import ami_score, fine_label_scorer

X, y_fine = load_digits(return_X_y=True)
X_train, X_test, fine_train, fine_test = train_test_split(
    X / 16, y_fine, test_size=0.3, stratify=y_fine, random_state=0
)
coarse_train = fine_train % 2 == 0

pipeline = Pipeline(
    [
        ("net", ForcedApartClassifier(lr=0.002, max_epochs=40, random_state=0)),
        ("kmeans", KMeans(10, n_init=5, random_state=0)),
    ]
)
folds = StratifiedKFold(3, shuffle=True, random_state=0).split(X_train, fine_train)

# %%
# The baseline, ``penalty=None``, is a candidate too. ``fine_label_scorer`` asks for the metadata
# ``fine_labels`` and refuses to score without them.

search = GridSearchCV(
    pipeline,
    [
        {"net__penalty": [None]},
        {"net__margin": [0.3, 1.0, 3.0, 10.0], "net__alpha": [0.1, 0.3]},
    ],
    scoring=fine_label_scorer("ami"),
    cv=list(folds),
)
with sklearn.config_context(enable_metadata_routing=True):
    search.fit(X_train, coarse_train, fine_labels=fine_train)
print(search.best_params_)

# %%
# The test split took no part in the choice.

clusters = search.predict(X_test)
print(f"validation AMI {search.best_score_:.2f}, test AMI {ami_score(fine_test, clusters):.2f}")

# %%
# The score against the margin, with one standard deviation over the folds. The dashed line is the
# baseline. Where the best margin is the largest or the smallest of a grid, widen the grid.

MarginDisplay.from_estimator(search, score_name="AMI")
