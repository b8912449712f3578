"""Small fitted estimators of every kind of input, and ways to forge their files."""

import numpy as np
import pytest
import skops.io

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.estimators._load import _restore
from fa_sklearn.estimators._saving import flatten

N = 40
SMALL = {"n_components": 4, "max_epochs": 2, "batch_size": 16, "lr": 0.01, "random_state": 0}
RECURRENT = {"module_params": {"hidden_size": 5}, "precision": "float32"}
IMAGES = {"module_params": {"width": 0.25}, "n_components": 12, "precision": "float32"}


def _sequences(rng):
    return [rng.normal(size=(steps, 3)) for steps in rng.integers(1, 8, size=N)]


def _tokens(rng):
    return [rng.integers(1, 12, size=steps) for steps in rng.integers(1, 8, size=N)]


def _texts(rng):
    words = np.array(["red", "green", "blue", "cat", "dog", "naïve"])
    return [" ".join(rng.choice(words, size=steps)) for steps in rng.integers(1, 8, size=N)]


def _floats(rng):
    """Images whose brightness follows their label: two epochs are enough to tell them apart."""
    brightness = (1 + np.arange(N) % 3).reshape(N, 1, 1, 1) / 3
    return (rng.random((N, 9, 8, 2)) * brightness).astype(np.float32)


DATA = {
    "table": lambda rng: rng.normal(size=(N, 6)),
    "sequence": _sequences,
    "uint8 image": lambda rng: (255 * _floats(rng)).astype(np.uint8),
    "float image": _floats,
    "tokens": _tokens,
    "text": _texts,
}
OPTIONS = {
    "table": {"module_params": {"hidden_sizes": (7,)}},
    "sequence": RECURRENT,
    "uint8 image": IMAGES,
    "float image": IMAGES,
    "tokens": RECURRENT,
    "text": RECURRENT,
}
CASES = [(ForcedApartClassifier, kind) for kind in DATA] + [
    (ForcedApartAutoencoder, kind) for kind in DATA if kind not in ("tokens", "text")
]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0].__name__[12:]}-{case[1]}")
def fitted(request):
    """A fitted estimator, its X and its y."""
    cls, kind = request.param
    X = DATA[kind](np.random.default_rng(0))
    y = np.array(["a", "b", "c"])[np.arange(N) % 3]
    return cls(**{**SMALL, **OPTIONS[kind]}).fit(X, y), X, y


@pytest.fixture(scope="session")
def X():
    return DATA["table"](np.random.default_rng(0))


@pytest.fixture(scope="session")
def y():
    return np.arange(N) % 2


@pytest.fixture
def make(X, y):
    """Make and fit a small classifier of tables."""

    def make_fitted(**params):
        return ForcedApartClassifier(**{**SMALL, **OPTIONS["table"], **params}).fit(X, y)

    return make_fitted


@pytest.fixture
def saved(make, tmp_path):
    """The file of a small classifier of tables."""
    path = tmp_path / "saved.skops"
    make().save(path)
    return path


@pytest.fixture
def forge(tmp_path):
    """Change what a file holds, as it is used or as skops writes it, and write it by skops."""

    def write(path, change, *, raw=False):
        names = skops.io.get_untrusted_types(file=path)
        content = skops.io.load(path, trusted=names)
        if not raw:
            for part in ("fitted", "settings", "net"):
                content[part] = _restore(content[part])
            content["parameters"] = {
                name: _restore(value) for name, value in content["parameters"].items()
            }
        change(content)
        if not raw:
            for part in ("fitted", "settings", "net"):
                content[part] = flatten(content[part])
            content["parameters"] = {
                name: flatten(value) for name, value in content["parameters"].items()
            }
        forged = tmp_path / "forged.skops"
        skops.io.dump(content, forged)
        return forged

    return write
