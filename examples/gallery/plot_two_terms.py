"""
Two penalties at once, and what training did
============================================

``penalty`` also takes a list of named loss terms, each with a margin and a weight of its own.
"""

# %%
# L_single looks at the weights of FC1, L_multi at its activations: they can be added. The terms'
# parameters are reachable by name, as in a pipeline, so that a search can vary them.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from fa_sklearn import ForcedApartClassifier
from fa_sklearn.losses import MultilayerLoss, SingleLayerLoss
from fa_sklearn.metrics import ami_score

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X / 16, y, test_size=0.3, stratify=y, random_state=0
)
net = ForcedApartClassifier(
    label_groups={digit: digit < 5 for digit in range(10)},
    penalty=[
        ("weights", SingleLayerLoss(margin=5.0, weight=0.01)),
        ("activations", MultilayerLoss(margin=1.0)),
    ],
    lr=0.002,
    max_epochs=60,
    early_stopping=True,
    random_state=0,
)
net.set_params(penalty__activations__margin=0.8)
net.fit(X_train, y_train)

# %%
# Each loss has its panel. The terms are drawn without their weights. With ``early_stopping`` a
# tenth of the samples is set aside, and the weights with the lowest loss on them are kept.

history = pd.DataFrame(net.net_.history).set_index("epoch")
panels = plt.subplots(1, 4, figsize=(13, 3), layout="constrained")[1]
for ax, loss in zip(panels, ("task", "weights", "activations", "total"), strict=True):
    name = "loss" if loss == "total" else f"{loss}_loss"
    history[[f"train_{name}", f"valid_{name}"]].plot(ax=ax, title=f"{loss} loss")
plt.show()

# %%
# Does the sum find more than one term alone? On this table, compare:

kmeans = KMeans(10, n_init=10, random_state=0)
for name, penalty in (
    ("none", None),
    ("weights", [("weights", SingleLayerLoss(margin=5.0, weight=0.01))]),
    ("activations", [("activations", MultilayerLoss(margin=0.8))]),
    ("both", net.penalty),
):
    net.set_params(penalty=penalty).fit(X_train, y_train)
    clusters = kmeans.fit_predict(net.transform(X_test))
    print(f"{name}: AMI {ami_score(y_test, clusters):.2f} after {net.n_iter_} epochs")

# %%
# Not here: L_multi alone finds as much, and L_single with so small a weight finds no more than no
# penalty does. Where both are to count, search over the weights.
