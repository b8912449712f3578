"""Small pipelines that more than one file scores."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.pipeline import Pipeline

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier

GROUPS = {digit: "low" if digit < 5 else "high" for digit in range(10)}
QUICK = {"batch_size": 32, "max_epochs": 4, "lr": 0.01, "random_state": 0}


@pytest.fixture(scope="session")
def digits():
    """Return 400 digits, their classes and their coarse classes."""
    X, y = load_digits(return_X_y=True)
    return X[:400] / 16, y[:400], np.array([GROUPS[digit] for digit in y[:400]])


def make_pipeline(net, n_clusters=6):
    return Pipeline([("net", net), ("kmeans", KMeans(n_clusters, n_init=1, random_state=0))])


@pytest.fixture
def coarse_pipeline():
    """Return an unfitted pipeline that learns coarse labels."""
    return make_pipeline(
        ForcedApartClassifier(batch_size=32, max_epochs=4, lr=0.01, random_state=0)
    )


@pytest.fixture
def fine_pipeline():
    """Return the same, for fine labels that it reduces to coarse ones."""
    net = ForcedApartClassifier(
        label_groups=GROUPS, batch_size=32, max_epochs=4, lr=0.01, random_state=0
    )
    return make_pipeline(net)


@pytest.fixture
def unlabelled_pipeline():
    """Return an unfitted pipeline that learns without labels."""
    return make_pipeline(ForcedApartAutoencoder(**QUICK))
