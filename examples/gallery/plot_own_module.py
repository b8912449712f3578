"""
A net of your own
=================

``module`` takes a class of yours. Here a convolution along time reads the pen strokes, in place
of the recurrent net.
"""

# %%
# The class is made with three arguments: the shape of a row of X, the size of the representation
# and the number of logits; options of your own follow. ``forward`` returns the logits and the
# representation, which is the output of a ReLU. ``representation_weight`` is the weight of the
# layer before it. Sequences come padded with zeros, with their true lengths alongside.

import matplotlib.pyplot as plt
import torch
from sklearn.cluster import KMeans
from torch import nn

from fa_sklearn import ForcedApartClassifier
from fa_sklearn.datasets import load_stroke_digits
from fa_sklearn.inspection import EmbeddingDisplay
from fa_sklearn.metrics import ami_score


class TimeConvolution(nn.Module):
    """Two convolutions along time, their maximum and mean over the steps, FC1 and FC2."""

    input_kind = "sequence"

    def __init__(self, input_shape, n_components, n_outputs, *, channels=64):
        super().__init__()
        self.first = nn.Conv1d(input_shape[-1], channels, 5, padding=2)
        self.second = nn.Conv1d(channels, channels, 5, padding=2)
        self.fc1 = nn.Linear(2 * channels, n_components)
        self.fc2 = nn.Linear(n_components, n_outputs)

    @property
    def representation_weight(self):
        return self.fc1.weight

    @property
    def deterministic_forward(self):
        return True  # no dropout: forward draws no random number

    def forward(self, X, lengths=None):
        n, n_steps, _ = X.shape
        if lengths is None:
            lengths = torch.full((n,), n_steps, device=X.device)
        steps = torch.arange(n_steps, device=X.device)
        valid = (steps < lengths[:, None]).unsqueeze(1)
        hidden = torch.relu(self.first(X.transpose(1, 2)))
        hidden = torch.relu(self.second(hidden)) * valid
        pooled = torch.cat([hidden.amax(dim=2), hidden.sum(dim=2) / lengths[:, None]], dim=1)
        representation = torch.relu(self.fc1(pooled))
        return self.fc2(representation), representation


# %%
# Everything else stays as it was: the penalties, pipelines, searches, seeds. Options go into
# ``module_params``. A class in a file of its own can also be pickled.

digits = load_stroke_digits()
kmeans = KMeans(10, n_init=10, random_state=0)
nets = {}
for name, penalty in (("baseline", None), ("L_multi", "multi")):
    nets[name] = ForcedApartClassifier(
        TimeConvolution,
        module_params={"channels": 48},
        label_groups={digit: digit < 5 for digit in range(10)},
        penalty=penalty,
        lr=0.003,
        batch_size=128,
        max_epochs=8,
        random_state=0,
    ).fit(digits.X_train[:2500], digits.y_train[:2500])
    clusters = kmeans.fit_predict(nets[name].transform(digits.X_test))
    print(
        f"{name}: AMI {ami_score(digits.y_test, clusters):.2f}, "
        f"coarse accuracy {nets[name].score(digits.X_test, digits.y_test):.2f}"
    )

# %%
# :doc:`/extending` has the whole contract, and an autoencoder's.

figure, axes = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
for ax, (name, net) in zip(axes, nets.items(), strict=True):
    EmbeddingDisplay.from_estimator(
        net, digits.X_test, digits.y_test, ax=ax, legend=ax is axes[1], scatter_kwargs={"s": 8}
    )
    ax.set_title(name)
plt.show()
