"""
How many clusters?
==================

The number of fine classes is rarely known. A representation is of use where its clusters agree
with the fine classes over a range of numbers.
"""

# %%
# The digits as a table, with the coarse label "even or odd". Three seeds of each net.

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from fa_sklearn import ForcedApartClassifier
from fa_sklearn.inspection import ClusterCountDisplay

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X / 16, y, test_size=0.3, stratify=y, random_state=0
)
nets = {
    name: [
        ForcedApartClassifier(
            label_groups={digit: digit % 2 for digit in range(10)},
            lr=0.002,
            max_epochs=40,
            random_state=seed,
            **parameters,
        ).fit(X_train, y_train)
        for seed in range(3)
    ]
    for name, parameters in (
        ("baseline", {"penalty": None}),
        ("L_single", {"penalty": "single", "alpha": 0.5}),
        ("L_multi", {"penalty": "multi"}),
    )
}

# %%
# AMI against the number of clusters, the mean of the seeds and one standard deviation to each
# side. With two clusters the baseline is as good as any: they are the coarse label. With a penalty
# the score rises further, up to the ten digits.

display = ClusterCountDisplay.from_estimator(
    nets, X_test, y_test, n_clusters=range(2, 21, 2), random_state=0
)
for name, scores in display.scores.items():
    best = display.n_clusters[scores.mean(axis=0).argmax()]
    print(f"{name}: best mean AMI {scores.mean(axis=0).max():.2f}, at {best} clusters")
