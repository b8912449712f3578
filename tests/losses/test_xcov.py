"""xcov_loss against the double loop and NumPy."""

import numpy as np
import pytest
import torch

from . import dense, oracles
from .calls import xcov_loss
from .dense import DTYPES, RTOL


def probabilities(n, columns, dtype=torch.float64):
    values = np.random.default_rng(1).uniform(size=(n, columns))
    return torch.tensor(values, dtype=dtype)


def weights(n, dtype=torch.float64):
    return torch.tensor(np.random.default_rng(2).uniform(0.1, 3, size=n), dtype=dtype)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("columns", [1, 2, 5])
@pytest.mark.parametrize("shape", [(1, 3), (2, 1), (60, 7)])
def test_equals_the_double_loop(shape, columns, dtype, weighted):
    h, y_prob = dense.logits(*shape, dtype), probabilities(shape[0], columns, dtype)
    w = weights(shape[0], dtype) if weighted else None
    actual = xcov_loss(h, y_prob, sample_weight=w)
    assert actual.dtype == dtype
    assert actual.shape == ()
    expected = oracles.xcov(h.numpy(), y_prob.numpy(), w)
    assert actual.item() == pytest.approx(expected, rel=RTOL[dtype], abs=dense.ATOL[dtype] ** 2)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_large_common_offset_does_not_hurt(dtype):
    h, y_prob = dense.logits(50, 4, dtype) + 100, probabilities(50, 2, dtype)
    expected = oracles.xcov(h.numpy(), y_prob.numpy())
    assert xcov_loss(h, y_prob).item() == pytest.approx(expected, rel=10 * RTOL[dtype])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("columns", [1, 3])
def test_gradcheck_in_both_inputs(columns, weighted):
    h, y_prob = dense.logits(9, 4).requires_grad_(), probabilities(9, columns).requires_grad_()
    w = weights(9) if weighted else None
    assert torch.autograd.gradcheck(lambda x, z: xcov_loss(x, z, sample_weight=w), (h, y_prob))


@pytest.mark.parametrize("dtype", DTYPES)
def test_gradient_equals_that_of_torch_cov(dtype):
    h, y_prob = dense.logits(40, 6, dtype), probabilities(40, 3, dtype)

    def reference(x):
        c = torch.cov(torch.cat([y_prob.double(), x], dim=1).T, correction=0)[:3, 3:]
        return 0.5 * (c**2).sum()

    actual = dense.gradient(xcov_loss, h, y_prob)
    assert actual.dtype == dtype
    assert dense.relative_error(actual, dense.gradient(reference, h.double())) < RTOL[dtype]


def test_integer_weights_are_repetition():
    h, y_prob, times = dense.logits(12, 4), probabilities(12, 2), torch.arange(12) % 4
    more = y_prob.repeat_interleave(times, dim=0)
    loss = xcov_loss(h, y_prob, sample_weight=times.double())
    torch.testing.assert_close(loss, xcov_loss(h.repeat_interleave(times, dim=0), more))
    actual = dense.gradient(lambda x: xcov_loss(x, y_prob, sample_weight=times.double()), h)
    expected = dense.gradient(lambda x: xcov_loss(x.repeat_interleave(times, dim=0), more), h)
    torch.testing.assert_close(actual, expected)


def test_zero_weights_are_removal():
    h, y_prob, w = dense.logits(12, 4), probabilities(12, 2), torch.arange(12.0).double() % 3
    keep = w > 0
    expected = xcov_loss(h[keep], y_prob[keep], sample_weight=w[keep])
    torch.testing.assert_close(xcov_loss(h, y_prob, sample_weight=w), expected)


@pytest.mark.parametrize("n, w", [(0, None), (0, 0), (1, None), (4, 0)])
def test_nothing_to_correlate_gives_zero(n, w):
    h = dense.logits(n, 3).requires_grad_()
    w = None if w is None else torch.zeros(n).double()
    loss = xcov_loss(h, probabilities(n, 2), sample_weight=w)
    loss.backward()
    assert loss.item() == 0
    assert (h.grad == 0).all()


def test_constant_probabilities_give_zero():
    loss = xcov_loss(dense.logits(10, 3), torch.full((10, 1), 0.5, dtype=torch.float64))
    assert loss.item() == pytest.approx(0, abs=1e-30)


def test_the_order_of_samples_does_not_matter():
    h, y_prob, w = dense.logits(12, 4), probabilities(12, 2), weights(12)
    actual = xcov_loss(h.flip(0), y_prob.flip(0), sample_weight=w.flip(0))
    torch.testing.assert_close(actual, xcov_loss(h, y_prob, sample_weight=w))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(dtype):
    h, y_prob = dense.logits(16, 5, dtype), probabilities(16, 2, dtype)
    actual = xcov_loss(h, y_prob)
    assert actual.dtype == torch.float32
    assert torch.equal(actual, xcov_loss(h.float(), y_prob.float()))


def test_autocast_changes_nothing():
    h = dense.logits(16, 5, torch.float32).requires_grad_()
    y_prob = probabilities(16, 2, torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        inside = xcov_loss(h, y_prob)
    inside.backward()
    assert torch.equal(inside, xcov_loss(h, y_prob))
    assert torch.equal(h.grad, dense.gradient(xcov_loss, h, y_prob))


def test_the_result_has_the_precision_of_h():
    h, y_prob = dense.logits(16, 5, torch.float32), probabilities(16, 2, torch.bfloat16)
    assert torch.equal(xcov_loss(h, y_prob), xcov_loss(h, y_prob.float()))


@pytest.mark.parametrize(
    "bad, error",
    [
        (torch.zeros(3), ValueError),
        (torch.zeros(3, 3, 4), ValueError),
        (torch.zeros(3, 3, dtype=torch.int64), TypeError),
        (np.zeros((3, 3)), TypeError),
    ],
)
def test_wrong_activations_are_refused(bad, error):
    with pytest.raises(error, match=r"\bh\b"):
        xcov_loss(bad, torch.zeros(3, 2))


@pytest.mark.parametrize(
    "bad, error",
    [
        (torch.zeros(2, 2), ValueError),
        (torch.zeros(3, 3, 4), ValueError),
        (np.zeros((3, 3)), TypeError),
    ],
)
def test_wrong_probabilities_are_refused(bad, error):
    with pytest.raises(error, match=r"\by_prob\b"):
        xcov_loss(torch.zeros(3, 4), bad)


@pytest.mark.parametrize(
    "bad, error",
    [(torch.ones(2), ValueError), (torch.ones(3, 1), ValueError), ("abc", TypeError)],
)
def test_wrong_weights_are_refused(bad, error):
    with pytest.raises(error, match=r"\bsample_weight\b"):
        xcov_loss(torch.zeros(3, 4), torch.zeros(3, 2), sample_weight=bad)
