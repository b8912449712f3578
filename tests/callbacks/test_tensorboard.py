"""TensorBoardLogger: what it writes is read back by TensorBoard's own reader."""

import pickle
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.callbacks import TensorBoardLogger

X, Y = load_iris(return_X_y=True)
Y = Y > 0


def read(folder):
    return EventAccumulator(str(folder)).Reload()


def runs(folder):
    return sorted(folder.iterdir())


def fit(folder, **parameters):
    logger = TensorBoardLogger(folder / "logs", **parameters)
    return ForcedApartClassifier(
        max_epochs=3, early_stopping=True, callbacks=[logger], random_state=0
    ).fit(X, Y)


def test_curves_are_the_history(tmp_path):
    net = fit(tmp_path)
    (run,) = runs(tmp_path / "logs")
    events = read(run)
    names = {"task_loss", "multi_loss", "loss", "coarse_accuracy"}
    both = {f"{name}/{split}" for name in names for split in ("train", "valid")}
    assert set(events.Tags()["scalars"]) == {*both, "dur"}
    for name in names:
        for split in ("train", "valid"):
            logged = [(event.step, event.value) for event in events.Scalars(f"{name}/{split}")]
            expected = net.net_.history[:, ("epoch", f"{split}_{name}")]
            np.testing.assert_allclose(logged, expected, rtol=1e-6)


def test_the_projector_gets_the_representation(tmp_path):
    net = fit(tmp_path, n_embedded=40)
    (run,) = runs(tmp_path / "logs")
    (vectors,), (labels,) = run.rglob("tensors.tsv"), run.rglob("metadata.tsv")
    shown = np.loadtxt(vectors, delimiter="\t")
    assert shown.shape == (40, net.n_components)
    # Each row is the representation of a sample with that coarse label.
    distances = np.abs(shown[:, None] - net.transform(X)[None]).max(axis=2)
    assert distances.min(axis=1).max() < 1e-5
    codes = [int(line.rsplit(maxsplit=1)[1]) for line in labels.read_text().splitlines()]
    np.testing.assert_array_equal(codes, Y[distances.argmin(axis=1)])


def test_without_labels_and_without_projector(tmp_path):
    logger = TensorBoardLogger(tmp_path, n_embedded=0)
    ForcedApartAutoencoder(max_epochs=2, callbacks=[logger]).fit(X)
    (run,) = runs(tmp_path)
    assert not list(run.rglob("tensors.tsv"))
    assert "task_loss/train" in read(run).Tags()["scalars"]
    ForcedApartAutoencoder(max_epochs=1, callbacks=[TensorBoardLogger(tmp_path)]).fit(X)
    assert len(list(tmp_path.rglob("tensors.tsv"))) == 1
    assert not list(tmp_path.rglob("metadata.tsv"))


def test_samples_without_a_label_are_named(tmp_path):
    y = np.where(np.arange(len(Y)) % 2, -1, np.arange(len(Y)) // 2 % 2)
    logger = TensorBoardLogger(tmp_path)
    ForcedApartClassifier(max_epochs=1, callbacks=[logger], unlabeled=-1).fit(X, y)
    (metadata,) = tmp_path.rglob("metadata.tsv")
    names = {"no coarse class", "coarse class 0", "coarse class 1"}
    assert set(metadata.read_text().split("\n")) - {""} == names


def test_each_fit_of_a_search_has_its_own_folder(tmp_path):
    net = ForcedApartClassifier(max_epochs=1, callbacks=[TensorBoardLogger(tmp_path)])
    GridSearchCV(net, {"alpha": [0.1, 0.2]}, cv=2).fit(X, Y)
    assert len(runs(tmp_path)) == 2 * 2 + 1


def test_the_estimator_pickles_and_clones(tmp_path):
    net = fit(tmp_path)
    again = pickle.loads(pickle.dumps(net))
    np.testing.assert_array_equal(again.transform(X), net.transform(X))
    clone(again).fit(X, Y)
    assert len(runs(tmp_path / "logs")) == 2


def test_beside_checkpoints(tmp_path, recwarn):
    net = fit(tmp_path).set_params(checkpoint_dir=tmp_path / "checkpoints").fit(X, Y)
    assert not recwarn
    assert len(runs(tmp_path / "logs")) == 2
    again = clone(net).fit(X, Y)
    np.testing.assert_array_equal(again.transform(X), net.transform(X))


def test_training_is_the_same_as_without(tmp_path):
    net = fit(tmp_path)
    plain = clone(net).set_params(callbacks=None).fit(X, Y)
    np.testing.assert_array_equal(net.transform(X), plain.transform(X))


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ImportError, match=r"fa-sklearn\[tensorboard\]"):
        fit(tmp_path)
