"""pairwise_divergence against the double loop, and the properties of each divergence."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fa_sklearn.losses import pairwise_divergence
from fa_sklearn.losses._divergences import DIVERGENCES as REGISTERED

from . import dense, oracles
from .calls import multilayer_loss
from .dense import ATOL, DTYPES, RTOL
from .oracles import DIVERGENCES

SYMMETRIC = ("js", "jeffreys", "hellinger")
SHAPES = [(1, 1), (1, 4), (2, 1), (3, 2), (17, 15), (40, 3)]

extreme = st.sampled_from([0.0, 1e4, -1e4, 1.0, -1.0, 1e-45, -1e-45, 1e-38, 88.0, -104.0])
ordinary = st.floats(-1e4, 1e4, width=32, allow_subnormal=True)
sizes = st.tuples(st.integers(1, 8), st.integers(1, 6))
# Drawn in float64, since hypothesis takes denormals in float32 for a fault of some NumPy builds.
float32_logits = sizes.flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.one_of(extreme, ordinary), fill=extreme)
).map(np.float32)
quick = settings(max_examples=60, deadline=None, derandomize=True, database=None)


def assert_matches_oracle(h, name):
    actual = pairwise_divergence(h, name)
    expected = torch.tensor(oracles.divergence_matrix(h.numpy(), name))
    assert actual.dtype == h.dtype
    assert actual.shape == (len(h), len(h))
    torch.testing.assert_close(actual.double(), expected, rtol=RTOL[h.dtype], atol=ATOL[h.dtype])


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_equals_the_double_loop(shape, dtype, name):
    assert_matches_oracle(dense.logits(*shape, dtype), name)


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_many_rows_equal_the_dense_expression(dtype, name):
    h = dense.logits(600, 5, dtype)
    expected = dense.divergence(h.double(), name)
    actual = pairwise_divergence(h, name).double()
    torch.testing.assert_close(actual, expected, rtol=RTOL[dtype], atol=ATOL[dtype])


@pytest.mark.parametrize("name", DIVERGENCES)
@quick
@given(values=float32_logits, double=st.booleans())
def test_any_logits_equal_the_double_loop(name, values, double):
    assert_matches_oracle(torch.tensor(values, dtype=DTYPES[double]), name)


@pytest.mark.parametrize("name", DIVERGENCES)
@quick
@given(values=float32_logits, double=st.booleans())
def test_properties_hold_for_any_logits(name, values, double):
    dtype = DTYPES[double]
    matrix = pairwise_divergence(torch.tensor(values, dtype=dtype), name)
    assert torch.isfinite(matrix).all()
    assert (matrix >= 0).all()
    assert (matrix.diagonal() == 0).all()
    if name in SYMMETRIC:
        torch.testing.assert_close(matrix, matrix.T, rtol=RTOL[dtype], atol=ATOL[dtype])
    upper = {"js": math.log(2), "hellinger": 1.0}.get(name, math.inf)
    assert (matrix <= upper + 4 * torch.finfo(dtype).eps).all()


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("value", [0.0, 3.0, 1e4, -1e4, 1e-45])
def test_equal_logits_have_no_divergence(value, dtype, name):
    matrix = pairwise_divergence(torch.full((5, 7), value, dtype=dtype), name)
    torch.testing.assert_close(matrix, torch.zeros(5, 5, dtype=dtype), rtol=0, atol=ATOL[dtype])


@pytest.mark.parametrize("name", DIVERGENCES)
def test_disjoint_distributions_reach_the_bounds(name):
    h = torch.eye(3) * 1e4
    bound = {"kl": 1e4, "jeffreys": 2e4, "js": math.log(2), "hellinger": 1.0}[name]
    expected = bound * (1 - torch.eye(3))
    torch.testing.assert_close(pairwise_divergence(h, name), expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("name", DIVERGENCES)
def test_a_shift_of_a_row_changes_nothing(name):
    h = dense.logits(8, 5)
    shift = torch.linspace(-50, 50, 8, dtype=torch.float64)[:, None]
    actual, expected = pairwise_divergence(h + shift, name), pairwise_divergence(h, name)
    torch.testing.assert_close(actual, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", DIVERGENCES)
def test_gradcheck(name):
    h = dense.logits(6, 4).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: pairwise_divergence(x, name), (h,))


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_gradient_equals_the_dense_one(dtype, name):
    h = dense.logits(20, 6, dtype)
    weight = dense.logits(20, 20, dtype, seed=1)
    actual = dense.gradient(lambda x: (weight * pairwise_divergence(x, name)).sum(), h)
    expected = dense.gradient(
        lambda x: (weight.double() * dense.divergence(x, name)).sum(), h.double()
    )
    assert actual.dtype == dtype
    assert dense.relative_error(actual, expected) < RTOL[dtype]


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_gradients_of_extreme_logits_are_finite(dtype, name):
    h = torch.tensor([[1e4, -1e4, 0], [-1e4, 1e4, 0], [0, 0, 0], [0, 0, 1e4]], dtype=dtype)
    assert torch.isfinite(dense.gradient(lambda x: pairwise_divergence(x, name).sum(), h)).all()


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_callable_equals_the_built_in_it_re_implements(dtype, name):
    def divergence(log_p, log_q):
        assert log_p.shape == log_q.shape
        assert log_p.shape[1] == 4
        return dense.row_divergence(log_p, log_q, name)

    h = dense.logits(30, 4, dtype)
    actual, expected = pairwise_divergence(h, divergence), pairwise_divergence(h, name)
    torch.testing.assert_close(actual, expected, rtol=RTOL[dtype], atol=ATOL[dtype])
    assert (actual.diagonal() == 0).all()
    weight = dense.logits(30, 30, dtype, seed=1)
    actual, expected = (
        dense.gradient(lambda x, d=d: (weight * pairwise_divergence(x, d)).sum(), h)
        for d in (divergence, name)
    )
    assert dense.relative_error(actual, expected) < RTOL[dtype]


def test_the_argument_order_of_a_callable_is_row_then_column():
    def first_entry_of_p(log_p, log_q):
        return log_p[:, 0].exp() + 2 * log_q[:, 0].exp()

    h = dense.logits(4, 3)
    p = torch.softmax(h, dim=1)[:, 0]
    expected = (p[:, None] + 2 * p[None, :]).fill_diagonal_(0)
    torch.testing.assert_close(pairwise_divergence(h, first_entry_of_p), expected)


@pytest.mark.parametrize("name", DIVERGENCES)
def test_no_rows_give_an_empty_matrix(name):
    assert pairwise_divergence(torch.zeros(0, 3), name).shape == (0, 0)


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(dtype, name):
    h = dense.logits(12, 5, dtype)
    actual = pairwise_divergence(h, name)
    assert actual.dtype == torch.float32
    assert torch.equal(actual, pairwise_divergence(h.float(), name))


@pytest.mark.parametrize("name", DIVERGENCES)
def test_autocast_changes_nothing(name):
    h = dense.logits(12, 5, torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        inside = pairwise_divergence(h, name)
    assert inside.dtype == torch.float32
    assert torch.equal(inside, pairwise_divergence(h, name))


@pytest.mark.parametrize("name", DIVERGENCES)
def test_strided_input_is_read_as_it_is(name):
    h = dense.logits(12, 5)
    strided = h.repeat_interleave(2, dim=1).T.contiguous().T[:, ::2]
    assert not strided.is_contiguous()
    torch.testing.assert_close(pairwise_divergence(strided, name), pairwise_divergence(h, name))


@pytest.mark.parametrize(
    "typo, meant", [("KL", "kl"), ("jefreys", "jeffreys"), ("helinger", "hellinger")]
)
def test_an_unknown_name_suggests_a_near_one(typo, meant):
    with pytest.raises(ValueError, match=f"(?s)divergence.*(?<!\\w){meant}(?!\\w)") as info:
        pairwise_divergence(torch.zeros(2, 2), typo)
    assert typo in str(info.value)
    assert "did you mean" in str(info.value).lower()


@pytest.mark.parametrize("bad", [None, 3, ["kl"]])
def test_a_divergence_of_another_type_is_refused(bad):
    with pytest.raises(TypeError, match=r"\bdivergence\b"):
        pairwise_divergence(torch.zeros(2, 2), bad)


@pytest.mark.parametrize(
    "bad, error",
    [
        (torch.zeros(3), ValueError),
        (torch.zeros(2, 3, 4), ValueError),
        (torch.zeros(3, 0), ValueError),
        (torch.zeros(2, 3, dtype=torch.int64), TypeError),
        (torch.zeros(2, 3, dtype=torch.complex64), TypeError),
        (np.zeros((2, 3)), TypeError),
    ],
)
def test_wrong_logits_are_refused(bad, error):
    with pytest.raises(error, match=r"\bh\b"):
        pairwise_divergence(bad)


@pytest.mark.parametrize("reduce", [torch.sum, torch.abs, lambda x: x.sum(1, keepdim=True)])
def test_a_callable_that_does_not_give_a_value_a_pair_is_refused(reduce):
    def divergence(log_p, log_q):
        return reduce(log_p - log_q)

    with pytest.raises(ValueError, match=r"\bdivergence\b"):
        pairwise_divergence(torch.zeros(3, 2), divergence)
    with pytest.raises(ValueError, match=r"\bdivergence\b"):
        multilayer_loss(torch.zeros(3, 2), divergence=divergence)


@pytest.mark.parametrize(
    "name", [name for name, registered in REGISTERED.items() if registered.product_form]
)
def test_the_gradient_of_the_factors_is_that_of_autograd(name):
    form = REGISTERED[name].product_form
    log_p = torch.log_softmax(dense.logits(5, 6), dim=0).requires_grad_()
    factors = form.factors(log_p, 1.5)
    by_factors = [dense.logits(*factor.shape, seed=1 + i) for i, factor in enumerate(factors)]
    (expected,) = torch.autograd.grad(factors, log_p, by_factors)
    torch.testing.assert_close(form.gradient(log_p, *by_factors), expected, rtol=1e-12, atol=1e-12)


def test_all_but_jensen_shannon_are_matrix_products():
    assert [name for name, entry in REGISTERED.items() if not entry.product_form] == ["js"]
