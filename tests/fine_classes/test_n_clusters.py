"""The number of fine classes: one where there is one heap, and what its parts compute."""

from itertools import combinations

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_wine, make_blobs
from sklearn.preprocessing import StandardScaler

from fa_sklearn.fine_classes._n_clusters import (
    choose_n_clusters,
    prediction_strength,
    valley,
)


def gaussian(rng):
    return rng.standard_normal((300, 6)) @ rng.standard_normal((6, 6))


def cube(rng):
    return rng.random((300, 4))


def shuffled(rng):
    return np.stack([rng.permutation(column) for column in load_digits().data[:300].T], axis=1)


@pytest.mark.parametrize("make", [gaussian, cube, shuffled])
def test_one_heap_is_one_class_in_nine_of_ten_runs(make):
    found = []
    for seed in range(10):
        X = StandardScaler().fit_transform(make(np.random.default_rng(seed)))
        found.append(choose_n_clusters(X, X, X, 8, seed).n_clusters)
    assert found.count(1) >= 9, found


@pytest.mark.parametrize(("sizes", "seed"), [((100, 100, 100), 0), ((400, 60, 40), 1)])
def test_heaps_are_counted_also_rare_ones(sizes, seed):
    X, _ = make_blobs(sizes, 5, random_state=seed)
    X = StandardScaler().fit_transform(X)
    assert choose_n_clusters(X, X, X, 8, 0).n_clusters == len(sizes)


def test_three_wines_are_three_classes_in_nine_of_ten_runs():
    X = StandardScaler().fit_transform(load_wine().data)
    found = [choose_n_clusters(X, X, X, 8, seed).n_clusters for seed in range(10)]
    assert found.count(3) >= 9, found


def test_prediction_strength_is_the_share_of_pairs_that_stay_together():
    rng = np.random.default_rng(0)
    own, other = rng.integers(3, size=40), rng.integers(4, size=40)
    expected = 0.0
    for cluster in range(3):
        rows = np.flatnonzero(own == cluster)
        together = [other[i] == other[j] for i, j in combinations(rows, 2)]
        expected += len(rows) * np.mean(together) / len(own)
    assert prediction_strength(own, other) == pytest.approx(expected)


def test_a_valley_is_between_heaps_and_not_where_one_is_cut():
    rng = np.random.default_rng(0)
    one = rng.standard_normal((400, 3))
    cut = one[:, 0] > 0
    apart = one + np.where(cut, 4.0, -4.0)[:, None]
    assert valley(one, cut, np.random.RandomState(0)) < 3
    assert valley(apart, cut, np.random.RandomState(0)) > 6
