"""AugmentedViews: what is augmented, and what augment may return."""

import numpy as np
import pytest
import torch

from fa_sklearn._inputs import TableSamples
from fa_sklearn.views import AugmentedViews

SAMPLES = TableSamples(np.arange(12, dtype=np.float32).reshape(6, 2))
ROWS = np.array([4, 1])


def pair(augment):
    return AugmentedViews(augment).pair(None, SAMPLES, [np.arange(6)], None, 0)


def test_both_views_are_augmented():
    calls = []

    def shift(X, lengths):
        calls.append(lengths)
        return X + len(calls)

    pairing = pair(shift)
    expected = SAMPLES.values[ROWS]
    assert pairing.first(SAMPLES, ROWS).X.tolist() == (expected + 1).tolist()
    assert pairing.second(SAMPLES, ROWS, None).X.tolist() == (expected + 2).tolist()
    assert calls == [None, None]
    assert SAMPLES.values[0].tolist() == [0, 1], "the samples themselves stay"


@pytest.mark.parametrize(
    "augment",
    [
        lambda X, lengths: X[:, :1],
        lambda X, lengths: X.double(),
        lambda X, lengths: X.numpy(),
    ],
)
def test_another_shape_or_type_is_refused(augment):
    with pytest.raises(ValueError, match=r"augment must return .* \(2, 2\) torch.float32"):
        pair(augment).first(SAMPLES, ROWS)


def test_a_net_that_augments_is_not_trained():
    net = torch.nn.Linear(2, 2)
    view = pair(lambda X, lengths: net(X)).first(SAMPLES, ROWS)
    assert not view.X.requires_grad


def test_what_cannot_be_called_is_refused():
    with pytest.raises(TypeError, match="augment must be callable, got Tensor"):
        pair(torch.zeros(3))
