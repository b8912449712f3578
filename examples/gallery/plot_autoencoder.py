"""
No labels at all: the autoencoder
=================================

Without any label, `ForcedApartAutoencoder` learns to reconstruct its input, while the penalty
pushes the representations of different samples apart.
"""

# %%
# scikit-learn's digits as images: 64 pixels become 16 numbers. The penalty gets the share
# ``alpha`` of the loss. The reconstruction error is a sum over pixels, so a sensible ``alpha``
# depends on the size of the images.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from fa_sklearn import ForcedApartAutoencoder
from fa_sklearn.inspection import EmbeddingDisplay
from fa_sklearn.metrics import ami_score

X, y = load_digits(return_X_y=True)
X_train, X_test, _, y_test = train_test_split(
    (X / 16).reshape(-1, 8, 8, 1), y, test_size=0.3, stratify=y, random_state=0
)
autoencoders = {
    name: ForcedApartAutoencoder(
        module_params={"width": 0.25},
        penalty=penalty,
        lr=0.003,
        batch_size=128,
        max_epochs=40,
        random_state=0,
    ).fit(X_train)
    for name, penalty in (("no penalty", None), ("L_multi", "multi"))
}

# %%
# The clusters are compared with the digits, which nothing above has seen. On these small, clean
# images neither autoencoder finds more than KMeans on the pixels does; :doc:`/backbones` has
# longer runs and pen strokes, which have no pixels to cluster.

kmeans = KMeans(10, n_init=10, random_state=0)
pixels = kmeans.fit_predict(X_test.reshape(len(X_test), -1))
print(f"KMeans on pixels: AMI {ami_score(y_test, pixels):.2f}")
for name, autoencoder in autoencoders.items():
    clusters = kmeans.fit_predict(autoencoder.transform(X_test))
    print(
        f"{name}: AMI {ami_score(y_test, clusters):.2f}, "
        f"reconstruction error {-autoencoder.score(X_test):.2f}"
    )

# %%
# ``inverse_transform`` turns representations back into images. Above: test images; below: their
# reconstructions with the penalty.

net = autoencoders["L_multi"]
rows = np.array([np.flatnonzero(y_test == digit)[0] for digit in range(10)])
restored = net.inverse_transform(net.transform(X_test[rows]))
figure, axes = plt.subplots(2, 10, figsize=(10, 2.2), layout="constrained")
for ax, image in zip(axes.flat, [*X_test[rows], *restored], strict=True):
    ax.imshow(image[..., 0], cmap="gray_r", vmin=0, vmax=1)
    ax.axis("off")
plt.show()

# %%
# The representation of the test images, coloured by digit.

figure, axes = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
for ax, (name, autoencoder) in zip(axes, autoencoders.items(), strict=True):
    EmbeddingDisplay.from_estimator(autoencoder, X_test, y_test, ax=ax, legend=ax is axes[1])
    ax.set_title(name)
plt.show()
