"""Estimators on a computer that cannot compute every layer in bfloat16."""

import pickle

import numpy as np
import pytest
import torch
from torch import nn

import fa_sklearn
from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn._training._resolve import _layer_failure

SETTINGS = {"n_components": 8, "max_epochs": 2, "random_state": 0}
Y = np.arange(40) % 2


@pytest.fixture
def X():
    return np.random.default_rng(0).normal(size=(40, 6, 2)).astype(np.float32)


@pytest.fixture
def without_bfloat16(monkeypatch):
    """LSTMs fail under autocast, as on a CPU without AVX512; a list of the failures."""
    failures = []
    forward = nn.LSTM.forward

    def fail_in_bfloat16(self, *args):
        if not torch.is_autocast_enabled("cpu"):
            return forward(self, *args)
        failures.append(self)
        raise RuntimeError("could not create a primitive. Look elsewhere.")

    monkeypatch.setattr(nn.LSTM, "forward", fail_in_bfloat16)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True}, raising=False)
    _layer_failure.cache_clear()
    yield failures
    _layer_failure.cache_clear()


@pytest.mark.parametrize("cls", [ForcedApartClassifier, ForcedApartAutoencoder])
def test_bf16_is_refused_before_training(without_bfloat16, cls, X):
    message = r"precision='bf16' .*\(LSTM: could not create a primitive\): use .*'float32'"
    for _ in range(2):
        estimator = cls(precision="bf16", **SETTINGS)
        with pytest.raises(ValueError, match=message):
            estimator.fit(X, Y)
        assert not hasattr(estimator, "net_")
    assert len(without_bfloat16) == 1, "it was tried again"


def test_auto_takes_float32(without_bfloat16, X):
    auto = ForcedApartClassifier(**SETTINGS).fit(X, Y)
    assert auto.net_.dtype is torch.float32
    expected = ForcedApartClassifier(precision="float32", **SETTINGS).fit_transform(X, Y)
    np.testing.assert_array_equal(auto.transform(X), expected)


def test_layers_that_work_stay_in_bfloat16(without_bfloat16, X):
    estimator = ForcedApartClassifier(precision="bf16", module_params={"cell": "gru"}, **SETTINGS)
    assert estimator.fit(X, Y).net_.dtype is torch.bfloat16


@pytest.mark.parametrize("load", ["pickle", "file"])
def test_a_net_of_another_computer_runs_in_float32(without_bfloat16, load, X, tmp_path):
    trained = ForcedApartClassifier(precision="float32", **SETTINGS).fit(X, Y)
    expected = trained.transform(X)
    trained.precision, trained.net_.dtype = "bf16", torch.bfloat16
    trained.save(tmp_path / "net")
    with pytest.warns(UserWarning, match=r"trained in bfloat16, .*LSTM.* runs in float32"):
        if load == "pickle":
            loaded = pickle.loads(pickle.dumps(trained))
        else:
            loaded = fa_sklearn.load(tmp_path / "net")
    np.testing.assert_array_equal(loaded.transform(X), expected)
    with pytest.raises(ValueError, match="precision='bf16'"):
        loaded.fit(X, Y)
