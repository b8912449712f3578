"""save and load: the loaded estimator does what the saved one does, bit for bit."""

import functools
import math
import pickle
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
import skops.io
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from torch import nn

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier, load
from fa_sklearn.losses import MultilayerLoss, SingleLayerLoss
from fa_sklearn.modules import MLP

pytestmark = pytest.mark.usefixtures("untouched_global_generators")


def round_trip(estimator, folder, **code):
    path = folder / "estimator.skops"
    estimator.save(path)
    return load(path, **code)


def assert_same(loaded, estimator, X):
    np.testing.assert_array_equal(loaded.transform(X), estimator.transform(X))
    if hasattr(estimator, "classes_"):
        np.testing.assert_array_equal(loaded.predict_proba(X), estimator.predict_proba(X))
        np.testing.assert_array_equal(loaded.predict(X), estimator.predict(X))
        assert loaded.predict(X).dtype == estimator.predict(X).dtype
    else:
        representation = estimator.transform(X)
        restored = loaded.inverse_transform(representation)
        np.testing.assert_array_equal(restored, estimator.inverse_transform(representation))


def test_loaded_estimator_is_the_saved_one(fitted, tmp_path):
    estimator, X, y = fitted
    loaded = round_trip(estimator, tmp_path)
    assert type(loaded) is type(estimator)
    assert_same(loaded, estimator, X)
    assert loaded.get_params() == estimator.get_params()
    assert vars(loaded).keys() == vars(estimator).keys()
    assert loaded.net_.history == estimator.net_.history
    assert loaded.n_features_in_ == estimator.n_features_in_
    assert loaded.score(X, y) == estimator.score(X, y)
    if estimator.token_sequencer_ is not None:
        assert loaded.token_sequencer_.vocabulary_ == estimator.token_sequencer_.vocabulary_


def test_training_goes_on_with_the_same_bits(fitted, tmp_path):
    estimator, X, y = fitted
    loaded = round_trip(estimator, tmp_path)
    before = estimator.transform(X)
    for each in (estimator, loaded):
        each.partial_fit(X, y)
        each.set_params(warm_start=True).fit(X, y)
    assert not np.array_equal(estimator.transform(X), before)
    assert_same(loaded, estimator, X)
    losses = [each.net_.history[:, "train_loss"] for each in (loaded, estimator)]
    assert losses[0] == losses[1]


def test_loaded_estimator_can_be_cloned_pickled_and_saved_again(fitted, tmp_path):
    estimator, X, y = fitted
    loaded = round_trip(estimator, tmp_path)
    assert_same(pickle.loads(pickle.dumps(loaded)), estimator, X)
    assert_same(round_trip(loaded, tmp_path), estimator, X)
    again = clone(loaded)
    assert not hasattr(again, "net_")
    np.testing.assert_array_equal(again.fit(X, y).transform(X), estimator.transform(X))


@pytest.mark.parametrize("dropping", [False, True])
@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd", "rmsprop"])
def test_optimizer_and_generators_are_kept(make, X, y, tmp_path, optimizer, dropping):
    options = {"hidden_sizes": (7,), "dropout": 0.5 * dropping}
    estimator = make(optimizer=optimizer, module_params=options)
    loaded = round_trip(estimator, tmp_path)
    assert loaded.net_.optimizer_.state_dict().keys() == {"state", "param_groups"}
    assert_same(loaded.partial_fit(X, y), estimator.partial_fit(X, y), X)


@pytest.mark.parametrize(
    "optimizer",
    [
        torch.optim.Adagrad,
        torch.optim.LBFGS,
        functools.partial(torch.optim.SGD, momentum=0.5, nesterov=True),
        functools.partial(torch.optim.Adam, betas=(0.8, 0.9), amsgrad=True, fused=True),
    ],
)
def test_optimizers_of_torch_are_data(make, X, y, tmp_path, optimizer):
    estimator = make(optimizer=optimizer)
    loaded = round_trip(estimator, tmp_path)
    assert getattr(loaded.optimizer, "func", loaded.optimizer) is getattr(
        optimizer, "func", optimizer
    )
    assert_same(loaded.partial_fit(X, y), estimator.partial_fit(X, y), X)


@pytest.mark.parametrize(
    "labels",
    [
        np.array([3, 7, -2]),
        np.array([2, 5], dtype=np.uint8),
        np.array([False, True]),
        np.array([0.0, 1.0]),
        np.array(["no", "yes", "ä"], dtype="U9"),
        np.array(["no", "yes"], dtype=object),
        np.array([4]),
    ],
    ids=str,
)
def test_labels_keep_their_type(X, tmp_path, labels):
    y = labels[np.arange(len(X)) % len(labels)]
    estimator = ForcedApartClassifier(max_epochs=1, random_state=0).fit(X, y)
    loaded = round_trip(estimator, tmp_path)
    np.testing.assert_array_equal(loaded.classes_, estimator.classes_)
    assert loaded.classes_.dtype == estimator.classes_.dtype
    assert_same(loaded, estimator, X)


def test_feature_names_are_kept(X, y, tmp_path):
    table = pd.DataFrame(X, columns=[f"column {i}" for i in range(X.shape[1])])
    estimator = ForcedApartClassifier(max_epochs=1, random_state=0).fit(table, y)
    loaded = round_trip(estimator, tmp_path)
    np.testing.assert_array_equal(loaded.feature_names_in_, estimator.feature_names_in_)
    assert loaded.feature_names_in_.dtype == object
    with pytest.raises(ValueError, match="feature names should match"):
        loaded.transform(table.rename(columns={"column 0": "other"}))


PARAMS = {
    "tuples": {"module_params": {"hidden_sizes": (7, 3)}},
    "lists": {"module_params": {"hidden_sizes": [7, 3]}},
    "numpy scalars": {"n_components": np.int64(5), "lr": np.float32(0.1), "alpha": np.float64(0)},
    "term": {"penalty": SingleLayerLoss(margin=3.5)},
    "terms": {"penalty": [("a", SingleLayerLoss()), ("b", MultilayerLoss(divergence="js"))]},
    "no penalty": {"penalty": None},
    "large margin": {"margin": np.float64(1e3)},
    "named divergence": {"divergence": "hellinger"},
    "module class of the package": {"module": MLP},
    "device": {"device": torch.device("cpu")},
    "bf16": {"precision": "bf16"},
    "early stopping": {"early_stopping": True, "validation_fraction": 0.3},
    "class weight": {"class_weight": {0: 1.0, 1: 2}},
    "no seed": {"random_state": None},
}


def comparable(params):
    """Parameters with loss terms by what they are, and every value by its type too."""
    return {key: (type(value), repr(value)) for key, value in params.items()}


@pytest.mark.parametrize("params", PARAMS.values(), ids=PARAMS)
def test_parameters_are_kept_with_their_types(make, X, tmp_path, params):
    estimator = make(**params)
    loaded = round_trip(estimator, tmp_path)
    assert comparable(loaded.get_params()) == comparable(estimator.get_params())
    assert_same(loaded, estimator, X)


def test_a_folder_to_write_to_is_not_in_the_file(X, y, tmp_path):
    """Another's file must not choose where the next fit reads pickles."""
    estimator = ForcedApartClassifier(
        checkpoint_dir=tmp_path / "checkpoints", max_epochs=1, random_state=0
    ).fit(X, y)
    assert round_trip(estimator, tmp_path).checkpoint_dir is None
    assert b"checkpoints" not in (tmp_path / "estimator.skops").read_bytes()


@pytest.mark.parametrize(
    "groups",
    [
        {0: "low", 1: "high"},
        {0: True, 1: False},
        {np.int64(0): 1, 1: 5},
    ],
    ids=str,
)
def test_label_groups_keep_the_types_of_keys_and_values(make, X, y, tmp_path, groups):
    estimator = make(label_groups=groups)
    loaded = round_trip(estimator, tmp_path)
    pairs = [[(type(k), k, type(v), v) for k, v in each.items()] for each in (
        groups, loaded.label_groups)]  # fmt: skip
    assert pairs[0] == pairs[1]
    assert loaded.score(X, y) == estimator.score(X, y)
    assert_same(loaded.partial_fit(X, y), estimator.partial_fit(X, y), X)


def test_random_state_objects_go_on(X, y, tmp_path):
    estimator = ForcedApartClassifier(max_epochs=1, random_state=np.random.RandomState(3))
    estimator.fit(X, y)
    loaded = round_trip(estimator, tmp_path)
    assert_same(loaded, estimator, X)
    # The state after the first fit: a second one draws the next seed.
    assert_same(loaded.fit(X, y), estimator.fit(X, y), X)


def test_values_that_json_lacks(make, tmp_path):
    estimator = make()
    values = {"a": math.inf, 1: -math.inf, "1": math.nan, (2, None): [1.5, (), {}], 2: "\ud800"}
    estimator.set_params(class_weight=values)
    assert repr(round_trip(estimator, tmp_path).class_weight) == repr(values)


def test_parameters_set_after_fit_do_not_touch_the_net(make, X, tmp_path):
    estimator = make(optimizer="sgd")
    estimator.set_params(
        n_components=9,
        module_params=None,
        optimizer="adam",
        alpha=0.7,
        max_epochs=50,
        module="mlp",
    )
    loaded = round_trip(estimator, tmp_path)
    assert loaded.get_params() == estimator.get_params()
    assert loaded.net_.alpha == estimator.net_.alpha == 0.1
    assert isinstance(loaded.net_.optimizer_, torch.optim.SGD)
    assert_same(loaded, estimator, X)


def test_set_output_and_metadata_requests_are_kept(make, X, tmp_path):
    estimator = make().set_output(transform="pandas")
    with sklearn.config_context(enable_metadata_routing=True):
        estimator.set_fit_request(sample_weight=True).set_score_request(sample_weight="weight")
        loaded = round_trip(estimator, tmp_path)
        assert str(loaded.get_metadata_routing()) == str(estimator.get_metadata_routing())
    pd.testing.assert_frame_equal(loaded.transform(X), estimator.transform(X))


def test_frozen_weights_stay_frozen(make, X, y, tmp_path):
    estimator = make()
    estimator.net_.module_.fc1.weight.requires_grad_(False)
    loaded = round_trip(estimator, tmp_path)
    frozen = loaded.net_.module_.fc1.weight.detach().clone()
    loaded.partial_fit(X, y)
    assert torch.equal(loaded.net_.module_.fc1.weight, frozen)


def test_net_is_ready_to_predict(make, tmp_path):
    loaded = round_trip(make(), tmp_path)
    assert not loaded.net_.module_.training
    assert isinstance(loaded.net_.module_, nn.Module)


def test_file_is_one_that_skops_reads(saved):
    content = skops.io.load(saved, trusted=skops.io.get_untrusted_types(file=saved))
    assert content["format_version"] == 2
    values = content["net"]["values"]
    assert any(isinstance(value, dict) and "values" in value for value in values)
    with zipfile.ZipFile(saved) as archive:
        assert {Path(name).suffix for name in archive.namelist()} == {".json", ".npy"}


def test_file_does_not_hold_the_training_data(X, y, tmp_path):
    sizes = []
    for n in (len(X), 50 * len(X)):
        many = np.resize(X, (n, X.shape[1])), np.resize(y, n)
        path = tmp_path / str(n)
        ForcedApartClassifier(max_epochs=1, batch_size=5000, random_state=0).fit(*many).save(path)
        sizes.append(path.stat().st_size)
    assert sizes[1] - sizes[0] < X.size


def test_a_model_of_a_missing_gpu_runs_on_the_cpu(make, X, y, tmp_path):
    if torch.cuda.is_available():
        device = f"cuda:{torch.cuda.device_count()}"
    else:
        device = "cuda"
    estimator = make()
    expected = estimator.transform(X)
    estimator.net_.device = torch.device(device)
    estimator.save(tmp_path / "gpu")
    with pytest.warns(UserWarning, match=f"trained on {device}, which is not available"):
        loaded = load(tmp_path / "gpu")
    np.testing.assert_array_equal(loaded.transform(X), expected)
    assert loaded.partial_fit(X, y).net_.device == torch.device("cpu")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
def test_a_model_trained_on_a_gpu_is_loaded_as_it_was(make, X, y, tmp_path):
    estimator = make(device="cuda", module_params={"dropout": 0.5})
    loaded = round_trip(estimator, tmp_path)
    assert next(loaded.net_.module_.parameters()).is_cuda
    assert_same(loaded.partial_fit(X, y), estimator.partial_fit(X, y), X)


def test_only_fitted_estimators_are_saved(tmp_path):
    for cls in (ForcedApartClassifier, ForcedApartAutoencoder):
        with pytest.raises(NotFittedError):
            cls().save(tmp_path / "unfitted")
    assert not list(tmp_path.iterdir())


class Derived(ForcedApartClassifier):
    """A user's own estimator."""


def test_subclasses_are_left_to_pickle(X, y, tmp_path):
    estimator = Derived(max_epochs=1, random_state=0).fit(X, y)
    with pytest.raises(TypeError, match="Derived, which is a subclass"):
        estimator.save(tmp_path / "derived")


def test_parameters_that_are_no_data_are_named(make, tmp_path):
    estimator = make()
    estimator.set_params(lr=complex(1))
    with pytest.raises(TypeError, match=r"cannot write the parameter lr=\(1\+0j\)"):
        estimator.save(tmp_path / "odd")
    assert not list(tmp_path.iterdir())


def test_saving_changes_nothing(fitted, tmp_path):
    estimator, *_ = fitted
    before = joblib.hash(estimator)
    estimator.save(tmp_path / "saved")
    load(tmp_path / "saved")
    assert joblib.hash(estimator) == before
