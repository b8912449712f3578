"""contrast_loss against a loop over anchors and negatives, and against cross_entropy of torch."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy, normalize

from fa_sklearn.losses import ContrastLoss, _two_views

from . import dense, oracles
from .calls import contrast_loss
from .dense import DTYPES, RTOL


def pair(n, k, dtype=torch.float64):
    return dense.logits(n, k, dtype), dense.logits(n, k, dtype, seed=1)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("temperature", [0.1, 1.0])
@pytest.mark.parametrize("shape", [(1, 3), (2, 1), (20, 7)])
def test_equals_the_double_loop(shape, temperature, dtype, labelled, weighted):
    h, h_view = pair(*shape, dtype)
    y = dense.labels(shape[0], 3) if labelled else None
    w = torch.tensor(np.random.default_rng(2).uniform(0.1, 3, shape[0])) if weighted else None
    actual = contrast_loss(h, h_view, y, temperature, sample_weight=w)
    assert actual.dtype == dtype and actual.shape == ()
    expected = oracles.contrast(h.double(), h_view.double(), y, temperature, w)
    assert actual.item() == pytest.approx(expected, rel=10 * RTOL[dtype], abs=dense.ATOL[dtype])


def test_equals_the_cross_entropy_of_torch():
    h, h_view = pair(9, 4)
    z = normalize(torch.cat([h, h_view]))
    logits = (z @ z.T / 0.2).fill_diagonal_(-torch.inf)
    expected = cross_entropy(logits, torch.arange(18).roll(9))
    torch.testing.assert_close(contrast_loss(h, h_view), expected)


@pytest.mark.parametrize("y", [None, torch.arange(6) % 2])
def test_gradcheck(y):
    h, h_view = (rows.requires_grad_() for rows in pair(6, 4))
    w = torch.arange(6.0)
    assert torch.autograd.gradcheck(
        lambda a, b: contrast_loss(a, b, y, 0.5, sample_weight=w), (h, h_view)
    )


@pytest.mark.parametrize("labelled", [False, True])
def test_blocks_change_neither_value_nor_gradient(monkeypatch, labelled):
    h, h_view = (rows.requires_grad_() for rows in pair(23, 5))
    y, w = dense.labels(23, 3) if labelled else None, torch.arange(23.0)
    whole = contrast_loss(h, h_view, y, sample_weight=w)
    gradients = torch.autograd.grad(whole, (h, h_view))
    monkeypatch.setattr(
        _two_views, "PAIR_ELEMENTS", 46 * 7
    )  # seven rows a block, the last shorter
    parts = contrast_loss(h, h_view, y, sample_weight=w)
    torch.testing.assert_close(parts, whole)
    torch.testing.assert_close(torch.autograd.grad(parts, (h, h_view)), gradients)


def test_samples_of_weight_0_change_nothing_and_only_proportions_matter():
    h, h_view = pair(8, 4)
    w = torch.tensor([1.0, 2, 0, 3, 0, 1, 1, 5])
    expected = contrast_loss(h, h_view, sample_weight=w)
    kept = w > 0
    torch.testing.assert_close(
        contrast_loss(h[kept], h_view[kept], sample_weight=w[kept]), expected
    )
    torch.testing.assert_close(contrast_loss(h, h_view, sample_weight=w * 1e30), expected)
    equal = contrast_loss(h, h_view, sample_weight=torch.full((8,), 3.0))
    torch.testing.assert_close(equal, contrast_loss(h, h_view))


def test_a_sample_alone_in_its_label_has_nothing_to_be_told_from():
    h, h_view = pair(3, 4)
    assert contrast_loss(h, h_view, torch.arange(3)).item() == pytest.approx(
        oracles.contrast(h, h_view, [0, 1, 2], 0.2)
    )
    assert contrast_loss(h[:1], h_view[:1]).item() == 0


def test_the_length_of_rows_does_not_matter():
    h, h_view = pair(7, 4)
    torch.testing.assert_close(contrast_loss(5 * h, 0.1 * h_view), contrast_loss(h, h_view))


@pytest.mark.parametrize("weight", [None, 0.0])
@pytest.mark.parametrize("n", [0, 4])
def test_nothing_to_contrast_gives_zero(n, weight):
    if n and weight is None:
        n = 1
    h = dense.logits(n, 3).requires_grad_()
    w = None if weight is None else torch.zeros(n)
    loss = contrast_loss(h, h.detach().flip(0), sample_weight=w)
    loss.backward()
    assert loss.item() == 0
    assert (h.grad == 0).all()


def test_rows_of_zeros_are_finite():
    h = torch.zeros(4, 3, requires_grad=True)
    loss = contrast_loss(h, torch.zeros(4, 3))
    loss.backward()
    assert loss.item() == pytest.approx(np.log(7))
    assert torch.isfinite(h.grad).all()


def test_half_precision_is_raised():
    h, h_view = pair(9, 4)
    half = contrast_loss(h.bfloat16(), h_view.bfloat16())
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, contrast_loss(h.bfloat16().float(), h_view.bfloat16()))


def test_only_negatives_of_the_label_ask_for_labels():
    (h, h_view), y = pair(8, 4), torch.arange(8) % 3
    assert torch.equal(ContrastLoss()(h, h_view, y), contrast_loss(h, h_view))


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"h_view": torch.zeros(3, 3)}, ValueError, r"h_view must have the shape of h"),
        ({"h_view": None}, TypeError, r"h_view must be a floating-point"),
        ({"h": torch.zeros(4, 3).long()}, TypeError, r"\bh must be a floating-point"),
        ({"y": torch.zeros(3).long()}, ValueError, r"y must have one entry per row"),
        ({"y": torch.zeros(4)}, TypeError, r"y must hold integer labels"),
        ({"temperature": 0}, ValueError, r"temperature.* in the range \(0.0, inf\)"),
        ({"temperature": float("inf")}, ValueError, r"temperature.* in the range"),
        ({"temperature": "0.2"}, TypeError, r"temperature.* must be a float"),
    ],
)
def test_bad_arguments_are_refused(change, error, match):
    arguments = {"h": torch.zeros(4, 3), "h_view": torch.zeros(4, 3), **change}
    with pytest.raises(error, match=match):
        contrast_loss(**arguments)
