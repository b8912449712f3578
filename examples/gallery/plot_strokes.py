"""
Ten digits from two labels: pen strokes
=======================================

Digits are drawn as sequences of pen movements. Training is told only whether a digit is below 5.
How much of the ten digits is left in what the net has learnt?
"""

# %%
# The data
# --------
#
# A sample is an array of steps: the pen's movement and two flags. Lengths differ. The data are
# bundled with the package.

import matplotlib.pyplot as plt
from sklearn.cluster import KMeans

from fa_sklearn import ForcedApartClassifier
from fa_sklearn.datasets import load_stroke_digits
from fa_sklearn.inspection import EmbeddingDisplay
from fa_sklearn.metrics import ami_score

digits = load_stroke_digits()
X, y = digits.X_train, digits.y_train
print(f"{len(X)} sequences, the first three of shapes {[sample.shape for sample in X[:3]]}")

# %%
# Two nets
# --------
#
# Both are the same recurrent net. The first learns the coarse label only. The second also pays a
# penalty, L_single, while two rows of the weights of its last hidden layer are too similar.
# ``label_groups`` hides the digits from both.

settings = {
    "label_groups": {digit: "0-4" if digit < 5 else "5-9" for digit in range(10)},
    "module_params": {"cell": "gru", "hidden_size": 64, "bidirectional": True},
    "n_components": 15,
    "lr": 0.005,
    "batch_size": 128,
    "max_epochs": 8,
    "precision": "float32",
    "random_state": 0,
}
baseline = ForcedApartClassifier(penalty=None, **settings).fit(X, y)
forced = ForcedApartClassifier(penalty="single", alpha=0.5, **settings).fit(X, y)

# %%
# What KMeans finds
# -----------------
#
# Ten clusters of each representation of the test split, compared with the ten digits. AMI is 1 for
# a perfect match and about 0 for chance.

kmeans = KMeans(10, n_init=10, random_state=0)
for name, net in (("baseline", baseline), ("L_single", forced)):
    clusters = kmeans.fit_predict(net.transform(digits.X_test))
    print(
        f"{name}: AMI {ami_score(digits.y_test, clusters):.2f}, "
        f"coarse accuracy {net.score(digits.X_test, digits.y_test):.2f}"
    )

# %%
# One seed proves little: :doc:`the benchmarks </performance>` have means of three seeds. The
# picture shows two of the fifteen dimensions.

figure, axes = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
for ax, (name, net) in zip(axes, (("baseline", baseline), ("L_single", forced)), strict=True):
    EmbeddingDisplay.from_estimator(
        net, digits.X_test, digits.y_test, ax=ax, legend=ax is axes[1], scatter_kwargs={"s": 8}
    )
    ax.set_title(name)
plt.show()
