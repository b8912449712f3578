"""multilayer_loss against the double loop and plain autograd."""

import numpy as np
import pytest
import torch

from . import dense, oracles
from .calls import multilayer_loss
from .dense import DTYPES, RTOL, value_and_gradient
from .oracles import DIVERGENCES

NORMALIZATIONS = ("group", "pairs")
MARGINS = (0.05, 0.6, 1e3)
LABELS = {
    "one group": None,
    "binary": np.arange(24) % 2,
    "every sample its own": np.arange(24),
    "negative, with gaps": np.array([-5, 1000, 7])[np.random.default_rng(0).integers(3, size=24)],
    "beyond float32": 2**60 + np.arange(24) // 8,
    "one sample alone": np.array([0] + [1] * 23),
}


def as_labels(key):
    values = LABELS[key]
    return None if values is None else torch.tensor(values)


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("key", LABELS)
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_equals_the_double_loop(normalization, key, margin, dtype, name):
    h = dense.logits(24, 5, dtype)
    actual = multilayer_loss(h, as_labels(key), margin, name, normalization)
    assert actual.dtype == dtype
    assert actual.shape == ()
    expected = oracles.multi(h.numpy(), LABELS[key], margin, name, normalization)
    assert actual.item() == pytest.approx(expected, rel=RTOL[dtype])


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("key", LABELS)
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_weighted_equals_the_double_loop(normalization, key, dtype, name):
    h = dense.logits(24, 5, dtype)
    w = torch.tensor(np.random.default_rng(2).uniform(0.1, 3, size=24), dtype=dtype)
    w[3] = 0
    actual = multilayer_loss(h, as_labels(key), 0.6, name, normalization, sample_weight=w)
    expected = oracles.multi(h.numpy(), LABELS[key], 0.6, name, normalization, w.numpy())
    assert actual.item() == pytest.approx(expected, rel=RTOL[dtype])


def test_defaults_are_the_papers():
    h, y = dense.logits(12, 4), dense.labels(12, 2)
    assert torch.equal(multilayer_loss(h, y), multilayer_loss(h, y, 1.0, "kl", "group"))


def test_no_labels_are_one_group():
    h = dense.logits(12, 4)
    same = torch.full((12,), 3)
    torch.testing.assert_close(multilayer_loss(h), multilayer_loss(h, same))
    torch.testing.assert_close(multilayer_loss(h, normalization="pairs"), multilayer_loss(h))


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("margin", [0.3, 50.0])
@pytest.mark.parametrize("key", LABELS)
def test_gradcheck(key, margin, name):
    y = None if LABELS[key] is None else as_labels(key)[:8]
    h = dense.logits(8, 3, seed=3).requires_grad_()
    assert dense.distance_from_kink(h, margin, name, y) > 1e-4
    assert torch.autograd.gradcheck(lambda x: multilayer_loss(x, y, margin, name), (h,))


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_weighted_gradcheck(normalization, name):
    h, y = dense.logits(8, 3, seed=3).requires_grad_(), torch.arange(8) % 2
    w = torch.tensor([0.5, 2, 1, 0, 3, 0.1, 1, 1], dtype=torch.float64)
    assert dense.distance_from_kink(h, 0.3, name, y) > 1e-4
    assert torch.autograd.gradcheck(
        lambda x: multilayer_loss(x, y, 0.3, name, normalization, sample_weight=w), (h,)
    )


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("key", LABELS)
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_gradient_equals_the_dense_one(normalization, key, dtype, name):
    h, y = dense.logits(24, 5, dtype), as_labels(key)
    w = torch.tensor(np.random.default_rng(2).uniform(0.1, 3, size=24), dtype=dtype)
    assert dense.distance_from_kink(h, 0.6, name, y) > 1e-5
    _, actual = value_and_gradient(h, y, 0.6, name, normalization, sample_weight=w)
    expected = dense.gradient(lambda x: dense.multi(x, y, 0.6, name, normalization, w), h.double())
    assert actual.dtype == dtype
    if key == "every sample its own":
        assert (actual == 0).all()
    else:
        assert dense.relative_error(actual, expected) < RTOL[dtype]


@pytest.mark.parametrize("name", DIVERGENCES)
def test_the_gradient_scales_with_what_follows(name):
    h, y = dense.logits(10, 6), dense.labels(10, 2)
    once = dense.gradient(lambda x: multilayer_loss(x, y, 0.6, name), h)
    thrice = dense.gradient(lambda x: 3 * multilayer_loss(x, y, 0.6, name), h)
    torch.testing.assert_close(thrice, 3 * once)


@pytest.mark.parametrize("name", DIVERGENCES)
def test_a_graph_kept_can_be_walked_twice(name):
    h = dense.logits(10, 6).requires_grad_()
    loss = multilayer_loss(h, None, 0.6, name)
    loss.backward(retain_graph=True)
    once = h.grad.clone()
    loss.backward()
    torch.testing.assert_close(h.grad, 2 * once)


@pytest.mark.parametrize("name", DIVERGENCES)
def test_inputs_and_global_generator_stay_as_they_were(name):
    h, y, w = dense.logits(10, 6), dense.labels(10, 3), torch.rand(10).double()
    before = h.clone(), y.clone(), w.clone(), torch.get_rng_state()
    value_and_gradient(h, y, 0.6, name, sample_weight=w)
    for actual, expected in zip((h, y, w, torch.get_rng_state()), before, strict=True):
        assert torch.equal(actual, expected)


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_the_order_of_samples_does_not_matter(normalization, name):
    h, y, w = dense.logits(30, 4), dense.labels(30, 3), dense.logits(30, 1, seed=4)[:, 0].abs()
    order = torch.tensor(np.random.default_rng(5).permutation(30))
    loss, gradient = value_and_gradient(h, y, 0.6, name, normalization, sample_weight=w)
    shuffled_loss, shuffled_gradient = value_and_gradient(
        h[order], y[order], 0.6, name, normalization, sample_weight=w[order]
    )
    torch.testing.assert_close(shuffled_loss, loss, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(shuffled_gradient, gradient[order], rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("dtype", [torch.int8, torch.int32, torch.int64, torch.uint8, torch.bool])
def test_any_integer_labels_group_alike(dtype):
    h, y = dense.logits(20, 4), dense.labels(20, 2)
    torch.testing.assert_close(multilayer_loss(h, y.to(dtype)), multilayer_loss(h, y))


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_groups_do_not_see_each_other(normalization, name):
    h, y = dense.logits(20, 4), torch.arange(20) % 2
    moved = torch.where((y == 1)[:, None], 3 - h, h)
    _, gradient = value_and_gradient(h, y, 0.6, name, normalization)
    _, moved_gradient = value_and_gradient(moved, y, 0.6, name, normalization)
    torch.testing.assert_close(moved_gradient[y == 0], gradient[y == 0])


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("scale", [0.0, 1e-3, 2.0])
def test_margin_zero_is_exactly_zero(scale, normalization, dtype, name):
    h, y = dense.logits(40, 5, dtype, scale=scale), dense.labels(40, 2)
    loss, gradient = value_and_gradient(h, y, 0.0, name, normalization)
    assert loss.item() == 0
    assert (gradient == 0).all()


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_groups", [1, 4, 40])
def test_equal_rows_pay_twice_the_margin_a_group(n_groups, dtype, name):
    h, y = torch.ones(40, 5, dtype=dtype), torch.arange(40) % n_groups
    loss, gradient = value_and_gradient(h, y, 0.7, name)
    assert loss.item() == pytest.approx(2 * 0.7 * n_groups, rel=RTOL[dtype])
    assert gradient.abs().max().item() < RTOL[dtype]


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("with_labels", [False, True])
@pytest.mark.parametrize("with_weights", [False, True])
def test_an_empty_batch_gives_zero(with_weights, with_labels, normalization, name):
    y = torch.zeros(0, dtype=torch.int64) if with_labels else None
    w = torch.zeros(0) if with_weights else None
    loss, gradient = value_and_gradient(
        torch.zeros(0, 4), y, 1.0, name, normalization, sample_weight=w
    )
    assert loss.item() == 0
    assert gradient.shape == (0, 4)


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_one_sample_pays_twice_the_margin(normalization, name):
    loss, gradient = value_and_gradient(
        dense.logits(1, 4), torch.tensor([9]), 0.7, name, normalization
    )
    assert loss.item() == pytest.approx(1.4, rel=1e-12)
    assert (gradient == 0).all()


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_extreme_logits_stay_finite(dtype, name):
    h = torch.tensor(np.random.default_rng(0).choice([-1e4, 0, 1e4], size=(30, 4)), dtype=dtype)
    loss, gradient = value_and_gradient(h, None, 1.0, name)
    assert loss.item() == pytest.approx(oracles.multi(h.numpy(), None, 1.0, name), rel=RTOL[dtype])
    assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("integer_weights", [False, True])
def test_integer_weights_are_repetition(integer_weights, normalization, dtype, name):
    h, y = dense.logits(16, 4, dtype), torch.arange(16) % 3
    times = torch.tensor(np.random.default_rng(6).integers(1, 4, size=16))
    assert dense.distance_from_kink(h, 0.6, name, y) > 1e-5
    w = times if integer_weights else times.to(dtype)
    loss, gradient = value_and_gradient(h, y, 0.6, name, normalization, sample_weight=w)
    leaf = h.clone().requires_grad_()
    repeated = multilayer_loss(
        leaf.repeat_interleave(times, dim=0),
        y.repeat_interleave(times),
        0.6,
        name,
        normalization,
    )
    repeated.backward()
    assert loss.item() == pytest.approx(repeated.item(), rel=RTOL[dtype])
    assert dense.relative_error(gradient, leaf.grad) < RTOL[dtype]


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_zero_weights_are_removal(normalization, name):
    h, y, w = dense.logits(16, 4), torch.arange(16) % 3, torch.arange(16.0).double() % 4
    w[y == 2] = 0
    keep = w > 0
    loss, gradient = value_and_gradient(h, y, 0.6, name, normalization, sample_weight=w)
    kept_loss, kept_gradient = value_and_gradient(
        h[keep], y[keep], 0.6, name, normalization, sample_weight=w[keep]
    )
    torch.testing.assert_close(loss, kept_loss, rtol=1e-12, atol=0)
    torch.testing.assert_close(gradient[keep], kept_gradient, rtol=1e-10, atol=1e-14)
    assert (gradient[~keep] == 0).all()


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_no_weight_at_all_gives_zero(normalization):
    h, y = dense.logits(6, 4), torch.arange(6) % 2
    loss, gradient = value_and_gradient(
        h, y, normalization=normalization, sample_weight=torch.zeros(6)
    )
    assert loss.item() == 0
    assert (gradient == 0).all()


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_the_scale_of_weights_does_not_matter(normalization, name):
    h, y = dense.logits(16, 4), torch.arange(16) % 3
    w = torch.linspace(0.5, 2, 16, dtype=torch.float64)
    expected = multilayer_loss(h, y, 0.6, name, normalization, sample_weight=w)
    actual = multilayer_loss(h, y, 0.6, name, normalization, sample_weight=1e6 * w)
    torch.testing.assert_close(actual, expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(dtype, name):
    h, y = dense.logits(16, 5, dtype), torch.arange(16) % 2
    loss, gradient = value_and_gradient(h, y, 0.6, name)
    expected_loss, expected_gradient = value_and_gradient(h.float(), y, 0.6, name)
    assert loss.dtype == torch.float32
    assert torch.equal(loss, expected_loss)
    assert torch.equal(gradient, expected_gradient.to(dtype))


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_autocast_changes_nothing(dtype, name):
    h, y = dense.logits(16, 5, dtype), torch.arange(16) % 2
    with torch.autocast("cpu", torch.bfloat16):
        inside = value_and_gradient(h, y, 0.6, name)
    for actual, expected in zip(inside, value_and_gradient(h, y, 0.6, name), strict=True):
        assert actual.dtype == dtype
        assert torch.equal(actual, expected)


@pytest.mark.parametrize("apart", [1e20, 1e-20, 1e30, 1e-38])
@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_groups_far_apart_in_weight_equal_the_double_loop(normalization, name, apart):
    h, y = dense.logits(18, 4, torch.float32), torch.arange(18) % 3
    w = torch.tensor(np.random.default_rng(2).uniform(0.5, 3, size=18), dtype=torch.float32)
    w[y == 1] *= apart
    loss, gradient = value_and_gradient(h, y, 0.6, name, normalization, sample_weight=w)
    expected = oracles.multi(h.numpy(), y.numpy(), 0.6, name, normalization, w.numpy())
    assert loss.item() == pytest.approx(expected, rel=RTOL[torch.float32])
    exact = dense.gradient(
        lambda x: dense.multi(x, y, 0.6, name, normalization, w.double()), h.double()
    )
    np.testing.assert_allclose(gradient.numpy(), exact.numpy(), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("apart", [1e20, 1e30])
def test_samples_of_one_group_far_apart_in_weight_equal_the_double_loop(apart):
    h, w = dense.logits(12, 4, torch.float32), torch.ones(12)
    w[:5] *= apart
    loss = multilayer_loss(h, margin=0.6, sample_weight=w)
    expected = oracles.multi(h.numpy(), None, 0.6, sample_weight=w.numpy())
    assert loss.item() == pytest.approx(expected, rel=RTOL[torch.float32])


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("scale", [1e-25, 1e20, 2e38])
def test_only_the_proportions_of_weights_matter(normalization, scale):
    generator = torch.Generator().manual_seed(0)
    h, y = torch.randn(20, 4, generator=generator), torch.arange(20) % 2
    weight = torch.rand(20, generator=generator)
    expected = multilayer_loss(h, y, normalization=normalization, sample_weight=weight)
    found = multilayer_loss(h, y, normalization=normalization, sample_weight=scale * weight)
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)
