"""Samples whose coarse label is unknown: in the penalty, but not in the task loss."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.utils.class_weight import compute_class_weight
from skorch.callbacks import Callback

from fa_sklearn import ForcedApartClassifier, load
from fa_sklearn.losses import DeCovLoss, LossTerm, MultilayerLoss, SingleLayerLoss, XCovLoss
from tests.losses import dense, oracles

pytestmark = pytest.mark.usefixtures("untouched_global_generators")

# A step so small that the weights stay: an epoch's losses are those of one and the same net.
STILL = {"optimizer": torch.optim.SGD, "lr": 1e-12, "max_epochs": 1}
PENALTIES = {
    "none": None,
    "single": "single",
    "multi": "multi",
    "decov": "decov",
    "xcov": "xcov",
    "all": [
        ("single", SingleLayerLoss()),
        ("multi", MultilayerLoss(normalization="pairs")),
        ("decov", DeCovLoss()),
        ("xcov", XCovLoss()),
    ],
}


@pytest.fixture
def small(small):
    """-1 marks them, if nothing else is said."""
    return {**small, "unlabeled": -1}


@pytest.fixture(scope="module")
def labelled():
    """Which samples have a label: three in ten."""
    return np.random.default_rng(5).random(80) < 0.3


@pytest.fixture
def y(coarse, labelled):
    return np.where(labelled, coarse, -1)


@pytest.fixture(scope="module")
def weight():
    return np.random.default_rng(3).uniform(0.1, 3, size=80).astype(np.float32)


def three_of(y, fine):
    """The same samples without a label, and three coarse labels."""
    return np.where(y < 0, -1, np.searchsorted(list("abcd"), fine).clip(0, 2))


def losses(estimator):
    rows = estimator.net_.history
    names = [name for name in rows[0] if name.endswith("loss")]
    return {name: rows[:, name] for name in names}


def assert_same_training(first, second, X):
    np.testing.assert_array_equal(first.transform(X), second.transform(X))
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    assert losses(first) == losses(second)


def cross_entropy(estimator, X, codes):
    """Of each sample, in float64."""
    logits = np.log(estimator.predict_proba(X).astype(np.float64))
    return -logits[np.arange(len(X)), np.asarray(codes).clip(0)]


# -- what marks them --------------------------------------------------------------------------


def objects(values):
    return np.array(values, dtype=object)


@pytest.mark.parametrize(
    ("mark", "make"),
    [
        (-1, lambda y: y),
        (-1, lambda y: y.astype(np.int8)),
        (-1, lambda y: y.astype(float)),
        (-1, lambda y: y.tolist()),
        (-1, lambda y: pd.Series(y, dtype="Int64")),
        (7, lambda y: np.where(y < 0, 7, y)),
        (np.int64(7), lambda y: np.where(y < 0, 7, y)),
        ("?", lambda y: np.array(["no", "yes", "?"])[y]),
        ("?", lambda y: pd.Series(np.array(["no", "yes", "?"])[y])),
        (np.nan, lambda y: np.where(y < 0, np.nan, y)),
        (float("nan"), lambda y: np.where(y < 0, np.nan, y).tolist()),
        (np.nan, lambda y: objects(["no", "yes", np.nan])[y]),
        (np.nan, lambda y: objects(["no", "yes", np.nan])[y].tolist()),
        (np.nan, lambda y: pd.Series(objects(["no", "yes", np.nan])[y])),
        (pd.NA, lambda y: pd.Series(objects([0, 1, pd.NA])[y], dtype="Int64")),
        (pd.NA, lambda y: pd.Series(objects(["no", "yes", pd.NA])[y], dtype="string")),
        (pd.NA, lambda y: objects([False, True, pd.NA])[y]),
        (np.nan, lambda y: pd.Series(objects([0, 1, pd.NA])[y], dtype="Int64")),
        (np.nan, lambda y: pd.Series(objects(["no", "yes", pd.NA])[y], dtype="string")),
        (pd.NA, lambda y: objects(["no", "yes", np.nan])[y]),
        (np.nan, lambda y: objects(["no", "yes", None])[y].tolist()),
        (-1, lambda y: objects(["no", "yes", -1])[y].tolist()),
    ],
)
def test_any_value_may_mark_them(small, X, y, coarse, mark, make):
    marked = make(y)
    found = ForcedApartClassifier(**{**small, "unlabeled": mark}).fit(X, marked)
    expected = ForcedApartClassifier(**small).fit(X, y)
    assert_same_training(found, expected, X)
    assert found.classes_.tolist() in ([0, 1], ["no", "yes"])
    assert found.score(X, marked) == expected.score(X, y)
    assert_same_training(found.partial_fit(X, marked), expected.partial_fit(X, y), X)


@pytest.mark.parametrize("mark", [-1, np.nan, "?"])
def test_a_mark_that_marks_none_changes_nothing(small, X, coarse, mark):
    for y in (coarse, coarse.tolist(), np.array(["no", "yes"])[coarse], coarse > 0):
        found = ForcedApartClassifier(**{**small, "unlabeled": mark}).fit(X, y)
        expected = ForcedApartClassifier(**{**small, "unlabeled": None}).fit(X, y)
        assert_same_training(found, expected, X)
        np.testing.assert_array_equal(found.classes_, expected.classes_)


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ([-1, 1], [-1, 1]),
        ([-1, 0], [-1, 0]),
        ([-1], [-1]),
        ([-1.0, 0.0, 1.0], [-1, 0, 1]),
        (["-1", "0", "1"], ["-1", "0", "1"]),
        ([-2, 0, 1], [-2, 0, 1]),
    ],
)
def test_without_a_mark_all_are_labels(classifier, X, values, classes):
    y = np.resize(np.asarray(values), len(X))
    classifier.set_params(max_epochs=1, unlabeled=None).fit(X, y)
    assert classifier.classes_.tolist() == classes
    assert set(classifier.predict(X)) <= set(classes)
    assert classifier.predict_proba(X).shape == (len(X), len(classes))


@pytest.mark.parametrize("values", [[-1, 0, 1], [-1, 3, 5, 7], np.array([-1, 0, 1], np.int8)])
@pytest.mark.parametrize("label_groups", [None, lambda label: label > 0])
def test_minus_one_beside_two_other_integers_must_be_explained(
    classifier, X, values, label_groups
):
    classifier.set_params(unlabeled=None, label_groups=label_groups)
    y = np.resize(values, len(X))
    with pytest.raises(ValueError, match="y holds -1 .*set unlabeled=-1 .*if it is a label"):
        classifier.fit(X, y)
    classifier.set_params(unlabeled=-1).fit(X, y)
    assert -1 not in classifier.classes_
    with pytest.raises(ValueError, match="set unlabeled=-1"):
        classifier.set_params(unlabeled=None).score(X, y)


@pytest.mark.parametrize("dtype", ["int64", "Int64", "Int8", "category"])
def test_integers_of_a_data_frame_are_integers(classifier, X, y, dtype):
    column = pd.Series(y, dtype=dtype, index=np.arange(len(y))[::-1])
    classifier.fit(X, column)
    assert_same_training(classifier, clone(classifier).fit(X, y), X)
    assert classifier.classes_.dtype.kind == "i"
    assert classifier.score(X, column) == classifier.score(X, y)


@pytest.mark.parametrize(
    ("mark", "labels"),
    [
        (np.nan, np.array(["no", "yes", np.nan])),
        (pd.NA, np.array(["no", "yes", "<NA>"])),
        (-1, np.array(["0", "1", "-1"])),
        ("-1", np.array([0, 1, -1])),
    ],
)
def test_a_label_that_only_reads_as_the_mark_is_refused(classifier, X, y, mark, labels):
    classifier.set_params(unlabeled=mark)
    message = f"y holds '{mark}' as (str_|int64), but unlabeled={mark!r} is of type"
    with pytest.raises(ValueError, match=message):
        classifier.fit(X, labels[y])


def test_a_missing_label_is_refused(classifier, X, y):
    column = pd.Series(y, dtype="Int64")
    column[3] = pd.NA
    for label in (-1, None):
        with pytest.raises(ValueError, match="y contains NaN"):
            classifier.set_params(unlabeled=label).fit(X, column)


def test_a_single_class_beside_unlabelled_samples_has_no_task(classifier, X):
    y = np.where(np.arange(len(X)) < 9, 4, -1)
    classifier.partial_fit(X, y, classes=[4])
    assert classifier.classes_.tolist() == [4]
    assert losses(classifier)["train_task_loss"] == [0]


# -- the losses -------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("three", [False, True])
@pytest.mark.parametrize("batch_size", [7, 80])
def test_the_task_loss_is_the_mean_over_labelled_samples(
    small, X, y, fine, weight, three, batch_size, weighted
):
    codes = three_of(y, fine) if three else y
    classifier = ForcedApartClassifier(**{**small, **STILL, "batch_size": batch_size})
    classifier.fit(X, codes, sample_weight=weight if weighted else None)
    known = codes >= 0
    of_each = cross_entropy(classifier, X, codes)[known]
    expected = np.average(of_each, weights=weight[known] if weighted else None)
    row = classifier.net_.history[0]
    assert row["train_task_loss"] == pytest.approx(expected, rel=1e-5)
    assert row["train_loss"] == pytest.approx(
        0.9 * row["train_task_loss"] + 0.1 * row["train_multi_loss"], rel=1e-6
    )


@pytest.mark.parametrize("normalization", ["group", "pairs"])
def test_they_are_a_group_of_their_own(small, X, y, weight, normalization):
    term = MultilayerLoss(margin=0.5, normalization=normalization)
    classifier = ForcedApartClassifier(**{**small, **STILL}, penalty=term)
    classifier.set_params(batch_size=80).fit(X, y, sample_weight=weight)
    h = classifier.transform(X)
    own = oracles.multi(h, y, 0.5, normalization=normalization, sample_weight=weight)
    merged = oracles.multi(h, y.clip(0), 0.5, normalization=normalization, sample_weight=weight)
    found = losses(classifier)["train_multi_loss"][0]
    assert found == pytest.approx(own, rel=1e-5)
    assert found != pytest.approx(merged, rel=1e-3)


class Gradients(Callback):
    """Keep the net before the last step, and the gradient there."""

    def on_batch_begin(self, net, **kwargs):
        self.module_ = copy.deepcopy(net.module_)

    def on_grad_computed(self, net, named_parameters, **kwargs):
        self.kept_ = {name: w.grad.clone() for name, w in net.module_.named_parameters()}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("alpha", [0.0, 0.4])
def test_the_gradient_is_that_of_plain_torch(small, X, y, weight, alpha, weighted):
    """In float64: cross-entropy over labelled samples, L_multi over all pairs of a group."""
    given = weight if weighted else None
    classifier = ForcedApartClassifier(**{**small, "batch_size": 80}, alpha=alpha)
    classifier.set_params(callbacks=[Gradients()]).fit(X, y, sample_weight=given)
    callback = dict(classifier.net_.callbacks_)["Gradients"]
    module = callback.module_.double().eval()
    output, h = module(torch.from_numpy(X.copy()))
    codes, w = torch.from_numpy(y), torch.from_numpy(weight if weighted else np.ones(80)).double()
    total, task = 0.0, 0.0
    for i in range(80):
        if y[i] >= 0:
            sign = 1 if y[i] == 1 else -1
            task = task + w[i] * torch.log1p(torch.exp(-sign * output[i, 0]))
            total += float(w[i])
    multi = dense.multi(h, codes, 1.0, "kl", sample_weight=w)
    loss = (1 - alpha) * task / total + alpha * multi
    loss.backward()
    assert losses(classifier)["train_loss"][-1] == pytest.approx(loss.item(), rel=1e-5)
    for name, parameter in module.named_parameters():
        np.testing.assert_allclose(callback.kept_[name], parameter.grad, rtol=0, atol=1e-5)
        if parameter.ndim == 2:
            assert parameter.grad.abs().max() > 1e-3


class SeenLabels(LossTerm):
    """A term of the user's own, which keeps the codes that it is given."""

    inputs = ("h", "y")
    seen: list[int] = []

    def __init__(self, weight=1.0):
        self.weight = weight

    def __call__(self, h, y):
        SeenLabels.seen += y.tolist()
        return h.square().mean()


def test_a_term_of_the_users_own_sees_the_code(small, X, y):
    SeenLabels.seen.clear()
    classifier = ForcedApartClassifier(**{**small, "max_epochs": 1}, penalty=SeenLabels())
    classifier.fit(X, np.where(y < 0, -1, y + 6))
    assert sorted(SeenLabels.seen) == sorted(y)


# -- training ---------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("three", [False, True])
@pytest.mark.parametrize("batch_size", [5, 80])
def test_without_penalty_they_are_samples_of_weight_0(
    small, X, y, fine, labelled, weight, three, batch_size, weighted
):
    codes = three_of(y, fine) if three else y
    classifier = ForcedApartClassifier(**{**small, "batch_size": batch_size}, penalty=None)
    given = weight if weighted else np.ones(len(X))
    found = clone(classifier).fit(X, codes, sample_weight=given if weighted else None)
    other = np.where(labelled, codes, np.arange(len(X)) % codes.max())
    expected = clone(classifier).fit(X, other, sample_weight=given * labelled)
    np.testing.assert_allclose(found.transform(X), expected.transform(X), rtol=1e-6, atol=1e-6)
    for name, values in losses(found).items():
        np.testing.assert_allclose(values, losses(expected)[name], rtol=1e-6, err_msg=name)


@pytest.mark.parametrize("alpha", [0.0, 0.5])
def test_a_penalty_without_share_leaves_the_net_of_the_labelled_samples(
    small, X, y, labelled, alpha
):
    # Adam would make a full step of a gradient that is 0 but for its rounding.
    options = {"batch_size": 80, "alpha": alpha, "optimizer": "sgd", "max_epochs": 20}
    classifier = ForcedApartClassifier(**{**small, **options})
    found = clone(classifier).fit(X, y).transform(X)
    expected = clone(classifier).fit(X[labelled], y[labelled]).transform(X)
    assert np.allclose(found, expected, rtol=1e-5, atol=1e-5) == (alpha == 0)


@pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES)
@pytest.mark.parametrize("three", [False, True])
def test_integer_weights_equal_repetition(small, X, y, fine, penalty, three):
    codes = three_of(y, fine) if three else y
    weight = np.random.default_rng(3).integers(0, 4, size=len(X))
    classifier = ForcedApartClassifier(**{**small, "batch_size": 1000}, penalty=penalty, alpha=0.5)
    weighted = clone(classifier).fit(X, codes, sample_weight=weight)
    repeated = clone(classifier).fit(X.repeat(weight, axis=0), codes.repeat(weight))
    np.testing.assert_allclose(weighted.transform(X), repeated.transform(X), rtol=0, atol=1e-5)
    for name, values in losses(weighted).items():
        np.testing.assert_allclose(
            values, losses(repeated)[name], rtol=1e-5, atol=1e-7, err_msg=name
        )


@pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES)
def test_batches_without_a_label_do_no_harm(small, X, coarse, penalty):
    """Two labelled samples: nearly every batch of five has none."""
    y = np.full(len(X), -1)
    y[[3, 40]] = 0, 1
    classifier = ForcedApartClassifier(**{**small, "batch_size": 5}, penalty=penalty).fit(X, y)
    assert all(np.isfinite(values).all() for values in losses(classifier).values())
    assert 0 < losses(classifier)["train_task_loss"][0] < 5
    assert np.isfinite(classifier.transform(X)).all()


def test_they_help_nobody_without_penalty_but_all_with_it(small, X, y, labelled):
    """What an unlabelled sample is makes a difference through the penalty alone."""
    moved = np.where(labelled[:, None], X, X + 1)
    for penalty in (None, "multi"):
        classifier = ForcedApartClassifier(**small, penalty=penalty)
        first = clone(classifier).fit(X, y).transform(X)
        second = clone(classifier).fit(moved, y).transform(X)
        assert np.array_equal(first, second) == (penalty is None)


@pytest.mark.parametrize("kind", ["image", "sequence", "text"])
def test_other_kinds_of_input(small, y, kind):
    rng = np.random.default_rng(0)
    X = {
        "image": rng.integers(0, 256, size=(80, 8, 8, 1), dtype=np.uint8),
        "sequence": [rng.normal(size=(steps, 2)) for steps in rng.integers(1, 6, size=80)],
        "text": ["red oak tree", "blue sand", "a cat", "the sea is blue"] * 20,
    }[kind]
    options = {"width": 0.05} if kind == "image" else {"hidden_size": 8}
    classifier = ForcedApartClassifier(**{**small, "module_params": options}).fit(X, y)
    assert classifier.classes_.tolist() == [0, 1]
    assert np.isfinite(classifier.transform(X)).all()


# -- weights of classes -----------------------------------------------------------------------


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("class_weight", ["balanced", {0: 3.0, 1: 0.5, 2: 1.0}])
def test_class_weights_count_and_weigh_labelled_samples(
    small, X, y, fine, weight, class_weight, given
):
    codes = three_of(y, fine)
    known = codes[codes >= 0]
    factor = compute_class_weight(class_weight, classes=np.arange(3), y=known)
    assert len(set(factor)) > 1
    by_hand = np.array([factor[code] if code >= 0 else 1.0 for code in codes], dtype=np.float32)
    classifier = ForcedApartClassifier(**small)
    expected = clone(classifier).fit(
        X, codes, sample_weight=by_hand * weight if given else by_hand
    )
    found = clone(classifier).set_params(class_weight=class_weight)
    found.fit(X, codes, sample_weight=weight if given else None)
    np.testing.assert_allclose(found.transform(X), expected.transform(X), rtol=0, atol=1e-6)
    assert losses(found)["train_loss"] == pytest.approx(losses(expected)["train_loss"], rel=1e-6)


# -- label_groups -----------------------------------------------------------------------------


def in_two(label):
    assert label != -1
    return label >= 2


@pytest.mark.parametrize("label_groups", [in_two, {digit: digit >= 2 for digit in range(4)}])
def test_label_groups_are_not_asked_about_them(classifier, X, fine, labelled, label_groups):
    digits = np.where(labelled, np.searchsorted(list("abcd"), fine), -1)
    by_hand = clone(classifier).fit(X, np.where(labelled, digits >= 2, -1))
    classifier.set_params(label_groups=label_groups).fit(X, digits)
    assert classifier.classes_.tolist() == [False, True]
    np.testing.assert_array_equal(classifier.transform(X), by_hand.transform(X))
    known = classifier.predict(X)[labelled] == (digits[labelled] >= 2)
    assert classifier.score(X, digits) == known.mean()


def test_a_dict_that_names_it_makes_it_a_label(classifier, X):
    y = np.arange(len(X)) % 3 - 1
    classifier.set_params(label_groups={-1: "low", 0: "mid", 1: "high"}, unlabeled=None).fit(X, y)
    assert classifier.classes_.tolist() == ["high", "low", "mid"]
    names = np.array(["low", "mid", "high"])[y + 1]
    assert classifier.score(X, y) == np.mean(classifier.predict(X) == names)
    classifier.partial_fit(X[y < 0], y[y < 0])
    assert losses(classifier)["train_task_loss"][-1] > 0


def test_a_dict_that_does_not_name_it_makes_it_none(classifier, X):
    y = np.where(np.arange(len(X)) < 9, 1, -1)
    classifier.set_params(label_groups={0: "a", 1: "b"})
    assert classifier.fit(X, y).classes_.tolist() == ["b"]
    with pytest.raises(ValueError, match="y is unlabeled=-1 for every sample: fit"):
        classifier.fit(X, np.full(len(X), -1))
    with pytest.raises(ValueError, match=r"-1, which is not among \[0, 1\]: set unlabeled=-1"):
        classifier.set_params(unlabeled=None).fit(X, y)


# -- training in parts ------------------------------------------------------------------------


def test_announced_classes_may_hold_minus_one(classifier, X):
    y = np.arange(len(X)) % 3 - 1
    among = clone(classifier).set_params(unlabeled=None).partial_fit(X, y, classes=[1, 0, -1])
    assert among.classes_.tolist() == [-1, 0, 1]
    assert among.score(X, y) == np.mean(among.predict(X) == y)
    assert losses(among.partial_fit(X[y < 0], y[y < 0]))["train_task_loss"][-1] > 0
    other = clone(classifier).partial_fit(X[y < 1], y[y < 1], classes=[0, 1])
    assert other.classes_.tolist() == [0, 1]
    other.partial_fit(X[y < 0], y[y < 0])
    assert losses(other)["train_task_loss"][-1] == 0
    assert losses(other)["train_multi_loss"][-1] > 0
    with pytest.raises(ValueError, match=r"-1, which is not among \[0, 1\]: set unlabeled=-1"):
        clone(other).set_params(unlabeled=None).partial_fit(X[y < 1], y[y < 1], classes=[0, 1])


def test_the_first_call_may_hold_no_label_at_all(classifier, X, coarse):
    classifier.partial_fit(X, np.full(len(X), -1), classes=[0, 1]).partial_fit(X, coarse)
    assert classifier.classes_.tolist() == [0, 1]
    assert losses(classifier)["train_task_loss"][0] == 0 < losses(classifier)["train_task_loss"][1]


def test_unlabelled_integers_beside_string_classes(classifier, X):
    classifier.partial_fit(X, np.resize(["a", "b"], len(X)))
    classifier.partial_fit(X, np.full(len(X), -1))
    assert classifier.classes_.tolist() == ["a", "b"]
    assert losses(classifier)["train_task_loss"][-1] == 0


def test_later_calls_know_the_classes_of_the_first(classifier, X, y, coarse):
    classifier.partial_fit(X, coarse).partial_fit(X, y)
    assert classifier.classes_.tolist() == [0, 1]
    two = clone(classifier).set_params(unlabeled=None).partial_fit(X, 2 * coarse - 1)
    assert two.classes_.tolist() == [-1, 1]
    with pytest.raises(ValueError, match="label 0, which is not among the classes"):
        two.partial_fit(X, y)
    with pytest.raises(ValueError, match="set unlabeled=-1"):
        clone(two).partial_fit(X, coarse).partial_fit(X, np.minimum(y, 0))


def test_warm_starts_leave_them_out(small, X, y, coarse):
    classifier = ForcedApartClassifier(**small, warm_start=True).fit(X, coarse)
    again = clone(classifier).fit(X, coarse)
    classifier.fit(X, y)
    again.fit(X, coarse)
    assert classifier.classes_.tolist() == [0, 1]
    assert not np.array_equal(classifier.transform(X), again.transform(X))
    classifier.fit(X, np.full(len(X), -1))
    assert losses(classifier)["train_task_loss"][-1] == 0


def test_partial_fits_are_the_epochs_of_a_fit(classifier, X, y):
    whole = clone(classifier).fit(X, y)
    for _ in range(whole.n_iter_):
        classifier.partial_fit(X, y)
    assert_same_training(classifier, whole, X)


# -- early stopping ---------------------------------------------------------------------------


class Split(Callback):
    """Keep the split."""

    def on_epoch_begin(self, net, dataset_train=None, dataset_valid=None, **kwargs):
        self.train_, self.valid_ = dataset_train.rows, dataset_valid.rows


@pytest.mark.parametrize("n_labelled", [2, 4, 40])
def test_early_stopping_has_labels_on_both_sides(small, X, coarse, n_labelled):
    chosen = np.concatenate([np.flatnonzero(coarse == c)[: n_labelled // 2] for c in (0, 1)])
    y = np.full(len(X), -1)
    y[chosen] = coarse[chosen]
    classifier = ForcedApartClassifier(**small, early_stopping=True, callbacks=[Split()])
    classifier.set_params(validation_fraction=0.25, max_epochs=30).fit(X, y)
    split = dict(classifier.net_.callbacks_)["Split"]
    assert (y[split.train_] >= 0).any() and (y[split.valid_] >= 0).any()
    valid = split.valid_[y[split.valid_] >= 0]
    best = min(classifier.net_.history, key=lambda row: row["valid_loss"])
    expected = cross_entropy(classifier, X[valid], y[valid]).mean()
    assert best["valid_task_loss"] == pytest.approx(expected, rel=1e-4)
    assert best["valid_loss"] == pytest.approx(
        0.9 * best["valid_task_loss"] + 0.1 * best["valid_multi_loss"], rel=1e-6
    )


# -- score, searches, files -------------------------------------------------------------------


def test_score_is_that_of_the_labelled_samples(classifier, X, y, labelled, weight):
    classifier.fit(X, y)
    correct = classifier.predict(X)[labelled] == y[labelled]
    assert classifier.score(X, y) == correct.mean()
    expected = np.average(correct, weights=weight[labelled])
    for given in (weight, weight.tolist()):
        assert classifier.score(X, y, sample_weight=given) == pytest.approx(expected, rel=1e-6)
    with pytest.raises(ValueError, match="y is unlabeled=-1 for every sample: score"):
        classifier.score(X, np.full(len(X), -1))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        classifier.score(X, y[:-1])


def test_a_search_with_stratified_folds(small, X, y):
    search = GridSearchCV(
        ForcedApartClassifier(**small),
        {"alpha": [0.1, 0.3]},
        cv=StratifiedKFold(3),
        error_score="raise",
    ).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_estimator_.classes_.tolist() == search.classes_.tolist() == [0, 1]
    scores = cross_val_score(search.best_estimator_, X, y, cv=3)
    assert (scores > 0.5).all()


@pytest.mark.parametrize("how", ["pickle", "file"])
@pytest.mark.parametrize(
    ("mark", "values"),
    [(-1, [-1, 0, 1]), (None, [-1, 1]), (np.nan, [0, 1]), (pd.NA, objects([pd.NA, 0, 1]))],
)
def test_what_is_kept(classifier, X, tmp_path, mark, values, how):
    y = np.resize(values, len(X))
    fitted = classifier.set_params(unlabeled=mark).fit(X, y)
    if how == "pickle":
        again = pickle.loads(pickle.dumps(fitted))
    else:
        fitted.save(tmp_path / "net.skops")
        again = load(tmp_path / "net.skops")
    np.testing.assert_array_equal(again.classes_, fitted.classes_)
    assert again.score(X, y) == fitted.score(X, y)
    assert_same_training(again.partial_fit(X, y), fitted.partial_fit(X, y), X)
