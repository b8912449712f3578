"""The user's own code is in a file by its name: load names it, and takes what is trusted."""

import functools
import re

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


def make_sgd(parameters, lr, momentum=0.5):
    return torch.optim.SGD(parameters, lr=lr, momentum=momentum)


class MakeSGD:
    def __init__(self, momentum):
        self.momentum = momentum

    def __call__(self, parameters, lr):
        return torch.optim.SGD(parameters, lr=lr, momentum=self.momentum)

    def __repr__(self):
        return f"MakeSGD({self.momentum})"

    def identity(self, X, lengths):
        return X


def is_odd(label):
    return label % 2 == 1


def mirror(X, lengths):
    return X * torch.randint(0, 2, (len(X), 1)).to(X).mul(2).sub(1)


CODE = {
    "module": ({"module": Narrow, "module_params": None}, [Narrow]),
    "module_params": (
        {"module": Narrow, "module_params": {"activation": torch.relu}},
        [Narrow, torch.relu],
    ),
    "divergence": ({"divergence": squared}, [squared]),
    "divergence of a term": (
        {"penalty": [("multi", MultilayerLoss(divergence=squared, margin=0.5))]},
        [squared],
    ),
    "several divergences": (
        {"penalty": [(f.__name__, MultilayerLoss(divergence=f)) for f in (squared, absolute)]},
        [squared, absolute],
    ),
    "optimizer": ({"optimizer": make_sgd}, [make_sgd]),
    "optimizer with options": (
        {"optimizer": functools.partial(make_sgd, momentum=0.1)},
        [make_sgd],
    ),
    "optimizer object": ({"optimizer": MakeSGD(0.1)}, [MakeSGD]),
    "callbacks": (
        {"callbacks": [("clip", GradientNormClipping(1.0)), LRScheduler()]},
        [GradientNormClipping, LRScheduler],
    ),
    "label_groups": ({"label_groups": is_odd}, [is_odd]),
    "views": ({"views": AugmentedViews(mirror)}, [mirror]),
    "views with a transformer": ({"views": NeighborViews(2, transformer=PCA(2))}, []),
    "penalty": (
        {"penalty": [("activity", Activity(weight=0.5)), ("single", SingleLayerLoss())]},
        [Activity],
    ),
}
CASES = pytest.mark.parametrize(("params", "code"), CODE.values(), ids=CODE)


def name_of(code):
    return f"{'torch' if code is torch.relu else code.__module__}.{code.__name__}"


@CASES
@pytest.mark.parametrize("by_name", [False, True])
def test_trusted_code_comes_back(make, X, y, tmp_path, params, code, by_name):
    estimator = make(**params)
    estimator.save(tmp_path / "saved")
    loaded = load(tmp_path / "saved", trusted=[name_of(c) if by_name else c for c in code])
    np.testing.assert_array_equal(loaded.predict_proba(X), estimator.predict_proba(X))
    texts = [
        re.sub("0x[0-9a-f]+", "", repr(e.get_params(deep=False))) for e in (loaded, estimator)
    ]
    assert texts[0] == texts[1]
    for each in (estimator, loaded):
        each.set_params(warm_start=True).fit(X, y)
    np.testing.assert_array_equal(loaded.transform(X), estimator.transform(X))
    weights = zip(loaded.net_.module_.buffers(), estimator.net_.module_.buffers(), strict=True)
    assert all(torch.equal(*pair) for pair in weights)


@CASES
def test_code_that_is_not_trusted_is_named_and_not_imported(make, tmp_path, params, code):
    make(**params).save(tmp_path / "saved")
    for missing in code:
        others = [each for each in code if each is not missing]
        with pytest.raises(ValueError, match="which is code: if you trust it") as caught:
            load(tmp_path / "saved", trusted=others)
        assert f"trusted=['{name_of(missing)}']" in str(caught.value)


def test_one_class_or_function_may_stand_alone(make, tmp_path):
    make(divergence=squared).save(tmp_path / "saved")
    for code in (squared, name_of(squared)):
        assert load(tmp_path / "saved", trusted=code).divergence is squared


def test_an_own_autoencoder(X, tmp_path):
    estimator = ForcedApartAutoencoder(LinearAutoencoder, max_epochs=1, random_state=0).fit(X)
    estimator.save(tmp_path / "saved")
    loaded = load(tmp_path / "saved", trusted=[LinearAutoencoder])
    np.testing.assert_array_equal(loaded.transform(X), estimator.transform(X))


def test_a_module_that_changed_since_is_refused(make, tmp_path, monkeypatch):
    make(module=Narrow, module_params=None).save(tmp_path / "saved")
    monkeypatch.setitem(globals(), "Narrow", Other)
    with pytest.raises(ValueError, match=r"weight 'more.bias' of Other is missing"):
        load(tmp_path / "saved", trusted=[name_of(squared).replace("squared", "Narrow")])
    monkeypatch.setitem(globals(), "Narrow", Unrelated)
    with pytest.raises(ValueError, match="Unrelated must take input_shape"):
        load(tmp_path / "saved", trusted=[name_of(squared).replace("squared", "Narrow")])


def test_a_module_set_after_fit_is_kept_beside_the_trained_one(make, X, tmp_path):
    estimator = make(module=Narrow, module_params=None).set_params(module=Other)
    estimator.save(tmp_path / "saved")
    loaded = load(tmp_path / "saved", trusted=[Narrow, Other])
    assert loaded.module is Other
    np.testing.assert_array_equal(loaded.transform(X), estimator.transform(X))


def test_code_without_a_name_is_refused_when_it_is_saved(make, X, y, tmp_path):
    class Local(Narrow):
        pass

    unnamed = {
        "divergence": lambda log_p, log_q: (log_p - log_q).square().sum(dim=-1),
        "module": Local,
        "views": AugmentedViews(MakeSGD(0.1).identity),
        "lr": np.random.default_rng(0),
    }
    for name, value in unnamed.items():
        estimator = make()
        estimator.set_params(**{name: value})
        with pytest.raises(TypeError, match=f"save cannot write the parameter {name}="):
            estimator.save(tmp_path / "saved")
    fitted = make(module=Local, module_params=None).set_params(module="mlp")
    with pytest.raises(TypeError, match="Local is not at the top level of a module"):
        fitted.save(tmp_path / "saved")
    assert not list(tmp_path.iterdir())


def test_callbacks_start_afresh(make, X, y, tmp_path):
    scheduler = LRScheduler(torch.optim.lr_scheduler.StepLR, step_size=1, gamma=0.5)
    estimator = make(callbacks=[scheduler])
    estimator.save(tmp_path / "saved")
    loaded = load(tmp_path / "saved", trusted=[LRScheduler, torch.optim.lr_scheduler.StepLR])
    for each in (loaded, estimator):
        each.set_params(warm_start=True, max_epochs=3).fit(X, y)
        assert each.net_.history[-3:, "event_lr"] == [each.lr, each.lr / 2, each.lr / 4]


def test_estimators_without_code_load_without_it(saved):
    assert isinstance(load(saved), ForcedApartClassifier)
