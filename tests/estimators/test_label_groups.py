"""What y may be: fine labels behind label_groups, many classes, strings, bools, a single class."""

import collections

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from fa_sklearn import ForcedApartClassifier
from fa_sklearn.losses import DeCovLoss, MultilayerLoss, SingleLayerLoss, XCovLoss

PENALTIES = {
    "none": None,
    "single": "single",
    "multi": "multi",
    "decov": "decov",
    "xcov": "xcov",
    "all": [
        ("single", SingleLayerLoss()),
        ("multi", MultilayerLoss()),
        ("decov", DeCovLoss()),
        ("xcov", XCovLoss()),
    ],
}


def assert_same_nets(first, second, X):
    np.testing.assert_array_equal(first.transform(X), second.transform(X))
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    for (name, mine), other in zip(
        first.net_.module_.state_dict().items(),
        second.net_.module_.state_dict().values(),
        strict=True,
    ):
        np.testing.assert_array_equal(mine.numpy(), other.numpy(), err_msg=name)


def mapped(classifier, label_groups):
    return clone(classifier).set_params(label_groups=label_groups)


# -- the mapping ------------------------------------------------------------------------------


@pytest.mark.parametrize("early_stopping", [False, True])
def test_dict_callable_and_coarse_labels_train_the_same_net(
    classifier, X, fine, coarse, groups, early_stopping
):
    classifier.set_params(early_stopping=early_stopping)
    by_hand = clone(classifier).fit(X, coarse)
    for label_groups in (groups, groups.__getitem__, collections.ChainMap({}, groups)):
        grouped = mapped(classifier, label_groups).fit(X, fine)
        assert_same_nets(grouped, by_hand, X)
        np.testing.assert_array_equal(grouped.classes_, [0, 1])
        np.testing.assert_array_equal(grouped.predict(X), by_hand.predict(X))
        assert grouped.score(X, fine) == by_hand.score(X, coarse)


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES)
def test_training_sees_the_group_only(classifier, X, coarse, penalty, early_stopping):
    """Two finer labelings of the same groups, one of them balanced, give the same bits."""
    parity = np.arange(len(X)) % 2
    classifier.set_params(penalty=penalty, early_stopping=early_stopping)
    classifier.set_params(label_groups=lambda label: label // 10)
    halves = clone(classifier).fit(X, 10 * coarse + parity)
    rare = clone(classifier).fit(X, 10 * coarse + (np.arange(len(X)) < 3))
    assert_same_nets(halves, rare, X)
    blind = clone(classifier).set_params(label_groups=None).fit(X, 10 * coarse + parity)
    assert not np.array_equal(halves.transform(X), blind.transform(X))


def test_predictions_speak_of_groups(classifier, X, fine):
    names = {"a": "vowel", "b": "stop", "c": "stop", "d": "stop"}
    classifier.set_params(label_groups=names, max_epochs=30).fit(X, fine)
    np.testing.assert_array_equal(classifier.classes_, ["stop", "vowel"])
    assert classifier.predict_proba(X).shape == (len(X), 2)
    predicted = classifier.predict(X)
    assert set(predicted) == {"stop", "vowel"}
    expected = np.mean(predicted == [names[label] for label in fine])
    assert classifier.score(X, fine) == pytest.approx(expected)
    weight = np.arange(len(X))
    expected = np.average(predicted == [names[label] for label in fine], weights=weight)
    assert classifier.score(X, fine, sample_weight=weight) == pytest.approx(expected)


def test_score_maps_labels_that_fit_has_not_seen(classifier, X, fine, groups):
    known = np.isin(fine, ["a", "b"])
    classifier.set_params(label_groups=groups).fit(X[known], fine[known])
    expected = np.mean(classifier.predict(X) == [groups[label] for label in fine])
    assert classifier.score(X, fine) == pytest.approx(expected)


def test_more_than_two_groups(classifier, X):
    y = np.arange(len(X)) % 10
    grouped = mapped(classifier, lambda digit: "low mid high".split()[digit // 4]).fit(X, y)
    np.testing.assert_array_equal(grouped.classes_, ["high", "low", "mid"])
    np.testing.assert_allclose(grouped.predict_proba(X).sum(axis=1), 1, atol=1e-6)
    names = np.array(["low", "mid", "high"])[y // 4]
    assert_same_nets(grouped, clone(classifier).fit(X, names), X)


@pytest.mark.parametrize(
    "make",
    [
        lambda codes: codes.astype(np.int8),
        lambda codes: codes.astype(np.uint16),
        lambda codes: codes.astype(float),
        lambda codes: codes.tolist(),
        lambda codes: pd.Series(codes, index=codes * 7),
    ],
    ids=["int8", "uint16", "float", "list", "series"],
)
def test_labels_of_any_integer_type_find_their_group(classifier, X, fine, coarse, make):
    codes = np.searchsorted(list("abcd"), fine)
    label_groups = {0: 1, np.int64(1): 0, np.uint8(2): 1, 3: 0}
    grouped = mapped(classifier, label_groups).fit(X, make(codes))
    assert_same_nets(grouped, clone(classifier).fit(X, coarse), X)
    by_function = mapped(classifier, lambda label: [1, 0, 1, 0][int(label)]).fit(X, make(codes))
    assert_same_nets(by_function, grouped, X)


@pytest.mark.parametrize(
    "make",
    [np.asarray, list, lambda y: pd.Series(y, dtype=object), lambda y: y.astype(object)],
    ids=["array", "list", "series", "object"],
)
def test_string_labels_find_their_group(classifier, X, fine, coarse, groups, make):
    keys = {np.str_(label): group for label, group in groups.items()}
    for label_groups in (groups, keys, lambda label: {"a": 1, "c": 1}.get(label, 0)):
        grouped = mapped(classifier, label_groups).fit(X, make(fine))
        assert_same_nets(grouped, clone(classifier).fit(X, coarse), X)


def test_numpy_groups_are_like_others(classifier, X, fine, coarse, groups):
    numpy_groups = {label: np.int16(group) for label, group in groups.items()}
    grouped = mapped(classifier, numpy_groups).fit(X, fine)
    assert_same_nets(grouped, clone(classifier).fit(X, coarse), X)


def test_boolean_groups(classifier, X, fine, coarse):
    grouped = mapped(classifier, lambda label: label in "ac").fit(X, fine)
    np.testing.assert_array_equal(grouped.classes_, [False, True])
    assert grouped.predict(X).dtype == bool
    assert_same_nets(grouped, clone(classifier).fit(X, coarse), X)


def test_a_callable_gets_one_label_at_a_time(classifier, X, fine):
    seen = []

    def group(label):
        seen.append(label)
        return label > "b"

    mapped(classifier, group).fit(X, fine)
    assert set(seen) == set("abcd")
    assert all(isinstance(label, str) for label in seen)


def test_mapping_is_left_alone(classifier, X, fine, groups):
    before = dict(groups)
    grouped = classifier.set_params(label_groups=groups).fit(X, fine)
    assert grouped.label_groups is groups
    assert groups == before
    assert clone(grouped).label_groups == before


@pytest.mark.parametrize("method", ["fit", "partial_fit", "score"])
def test_a_missing_label_is_named(classifier, X, fine, groups, method):
    classifier.set_params(label_groups=groups).fit(X, fine)
    strange = np.where(np.arange(len(X)) == 7, "zebra", fine)
    message = "label_groups has no group for label 'zebra'"
    with pytest.raises(ValueError, match=message):
        getattr(classifier, method)(X, strange)


def test_a_missing_number_is_named(classifier, X):
    classifier.set_params(label_groups={0: "x", 1: "y"})
    with pytest.raises(ValueError, match="label_groups has no group for label 5"):
        classifier.fit(X, np.where(np.arange(len(X)) % 2, 5, 0))


@pytest.mark.parametrize(
    "keys",
    [range(1, 11), range(0, 20, 2), range(10, 20), [str(i) for i in range(16)]],
)
def test_labels_are_never_positions_among_the_keys(classifier, X, keys):
    y = np.arange(len(X)) % len(keys)
    missing = 1 if 0 in keys else 0
    with pytest.raises(ValueError, match="label_groups has no group for label") as caught:
        classifier.set_params(label_groups={key: int(key) % 3 for key in keys}).fit(X, y)
    assert f"for label {missing} of y, its keys are [{list(keys)[0]!r}, " in str(caught.value)


def test_a_callable_that_fails_is_named_with_its_label(classifier, X, fine):
    classifier.set_params(label_groups={"a": 1, "b": 0, "c": 1}.__getitem__)
    with pytest.raises(ValueError, match="label_groups could not map label 'd'") as caught:
        classifier.fit(X, fine)
    assert isinstance(caught.value.__cause__, KeyError)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"a": 0, "b": "x", "c": 0, "d": "x"}, "label_groups mixes strings and other groups"),
        ({"a": (0, 1), "b": (0, 1), "c": (1, 1), "d": (0, 1)}, "single value"),
        ({"a": None, "b": 0, "c": 0, "d": 0}, "label_groups"),
        ({"a": float("nan"), "b": 0.0, "c": 0.0, "d": 0.0}, "label_groups"),
    ],
    ids=["mixed", "tuples", "none", "nan"],
)
def test_impossible_groups_are_refused(classifier, X, fine, bad, message):
    with pytest.raises(ValueError, match=message):
        classifier.set_params(label_groups=bad).fit(X, fine)


# -- labels of all kinds ----------------------------------------------------------------------


@pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES)
@pytest.mark.parametrize(
    "labels",
    [list("abcd"), [10, -3, 7, 0], ["no", "yes"], [True, False], [2, 5], [1.0, 3.0]],
    ids=str,
)
def test_any_labels_are_learnt(classifier, X, fine, labels, penalty):
    """The separable blobs are told apart, whatever their names; columns follow `classes_`."""
    codes = np.searchsorted(list("abcd"), fine) % len(labels)
    y = np.array(labels)[codes]
    classifier.set_params(penalty=penalty, alpha=0.01, max_epochs=40).fit(X, y)
    np.testing.assert_array_equal(classifier.classes_, np.unique(labels))
    assert classifier.classes_.dtype == y.dtype
    probabilities = classifier.predict_proba(X)
    assert probabilities.shape == (len(X), len(labels))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    predicted = classifier.predict(X)
    assert predicted.dtype == y.dtype
    np.testing.assert_array_equal(predicted, np.unique(labels)[probabilities.argmax(axis=1)])
    assert classifier.score(X, y) > 0.8


def test_names_of_labels_do_not_matter(classifier, X, coarse):
    numbers = clone(classifier).fit(X, coarse)
    for names in (["no", "yes"], [False, True], [-5, 8]):
        named = clone(classifier).fit(X, np.array(names)[coarse])
        assert_same_nets(named, numbers, X)


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_class_may_miss_from_a_batch(classifier, X, fine, penalty, n_classes):
    """Batches of three of four labels, and of a rare one, cannot hold every class."""
    codes = np.searchsorted(list("abcd"), fine) % n_classes
    codes[codes == 1] = 0
    codes[:1] = 1
    classifier.set_params(penalty=penalty, batch_size=3).fit(X, codes)
    assert np.isfinite(classifier.net_.history[:, "train_loss"]).all()
    assert classifier.predict_proba(X).shape == (len(X), len(np.unique(codes)))
    assert np.isfinite(classifier.transform(X)).all()


@pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES)
@pytest.mark.parametrize("label", ["only", 3, True])
def test_a_single_class_is_certain(classifier, X, label, penalty):
    y = np.full(len(X), label)
    classifier.set_params(penalty=penalty).fit(X, y)
    np.testing.assert_array_equal(classifier.classes_, [label])
    np.testing.assert_array_equal(classifier.predict(X), y)
    np.testing.assert_array_equal(classifier.predict_proba(X), np.ones((len(X), 1)))
    assert classifier.score(X, y) == 1.0
    assert np.isfinite(classifier.transform(X)).all()
    assert set(classifier.net_.history[:, "train_task_loss"]) == {0.0}


def test_fine_labels_of_one_group_are_a_single_class(classifier, X, fine):
    classifier.set_params(label_groups=lambda label: 0).fit(X, fine)
    np.testing.assert_array_equal(classifier.classes_, [0])
    assert classifier.score(X, fine) == 1.0


@pytest.mark.parametrize("n", [1, 2, 3])
def test_very_few_samples(estimator, X, coarse, n):
    assert estimator.fit(X[:n], coarse[:n]).transform(X).shape == (len(X), 5)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (lambda n: np.linspace(0, 1, n), "[Uu]nknown label type"),
        (lambda n: np.full(n, np.nan), "NaN"),
        (lambda n: np.zeros(n - 1, int), "inconsistent numbers of samples"),
        (lambda n: np.eye(n)[:, :2], "1d|1D|multilabel"),
        (lambda n: None, "y"),
    ],
    ids=["continuous", "nan", "short", "two columns", "none"],
)
def test_impossible_labels_are_refused(classifier, X, y, message):
    with pytest.raises(ValueError, match=message):
        classifier.fit(X, y(len(X)))


def test_no_estimator_keeps_the_fine_labels(X, fine, groups, small):
    """What training must not see is not stored either."""
    classifier = ForcedApartClassifier(**small, label_groups=groups).fit(X, fine)
    stored = [value for name, value in vars(classifier).items() if name.endswith("_")]
    for value in stored:
        if isinstance(value, np.ndarray):
            assert not set(value.ravel().tolist()) & set(fine.tolist())
