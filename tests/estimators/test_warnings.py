"""Warnings about training that cannot work, and silence where it can."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from torch import nn

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.losses import MultilayerLoss, SingleLayerLoss

X = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
Y = np.arange(60) % 2
BOTH = [ForcedApartClassifier, ForcedApartAutoencoder]


def messages(cls, X=X, y=Y, **params):
    defaults = {"n_components": 6, "max_epochs": 3, "random_state": 0}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cls(**{**defaults, **params}).fit(X, y)
    assert all(w.category is ConvergenceWarning for w in caught)
    return [str(w.message) for w in caught]


class Dead(nn.Module):
    """A net whose representation is 0 whatever comes."""

    def __init__(self, input_shape, n_components, n_outputs=None):
        super().__init__()
        self.fc1 = nn.Linear(input_shape[0], n_components)
        self.fc2 = nn.Linear(n_components, n_outputs or input_shape[0])
        nn.init.zeros_(self.fc1.weight)
        nn.init.constant_(self.fc1.bias, -1.0)

    @property
    def representation_weight(self):
        return self.fc1.weight

    def forward(self, X):
        h = torch.relu(self.fc1(X))
        return self.decode(h), h

    def decode(self, representation, lengths=None):
        return self.fc2(representation)


@pytest.mark.parametrize("cls", BOTH)
@pytest.mark.parametrize("penalty", [None, "multi", "decov", "xcov"])
def test_a_dead_representation(cls, penalty):
    (message,) = messages(cls, module=Dead, penalty=penalty)
    assert "representation was 0" in message
    assert all(name in message for name in ("lr", "random_state", "scale X"))


def test_a_representation_that_dies_later():
    found = messages(ForcedApartClassifier, X=X * 1e3, penalty=None, lr=100.0, max_epochs=15)
    assert any("representation was 0" in message and "lr" in message for message in found)


@pytest.mark.parametrize("cls", BOTH)
@pytest.mark.parametrize("penalty", ["single", "multi"])
@pytest.mark.parametrize("margin", [0.0, 1e-12])
def test_a_satisfied_hinge_names_the_margin(cls, penalty, margin):
    (message,) = messages(cls, penalty=penalty, margin=margin)
    assert f"{penalty!r}" in message and f"margin={margin}" in message and "epoch 1" in message
    assert "Raise margin" in message


def test_each_satisfied_hinge_is_named():
    terms = [
        ("rows", SingleLayerLoss(margin=0.0)),
        ("pairs", MultilayerLoss(margin=0.0)),
        ("fine", MultilayerLoss()),
    ]
    found = messages(ForcedApartClassifier, penalty=terms)
    assert len(found) == 2
    assert any("'rows'" in m for m in found) and any("'pairs'" in m for m in found)


def test_batches_without_a_pair_name_the_batch_size():
    message, outcome = messages(ForcedApartClassifier, y=np.arange(60) // 2 * 2, batch_size=1)
    assert "batch_size" in message
    assert "labels were not learnt" in outcome  # 30 labels of pure noise


OWN_DIVERGENCE = MultilayerLoss(divergence=lambda log_p, log_q: (log_p - log_q).abs().sum(dim=1))


def test_a_warning_comes_once():
    assert len(messages(ForcedApartClassifier, margin=0.0, max_epochs=8)) == 1


SEQUENCES = [x.reshape(2, 2)[: 1 + i % 2] for i, x in enumerate(X)]
IMAGES = np.random.default_rng(0).integers(0, 256, size=(60, 8, 8, 1), dtype=np.uint8)


@pytest.mark.parametrize("cls", BOTH)
@pytest.mark.parametrize("penalty", [None, "single", "multi", "decov", "xcov"])
@pytest.mark.parametrize("data", [X, SEQUENCES, IMAGES], ids=["table", "sequences", "images"])
def test_healthy_training_is_silent(cls, penalty, data, capsys):
    small = {"width": 0.05} if data is IMAGES else {}
    assert messages(cls, X=data, penalty=penalty, module_params=small) == []
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


@pytest.mark.parametrize("cls", BOTH)
def test_weights_sample_counts_and_single_classes_are_silent(cls):
    assert messages(cls, y=np.zeros(60)) == []
    assert messages(cls, y=X[:, 0] > 0, batch_size=7, lr=0.01) == []
    assert messages(cls, batch_size=10_000) == []


def test_text_and_early_stopping_are_silent():
    texts = ["red oak tree", "blue sand", "one lime stone"] * 20
    assert messages(ForcedApartClassifier, X=texts, early_stopping=True) == []


# -- verbose ----------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", BOTH)
def test_verbose_prints_a_line_an_epoch(cls, capsys):
    cls(max_epochs=4, penalty="single", verbose=1, random_state=0).fit(X, Y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    for epoch, line in enumerate(lines, 1):
        assert line.isprintable()
        assert f"{epoch}/4" in line and "loss " in line and "single " in line


def test_verbose_shows_the_recorded_losses(capsys):
    estimator = ForcedApartClassifier(max_epochs=2, verbose=True, early_stopping=True).fit(X, Y)
    for line, row in zip(
        capsys.readouterr().out.splitlines(), estimator.net_.history, strict=True
    ):
        shown = {"loss": "train_loss", "task": "train_task_loss", "multi": "train_multi_loss"}
        for name, key in (shown | {"valid loss": "valid_loss"}).items():
            assert f"  {name} {row[key]:.4f}" in line


def test_verbose_in_a_terminal_is_one_live_line(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    ForcedApartClassifier(max_epochs=3, verbose=1, random_state=0).fit(X, Y)
    text = capsys.readouterr().out
    assert text.startswith("\r") and text.count("\n") == 1 and text.endswith("\n")
    assert "3/3" in text.rsplit("\r", 1)[1]


def test_verbose_partial_fit_prints_a_line_a_call(capsys):
    estimator = ForcedApartClassifier(verbose=1, random_state=0)
    estimator.partial_fit(X, Y).partial_fit(X, Y)
    assert len(capsys.readouterr().out.splitlines()) == 2
