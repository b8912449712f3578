"""Fits that go on, that fail, and what is left of a net in each case."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError
from torch import nn

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.losses import LossTerm, MultilayerLoss

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 5)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int)
BOTH = pytest.mark.parametrize("estimator", [ForcedApartClassifier, ForcedApartAutoencoder])


class Tied(nn.Module):
    """Two layers that share one weight matrix, and a buffer outside the state dict."""

    def __init__(self, input_shape, n_components, n_outputs):
        super().__init__()
        self.fc1 = nn.Linear(input_shape[0], n_components)
        self.twin = nn.Linear(input_shape[0], n_components)
        self.twin.weight = self.fc1.weight
        self.fc2 = nn.Linear(n_components, n_outputs)
        self.register_buffer("shift", torch.full((1,), 0.5), persistent=False)

    @property
    def representation_weight(self):
        return self.fc1.weight

    def forward(self, X):
        h = torch.relu(self.fc1(X) + self.twin(X) + self.shift)
        return self.fc2(h), h


class RandomWhenEvaluated(Tied):
    """Draws random numbers outside training too."""

    def forward(self, X):
        output, h = super().forward(X)
        return output, h * torch.rand_like(h)


class NaNLoss(LossTerm):
    """Not a number from the first batch on."""

    inputs = ("h",)

    def __init__(self, weight=1.0):
        self.weight = weight

    def __call__(self, h):
        return h.sum() * float("nan")


class UnknownInput(LossTerm):
    """Reads what nobody hands over."""

    inputs = ("H",)

    def __init__(self, weight=1.0):
        self.weight = weight

    def __call__(self, H):
        return H.sum()


class Vector(UnknownInput):
    """Returns no scalar."""

    inputs = ("h",)

    def __call__(self, h):
        return h


def test_shared_weights_and_buffers_survive_pickling():
    fitted = ForcedApartClassifier(Tied, max_epochs=2, random_state=0).fit(X, Y)
    loaded = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(loaded.transform(X), fitted.transform(X))
    module = loaded.net_.module_
    assert module.twin.weight is module.fc1.weight
    for model in (fitted, loaded):
        model.partial_fit(X, Y)
    assert np.array_equal(loaded.transform(X), fitted.transform(X))


def test_a_module_that_draws_when_evaluated_transforms_alike_each_time():
    before = torch.get_rng_state()
    fitted = ForcedApartClassifier(RandomWhenEvaluated, max_epochs=1, random_state=0).fit(X, Y)
    assert np.array_equal(fitted.transform(X), fitted.transform(X))
    assert torch.equal(torch.get_rng_state(), before)


@BOTH
def test_early_stopping_can_be_switched_between_fits(estimator):
    model = estimator(warm_start=True, early_stopping=True, max_epochs=2, random_state=0)
    model.fit(X, Y)
    assert "valid_loss" in model.net_.history[-1]
    model.set_params(early_stopping=False).fit(X, Y)
    assert "valid_loss" not in model.net_.history[-1]
    model.set_params(early_stopping=True, n_iter_no_change=1, max_epochs=3).fit(X, Y)
    assert "valid_loss" in model.net_.history[-1]


@BOTH
@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({"max_epochs": 3}, lambda net: len(net.history) == 5),
        ({"lr": 0.5}, lambda net: net.optimizer_.param_groups[0]["lr"] == 0.5),
        ({"batch_size": 7}, lambda net: net.batch_size == 7),
        ({"penalty": "decov"}, lambda net: "train_decov_loss" in net.history[-1]),
        ({"alpha": 0.7}, lambda net: net.alpha == 0.7),
    ],
)
def test_a_warm_start_takes_changed_parameters(estimator, change, seen):
    model = estimator(warm_start=True, max_epochs=2, random_state=0).fit(X, Y)
    model.set_params(**change).fit(X, Y)
    assert seen(model.net_)


@BOTH
@pytest.mark.parametrize("change", [{"max_epochs": 1}, {"max_epochs": 5}])
def test_a_diverged_fit_leaves_nothing_fitted(estimator, change):
    diverging = {"optimizer": "adam", "lr": 1e30}
    model = estimator(batch_size=60, random_state=0, **change).set_params(**diverging)
    with pytest.raises(ValueError, match="lower lr"):
        model.fit(X, Y)
    with pytest.raises(NotFittedError):
        model.transform(X)


@BOTH
@pytest.mark.parametrize("lr", [1e30, 1e15])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_net_that_diverges_later_is_no_longer_fitted(estimator, lr, method):
    model = estimator(warm_start=True, max_epochs=1, random_state=0).fit(X, Y)
    with pytest.raises(ValueError, match="lower lr"):
        getattr(model.set_params(lr=lr), method)(X, Y)
    with pytest.raises(NotFittedError):
        model.transform(X)
    model.set_params(lr=1e-3).fit(X, Y)
    assert np.isfinite(model.transform(X)).all()


@BOTH
def test_a_failed_fit_leaves_nothing_fitted(estimator):
    model = estimator(max_epochs=1, random_state=0).fit(X, Y)
    with pytest.raises(ValueError, match="nan loss became nan in epoch 1"):
        model.set_params(penalty=[("nan", NaNLoss())]).fit(X, Y)
    with pytest.raises(NotFittedError):
        model.transform(X)


def test_wrong_labels_leave_nothing_fitted():
    model = ForcedApartClassifier(max_epochs=1, random_state=0).fit(X, Y)
    with pytest.raises(ValueError, match="inconsistent"):
        model.fit(X[:, :3], Y[:-1])
    with pytest.raises(NotFittedError):
        model.transform(X)


@pytest.mark.parametrize("batch_size", [60, 15])
def test_the_term_that_broke_is_named_and_not_what_it_broke(batch_size):
    model = ForcedApartClassifier(
        penalty=[("sound", MultilayerLoss()), ("broken", NaNLoss())],
        batch_size=batch_size,
        random_state=0,
    )
    with pytest.raises(ValueError, match="The broken loss became nan in epoch 1"):
        model.fit(X, Y)


@BOTH
def test_the_width_is_that_of_the_net(estimator):
    model = estimator(n_components=6, max_epochs=1, random_state=0).fit(X, Y)
    model.set_params(n_components=3).set_output(transform="pandas")
    assert model.transform(X).shape == (60, 6)


def test_an_optimizer_that_evaluates_several_times_a_step():
    model = ForcedApartClassifier(
        optimizer=torch.optim.LBFGS, lr=0.1, max_epochs=3, random_state=0
    ).fit(X, Y)
    losses = [row["train_loss"] for row in model.net_.history]
    assert losses[-1] < losses[0]


def test_the_net_refuses_raw_X_with_the_remedy():
    model = ForcedApartClassifier(max_epochs=1, random_state=0).fit(X, Y)
    with pytest.raises(TypeError, match="call transform, predict or score of the estimator"):
        model.net_.predict(X)


@pytest.mark.parametrize("n_labels", [1, 2, 3])
def test_the_net_predicts_what_the_reader_makes(n_labels):
    sequences = [RNG.normal(size=(length, 2)) for length in RNG.integers(1, 9, size=60)]
    for samples in (X, sequences):
        model = ForcedApartClassifier(max_epochs=1, batch_size=16, random_state=0)
        model.fit(samples, np.arange(60) % n_labels)
        read = model._read(samples)
        np.testing.assert_array_equal(model.net_.predict(read), model.predict(samples))
        probabilities = model.net_.predict_proba(read)
        np.testing.assert_allclose(probabilities, model.predict_proba(samples), rtol=1e-4)
        representation = model.net_.forward(read)[1]
        np.testing.assert_allclose(representation, model.transform(samples), rtol=1e-4, atol=1e-6)


def test_the_net_of_an_autoencoder_reconstructs():
    sequences = [RNG.normal(size=(length, 2)) for length in RNG.integers(1, 9, size=60)]
    model = ForcedApartAutoencoder(max_epochs=1, batch_size=16, random_state=0).fit(sequences)
    lengths = [len(sequence) for sequence in sequences]
    expected = model.inverse_transform(model.transform(sequences), lengths)
    for found, row, length in zip(
        model.net_.predict(model._read(sequences)), expected, lengths, strict=True
    ):
        np.testing.assert_allclose(found[:length], row, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("term", "exception", "message"),
    [
        (UnknownInput(), ValueError, "penalty term 'own' must name in `inputs`"),
        (Vector(), TypeError, "penalty term 'own' must return a scalar"),
    ],
)
def test_a_term_that_breaks_its_contract_is_named(term, exception, message):
    with pytest.raises(exception, match=message):
        ForcedApartClassifier(penalty=[("own", term)], random_state=0).fit(X, Y)


def test_reconstructions_do_not_depend_on_the_blocks_they_are_decoded_in():
    model = ForcedApartAutoencoder(max_epochs=1, random_state=0).fit(X)
    H = np.abs(RNG.normal(size=(1300, 16))).astype(np.float32)
    whole = model.inverse_transform(H)
    parts = [model.inverse_transform(part) for part in np.array_split(H, 4)]
    np.testing.assert_allclose(whole, np.concatenate(parts), rtol=1e-5, atol=1e-6)


def test_reconstructed_sequences_of_several_blocks_are_padded_alike():
    sequences = [RNG.normal(size=(length, 2)) for length in (3, 5, 4)] * 10
    model = ForcedApartAutoencoder(max_epochs=1, random_state=0).fit(sequences)
    H = np.abs(RNG.normal(size=(600, 16))).astype(np.float32)
    lengths = np.r_[np.full(550, 2), np.full(50, 7)]
    restored = model.inverse_transform(H, lengths)
    assert [len(row) for row in restored] == lengths.tolist()
    assert model.inverse_transform(H).shape == (600, 5, 2)


def test_padded_tokens_are_read_without_their_padding():
    tokens = [np.array([2, 3]), np.array([4, 5, 6, 2]), np.array([3])] * 10
    padded = np.array([[2, 3, 0, 0], [4, 5, 6, 2], [3, 0, 0, 0]] * 10)
    model = ForcedApartClassifier("text", max_epochs=1, random_state=0)
    model.fit(tokens, np.arange(30) % 2)
    np.testing.assert_allclose(model.transform(padded), model.transform(tokens), rtol=1e-6)
