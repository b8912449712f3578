"""
Neighbours: pull what lies together, push the rest apart
========================================================

L_multi pushes apart every pair of samples with one coarse label, also two of the same digit. With
``views="neighbors"`` a sample and one of its neighbours are pulled together instead.
"""

# %%
# Scikit-learn's digits as a table of 64 pixels. Training sees whether a digit is below 5.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import normalize

from fa_sklearn import ForcedApartClassifier
from fa_sklearn.inspection import EmbeddingDisplay
from fa_sklearn.metrics import ami_score

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X / 16, y, test_size=0.3, stratify=y, random_state=0
)

# %%
# Neighbours change the defaults of the size, the share of the penalty and the steps. KMeans looks
# for five digits among the samples of each predicted label. It sees rows of unit length: which
# neurons are active, not how much.


def cluster_inside(labels, H):
    """Cluster the samples of each label by themselves."""
    clusters = np.empty(len(H), dtype=int)
    for label in (0, 1):
        rows = labels == label
        clusters[rows] = 5 * label + KMeans(5, n_init=10, random_state=0).fit_predict(H[rows])
    return clusters


nets = {
    "no penalty": ForcedApartClassifier(penalty=None, random_state=0),
    "L_multi": ForcedApartClassifier(random_state=0),
    "L_multi and neighbours": ForcedApartClassifier(views="neighbors", random_state=0),
}
embeddings = {}
for name, net in nets.items():
    net.fit(X_train, y_train < 5)
    embeddings[name] = normalize(net.transform(X_test))
    clusters = cluster_inside(net.predict(X_test), embeddings[name])
    accuracy = net.score(X_test, y_test < 5)
    print(f"{name}: AMI {ami_score(y_test, clusters):.2f}, coarse accuracy {accuracy:.3f}")

clusters = cluster_inside(y_test < 5, X_test)
print(f"KMeans on the pixels, inside the true label: AMI {ami_score(y_test, clusters):.2f}")

# %%
# It needs inputs in which neighbours mean something: on the pixels of photographs they do not.

figure, axes = plt.subplots(1, 3, figsize=(14, 4.4), layout="constrained")
for ax, (name, embedding) in zip(axes, embeddings.items(), strict=True):
    EmbeddingDisplay.from_predictions(embedding, y_test, ax=ax, legend=ax is axes[-1])
    ax.set_title(name)
plt.show()
