"""The spaces in which KMeans looks, against their definitions."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score

from examples.studies._spaces import SPACES, ami_by_space, clusters_in, in_spaces

RNG = np.random.default_rng(0)
Y = RNG.integers(4, size=120)
# As after a ReLU: no negative number.
H = np.maximum(RNG.normal(size=(4, 6))[Y] + RNG.normal(scale=0.5, size=(120, 6)), 0) + 1e-3
CENTRED = H - H.mean(axis=0)
EXPECTED = {
    "representation": H,
    "unit rows": H / np.linalg.norm(H, axis=1, keepdims=True),
    "unit rows of square roots": np.sqrt(H / H.sum(axis=1, keepdims=True)),
    "distributions": np.sqrt(softmax(H, axis=1)),
}


@pytest.mark.parametrize("space", EXPECTED)
def test_a_space_is_what_its_name_says(space):
    np.testing.assert_allclose(SPACES[space](H), EXPECTED[space], rtol=1e-12)


def test_whitened_columns_are_uncorrelated_and_lose_nothing():
    whitened = SPACES["whitened"](H)
    np.testing.assert_allclose(np.cov(whitened.T), np.eye(6), atol=1e-9)
    found = whitened @ np.linalg.lstsq(whitened, CENTRED, rcond=None)[0]
    np.testing.assert_allclose(found, CENTRED, atol=1e-9)


def test_every_space_is_tested():
    assert SPACES.keys() == EXPECTED.keys() | {"whitened"}


def test_scores_are_those_of_kmeans_in_each_space():
    found = ami_by_space(Y, clusters_in(in_spaces(EXPECTED, H), 4, seed=3))
    assert found.keys() == EXPECTED.keys()
    for space, points in EXPECTED.items():
        labels = KMeans(4, n_init=10, random_state=3).fit_predict(points)
        expected = adjusted_mutual_info_score(Y, labels, average_method="max")
        assert found[space] == pytest.approx(expected, abs=1e-12)
