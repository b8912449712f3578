"""
How many clusters?
==================

The number of fine classes is rarely known. Without any fine label, the modularity inside the
coarse classes suggests one.
"""

# %%
# The digits as a table, with the coarse label "0 to 4 or 5 to 9".

import matplotlib.pyplot as plt
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from fa_sklearn import ForcedApartClassifier
from fa_sklearn.metrics import ami_score
from fa_sklearn.model_selection import suggest_n_clusters

X, y_fine = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X / 16, y_fine, test_size=0.5, stratify=y_fine, random_state=0
)
net = ForcedApartClassifier(lr=0.005, max_epochs=40, random_state=0)
pipeline = make_pipeline(net, KMeans(10, random_state=0)).fit(X_train, y_train >= 5)

# %%
# One copy of KMeans for each number of clusters and each of five halves of the samples. The curve
# is the mean of the five, the band one standard deviation to each side.

found = suggest_n_clusters(
    pipeline, X_test, y_test >= 5, reference=PCA(20), n_clusters=range(2, 21, 2)
)
mean, std = found.scores.mean(axis=0), found.scores.std(axis=0, ddof=1)
figure, ax = plt.subplots(layout="constrained")
ax.plot(found.counts, mean, marker="o")
ax.fill_between(found.counts, mean - std, mean + std, alpha=0.2, linewidth=0)
ax.axvline(found.n_clusters, color="0.4", linestyle="--", label=f"{found.n_clusters} suggested")
ax.set(xlabel="Number of clusters", ylabel="Modularity", xticks=found.counts)
ax.legend(frameon=False)

# %%
# It falls slowly behind its highest value: numbers near it are as good. The fine labels, which had
# no part in this, say how good the clusters are.

embedding = net.transform(X_test)
for k in found.counts:
    clusters = KMeans(k, random_state=0).fit_predict(embedding)
    print(f"{k:2d} clusters: AMI {ami_score(y_test, clusters):.2f}")
