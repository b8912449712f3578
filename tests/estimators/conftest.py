"""Small data and estimators that train in milliseconds, shared by this folder."""

import numpy as np
import pytest
from torch.nn import functional as F

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.modules import MLPAutoencoder


class DenoisingAutoencoder(MLPAutoencoder):
    """An autoencoder that draws random numbers in training."""

    deterministic_forward = False

    def forward(self, X, lengths=None):
        return super().forward(F.dropout(X, 0.5, self.training), lengths)


def _read_only(array):
    array.setflags(write=False)
    return array


@pytest.fixture(scope="session")
def fine():
    """Four fine labels, strings in shuffled order, 20 samples each."""
    return _read_only(np.random.default_rng(1).permutation(np.repeat(list("abcd"), 20)))


@pytest.fixture(scope="session")
def groups():
    """The coarse label of each fine one; the order of the groups is not that of the labels."""
    return {"a": 1, "b": 0, "c": 1, "d": 0}


@pytest.fixture(scope="session")
def coarse(fine, groups):
    return _read_only(np.array([groups[label] for label in fine]))


@pytest.fixture(scope="session")
def X(fine):
    """A table of four overlapping blobs; read-only, so that no fit can write into it."""
    rng = np.random.default_rng(0)
    centers = dict(zip("abcd", rng.normal(size=(4, 6)), strict=True))
    noise = rng.normal(scale=0.7, size=(len(fine), 6))
    return _read_only(np.array([centers[label] for label in fine]) + noise)


@pytest.fixture
def small():
    """What makes an estimator on a table small and reproducible."""
    return {
        "module_params": {"hidden_sizes": (12,)},
        "n_components": 5,
        "max_epochs": 3,
        "batch_size": 32,
        "lr": 0.01,
        "random_state": 0,
    }


@pytest.fixture(params=[ForcedApartClassifier, ForcedApartAutoencoder])
def estimator_class(request):
    return request.param


@pytest.fixture
def dropping(estimator_class):
    """Parameters of an estimator on a table that draws random numbers in training."""
    if estimator_class is ForcedApartAutoencoder:
        return {"module": DenoisingAutoencoder}
    return {"module_params": {"hidden_sizes": (12,), "dropout": 0.5}}


@pytest.fixture(params=[False, True], ids=["plain", "dropping"])
def estimator_of_each_forward(request, estimator, dropping):
    """An estimator whose module draws no random number in training, and one whose module does."""
    return estimator.set_params(**dropping) if request.param else estimator


@pytest.fixture
def estimator(estimator_class, small):
    return estimator_class(**small)


@pytest.fixture
def classifier(small):
    return ForcedApartClassifier(**small)
