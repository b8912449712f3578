"""consistency_loss against a loop over the pairs of rows."""

import numpy as np
import pytest
import torch

from fa_sklearn.losses._penalty import resolve_penalty

from . import dense, oracles
from .calls import consistency_loss
from .dense import DTYPES, RTOL


def double_loop(h, h_view, name, weight=None):
    """Weighted mean of D(p || q) + D(q || p), from plain Python arithmetic."""
    weight = np.ones(len(h)) if weight is None else np.asarray(weight)
    total = 0.0
    for i in range(len(h)):
        matrix = oracles.divergence_matrix([h[i].tolist(), h_view[i].tolist()], name)
        total += weight[i] * (matrix[0, 1] + matrix[1, 0])
    return total / weight.sum()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", oracles.DIVERGENCES)
@pytest.mark.parametrize("shape", [(1, 3), (2, 1), (30, 7)])
def test_equals_the_double_loop(shape, name, dtype, weighted):
    h, h_view = dense.logits(*shape, dtype), dense.logits(*shape, dtype, seed=1)
    w = torch.tensor(np.random.default_rng(2).uniform(0.1, 3, shape[0])) if weighted else None
    actual = consistency_loss(h, h_view, name, sample_weight=w)
    assert actual.dtype == dtype and actual.shape == ()
    expected = double_loop(h.double(), h_view.double(), name, w)
    assert actual.item() == pytest.approx(expected, rel=10 * RTOL[dtype], abs=dense.ATOL[dtype])


@pytest.mark.parametrize("name", oracles.DIVERGENCES)
def test_gradcheck(name):
    h, h_view = dense.logits(6, 4).requires_grad_(), dense.logits(6, 4, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: consistency_loss(a, b, name), (h, h_view))


def test_a_divergence_of_ones_own_is_used_in_both_directions():
    h, h_view = dense.logits(5, 3), dense.logits(5, 3, seed=1)

    def first_column(log_p, log_q):
        return log_p[:, 0] - 2 * log_q[:, 0]

    log_p, log_q = h.log_softmax(1), h_view.log_softmax(1)
    expected = -(log_p[:, 0] + log_q[:, 0]).mean()
    torch.testing.assert_close(consistency_loss(h, h_view, first_column), expected)


def test_it_is_symmetric_and_ignores_what_softmax_ignores():
    h, h_view = dense.logits(9, 4), dense.logits(9, 4, seed=1)
    loss = consistency_loss(h, h_view)
    torch.testing.assert_close(consistency_loss(h_view, h), loss)
    torch.testing.assert_close(consistency_loss(h + 3.0, h_view - 5.0), loss)
    assert loss > 0.1


@pytest.mark.parametrize("weight", [None, 0.0])
@pytest.mark.parametrize("n", [0, 4])
def test_nothing_to_pull_gives_zero(n, weight):
    h = dense.logits(n, 3).requires_grad_()
    other = h if weight is None else h.detach().flip(0)
    w = None if weight is None else torch.zeros(n)
    loss = consistency_loss(h, other, sample_weight=w)
    loss.backward()
    assert loss.item() == 0
    assert (h.grad == 0).all()


def test_half_precision_is_raised():
    h, h_view = dense.logits(9, 4), dense.logits(9, 4, seed=1)
    half = consistency_loss(h.bfloat16(), h_view.bfloat16())
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, consistency_loss(h.bfloat16().float(), h_view.bfloat16()))


@pytest.mark.parametrize(
    ("h", "h_view", "error", "match"),
    [
        (torch.zeros(4, 3), torch.zeros(3, 3), ValueError, r"h_view must have the shape of h"),
        (torch.zeros(4, 3), torch.zeros(4), ValueError, r"h_view must be two-dimensional"),
        (torch.zeros(4, 3), None, TypeError, r"h_view must be a floating-point"),
        (torch.zeros(4, 3).long(), torch.zeros(4, 3), TypeError, r"\bh must be a floating-point"),
    ],
)
def test_bad_views_are_refused(h, h_view, error, match):
    with pytest.raises(error, match=match):
        consistency_loss(h, h_view)


def test_the_name_stands_for_the_divergence_of_the_estimator():
    terms = resolve_penalty("consistency", margin=3.0, divergence="js", has_views=True)
    assert terms["consistency"].get_params() == {"divergence": "js", "weight": 1.0}
