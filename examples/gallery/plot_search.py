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

import matplotlib.pyplot as plt
import sklearn
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, StratifiedKFold, train_test_split
from sklearn.pipeline import Pipeline

from fa_sklearn import ForcedApartClassifier
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

results = search.cv_results_
means, deviations = results["mean_test_score"], results["std_test_score"]
figure, ax = plt.subplots(layout="constrained")
for alpha in (0.1, 0.3):
    rows = [i for i, params in enumerate(results["params"]) if params.get("net__alpha") == alpha]
    margins = [results["params"][i]["net__margin"] for i in rows]
    ax.errorbar(
        margins, means[rows], deviations[rows], marker="o", capsize=3, label=f"alpha={alpha}"
    )
ax.axhline(means[0], color="black", linestyle="--", label="penalty=None")
ax.set(xscale="log", xlabel="Margin", ylabel="AMI")
ax.legend()
