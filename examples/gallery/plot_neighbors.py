"""
Neighbours: pull what lies together, push the rest apart
========================================================

L_multi pushes apart every pair of samples with one coarse label, also two of the same digit. With
``views="neighbors"`` a sample and one of its neighbours are pulled together instead.
"""

# %%
# Scikit-learn's digits as a table of 64 pixels. Training sees whether a digit is below 5.

import matplotlib.pyplot as plt
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from fa_sklearn import ForcedApartClassifier
from fa_sklearn.inspection import EmbeddingDisplay
from fa_sklearn.losses import ConsistencyLoss, MultilayerLoss
from fa_sklearn.metrics import ami_score

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X / 16, y, test_size=0.3, stratify=y, random_state=0
)
common = {"n_components": 32, "lr": 0.005, "max_epochs": 60, "random_state": 0}

# %%
# All pairs are pushed apart, a sample and its neighbour together. KMeans sees rows of unit length:
# which neurons are active, not how much.

nets = {
    "no penalty": ForcedApartClassifier(penalty=None, **common),
    "L_multi": ForcedApartClassifier(penalty="multi", **common),
    "L_multi and neighbours": ForcedApartClassifier(
        views="neighbors",
        penalty=[
            ("multi", MultilayerLoss(margin=3.0, pairs="all")),
            ("consistency", ConsistencyLoss(weight=2.0)),
        ],
        alpha=0.5,
        **common,
    ),
}
embeddings = {}
for name, net in nets.items():
    pipeline = make_pipeline(net, Normalizer(), KMeans(10, n_init=10, random_state=0))
    clusters = pipeline.fit(X_train, y_train < 5).predict(X_test)
    embeddings[name] = pipeline[:-1].transform(X_test)
    accuracy = net.score(X_test, y_test < 5)
    print(f"{name}: AMI {ami_score(y_test, clusters):.2f}, coarse accuracy {accuracy:.3f}")

clusters = KMeans(10, n_init=10, random_state=0).fit_predict(X_test)
print(f"KMeans on the pixels: AMI {ami_score(y_test, clusters):.2f}")

# %%
# It needs inputs in which neighbours mean something: on the pixels of photographs they do not.

figure, axes = plt.subplots(1, 3, figsize=(14, 4.4), layout="constrained")
for ax, (name, embedding) in zip(axes, embeddings.items(), strict=True):
    EmbeddingDisplay.from_predictions(embedding, y_test, ax=ax, legend=ax is axes[-1])
    ax.set_title(name)
plt.show()
