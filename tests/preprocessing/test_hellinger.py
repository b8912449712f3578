"""HellingerTransformer against the divergences of the losses and plain arithmetic."""

import math

import numpy as np
import pytest
import torch
from sklearn.utils.estimator_checks import check_estimator

from fa_sklearn.losses import pairwise_divergence
from fa_sklearn.preprocessing import HellingerTransformer

H = np.random.default_rng(0).normal(scale=3, size=(30, 5))


def test_it_is_a_scikit_learn_transformer():
    check_estimator(HellingerTransformer())


def test_equals_plain_arithmetic():
    found = HellingerTransformer().fit_transform(H)
    for row, roots in zip(H, found, strict=True):
        total = math.fsum(math.exp(value) for value in row)
        assert roots.tolist() == pytest.approx([math.sqrt(math.exp(v) / total) for v in row])


def test_squared_distances_are_twice_the_squared_hellinger():
    roots = HellingerTransformer().fit_transform(H)
    squared = np.square(roots[:, None] - roots[None]).sum(axis=2)
    expected = 2 * pairwise_divergence(torch.from_numpy(H), "hellinger").numpy()
    np.testing.assert_allclose(squared, expected, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_values_stay_finite_and_dtypes_are_kept(dtype):
    X = np.array([[1000.0, 0.0], [-1000.0, -1000.0]], dtype=dtype)
    found = HellingerTransformer().fit_transform(X)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, [[1, 0], [math.sqrt(0.5)] * 2], rtol=1e-6)
