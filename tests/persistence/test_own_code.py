"""What is the user's own code is no part of a file: load asks for it and takes it."""

import functools

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from skorch.callbacks import GradientNormClipping, LRScheduler
from torch import nn

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier, load
from fa_sklearn.losses import LossTerm, MultilayerLoss, SingleLayerLoss
from fa_sklearn.views import AugmentedViews, NeighborViews

pytestmark = pytest.mark.usefixtures("untouched_global_generators")


class Narrow(nn.Module):
    def __init__(self, input_shape, n_components, n_outputs, *, activation=torch.relu, size=None):
        super().__init__()
        self.fc1 = nn.Linear(input_shape[0], size or n_components)
        self.fc2 = nn.Linear(n_components, n_outputs)
        self.activation = activation
        self.register_buffer("counter", torch.zeros(2, dtype=torch.int16), persistent=False)
        self.scale = nn.Parameter(torch.rand(3).to(torch.bfloat16))

    @property
    def representation_weight(self):
        return self.fc1.weight

    def forward(self, X, lengths=None):
        if self.training:
            self.counter += 1
        representation = self.activation(self.fc1(X)) * self.scale.float().sum().abs()
        return self.fc2(representation), representation


class Other(Narrow):
    def __init__(self, input_shape, n_components, n_outputs):
        super().__init__(input_shape, n_components, n_outputs)
        self.more = nn.Linear(2, 2)


class Unrelated(nn.Module):
    pass


class LinearAutoencoder(nn.Module):
    def __init__(self, input_shape, n_components):
        super().__init__()
        self.fc1 = nn.Linear(input_shape[0], n_components)
        self.back = nn.Linear(n_components, input_shape[0])

    @property
    def representation_weight(self):
        return self.fc1.weight

    def forward(self, X, lengths=None):
        representation = torch.relu(self.fc1(X) + 1)
        return self.decode(representation), representation

    def decode(self, representation, lengths=None):
        return self.back(representation)


class Activity(LossTerm):
    inputs = ("h",)

    def __init__(self, weight=1.0):
        self.weight = weight

    def __call__(self, h):
        return h.abs().mean()


def squared(log_p, log_q):
    return (log_p.exp() - log_q.exp()).square().sum(dim=-1)


def absolute(log_p, log_q):
    return (log_p.exp() - log_q.exp()).abs().sum(dim=-1)


def make_sgd(parameters, lr):
    return torch.optim.SGD(parameters, lr=lr, momentum=0.5)


def is_odd(label):
    return label % 2 == 1


def mirror(X, lengths):
    return X * torch.randint(0, 2, (len(X), 1)).to(X).mul(2).sub(1)


CODE = {
    "module": {"module": Narrow, "module_params": None},
    "module_params": {"module": Narrow, "module_params": {"activation": torch.relu}},
    "divergence": {"divergence": squared},
    "optimizer": {"optimizer": make_sgd},
    "callbacks": {"callbacks": [("clip", GradientNormClipping(1.0)), LRScheduler()]},
    "label_groups": {"label_groups": is_odd},
    "views": {"views": AugmentedViews(mirror)},
    "views with a transformer": {"views": NeighborViews(2, transformer=PCA(2))},
    "penalty": {"penalty": [("activity", Activity(weight=0.5)), ("single", SingleLayerLoss())]},
}


def needed_by(params):
    return {name: value for name, value in params.items() if value is not None}


@pytest.mark.parametrize("params", CODE.values(), ids=CODE)
def test_code_is_handed_over(make, X, y, tmp_path, params):
    estimator = make(**params)
    estimator.save(tmp_path / "saved")
    needed = needed_by(params)
    loaded = load(tmp_path / "saved", **needed)
    for name, value in needed.items():
        assert getattr(loaded, name) is value
    np.testing.assert_array_equal(loaded.predict_proba(X), estimator.predict_proba(X))
    assert loaded.get_params(deep=False) == estimator.get_params(deep=False)
    for each in (estimator, loaded):
        each.partial_fit(X, y)
    np.testing.assert_array_equal(loaded.transform(X), estimator.transform(X))
    weights = zip(loaded.net_.module_.buffers(), estimator.net_.module_.buffers(), strict=True)
    assert all(torch.equal(*pair) for pair in weights)


@pytest.mark.parametrize("params", CODE.values(), ids=CODE)
def test_without_its_code_a_file_says_what_it_needs(make, tmp_path, params):
    make(**params).save(tmp_path / "saved")
    with pytest.raises(ValueError, match="which is code and not in the file") as caught:
        load(tmp_path / "saved")
    for name in needed_by(params):
        assert f"{name}=..." in str(caught.value)


def test_the_name_of_the_code_helps_to_find_it(make, tmp_path):
    make(module=Narrow, module_params=None, divergence=squared).save(tmp_path / "saved")
    with pytest.raises(ValueError, match="saved with divergence=squared and module=Narrow"):
        load(tmp_path / "saved")


def test_a_divergence_inside_a_term(make, X, y, tmp_path):
    estimator = make(penalty=[("multi", MultilayerLoss(divergence=squared, margin=0.5))])
    estimator.save(tmp_path / "saved")
    loaded = load(tmp_path / "saved", divergence=squared)
    assert loaded.penalty[0][1].divergence is squared
    assert loaded.penalty[0][1].margin == 0.5
    np.testing.assert_array_equal(
        loaded.partial_fit(X, y).transform(X), estimator.partial_fit(X, y).transform(X)
    )


def test_several_divergences_need_the_whole_penalty(make, tmp_path):
    penalty = [(each.__name__, MultilayerLoss(divergence=each)) for each in (squared, absolute)]
    make(penalty=penalty).save(tmp_path / "saved")
    with pytest.raises(ValueError, match=r"load\(path, penalty=\.\.\.\)"):
        load(tmp_path / "saved")
    assert load(tmp_path / "saved", penalty=penalty).penalty is penalty


def test_an_own_autoencoder(X, tmp_path):
    estimator = ForcedApartAutoencoder(LinearAutoencoder, max_epochs=1, random_state=0).fit(X)
    estimator.save(tmp_path / "saved")
    loaded = load(tmp_path / "saved", module=LinearAutoencoder)
    np.testing.assert_array_equal(loaded.transform(X), estimator.transform(X))
    with pytest.raises(TypeError, match="Narrow has no method decode"):
        load(tmp_path / "saved", module=Narrow)


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (Other, "weight 'more.bias' of Other is missing"),
        (functools.partial(Narrow), "must be the name of a module or a subclass"),
        (Unrelated, "Unrelated must take input_shape"),
    ],
)
def test_a_module_that_does_not_fit_is_refused(make, tmp_path, module, message):
    make(module=Narrow, module_params=None).save(tmp_path / "saved")
    with pytest.raises((TypeError, ValueError), match=message):
        load(tmp_path / "saved", module=module)


def test_other_options_of_a_module_are_refused(make, tmp_path):
    make(module=Narrow, module_params={"activation": torch.relu}).save(tmp_path / "saved")
    with pytest.raises(ValueError, match=r"has shape \(4, 6\).*Narrow needs \(7, 6\)"):
        load(tmp_path / "saved", module=Narrow, module_params={"size": 7})


def test_code_that_is_not_needed_is_refused(saved):
    with pytest.raises(ValueError, match="needs no module: leave module= out"):
        load(saved, module=Narrow)


def test_a_module_set_after_fit_is_refused(make, tmp_path):
    estimator = make(module=Narrow, module_params=None).set_params(module=Other)
    with pytest.raises(ValueError, match="module=Other was set after fit trained Narrow"):
        estimator.save(tmp_path / "saved")


def test_callbacks_start_afresh(make, X, y, tmp_path):
    scheduler = LRScheduler(torch.optim.lr_scheduler.StepLR, step_size=1, gamma=0.5)
    estimator = make(callbacks=[scheduler])
    estimator.save(tmp_path / "saved")
    loaded = load(tmp_path / "saved", callbacks=[scheduler])
    rates = [each.partial_fit(X, y).net_.history[:, "event_lr"] for each in (loaded, estimator)]
    assert rates[0] == rates[1]


def test_estimators_without_code_load_without_it(saved):
    assert isinstance(load(saved), ForcedApartClassifier)
