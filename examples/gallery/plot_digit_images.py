"""
Images, and what each neuron stands for
=======================================

scikit-learn's digits as images of 8 x 8 pixels, for the convolutional net. Training is told only
whether a digit is below 5.
"""

# %%
# Images are arrays of shape (n, height, width, channels). A 4-D array is enough to get the
# convolutional net; ``width`` makes it a quarter as wide as the paper's.

import matplotlib.pyplot as plt
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from fa_sklearn import ForcedApartClassifier
from fa_sklearn.inspection import NeuronClassDisplay
from fa_sklearn.metrics import ami_score

X, y = load_digits(return_X_y=True)
images = (X / 16).reshape(-1, 8, 8, 1)
X_train, X_test, y_train, y_test = train_test_split(
    images, y, test_size=0.3, stratify=y, random_state=0
)

nets = {
    name: ForcedApartClassifier(
        label_groups={digit: digit < 5 for digit in range(10)},
        module_params={"width": 0.25},
        penalty=penalty,
        alpha=0.3,
        lr=0.002,
        batch_size=64,
        max_epochs=12,
        precision="float32",
        random_state=0,
    ).fit(X_train, y_train)
    for name, penalty in (("baseline", None), ("L_multi", "multi"))
}

# %%
# For comparison: KMeans on the pixels, which needs no label and no training. It is better here.
# These images are clean, centred and small, so that equal digits have similar pixels. A net is
# worth its cost where that is not so.

kmeans = KMeans(10, n_init=10, random_state=0)
pixels = kmeans.fit_predict(X_test.reshape(len(X_test), -1))
print(f"KMeans on pixels: AMI {ami_score(y_test, pixels):.2f}")
for name, net in nets.items():
    clusters = kmeans.fit_predict(net.transform(X_test))
    print(
        f"{name}: AMI {ami_score(y_test, clusters):.2f}, "
        f"coarse accuracy {net.score(X_test, y_test):.2f}"
    )

# %%
# The heat maps count, for each digit, how many test images have which neuron as their most active
# one. Without a penalty one neuron serves nearly all digits from 5 on. With it, several neurons
# divide these among them, while 0 to 3 still share one.

figure, axes = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
for ax, (name, net) in zip(axes, nets.items(), strict=True):
    NeuronClassDisplay.from_estimator(
        net, X_test, y_test, sort_neurons=True, ax=ax, im_kwargs={"vmin": 0, "vmax": 54}
    )
    ax.set_title(name)
plt.show()
