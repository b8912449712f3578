"""
Photographs: CIFAR-10
=====================

Photographs of ten kinds of things, of which training knows only two groups. This example reads
the full data set: ``fetch_cifar10()`` downloads it once, about 170 MB, into the data home. Where
that file is missing, the build of these pages leaves the example out.
"""

# %%
# A small part of the data and a narrow net, so that it takes seconds. Images of dtype uint8 are
# standardised inside.

import matplotlib.pyplot as plt
from sklearn.cluster import KMeans

from fa_sklearn import ForcedApartClassifier
from fa_sklearn.datasets import fetch_cifar10
from fa_sklearn.inspection import NeuronClassDisplay
from fa_sklearn.metrics import ami_score

cifar = fetch_cifar10(download_if_missing=False)
X_train, y_train = cifar.X_train[:5000], cifar.y_train[:5000]
X_test, y_test = cifar.X_test[:2000], cifar.y_test[:2000]

settings = {
    "label_groups": {label: label < 5 for label in range(10)},
    "module_params": {"width": 0.125},
    "n_components": 15,
    "lr": 0.003,
    "batch_size": 128,
    "max_epochs": 3,
    "precision": "float32",
    "random_state": 0,
}
nets = {
    "baseline": ForcedApartClassifier(penalty=None, **settings).fit(X_train, y_train),
    "L_multi": ForcedApartClassifier(penalty="multi", **settings).fit(X_train, y_train),
}

# %%
# Little data and three epochs find little. :doc:`/backbones` has the scores of longer runs on all
# of it.

kmeans = KMeans(10, n_init=10, random_state=0)
for name, net in nets.items():
    clusters = kmeans.fit_predict(net.transform(X_test))
    print(
        f"{name}: AMI {ami_score(y_test, clusters):.3f}, "
        f"coarse accuracy {net.score(X_test, y_test):.2f}"
    )

# %%
# Which neuron is the most active one, by kind of thing.

figure, axes = plt.subplots(1, 2, figsize=(12, 5.5), layout="constrained")
for ax, (name, net) in zip(axes, nets.items(), strict=True):
    NeuronClassDisplay.from_estimator(
        net, X_test, y_test, sort_neurons=True, target_names=cifar.target_names, ax=ax,
        include_values=False, im_kwargs={"vmin": 0, "vmax": 150},
    )  # fmt: skip
    ax.tick_params(axis="x", rotation=45)
    ax.set_title(name)
plt.show()
