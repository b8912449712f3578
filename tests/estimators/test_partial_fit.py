"""Training in parts: partial_fit and warm_start."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from fa_sklearn import ForcedApartClassifier

LOSSES = ("train_loss", "train_task_loss", "train_multi_loss")


def losses(estimator):
    return [estimator.net_.history[:, name] for name in LOSSES]


def assert_same_training(first, second, X):
    np.testing.assert_array_equal(first.transform(X), second.transform(X))
    assert losses(first) == losses(second)
    assert first.n_iter_ == second.n_iter_ == len(first.net_.history)


def test_partial_fits_are_the_epochs_of_a_fit(estimator_of_each_forward, X, coarse):
    estimator = estimator_of_each_forward
    whole = clone(estimator).fit(X, coarse)
    for _ in range(whole.n_iter_):
        assert estimator.partial_fit(X, coarse) is estimator
    assert_same_training(estimator, whole, X)


def test_partial_fit_goes_on_from_a_fit(estimator, X, coarse):
    longer = clone(estimator).set_params(max_epochs=4).fit(X, coarse)
    assert_same_training(estimator.fit(X, coarse).partial_fit(X, coarse), longer, X)


def test_fit_after_partial_fit_starts_anew(estimator, X, coarse):
    fresh = clone(estimator).fit(X, coarse)
    estimator.partial_fit(X[:20] + 1, coarse[:20]).fit(X, coarse)
    assert_same_training(estimator, fresh, X)


def test_warm_start_goes_on(estimator_of_each_forward, X, coarse):
    """Twice five epochs are ten: weights, optimizer, order of samples and dropout go on."""
    estimator = estimator_of_each_forward.set_params(max_epochs=5, warm_start=True)
    ten = clone(estimator).set_params(max_epochs=10).fit(X, coarse)
    five = estimator.fit(X, coarse).transform(X)
    assert estimator.n_iter_ == 5
    estimator.fit(X, coarse)
    assert not np.array_equal(estimator.transform(X), five)
    assert_same_training(estimator, ten, X)


def test_warm_start_follows_a_changed_max_epochs(estimator, X, coarse):
    estimator.set_params(warm_start=True).fit(X, coarse)
    estimator.set_params(max_epochs=2).fit(X, coarse)
    assert estimator.n_iter_ == 5
    assert_same_training(estimator, clone(estimator).set_params(max_epochs=5).fit(X, coarse), X)


def test_without_warm_start_fit_starts_anew(estimator, X, coarse):
    once = clone(estimator).fit(X, coarse)
    assert_same_training(estimator.fit(X, coarse).fit(X, coarse), once, X)


def test_warm_start_follows_new_data(estimator, X, coarse):
    estimator.set_params(warm_start=True).fit(X, coarse)
    other = clone(estimator).fit(X, coarse)
    other.fit(X[::2] * 0.5, coarse[::2])
    assert not np.array_equal(estimator.fit(X, coarse).transform(X), other.transform(X))


def test_warm_start_with_early_stopping_goes_on(estimator, X, coarse):
    estimator.set_params(warm_start=True, early_stopping=True).fit(X, coarse)
    estimator.fit(X, coarse)
    assert estimator.n_iter_ == len(estimator.net_.history[:, "valid_loss"]) == 6


def test_partial_fit_takes_weights(estimator, X, coarse):
    weight = np.arange(len(X)) % 3
    whole = clone(estimator).set_params(max_epochs=1).fit(X, coarse, sample_weight=weight)
    estimator.partial_fit(X, coarse, sample_weight=weight)
    assert_same_training(estimator, whole, X)


def test_partial_fit_refuses_early_stopping(estimator, X, coarse):
    with pytest.raises(ValueError, match="early_stopping=True: set it to False"):
        estimator.set_params(early_stopping=True).partial_fit(X, coarse)


def test_partial_fit_refuses_balanced_weights(classifier, X, coarse):
    with pytest.raises(ValueError, match="class_weight='balanced'.* pass a dict"):
        classifier.set_params(class_weight="balanced").partial_fit(X, coarse)


def test_the_first_call_defines_the_features(estimator, X, coarse):
    estimator.partial_fit(X, coarse)
    assert estimator.n_features_in_ == X.shape[1]
    with pytest.raises(ValueError, match="5 features.* expecting 6 features"):
        estimator.partial_fit(X[:, :5], coarse)


def test_the_first_call_defines_the_classes(classifier, X, fine):
    """A batch may hold one label only; all classes have a column from the start."""
    only_b = fine == "b"
    classifier.partial_fit(X[only_b], fine[only_b], classes=["d", "c", "b", "a"])
    np.testing.assert_array_equal(classifier.classes_, list("abcd"))
    assert classifier.predict_proba(X).shape == (len(X), 4)
    for label in "acdb" * 20:
        rows = fine == label
        classifier.partial_fit(X[rows], fine[rows])
    assert classifier.score(X, fine) > 0.5


def test_without_classes_the_labels_of_the_first_call_count(classifier, X, fine):
    first = np.isin(fine, ["a", "c"])
    classifier.partial_fit(X[first], fine[first])
    np.testing.assert_array_equal(classifier.classes_, ["a", "c"])
    before = classifier.transform(X)
    with pytest.raises(ValueError, match="label .*b.*not among the classes.*first partial_fit"):
        classifier.partial_fit(X[fine != "d"], fine[fine != "d"])
    np.testing.assert_array_equal(classifier.transform(X), before)


@pytest.mark.parametrize("label", ["", "bb", "e"])
def test_an_unseen_label_is_refused_wherever_it_sorts(classifier, X, fine, label):
    classifier.partial_fit(X, fine)
    with pytest.raises(ValueError, match=f"label .*{label!r}.*not among the classes"):
        classifier.partial_fit(X[:2], [label, "a"])


def test_labels_outside_classes_are_refused_and_leave_nothing_behind(classifier, X, fine):
    fresh = clone(classifier).partial_fit(X, fine, classes=list("abcd"))
    with pytest.raises(ValueError, match="not among the classes"):
        classifier.partial_fit(X, fine, classes=["a", "b"])
    with pytest.raises(NotFittedError):
        classifier.transform(X)
    classifier.partial_fit(X, fine, classes=list("abcd"))
    assert_same_training(classifier, fresh, X)


def test_classes_may_be_repeated_but_not_changed(classifier, X, fine):
    classifier.partial_fit(X, fine, classes=list("abcd"))
    classifier.partial_fit(X, fine, classes=list("dcba"))
    with pytest.raises(ValueError, match="differs from .*first call"):
        classifier.partial_fit(X, fine, classes=list("abcde"))


def test_classes_are_fine_labels_beside_label_groups(classifier, X, fine, groups):
    classifier.set_params(label_groups=groups)
    rows = np.isin(fine, ["a", "c"])
    classifier.partial_fit(X[rows], fine[rows], classes=list("abcd"))
    np.testing.assert_array_equal(classifier.classes_, [0, 1])
    classifier.partial_fit(X, fine)
    assert set(classifier.predict(X)) <= {0, 1}


def test_warm_start_refuses_new_labels(small, X, fine):
    classifier = ForcedApartClassifier(**small, warm_start=True)
    rows = fine != "c"
    classifier.fit(X[rows], fine[rows])
    with pytest.raises(ValueError, match="label .*c.*not among the classes"):
        classifier.fit(X, fine)
    classifier.fit(X[fine == "a"], fine[fine == "a"])
    np.testing.assert_array_equal(classifier.classes_, list("abd"))
