"""A user's own module classes, by the documented contract, and what breaks it."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from torch import nn

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.modules import MLPAutoencoder

pytestmark = pytest.mark.usefixtures("untouched_global_generators")

RNG = np.random.default_rng(0)
N = 30
Y = np.arange(N) % 3
TABLE = RNG.normal(size=(N, 5)).astype(np.float32)
SEQUENCES = [RNG.normal(size=(n, 2)).astype(np.float32) for n in RNG.integers(1, 6, size=N)]
IMAGES = RNG.integers(0, 256, size=(N, 5, 6, 3), dtype=np.uint8)
TOKENS = [RNG.integers(1, 9, size=n) for n in RNG.integers(1, 6, size=N)]


class Plain(nn.Module):
    """A classifier of tables, without `lengths`, with an option and with dropout."""

    def __init__(self, input_shape, n_components, n_outputs, *, slope=1.0, dropout=0.2):
        super().__init__()
        (d,) = input_shape
        self.slope = slope
        self.dropout = nn.Dropout(dropout)
        self.fc1 = nn.Linear(d, n_components)
        self.fc2 = nn.Linear(n_components, n_outputs)

    @property
    def representation_weight(self):
        return self.fc1.weight

    def forward(self, X):
        assert X.dtype == torch.float32
        representation = torch.relu(self.slope * self.fc1(self.dropout(X)))
        return self.fc2(representation), representation


class Pooled(Plain):
    """A classifier of sequences: the mean of the valid steps."""

    def __init__(self, input_shape, n_components, n_outputs):
        steps, d = input_shape
        assert steps is None
        super().__init__((d,), n_components, n_outputs, dropout=0.0)

    def forward(self, X, lengths):
        assert lengths.dtype == torch.int64 and int(lengths.max()) == X.shape[1]
        valid = torch.arange(X.shape[1]) < lengths[:, None]
        assert (X[~valid] == 0).all()
        return super().forward(X.sum(dim=1) / lengths[:, None])


class Flat(Plain):
    """A classifier of images, without `lengths`."""

    def __init__(self, input_shape, n_components, n_outputs):
        channels, height, width = input_shape
        assert (channels, height, width) == (3, 5, 6)
        super().__init__((channels * height * width,), n_components, n_outputs, dropout=0.0)

    def forward(self, X):
        return super().forward(X.flatten(1))


class Bag(Pooled):
    """A classifier of tokens: the mean of their vectors."""

    def __init__(self, input_shape, n_components, n_outputs):
        _, n_tokens = input_shape
        super().__init__((None, 5), n_components, n_outputs)
        self.embedding = nn.Embedding(n_tokens, 5, padding_idx=0)

    def forward(self, X, lengths):
        assert X.dtype == torch.int64
        return super().forward(self.embedding(X), lengths)


class Mirror(nn.Module):
    """An autoencoder of tables or images."""

    def __init__(self, input_shape, n_components):
        super().__init__()
        self.shape = input_shape
        self.fc1 = nn.Linear(int(np.prod(input_shape)), n_components)
        self.decoder = nn.Linear(n_components, int(np.prod(input_shape)))

    @property
    def representation_weight(self):
        return self.fc1.weight

    def forward(self, X):
        representation = torch.relu(self.fc1(X.flatten(1)))
        return self.decode(representation), representation

    def decode(self, representation, lengths=None):
        return self.decoder(representation).view(-1, *self.shape)


class Steady(nn.Module):
    """An autoencoder of sequences that reconstructs the same at every step."""

    def __init__(self, input_shape, n_components):
        super().__init__()
        self.fc1 = nn.Linear(input_shape[1], n_components)
        self.decoder = nn.Linear(n_components, input_shape[1])

    @property
    def representation_weight(self):
        return self.fc1.weight

    def forward(self, X, lengths=None):
        representation = torch.relu(self.fc1(X.sum(dim=1)))
        return self.decode(representation, lengths), representation

    def decode(self, representation, lengths=None):
        step = self.decoder(representation)
        return step[:, None].expand(-1, int(lengths.max()), -1)


class Quick(Mirror):
    """An autoencoder that can leave its decoder out."""

    decoded = 0

    def forward(self, X):
        representation = self.represent(X)
        return self.decode(representation), representation

    def represent(self, X):
        return torch.relu(self.fc1(X.flatten(1)))

    def decode(self, representation, lengths=None):
        self.decoded += 1
        return super().decode(representation)


CLASSIFIERS = {
    "table": (Plain, TABLE),
    "sequence": (Pooled, SEQUENCES),
    "3-D": (Pooled, RNG.normal(size=(N, 3, 2))),
    "image": (Flat, IMAGES),
    "tokens": (Bag, TOKENS),
    "text": (Bag, ["red oak tree", "blue sand", "one"] * (N // 3)),
}
AUTOENCODERS = {
    "table": (Mirror, TABLE),
    "image": (Mirror, IMAGES),
    "sequence": (Steady, SEQUENCES),
    "3-D": (Steady, RNG.normal(size=(N, 3, 2)).astype(np.float32)),
}


def fit(cls, module, X, **params):
    defaults = {"n_components": 4, "max_epochs": 2, "batch_size": 12, "random_state": 0}
    return cls(module, **{**defaults, **params}).fit(X, Y)


@pytest.mark.parametrize("penalty", ["single", "multi", "decov", "xcov"])
@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_classifiers(kind, penalty):
    module, X = CLASSIFIERS[kind]
    estimator = fit(ForcedApartClassifier, module, X, penalty=penalty)
    assert type(estimator.net_.module_) is module
    assert estimator.transform(X).shape == (N, 4)
    assert estimator.predict_proba(X).shape == (N, 3)
    again = fit(clone(estimator).__class__, module, X, penalty=penalty)
    assert np.array_equal(again.transform(X), estimator.transform(X))


@pytest.mark.parametrize("penalty", ["single", "multi", "xcov"])
@pytest.mark.parametrize("kind", AUTOENCODERS)
def test_autoencoders(kind, penalty):
    module, X = AUTOENCODERS[kind]
    estimator = fit(ForcedApartAutoencoder, module, X, penalty=penalty)
    assert type(estimator.net_.module_) is module
    H = estimator.transform(X)
    assert H.shape == (N, 4)
    if kind != "sequence":
        assert estimator.inverse_transform(H).shape == X.shape
    lengths = [len(x) for x in X] if kind == "sequence" else None
    assert len(estimator.inverse_transform(H, lengths=lengths)) == N
    assert np.isfinite(estimator.score(X))


class OnlyForward(MLPAutoencoder):
    """Inherits a `represent` that leaves its scale out."""

    def forward(self, X, lengths=None):
        return super().forward(2 * X)


class Tupled(Quick):
    def forward(self, X):
        representation = torch.relu(self.fc1(X))
        return self.decode(representation), representation

    def represent(self, X):
        return (torch.relu(self.fc1(X)),)


class Jittered(Quick):
    """Adds noise in prediction too: its two representations need not be equal."""

    def represent(self, X):
        representation = super().represent(X)
        return representation + 0.1 * torch.rand_like(representation)


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (OnlyForward, "represent of module OnlyForward must return the representation that"),
        (Tupled, r"module Tupled must return a representation from represent of shape"),
    ],
)
def test_a_representation_of_its_own_is_refused(module, message):
    with pytest.raises(ValueError, match=message):
        fit(ForcedApartAutoencoder, module, TABLE)


def test_a_module_that_draws_may_represent_itself():
    assert fit(ForcedApartAutoencoder, Jittered, TABLE).transform(TABLE).shape == (N, 4)


@pytest.mark.parametrize("views", [None, "neighbors"])
def test_nothing_is_decoded_where_only_the_representation_is_wanted(views):
    quick, mirror = (
        fit(ForcedApartAutoencoder, module, TABLE, views=views) for module in (Quick, Mirror)
    )
    n_steps, n_checks = 2 * 3, 3  # of the module, of represent, of what training made
    assert quick.net_.module_.decoded == n_steps + n_checks
    assert np.array_equal(quick.transform(TABLE), mirror.transform(TABLE))
    assert quick.net_.module_.decoded == n_steps + n_checks
    quick.score(TABLE)
    assert quick.net_.module_.decoded > n_steps + n_checks


def test_options_reach_the_module():
    estimator = fit(ForcedApartClassifier, Plain, TABLE, module_params={"slope": 3.0})
    assert estimator.net_.module_.slope == 3.0


def test_dropout_is_off_after_training():
    estimator = fit(ForcedApartClassifier, Plain, TABLE)
    assert np.array_equal(estimator.transform(TABLE), estimator.transform(TABLE))


def test_pickles():
    estimator = fit(ForcedApartClassifier, Plain, TABLE)
    loaded = pickle.loads(pickle.dumps(estimator))
    assert np.array_equal(loaded.transform(TABLE), estimator.transform(TABLE))


def test_each_fit_makes_its_own_module():
    estimator = ForcedApartClassifier(Plain, n_components=4, max_epochs=1, random_state=0)
    first = estimator.fit(TABLE, Y).net_.module_
    assert estimator.fit(TABLE, Y).net_.module_ is not first


# -- what breaks the contract -----------------------------------------------------------------


def without(member):
    """A copy of Plain that lacks a member."""
    return type("Lacking", (Plain,), {member: property()})


class OneOutput(Plain):
    def forward(self, X):
        return super().forward(X)[0]


class ThreeOutputs(Plain):
    def forward(self, X):
        output, h = super().forward(X)
        return output, h, X


class WideRepresentation(Plain):
    def forward(self, X):
        output, h = super().forward(X)
        return output, torch.cat([h, h], dim=1)


class Swapped(Plain):
    def forward(self, X):
        return super().forward(X)[::-1]


class Summed(Plain):
    def forward(self, X):
        output, h = super().forward(X)
        return output.sum(dim=1), h


class Listed(Plain):
    def forward(self, X):
        output, h = super().forward(X)
        return output, h.tolist()


class Transposed(Plain):
    @property
    def representation_weight(self):
        return self.fc1.weight.T


class NoArguments(nn.Module):
    def forward(self, X):
        return X, X


class NoOutputs(Plain):
    def __init__(self, input_shape, n_components):
        super().__init__(input_shape, n_components, 1)


BROKEN = {
    "one output": (OneOutput, TypeError, r"OneOutput must return the pair \(output, repres"),
    "three outputs": (ThreeOutputs, TypeError, r"ThreeOutputs must return the pair .* 3 values"),
    "wide representation": (WideRepresentation, ValueError, r"n_components\) = \(\d+, 4\), got"),
    "swapped": (Swapped, ValueError, "Swapped must return a representation of shape"),
    "summed logits": (Summed, ValueError, r"Summed must return an output of shape"),
    "lists": (Listed, ValueError, "Listed must return a representation"),
    "no weight": (without("representation_weight"), TypeError, "representation_weight"),
    "transposed weight": (Transposed, ValueError, "representation_weight of module Transposed"),
    "no arguments": (NoArguments, TypeError, r"module .*NoArguments"),
    "no n_outputs": (NoOutputs, TypeError, r"module .*NoOutputs"),
    "an instance": (Plain((5,), 4, 3), TypeError, "module must be a class, got an instance"),
    "no module": (dict, TypeError, "module must be .* subclass of torch.nn.Module"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_contract_is_named(name):
    module, exception, message = BROKEN[name]
    with pytest.raises(exception, match=message):
        fit(ForcedApartClassifier, module, TABLE)


class WrongShape(Mirror):
    def decode(self, representation, lengths=None):
        return super().decode(representation)[:, :-1]


@pytest.mark.parametrize(
    ("module", "exception", "message"),
    [
        (Plain, TypeError, "module Plain has no method decode"),
        (WrongShape, ValueError, "WrongShape must return a reconstruction of shape X"),
        (Mirror((5,), 4), TypeError, "module must be a class, got an instance of Mirror"),
    ],
)
def test_a_broken_contract_of_autoencoders_is_named(module, exception, message):
    with pytest.raises(exception, match=message):
        fit(ForcedApartAutoencoder, module, TABLE)


def test_an_instance_is_never_trained():
    with torch.random.fork_rng(devices=[]):
        module = Plain((5,), 4, 3)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    with pytest.raises(TypeError):
        fit(ForcedApartClassifier, module, TABLE)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
