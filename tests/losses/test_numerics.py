"""Any finite input gives a finite loss and gradient, near those of the dense float64 formula.

Logits reach from denormals to +-1e4, ties and constant rows among them; N to 2,000, k to 512,
margins from 0 to 1e3.
"""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fa_sklearn.losses import pairwise_divergence
from fa_sklearn.losses._divergences import DIVERGENCES

from . import dense, oracles
from .calls import decov_loss, multilayer_loss, single_layer_loss, xcov_loss

EXAMPLES = 40
every_divergence = pytest.mark.parametrize("name", sorted(DIVERGENCES))
bounded = settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
few = settings(bounded, max_examples=10)

DENORMAL = {np.float32: 1e-42, np.float64: 1e-310}
margins = st.one_of(st.sampled_from([0.0, 1e-6, 0.1, 1.0, 10.0, 1e3]), st.floats(0, 1e3))


def make_logits(kind, n, k, dtype, seed):
    """Rows of one kind of trouble."""
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=(n, k))
    rows = {
        "ordinary": lambda: normal,
        "extreme": lambda: rng.choice([-1e4, 0.0, 1e4], size=(n, k)),
        "huge": lambda: 1e4 * normal,
        "ties": lambda: rng.integers(0, 2, size=(n, k)).astype(float),
        "equal": lambda: np.full((n, k), rng.choice([-1e4, 0.0, 3.0, 1e4])),
        "denormal": lambda: DENORMAL[dtype] * rng.integers(-3, 4, size=(n, k)),
        "after ReLU": lambda: np.maximum(normal - 1, 0) * 10,
        "near ties": lambda: 1 + 1e-6 * normal,
        "mixed": lambda: normal * rng.choice([0.0, 1e-30, 1.0, 1e4], size=(n, 1)),
    }[kind]()
    return torch.tensor(rows.astype(dtype))


KINDS = (
    "ordinary",
    "extreme",
    "huge",
    "ties",
    "equal",
    "denormal",
    "after ReLU",
    "near ties",
    "mixed",
)
seeds = st.integers(0, 2**32 - 1)
dtypes = st.sampled_from([np.float32, np.float64])


def rows_of(sizes, widths):
    return st.builds(make_logits, st.sampled_from(KINDS), sizes, widths, dtypes, seeds)


small_rows = rows_of(st.integers(1, 40), st.integers(1, 24))


def value_and_gradient(function, h):
    leaf = h.clone().requires_grad_()
    value = function(leaf)
    value.backward()
    return value.detach(), leaf.grad


def assert_finite(value, gradient):
    assert torch.isfinite(value)
    assert value >= 0
    assert torch.isfinite(gradient).all()


def value_tolerance(h, margin, name):
    """What rounding may add to a mean of hinges: it is relative to the terms that cancel."""
    logit_range = float(h.max() - h.min()) + math.log(h.shape[1])
    size = {"kl": 1 + logit_range, "jeffreys": 1 + 2 * logit_range}.get(name, 1.0)
    return 32 * torch.finfo(h.dtype).eps * (size + margin)


def gap(h, y, margin, name):
    """Smallest distance of a pair from the kink of its hinge, in float64."""
    distance = dense.divergence(h.double(), name)
    same = torch.ones_like(distance, dtype=torch.bool) if y is None else y[:, None] == y[None, :]
    same.fill_diagonal_(False)
    slack = (margin - distance).abs()[same]
    return float(slack.min()) if len(slack) else math.inf


def assert_near(actual, expected, h, y, margin, name, scale):
    """Compare value and gradient; the gradient jumps at a kink, so not close to one."""
    tolerance = value_tolerance(h, margin, name)
    value, gradient = actual
    wanted, wanted_gradient = expected
    assert abs(float(value) - float(wanted)) <= scale * tolerance + 1e-5 * float(wanted) * (
        h.dtype == torch.float32
    )
    if gap(h, y, margin, name) > 2 * tolerance:
        largest = float(wanted_gradient.abs().max())
        error = float((gradient.double() - wanted_gradient).abs().max())
        assert error <= scale * tolerance + 1e-4 * largest


# -- against float64 --------------------------------------------------------------------------


@every_divergence
@bounded
@given(h=small_rows, margin=margins, n_groups=st.integers(1, 6), seed=seeds)
def test_multilayer_loss_is_near_the_float64_formula(name, h, margin, n_groups, seed):
    y = dense.labels(len(h), n_groups, seed)
    actual = value_and_gradient(lambda x: multilayer_loss(x, y, margin, name), h)
    assert_finite(*actual)
    expected = value_and_gradient(lambda x: dense.multi(x, y, margin, name), h.double())
    assert_near(actual, expected, h, y, margin, name, scale=2 * n_groups)


@every_divergence
@bounded
@given(weight=small_rows, margin=margins)
def test_single_layer_loss_is_near_the_float64_formula(name, weight, margin):
    actual = value_and_gradient(lambda x: single_layer_loss(x, margin, name), weight)
    assert_finite(*actual)
    expected = value_and_gradient(lambda x: dense.single(x, margin, name), weight.double())
    n_pairs = len(weight) * (len(weight) - 1)
    assert_near(actual, expected, weight, None, margin, name, scale=max(1, n_pairs))


@every_divergence
@few
@given(h=rows_of(st.integers(1, 8), st.integers(1, 8)), margin=margins, seed=seeds)
def test_both_losses_are_near_the_double_loop(name, h, margin, seed):
    """The oracle shares no code with torch's softmax."""
    y = dense.labels(len(h), 2, seed)
    tolerance = value_tolerance(h, margin, name)
    multi = oracles.multi(h.numpy(), y.numpy(), margin, name)
    assert abs(float(multilayer_loss(h, y, margin, name)) - multi) <= 4 * tolerance + 1e-5 * multi
    single = oracles.single(h.numpy(), margin, name)
    pairs = max(1, len(h) * (len(h) - 1))
    error = abs(float(single_layer_loss(h, margin, name)) - single)
    assert error <= pairs * tolerance + 1e-5 * single


# -- sizes ------------------------------------------------------------------------------------


@every_divergence
@few
@given(
    shape=st.one_of(
        st.sampled_from([(1, 1), (1, 512), (2, 512), (257, 1), (300, 64)]),
        st.tuples(st.integers(1, 300), st.integers(1, 64)),
        st.tuples(st.integers(1, 40), st.integers(1, 512)),
    ),
    kind=st.sampled_from(KINDS),
    margin=margins,
    n_groups=st.integers(1, 9),
    seed=seeds,
)
def test_any_shape_is_finite_and_near_float64(name, shape, kind, margin, n_groups, seed):
    h = make_logits(kind, *shape, np.float32, seed)
    y = dense.labels(len(h), n_groups, seed)
    actual = value_and_gradient(lambda x: multilayer_loss(x, y, margin, name), h)
    assert_finite(*actual)
    expected = value_and_gradient(lambda x: multilayer_loss(x, y, margin, name), h.double())
    tolerance = value_tolerance(h, margin, name)
    error = abs(float(actual[0]) - float(expected[0]))
    assert error <= 2 * n_groups * tolerance + 1e-5 * float(expected[0])


@pytest.mark.parametrize("name", ["hellinger", "jeffreys", "kl"])
@pytest.mark.parametrize("kind", KINDS)
def test_two_thousand_rows(kind, name):
    h = make_logits(kind, 2000, 16, np.float32, 0)
    y = dense.labels(2000, 3)
    actual = value_and_gradient(lambda x: multilayer_loss(x, y, 1.0, name), h)
    assert_finite(*actual)
    exact = float(multilayer_loss(h.double(), y, 1.0, name))
    assert abs(float(actual[0]) - exact) <= 6 * value_tolerance(h, 1.0, name) + 1e-5 * exact


@pytest.mark.parametrize("kind", ["extreme", "ordinary"])
def test_two_thousand_rows_of_a_divergence_that_is_no_product(kind):
    h = make_logits(kind, 2000, 2, np.float32, 0)
    y = dense.labels(2000, 8)
    value, gradient = value_and_gradient(lambda x: multilayer_loss(x, y, 0.25, "js"), h)
    assert_finite(value, gradient)
    exact = float(multilayer_loss(h.double(), y, 0.25, "js"))
    assert float(value) == pytest.approx(exact, rel=1e-5)


# -- properties -------------------------------------------------------------------------------


@every_divergence
@bounded
@given(h=small_rows, margin=margins, unused=st.integers(2, 1000), seed=seeds)
def test_empty_groups_change_nothing(name, h, margin, unused, seed):
    """Labels that no sample has leave gaps between those that occur."""
    y = dense.labels(len(h), 3, seed)
    assert torch.equal(
        multilayer_loss(h, y, margin, name), multilayer_loss(h, unused * y, margin, name)
    )


@every_divergence
@bounded
@given(h=small_rows, margin=margins, seed=seeds)
def test_a_group_without_weight_changes_nothing(name, h, margin, seed):
    y = dense.labels(len(h), 3, seed)
    weight = (y != 0).to(h.dtype)
    actual = value_and_gradient(
        lambda x: multilayer_loss(x, y, margin, name, sample_weight=weight), h
    )
    assert_finite(*actual)
    assert (actual[1][y == 0] == 0).all()
    kept = float(multilayer_loss(h[y != 0], y[y != 0], margin, name))
    assert float(actual[0]) == pytest.approx(kept, rel=1e-4, abs=value_tolerance(h, margin, name))


@every_divergence
@bounded
@given(h=small_rows)
def test_margin_zero_is_exactly_zero(name, h):
    for loss in (multilayer_loss, single_layer_loss):
        value, gradient = value_and_gradient(
            lambda x, loss=loss: loss(x, margin=0.0, divergence=name), h
        )
        assert value == 0
        assert (gradient == 0).all()


@every_divergence
@bounded
@given(h=small_rows, low=margins, high=margins)
def test_a_larger_margin_costs_no_less(name, h, low, high):
    low, high = sorted((low, high))
    tolerance = value_tolerance(h, high, name)
    assert multilayer_loss(h, margin=low, divergence=name) <= (
        multilayer_loss(h, margin=high, divergence=name) * (1 + 1e-5) + 2 * tolerance
    )


@every_divergence
@bounded
@given(h=small_rows)
def test_pairwise_divergence_is_finite_with_its_gradient(name, h):
    leaf = h.clone().requires_grad_()
    matrix = pairwise_divergence(leaf, name)
    matrix.sum().backward()
    assert torch.isfinite(matrix).all() and (matrix >= 0).all()
    assert torch.isfinite(leaf.grad).all()


@every_divergence
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_an_empty_batch_is_zero(name, dtype):
    h = torch.empty(0, 3, dtype=dtype)
    for y in (None, torch.empty(0, dtype=torch.int64)):
        assert multilayer_loss(h, y, 1e3, name) == 0
    assert single_layer_loss(h, 1e3, name) == 0


@bounded
@given(h=small_rows, seed=seeds)
def test_covariance_penalties_are_near_float64(h, seed):
    """Their float32 values are finite as long as the fourth power of a logit is."""
    y_prob = torch.rand(len(h), 2, dtype=h.dtype, generator=torch.Generator().manual_seed(seed))
    for loss in (decov_loss, lambda x: xcov_loss(x, y_prob.to(x))):
        actual = value_and_gradient(loss, h)
        assert_finite(*actual)
        exact, gradient = value_and_gradient(loss, h.double())
        scale = max(float(h.abs().max()), 1e-300)
        slack = 1e3 * torch.finfo(h.dtype).eps
        size = h.shape[1] ** 2 * max(scale, scale**4)
        assert abs(float(actual[0]) - float(exact)) <= slack * size
        assert float((actual[1].double() - gradient).abs().max()) <= slack * size
