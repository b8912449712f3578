"""decov_loss against the double loop and NumPy."""

import numpy as np
import pytest
import torch

from . import dense, oracles
from .calls import decov_loss
from .dense import DTYPES, RTOL


def weights(n, dtype):
    return torch.tensor(np.random.default_rng(1).uniform(0.1, 3, size=n), dtype=dtype)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1, 3), (2, 1), (5, 2), (60, 7)])
def test_equals_the_double_loop(shape, dtype, weighted):
    h = dense.logits(*shape, dtype)
    w = weights(shape[0], dtype) if weighted else None
    actual = decov_loss(h, sample_weight=w)
    assert actual.dtype == dtype
    assert actual.shape == ()
    expected = oracles.decov(h.numpy(), w)
    assert actual.item() == pytest.approx(expected, rel=RTOL[dtype], abs=dense.ATOL[dtype] ** 2)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_large_common_offset_does_not_hurt(dtype):
    h = dense.logits(50, 4, dtype) + 100
    actual, expected = decov_loss(h).item(), oracles.decov(h.numpy())
    assert actual == pytest.approx(expected, rel=10 * RTOL[dtype])


@pytest.mark.parametrize("weighted", [False, True])
def test_gradcheck(weighted):
    h = dense.logits(9, 4).requires_grad_()
    w = weights(9, torch.float64) if weighted else None
    assert torch.autograd.gradcheck(lambda x: decov_loss(x, sample_weight=w), (h,))


@pytest.mark.parametrize("dtype", DTYPES)
def test_gradient_equals_that_of_torch_cov(dtype):
    def reference(x):
        c = torch.cov(x.T, correction=0)
        return 0.5 * ((c**2).sum() - (c.diagonal() ** 2).sum())

    h = dense.logits(40, 6, dtype)
    actual = dense.gradient(decov_loss, h)
    assert actual.dtype == dtype
    assert dense.relative_error(actual, dense.gradient(reference, h.double())) < RTOL[dtype]


def test_integer_weights_are_repetition():
    h, times = dense.logits(12, 4), torch.arange(12) % 4
    loss = decov_loss(h, sample_weight=times.double())
    gradient = dense.gradient(lambda x: decov_loss(x, sample_weight=times.double()), h)
    expected = dense.gradient(lambda x: decov_loss(x.repeat_interleave(times, dim=0)), h)
    torch.testing.assert_close(loss, decov_loss(h.repeat_interleave(times, dim=0)))
    torch.testing.assert_close(gradient, expected)


def test_zero_weights_are_removal():
    h, w = dense.logits(12, 4), torch.arange(12.0).double() % 3
    actual, expected = decov_loss(h, sample_weight=w), decov_loss(h[w > 0], sample_weight=w[w > 0])
    torch.testing.assert_close(actual, expected)


@pytest.mark.parametrize("h, w", [((0, 3), None), ((0, 3), 0), ((1, 3), None), ((4, 3), 0)])
def test_nothing_to_correlate_gives_zero(h, w):
    h = dense.logits(*h).requires_grad_()
    loss = decov_loss(h, sample_weight=None if w is None else torch.zeros(len(h)).double())
    loss.backward()
    assert loss.item() == 0
    assert (h.grad == 0).all()


def test_the_order_of_samples_does_not_matter():
    h, w = dense.logits(12, 4), weights(12, torch.float64)
    actual = decov_loss(h.flip(0), sample_weight=w.flip(0))
    torch.testing.assert_close(actual, decov_loss(h, sample_weight=w))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(dtype):
    h = dense.logits(16, 5, dtype)
    actual = decov_loss(h)
    assert actual.dtype == torch.float32
    assert torch.equal(actual, decov_loss(h.float()))


def test_autocast_changes_nothing():
    h = dense.logits(16, 5, torch.float32).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        inside = decov_loss(h)
    inside.backward()
    assert torch.equal(inside, decov_loss(h))
    assert torch.equal(h.grad, dense.gradient(decov_loss, h))


@pytest.mark.parametrize(
    "bad, error",
    [
        (torch.zeros(3), ValueError),
        (torch.zeros(2, 3, 4), ValueError),
        (torch.zeros(2, 3, dtype=torch.int64), TypeError),
        (np.zeros((2, 3)), TypeError),
    ],
)
def test_wrong_activations_are_refused(bad, error):
    with pytest.raises(error, match=r"\bh\b"):
        decov_loss(bad)


@pytest.mark.parametrize(
    "bad, error",
    [(torch.ones(2), ValueError), (torch.ones(3, 1), ValueError), ("abc", TypeError)],
)
def test_wrong_weights_are_refused(bad, error):
    with pytest.raises(error, match=r"\bsample_weight\b"):
        decov_loss(torch.zeros(3, 4), sample_weight=bad)
