"""single_layer_loss against the double loop and plain autograd."""

import numpy as np
import pytest
import torch

from . import dense, oracles
from .calls import single_layer_loss
from .dense import DTYPES, RTOL
from .oracles import DIVERGENCES

MARGINS = (0.05, 0.4, 5.0, 1e3)


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("shape", [(1, 3), (2, 1), (2, 7), (15, 40)])
def test_equals_the_double_loop(shape, margin, dtype, name):
    weight = dense.logits(*shape, dtype, scale=0.5)
    actual = single_layer_loss(weight, margin, name)
    assert actual.dtype == dtype
    assert actual.shape == ()
    expected = oracles.single(weight.numpy(), margin, name)
    # The hinge of a pair inherits the divergence's absolute error.
    floor = dense.ATOL[dtype] * shape[0]
    assert actual.item() == pytest.approx(expected, rel=RTOL[dtype], abs=floor)


def test_defaults_are_the_papers():
    weight = dense.logits(6, 8)
    assert torch.equal(single_layer_loss(weight), single_layer_loss(weight, 5.0, "kl"))


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_more_rows_than_a_block(dtype, name):
    weight = dense.logits(600, 4, dtype)
    expected = dense.single(weight.double(), 0.5, name).item()
    actual = single_layer_loss(weight, 0.5, name).item()
    assert actual == pytest.approx(expected, rel=RTOL[dtype])


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("margin", [0.3, 50.0])
def test_gradcheck(margin, name):
    weight = dense.logits(6, 4).requires_grad_()
    assert dense.distance_from_kink(weight, margin, name) > 1e-4
    assert torch.autograd.gradcheck(lambda x: single_layer_loss(x, margin, name), (weight,))


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("margin", [0.3, 50.0])
def test_gradient_equals_the_dense_one(margin, dtype, name):
    weight = dense.logits(15, 20, dtype, scale=0.6)
    assert dense.distance_from_kink(weight, margin, name) > 1e-5
    actual = dense.gradient(lambda x: single_layer_loss(x, margin, name), weight)
    expected = dense.gradient(lambda x: dense.single(x, margin, name), weight.double())
    assert actual.dtype == dtype
    assert dense.relative_error(actual, expected) < RTOL[dtype]


@pytest.mark.parametrize("name", DIVERGENCES)
def test_the_gradient_scales_with_what_follows(name):
    weight = dense.logits(5, 6)
    once = dense.gradient(lambda x: single_layer_loss(x, 2.0, name), weight)
    thrice = dense.gradient(lambda x: 3 * single_layer_loss(x, 2.0, name), weight)
    torch.testing.assert_close(thrice, 3 * once)


@pytest.mark.parametrize("name", DIVERGENCES)
def test_a_step_against_the_gradient_spreads_the_rows(name):
    weight = dense.logits(6, 5, scale=0.1)
    step = weight - 1e-3 * dense.gradient(lambda x: single_layer_loss(x, 5.0, name), weight)
    assert single_layer_loss(step, 5.0, name) < single_layer_loss(weight, 5.0, name)


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_margin_zero_is_exactly_zero(dtype, name):
    weight = dense.logits(20, 5, dtype, scale=1e-3).requires_grad_()
    loss = single_layer_loss(weight, 0.0, name)
    loss.backward()
    assert loss.item() == 0
    assert (weight.grad == 0).all()


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_rows_give_zero(n, name):
    weight = dense.logits(n, 4).requires_grad_()
    loss = single_layer_loss(weight, 5.0, name)
    loss.backward()
    assert loss.item() == 0
    assert torch.equal(weight.grad, torch.zeros(n, 4, dtype=torch.float64))


@pytest.mark.parametrize("name", DIVERGENCES)
def test_equal_rows_pay_the_margin(name):
    loss = single_layer_loss(torch.ones(7, 4, dtype=torch.float64), 3.0, name)
    assert loss.item() == pytest.approx(7 * 6 * 3.0, rel=1e-12)


@pytest.mark.parametrize("name", DIVERGENCES)
def test_the_order_of_rows_and_of_columns_does_not_matter(name):
    weight = dense.logits(12, 6)
    expected = single_layer_loss(weight, 0.4, name)
    torch.testing.assert_close(single_layer_loss(weight.flip(0), 0.4, name), expected)
    torch.testing.assert_close(single_layer_loss(weight.flip(1), 0.4, name), expected)


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(dtype, name):
    weight = dense.logits(9, 5, dtype)
    actual = single_layer_loss(weight, 0.4, name)
    assert actual.dtype == torch.float32
    assert torch.equal(actual, single_layer_loss(weight.float(), 0.4, name))
    gradient = dense.gradient(lambda x: single_layer_loss(x, 0.4, name), weight)
    expected = dense.gradient(lambda x: single_layer_loss(x, 0.4, name), weight.float())
    assert torch.equal(gradient, expected.to(dtype))


@pytest.mark.parametrize("name", DIVERGENCES)
def test_autocast_changes_nothing(name):
    def value_and_gradient():
        weight = dense.logits(9, 5, torch.float32).requires_grad_()
        loss = single_layer_loss(weight, 0.4, name)
        loss.backward()
        return loss.detach(), weight.grad

    with torch.autocast("cpu", torch.bfloat16):
        inside = value_and_gradient()
    for actual, expected in zip(inside, value_and_gradient(), strict=True):
        assert actual.dtype == torch.float32
        assert torch.equal(actual, expected)


def test_a_callable_divergence():
    weight = dense.logits(9, 5)

    def divergence(log_p, log_q):
        return dense.row_divergence(log_p, log_q, "kl")

    torch.testing.assert_close(
        single_layer_loss(weight, 0.7, divergence), single_layer_loss(weight, 0.7, "kl")
    )
    actual, expected = (
        dense.gradient(lambda x, d=d: single_layer_loss(x, 0.7, d), weight)
        for d in (divergence, "kl")
    )
    torch.testing.assert_close(actual, expected)


@pytest.mark.parametrize(
    "bad, error",
    [
        (torch.zeros(3), ValueError),
        (torch.zeros(2, 3, 4), ValueError),
        (torch.zeros(2, 3, dtype=torch.int64), TypeError),
        (np.zeros((2, 3)), TypeError),
    ],
)
def test_a_wrong_weight_is_refused(bad, error):
    with pytest.raises(error, match=r"\blayer_weight\b"):
        single_layer_loss(bad)


@pytest.mark.parametrize(
    "margin, error",
    [(-1.0, ValueError), (float("nan"), ValueError), ("5", TypeError), (None, TypeError)],
)
def test_a_wrong_margin_is_refused(margin, error):
    with pytest.raises(error, match=r"\bmargin\b"):
        single_layer_loss(torch.zeros(2, 3), margin)


def test_an_unknown_divergence_is_refused():
    with pytest.raises(ValueError, match=r"\bdivergence\b"):
        single_layer_loss(torch.zeros(2, 3), divergence="kll")
