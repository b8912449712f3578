"""One sequence far longer than the others: what is computed stays, the padding goes."""

import numpy as np
import pytest
import torch
from sklearn.preprocessing import FunctionTransformer
from torch import nn

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn._inputs._sequence import MAX_PADDING, split_by_length
from fa_sklearn.datasets import load_stroke_digits
from fa_sklearn.modules import RNN
from fa_sklearn.views import NeighborViews

LENGTHS = np.array([*range(2, 12)] * 6 + [40, 900])
RNG = np.random.default_rng(0)
SEQUENCES = [RNG.normal(size=(length, 3)).astype(np.float32) for length in LENGTHS]
TOKENS = [RNG.integers(1, 30, size=length) for length in LENGTHS]
Y = np.arange(len(LENGTHS)) % 2
NETS = {
    "sequences": (ForcedApartClassifier, SEQUENCES, {}),
    "sequences both ways": (
        ForcedApartClassifier,
        SEQUENCES,
        {"cell": "gru", "bidirectional": True, "pooling": "mean"},
    ),
    "tokens": (ForcedApartClassifier, TOKENS, {}),
    "autoencoder": (ForcedApartAutoencoder, SEQUENCES, {}),
}


@pytest.mark.parametrize("seed", range(5))
def test_parts_hold_each_row_once_and_little_padding(seed):
    lengths = np.exp(np.random.default_rng(seed).uniform(0, 10, size=60)).astype(np.int64)
    lengths[:50] = lengths[:50] % 9 + 1
    lengths[59] = 20_000
    parts = split_by_length(lengths)
    assert sorted(np.concatenate(parts)) == list(range(60))
    assert len(parts) > 1
    assert all(lengths[part].max() < 2 * lengths[part].min() for part in parts)


def test_usual_batches_stay_in_one_part():
    lengths = np.array([len(x) for x in load_stroke_digits().X_train])
    assert len(split_by_length(lengths)) == 1
    assert len(split_by_length(np.array([10] * 100 + [70]))) == 1
    assert split_by_length(np.array([3]))[0].tolist() == [0]


@pytest.mark.parametrize("name", NETS)
def test_parts_give_what_the_padded_batch_gives(name):
    kind, X, options = NETS[name]
    options = {"hidden_size": 8, **options}
    estimator = kind(max_epochs=1, precision="float32", random_state=0, module_params=options)
    net = estimator.fit(X, Y).net_
    inputs = estimator._read(X).take(RNG.permutation(len(X)))
    assert len(inputs.parts) > 1
    found = []
    for batch in (inputs, inputs._replace(parts=())):
        net.module_.zero_grad()
        output, representation = net.infer(batch)
        (output.square().sum() + representation.square().sum()).backward()
        gradients = [weight.grad.clone() for weight in net.module_.parameters()]
        found.append([output, representation, net.represent(batch), *gradients])
    for in_parts, whole in zip(*found, strict=True):
        torch.testing.assert_close(in_parts, whole, rtol=1e-4, atol=1e-5)


class Watched(RNN):
    """Notes how many times their steps the rows are padded to."""

    padding = []

    def forward(self, X, lengths=None):
        Watched.padding.append(X.shape[0] * X.shape[1] / int(lengths.sum()))
        return super().forward(X, lengths)


def test_no_batch_is_mostly_padding():
    Watched.padding = []
    estimator = ForcedApartClassifier(
        Watched, max_epochs=1, early_stopping=True, validation_fraction=0.3, random_state=0
    ).fit(SEQUENCES, Y)
    estimator.predict(SEQUENCES)
    estimator.transform(SEQUENCES)
    assert max(Watched.padding) <= MAX_PADDING
    assert len(SEQUENCES) * LENGTHS.max() / LENGTHS.sum() > 2 * MAX_PADDING


def test_views_of_other_lengths_are_read_in_parts_too():
    Watched.padding = []
    ends = FunctionTransformer(lambda X: np.array([x[-1] for x in X]))
    views = NeighborViews(transformer=ends)
    ForcedApartClassifier(Watched, views=views, max_epochs=1, random_state=0).fit(SEQUENCES, Y)
    assert max(Watched.padding) <= MAX_PADDING


def test_reconstructions_are_made_in_parts():
    estimator = ForcedApartAutoencoder(max_epochs=1, random_state=0).fit(SEQUENCES)
    H = estimator.transform(SEQUENCES)
    decode, padding = estimator.net_.module_.decode, []

    def watched(representation, lengths):
        padding.append(len(lengths) * int(lengths.max()) / int(lengths.sum()))
        return decode(representation, lengths)

    estimator.net_.module_.decode = watched
    together = estimator.inverse_transform(H, LENGTHS)
    assert max(padding) <= MAX_PADDING
    for row in (0, 7, 60, 61):
        (alone,) = estimator.inverse_transform(H[row : row + 1], LENGTHS[row : row + 1])
        np.testing.assert_allclose(together[row], alone, rtol=1e-4, atol=1e-5)


class Normalized(nn.Module):
    """Batch normalisation looks at all rows of a batch."""

    input_kind = "sequence"

    def __init__(self, input_shape, n_components, n_outputs):
        super().__init__()
        self.norm = nn.BatchNorm1d(input_shape[1])
        self.fc1 = nn.Linear(input_shape[1], n_components)
        self.fc2 = nn.Linear(n_components, n_outputs)
        self.rows = []

    @property
    def representation_weight(self):
        return self.fc1.weight

    def forward(self, X, lengths):
        if self.training:
            self.rows.append(len(X))
        h = torch.relu(self.fc1(self.norm(X.sum(dim=1) / lengths[:, None])))
        return self.fc2(h), h


def test_batch_normalisation_sees_the_whole_batch():
    estimator = ForcedApartClassifier(Normalized, max_epochs=1, random_state=0).fit(SEQUENCES, Y)
    assert estimator.net_.module_.rows == [len(SEQUENCES)]
    whole = estimator.transform(SEQUENCES)
    for row in (0, 61):
        np.testing.assert_allclose(
            whole[row], estimator.transform(SEQUENCES[row : row + 1])[0], rtol=1e-4, atol=1e-6
        )
