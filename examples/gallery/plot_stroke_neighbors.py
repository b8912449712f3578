"""
Neighbours of sequences: look for them in another table
=======================================================

A net reads pen strokes as they come. Which two digits look alike is easier to see when
they are drawn. ``NeighborViews`` looks for neighbours in any table that a transformer makes of X;
the net never sees that table.
"""

# %%
# A table to look in
# ------------------
#
# Each digit is drawn upright, the drawing blurred, and the pixels reduced to their leading
# components. Nothing in it knows a label.

import matplotlib.pyplot as plt
import numpy as np
from scipy.ndimage import gaussian_filter
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer

from fa_sklearn import ForcedApartClassifier
from fa_sklearn.datasets import load_stroke_digits
from fa_sklearn.inspection import EmbeddingDisplay
from fa_sklearn.losses import ConsistencyLoss, MultilayerLoss
from fa_sklearn.metrics import ami_score
from fa_sklearn.views import NeighborViews


def draw(strokes):
    """Draw each digit on 28 x 28 pixels, without its slant."""
    images = np.zeros((len(strokes), 28, 28))
    for image, steps in zip(images, strokes, strict=True):
        points = np.cumsum(steps[:, :2], axis=0)
        x, y = (points - points.mean(axis=0)).T
        upright = np.column_stack([x - y * (x @ y) / (y @ y), y])
        low, high = upright.min(axis=0), upright.max(axis=0)
        place = (upright - (low + high) / 2) * 20 / (high - low).max() + 14
        column, row = place.astype(int).T
        image[row, column] = 1
    return gaussian_filter(images, (0, 1.5, 1.5))


def draw_rows(strokes):
    """Flatten the drawings to rows of a table."""
    return draw(strokes).reshape(len(strokes), -1)


digits = load_stroke_digits()
figure, axes = plt.subplots(1, 10, figsize=(12, 1.4), layout="constrained")
for ax, image in zip(axes, draw(digits.X_train[:10]), strict=True):
    ax.imshow(image, cmap="gray_r")
    ax.set_axis_off()
plt.show()

# %%
# Two nets
# --------
#
# Both see whether a digit is below 5 and have the same epochs. The second pushes all pairs apart,
# and pulls a digit and one of its 15 nearest neighbours of the same label together.

settings = {
    "module_params": {"cell": "gru", "hidden_size": 64, "bidirectional": True},
    "n_components": 32,
    "lr": 0.005,
    "batch_size": 64,
    "max_epochs": 15,
    "precision": "float32",
    "random_state": 0,
}
plain = ForcedApartClassifier(penalty=None, **settings)
neighbors = ForcedApartClassifier(
    views=NeighborViews(15, transformer=make_pipeline(FunctionTransformer(draw_rows), PCA(50))),
    penalty=[
        ("multi", MultilayerLoss(margin=3.0, pairs="all")),
        ("consistency", ConsistencyLoss(weight=2.0)),
    ],
    alpha=0.5,
    **settings,
)

# %%
# What KMeans finds
# -----------------
#
# Ten clusters of the test split, compared with the ten digits. KMeans sees rows of unit length:
# which neurons are active, not how much. KMeans on the drawings alone is there to compare with:
# how much of the gain is the table, and how much the coarse label and the net?

kmeans = KMeans(10, n_init=10, random_state=0)
pipelines = {
    "KMeans on the drawings": make_pipeline(FunctionTransformer(draw_rows), PCA(50), kmeans),
    "net, no penalty": make_pipeline(plain, Normalizer(), kmeans),
    "net, neighbours among drawings": make_pipeline(neighbors, Normalizer(), kmeans),
}
embeddings = {}
for name, pipeline in pipelines.items():
    clusters = pipeline.fit(digits.X_train, digits.y_train < 5).predict(digits.X_test)
    embeddings[name] = pipeline[:-1].transform(digits.X_test)
    print(f"{name}: AMI {ami_score(digits.y_test, clusters):.2f}")
for net in (plain, neighbors):
    print(f"coarse accuracy {net.score(digits.X_test, digits.y_test < 5):.3f}")

# %%
# At prediction the net needs no drawing: it maps strokes to representations in one pass.

figure, axes = plt.subplots(1, 3, figsize=(14, 4.4), layout="constrained")
for ax, (name, embedding) in zip(axes, embeddings.items(), strict=True):
    EmbeddingDisplay.from_predictions(
        embedding, digits.y_test, ax=ax, legend=ax is axes[-1], scatter_kwargs={"s": 8}
    )
    ax.set_title(name)
plt.show()
