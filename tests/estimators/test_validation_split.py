"""What early stopping sets aside where only some samples have a label."""

import numpy as np
import pytest
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit

from fa_sklearn.estimators._labels import split_rows


def split(codes, fraction=0.25, seed=0, weight=None):
    codes = None if codes is None else np.asarray(codes)
    n = 100 if codes is None else len(codes)
    train, valid = split_rows(codes, weight, n, fraction, seed)
    np.testing.assert_array_equal(np.sort(np.concatenate([train, valid])), np.arange(n))
    assert (np.diff(train) > 0).all() and (np.diff(valid) > 0).all()
    return train, valid


@pytest.mark.parametrize("seed", range(3))
def test_with_labels_it_is_scikit_learns_split(seed):
    codes = np.arange(100) % 3
    expected = next(StratifiedShuffleSplit(1, test_size=25, random_state=seed).split(codes, codes))
    for found, rows in zip(split(codes, seed=seed), expected, strict=True):
        np.testing.assert_array_equal(found, np.sort(rows))
    expected = next(ShuffleSplit(1, test_size=25, random_state=seed).split(codes))
    for found, rows in zip(split(None, seed=seed), expected, strict=True):
        np.testing.assert_array_equal(found, np.sort(rows))


@pytest.mark.parametrize("seed", range(3))
def test_unlabelled_samples_are_a_stratum(seed):
    codes = np.random.default_rng(seed).permutation(np.repeat([-1, 0, 1], [400, 40, 20]))
    valid = codes[split(codes, seed=seed)[1]]
    assert [np.sum(valid == code) for code in (-1, 0, 1)] == [100, 10, 5]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("labelled", [[0, 1], [0, 1, 2], [0, 0, 1], [0, 0, 1, 1]])
def test_few_labelled_samples_are_on_both_sides(labelled, seed):
    codes = np.concatenate([np.full(200, -1), labelled])
    for rows in split(codes, fraction=0.1, seed=seed):
        assert (codes[rows] >= 0).any() and (codes[rows] < 0).any()


def test_a_single_labelled_sample_trains():
    train, valid = split([-1] * 20 + [1])
    assert 20 in train and len(valid) == 5


def test_a_large_fraction_leaves_some_of_each_to_train_on():
    codes = np.repeat([-1, 0, 1], [120, 4, 4])
    train, _ = split(codes, fraction=0.97)
    assert (codes[train] >= 0).sum() == 1 and (codes[train] < 0).any()


def test_a_fraction_that_leaves_nothing_is_refused():
    with pytest.raises(ValueError, match="2 sample.* validation_fraction=0.9"):
        split([-1, 0], fraction=0.9)


def test_one_sample_with_a_label_and_one_without_are_refused():
    with pytest.raises(ValueError, match="2 sample.* validation_fraction=0.1"):
        split([-1, 0], fraction=0.1)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("codes", [None, np.arange(100) % 3, np.arange(100) % 3 - 1])
def test_samples_of_weight_0_train_and_the_others_split_as_if_alone(codes, seed):
    weight = np.zeros(100)
    rows = np.random.default_rng(seed).permutation(100)[:30]
    weight[rows] = np.linspace(0.1, 3, 30)
    counted = np.sort(rows)
    train, valid = split(codes, seed=seed, weight=weight)
    alone = split_rows(None if codes is None else codes[counted], None, 30, 0.25, seed)
    np.testing.assert_array_equal(valid, counted[alone[1]])
    np.testing.assert_array_equal(np.intersect1d(train, counted), counted[alone[0]])


@pytest.mark.parametrize("codes", [None, np.arange(100) % 3, np.arange(100) % 3 - 1])
def test_weights_above_0_do_not_change_the_split(codes):
    weighted = split(codes, weight=np.linspace(1, 2, 100))
    for found, plain in zip(weighted, split(codes), strict=True):
        np.testing.assert_array_equal(found, plain)


@pytest.mark.parametrize(
    ("codes", "counted"),
    [(None, [7]), (np.arange(100) % 3, [7]), (np.arange(100) % 3 - 1, [6, 7])],
)
def test_too_few_samples_of_weight_above_0_are_refused(codes, counted):
    weight = np.zeros(100)
    weight[counted] = 1
    with pytest.raises(ValueError, match=f"early_stopping .* {len(counted)} sample.* weight"):
        split(codes, weight=weight)
