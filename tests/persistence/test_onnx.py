"""export_onnx: onnxruntime computes from the user's X what transform and predict_proba do."""

import json
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from sklearn.exceptions import NotFittedError
from torch import nn

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier

pytestmark = pytest.mark.usefixtures("untouched_global_generators")
TOLERANCE = 1e-5


def run(path, **inputs):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, inputs), strict=True))


def pad(rows, dtype):
    lengths = np.array([len(row) for row in rows])
    padded = np.zeros((len(rows), lengths.max(), *np.shape(rows[0])[1:]), dtype=dtype)
    for row, values in zip(padded, rows, strict=True):
        row[: len(values)] = values
    return {"X": padded, "lengths": lengths}


def inputs_of(estimator, X):
    if isinstance(X[0], str):
        X = estimator.token_sequencer_.transform(X)
    if isinstance(X, np.ndarray) and X.dtype != object:
        return {"X": X if X.dtype == np.uint8 else X.astype(np.float32)}
    return pad(X, np.float32 if np.ndim(X[0]) == 2 else np.int64)


def assert_equal_outputs(path, estimator, X):
    found = run(path, **inputs_of(estimator, X))
    expected = {"representation": estimator.transform(X)}
    if hasattr(estimator, "classes_"):
        expected["probabilities"] = estimator.predict_proba(X)
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert found[name].shape == values.shape
        np.testing.assert_allclose(found[name], values, rtol=0, atol=TOLERANCE)


def test_every_built_in_net(fitted, tmp_path):
    estimator, X, _ = fitted
    path = tmp_path / "net.onnx"
    estimator.export_onnx(path)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    for n in (1, 2, len(X)):
        assert_equal_outputs(path, estimator, X[:n])
    assert np.ptp(estimator.transform(X), axis=0).max() > 100 * TOLERANCE


def sequences(n, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(steps, 2)) for steps in rng.integers(1, 30, size=n)]


@pytest.mark.parametrize(
    ("options", "labels"),
    [
        ({"cell": "gru", "bidirectional": True, "num_layers": 2, "pooling": "mean"}, 2),
        ({"cell": "lstm", "bidirectional": True, "pooling": "max", "dropout": 0.5}, 1),
    ],
)
def test_options_of_recurrent_nets(tmp_path, options, labels):
    X, y = sequences(20), np.arange(20) % labels
    estimator = ForcedApartClassifier(
        module_params={"hidden_size": 6, **options},
        max_epochs=2,
        precision="float32",
        random_state=0,
    ).fit(X, y)
    estimator.export_onnx(tmp_path / "net.onnx")
    assert_equal_outputs(tmp_path / "net.onnx", estimator, X)
    assert_equal_outputs(tmp_path / "net.onnx", estimator, sequences(33, seed=1))


def test_metadata_name_labels_and_tokens_and_unknown_tokens_are_read(tmp_path):
    texts = ["a b b", "c b", "b a"] * 5
    estimator = ForcedApartClassifier(max_epochs=1, random_state=0).fit(texts, list("xyz") * 5)
    estimator.export_onnx(tmp_path / "net.onnx")
    notes = {each.key: each.value for each in onnx.load(tmp_path / "net.onnx").metadata_props}
    assert json.loads(notes["classes"]) == ["x", "y", "z"]
    assert json.loads(notes["vocabulary"]) == list(estimator.token_sequencer_.vocabulary_)
    tokens = {"X": np.array([[2, 999]]), "lengths": np.array([2])}
    found = run(tmp_path / "net.onnx", **tokens)["representation"]
    expected = estimator.transform([np.array([2, 999])])
    np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE)


class Looping(nn.Module):
    """Reads sequences step by step in Python: an exporter writes the loop for one length."""

    def __init__(self, input_shape, n_components):
        super().__init__()
        self.fc1 = nn.Linear(input_shape[1], n_components)
        self.back = nn.Linear(n_components, input_shape[1])

    @property
    def representation_weight(self):
        return self.fc1.weight

    def forward(self, X, lengths=None):
        state = torch.zeros(X.shape[0], X.shape[2])
        for step in range(X.shape[1]):
            state = 0.5 * state + X[:, step]
        representation = torch.relu(self.fc1(state) + 1)
        return self.back(representation)[:, None].expand(X.shape), representation

    def decode(self, representation, lengths=None):
        return self.back(representation)[:, None]


def test_a_module_that_cannot_be_exported_is_named(tmp_path):
    estimator = ForcedApartAutoencoder(Looping, max_epochs=1, random_state=0).fit(sequences(8))
    with pytest.raises(ValueError, match="module Looping cannot be exported to ONNX"):
        estimator.export_onnx(tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


def test_a_missing_package_is_named(make, tmp_path, monkeypatch):
    estimator = make()
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ImportError, match=r"pip install 'fa-sklearn\[onnx\]'"):
        estimator.export_onnx(tmp_path / "net.onnx")


def test_an_older_torch_is_named(make, tmp_path, monkeypatch):
    estimator = make()
    monkeypatch.delattr(torch.onnx, "ops")
    with pytest.raises(ImportError, match=r"torch 2.8 or later"):
        estimator.export_onnx(tmp_path / "net.onnx")


def test_only_fitted_estimators_are_exported(tmp_path):
    with pytest.raises(NotFittedError):
        ForcedApartClassifier().export_onnx(tmp_path / "net.onnx")
