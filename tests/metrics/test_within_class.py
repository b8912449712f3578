"""Scores inside each coarse class, against loops and scikit-learn's own functions."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from fa_sklearn.metrics import within_class_ami_score

SEEDS = range(5)


def random_case(seed, n=60, n_clusters=4):
    rng = np.random.RandomState(seed)
    coarse = np.array(["low", "high", "top"])[rng.randint(3, size=n)]
    return rng.normal(size=(n, 3)), rng.randint(n_clusters, size=n), coarse


@pytest.mark.parametrize("seed", SEEDS)
def test_ami_is_the_weighted_mean_of_sklearns(seed):
    _, labels, coarse = random_case(seed)
    other = np.where(np.random.RandomState(seed + 9).uniform(size=60) < 0.7, labels, 0)
    expected = sum(
        (coarse == c).mean()
        * adjusted_mutual_info_score(labels[coarse == c], other[coarse == c], average_method="max")
        for c in set(coarse)
    )
    assert within_class_ami_score(labels, other, coarse) == pytest.approx(expected, abs=1e-12)
    assert expected > 0.1


def test_ami_without_coarse_labels_is_that_of_all_samples():
    _, labels, coarse = random_case(0)
    expected = adjusted_mutual_info_score(labels, coarse, average_method="max")
    assert within_class_ami_score(labels, coarse) == pytest.approx(expected, abs=1e-12)


def test_ami_of_a_class_in_one_piece_is_nothing():
    coarse = np.repeat([0, 1], 4)
    assert within_class_ami_score(coarse, coarse, coarse) == 0
    half = [0, 0, 0, 0, 1, 1, 2, 2]
    assert within_class_ami_score(half, half, coarse) == pytest.approx(0.5)


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        within_class_ami_score([0, 1, 2], [0, 1])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        within_class_ami_score([0, 1, 2], [0, 1, 1], [0, 1])


def test_no_samples_have_no_agreement():
    with pytest.raises(ValueError, match="one sample at least"):
        within_class_ami_score([], [])
