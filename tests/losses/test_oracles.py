"""The oracles themselves against SciPy and NumPy."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon
from scipy.special import log_softmax, softmax
from scipy.stats import entropy

from . import dense, oracles
from .oracles import DIVERGENCES


@pytest.fixture
def h():
    return np.random.default_rng(0).normal(scale=2, size=(9, 5))


def test_log_softmax_is_scipys(h):
    expected = log_softmax(h, axis=1)
    assert np.allclose([oracles.log_softmax(row) for row in h], expected, rtol=1e-14, atol=0)


def test_divergences_are_scipys(h):
    p = softmax(h, axis=1)
    formulas = {
        "kl": lambda a, b: entropy(a, b),
        "js": lambda a, b: jensenshannon(a, b) ** 2 if (a != b).any() else 0.0,
        "jeffreys": lambda a, b: entropy(a, b) + entropy(b, a),
        "hellinger": lambda a, b: 0.5 * np.sum((np.sqrt(a) - np.sqrt(b)) ** 2),
    }
    assert set(formulas) == set(DIVERGENCES)
    for name, formula in formulas.items():
        expected = [[formula(a, b) for b in p] for a in p]
        actual = oracles.divergence_matrix(h, name)
        assert np.allclose(actual, expected, rtol=1e-12, atol=1e-14), name


def test_single_is_the_hinge_over_ordered_pairs(h):
    f = np.maximum(0, 2.0 - oracles.divergence_matrix(h))
    assert oracles.single(h, 2.0) == pytest.approx(f.sum() - np.trace(f), rel=1e-13)


def test_multi_is_twice_the_mean_of_each_group(h):
    y = np.array([4, -1, 4, 4, -1, 7, -1, 4, -1])
    f = np.maximum(0, 1.0 - oracles.divergence_matrix(h))
    blocks = [f[np.ix_(y == label, y == label)] for label in np.unique(y)]
    by_group = 2 * sum(block.mean() for block in blocks)
    by_pairs = 2 * sum(block.sum() for block in blocks) / sum(block.size for block in blocks)
    assert oracles.multi(h, y) == pytest.approx(by_group, rel=1e-13)
    assert oracles.multi(h, y, normalization="pairs") == pytest.approx(by_pairs, rel=1e-13)
    assert oracles.multi(h) == pytest.approx(2 * f.mean(), rel=1e-13)


@pytest.mark.parametrize("normalization", ["group", "pairs"])
def test_integer_weights_are_repetition(h, normalization):
    y, w = np.arange(9) % 2, np.array([1, 2, 0, 3, 1, 1, 2, 0, 1])
    repeated = oracles.multi(h.repeat(w, axis=0), y.repeat(w), normalization=normalization)
    weighted = oracles.multi(h, y, normalization=normalization, sample_weight=w)
    assert weighted == pytest.approx(repeated, rel=1e-13)


@pytest.mark.parametrize("w", [None, np.array([1, 2, 0, 3, 1, 1, 2, 0, 1])])
def test_covariances_are_numpys(h, w):
    y_prob = np.random.default_rng(1).uniform(size=(9, 3))
    c = np.cov(h.T, ddof=0, fweights=w)
    decov = 0.5 * (np.linalg.norm(c) ** 2 - np.linalg.norm(np.diag(c)) ** 2)
    assert oracles.decov(h, w) == pytest.approx(decov, rel=1e-12)
    both = np.cov(y_prob.T, h.T, ddof=0, fweights=w)[:3, 3:]
    assert oracles.xcov(h, y_prob, w) == pytest.approx(0.5 * np.sum(both**2), rel=1e-12)


@pytest.mark.parametrize("name", DIVERGENCES)
def test_dense_expressions_are_the_oracles(h, name):
    tensor, y, w = torch.tensor(h), torch.arange(9) % 2, torch.arange(1.0, 10.0).double()
    expected = oracles.divergence_matrix(h, name)
    assert np.allclose(dense.divergence(tensor, name), expected, rtol=1e-12, atol=1e-14)
    assert dense.single(tensor, 0.7, name).item() == pytest.approx(oracles.single(h, 0.7, name))
    for normalization in ("group", "pairs"):
        options = (name, normalization, w)
        expected = oracles.multi(h, y, 0.7, *options)
        assert dense.multi(tensor, y, 0.7, *options).item() == pytest.approx(expected)


def test_blockwise_gradient_is_the_dense_one():
    h, y = dense.logits(50, 4), dense.labels(50, 3)
    value, gradient, gap = dense.blockwise_kl_multi(h, y, 1.0, block=7)
    assert value == pytest.approx(oracles.multi(h.numpy(), y.numpy()), rel=1e-12)
    expected = dense.gradient(lambda x: dense.multi(x, y, 1.0, "kl"), h)
    assert torch.allclose(gradient, expected, rtol=1e-10, atol=1e-14)
    assert gap == pytest.approx(dense.distance_from_kink(h, 1.0, "kl", y), rel=1e-9)
