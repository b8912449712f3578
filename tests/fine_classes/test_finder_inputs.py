"""FineClassFinder: every kind of input, label and clusterer, and what it refuses."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.cluster import (
    DBSCAN,
    HDBSCAN,
    AgglomerativeClustering,
    BisectingKMeans,
    KMeans,
    MiniBatchKMeans,
    SpectralClustering,
)
from sklearn.datasets import make_blobs
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.frozen import FrozenEstimator
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import fa_sklearn.fine_classes._inputs as inputs
from fa_sklearn import FineClassFinder, ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.metrics import ami_score

NET = {"max_epochs": 2, "random_state": 0, "module_params": {"hidden_sizes": (8,)}}


@pytest.fixture(scope="module")
def blobs():
    X, fine = make_blobs([90, 60, 40, 80, 50], 6, random_state=3)
    return X, fine, np.where(fine < 3, "fraud", "fine")


@pytest.fixture
def short(monkeypatch):
    """The default candidates with nets of two epochs."""
    original = inputs.default_candidates

    def shortened(X, kind):
        candidates = original(X, kind)
        for estimator in candidates.values():
            for name in estimator.get_params():
                if name.endswith("net__max_epochs"):
                    estimator.set_params(**{name: 2})
        return candidates

    monkeypatch.setattr("fa_sklearn.fine_classes._finder.default_candidates", shortened)


def check(finder, X, y):
    """Compare what the methods of a fitted finder say with each other."""
    n = len(y)
    assert finder.labels_.shape == finder.agreement_.shape == finder.borderline_.shape == (n,)
    assert finder.predict(X, coarse=y).tolist() == finder.labels_.tolist()
    predicted = finder.predict_coarse(X)
    assert finder.predict(X).tolist() == finder.predict(X, coarse=predicted).tolist()
    proba = finder.predict_proba(X)
    assert proba.shape == (n, len(finder.classes_)) and (proba >= 0).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    coarse = np.stack([proba[:, finder.parents_ == c].sum(axis=1)
                       for c in range(len(finder.coarse_classes_))], axis=1)  # fmt: skip
    assert (finder.coarse_classes_[coarse.argmax(axis=1)] == predicted).mean() > 0.99
    points = finder.transform(X)
    assert points.shape == (n, len(finder.get_feature_names_out()))
    assert finder.cluster_centers_.shape == (len(finder.classes_), points.shape[1])
    summary = finder.summary_
    assert all(len(column) == len(finder.classes_) for column in summary.values())
    assert summary["size"].tolist() == [(finder.labels_ == name).sum() for name in finder.classes_]
    assert finder.is_outlier(X).shape == (n,)
    owners = dict(zip(finder.classes_, finder.coarse_classes_[finder.parents_], strict=True))
    assert [owners[label] for label in finder.labels_] == list(finder.coarse_classes_[
        np.searchsorted(finder.coarse_classes_, np.asarray(y))])  # fmt: skip


@pytest.mark.parametrize(
    "clusterer",
    [
        AgglomerativeClustering(),
        AgglomerativeClustering(n_clusters=None, distance_threshold=20),
        BayesianGaussianMixture(n_components=8, random_state=0),
        BisectingKMeans(),
        DBSCAN(2.0),
        GaussianMixture(n_components=7),
        HDBSCAN(copy=True),
        KMeans(13, n_init=2),
        MiniBatchKMeans(n_init=2),
        SpectralClustering(),
    ],
    ids=repr,
)
def test_clusterers(blobs, clusterer):
    X, fine, y = blobs
    finder = FineClassFinder("passthrough", clusterer=clusterer, n_repeats=1, random_state=0)
    check(finder.fit(X, y), X, y)
    assert ami_score(fine, finder.labels_) > 0.7


RNG = np.random.default_rng(0)
N = 60
BRIGHT = np.repeat([0.2, 0.4, 0.7, 1.0], N // 4)
COARSE = np.repeat(["dark", "light"], N // 2)
WORDS = [["red", "green"], ["blue", "black"], ["cat", "dog"], ["cow", "pig"]]
SEQUENCES = [
    value * 5 + RNG.normal(size=(steps, 2))
    for value, steps in zip(BRIGHT, RNG.integers(3, 9, N), strict=True)
]
IMAGES = BRIGHT[:, None, None, None] * RNG.random((N, 8, 8, 2))
TABLE = BRIGHT[:, None] * 9 + RNG.normal(size=(N, 4))
NEARLY_EMPTY = np.where(RNG.random((N, 12)) < 0.7, 0, np.tile(BRIGHT[:, None], 12))
TOKENS = [RNG.integers(1, 5, size=RNG.integers(4, 9)) + 4 * (4 * BRIGHT[i] > 2) for i in range(N)]
KINDS = {
    "table": TABLE,
    "float32": TABLE.astype(np.float32),
    "Fortran order": np.asfortranarray(TABLE),
    "every other column": np.repeat(TABLE, 2, axis=1)[:, ::2],
    "lists": TABLE.tolist(),
    "integers": TABLE.astype(int),
    "bool": TABLE > 4,
    "constant columns": np.hstack([TABLE, np.ones((N, 2))]),
    "only constant columns": np.ones((N, 3)),
    "one column": TABLE[:, :1],
    "duplicate rows": TABLE[np.arange(N) // 5 * 5],
    "columns of 0 and 1": (TABLE > 4).astype(float),
    "wide": RNG.normal(size=(N, 80)),
    "rows of unit length": TABLE / np.linalg.norm(TABLE, axis=1, keepdims=True),
    "tiny values": TABLE * 1e-30,
    "large values": TABLE * 1e30,
    "DataFrame": pd.DataFrame(TABLE, columns=list("abcd")),
    "csr": sparse.csr_array(NEARLY_EMPTY),
    "csc": sparse.csc_matrix(NEARLY_EMPTY),
    "sequences": SEQUENCES,
    "DataFrames": [pd.DataFrame(sequence, columns=["u", "v"]) for sequence in SEQUENCES],
    "3-D": RNG.normal(size=(N, 5, 3)) + BRIGHT[:, None, None],
    "float images": IMAGES.astype(np.float32),
    "uint8 images": (255 * IMAGES).astype(np.uint8),
    "texts": [" ".join(RNG.choice(WORDS[i * 4 // N], 5)) for i in range(N)],
    "tokens": [tokens.astype(int) for tokens in TOKENS],
}


@pytest.mark.usefixtures("short")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("X", KINDS.values(), ids=KINDS)
def test_kinds_of_input(X):
    finder = FineClassFinder(n_clusters=2, n_repeats=1, random_state=0)
    check(finder.fit(X, COARSE), X, COARSE)


@pytest.mark.parametrize(
    "labels",
    [[3, -7], [0, 1], [True, False], ["a/b", "a"], [0.0, 1.0], ["b", "b"]],
    ids=str,
)
@pytest.mark.parametrize("container", [np.array, list, pd.Series])
def test_labels(blobs, labels, container):
    X, _, coarse = blobs
    y = container([labels[int(each == "fraud")] for each in coarse])
    finder = FineClassFinder("passthrough", n_clusters=2, n_repeats=1, random_state=0).fit(X, y)
    check(finder, X, y)
    assert finder.coarse_classes_.tolist() == sorted(set(labels))
    assert finder.n_clusters_ == dict.fromkeys(sorted(set(labels)), 2)
    assert {*finder.classes_} == {f"{label}/{k}" for label in labels for k in (0, 1)}


@pytest.mark.parametrize("clusterer", [None, GaussianMixture(), AgglomerativeClustering(),
                                       HDBSCAN(copy=True)], ids=repr)  # fmt: skip
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_classes_of_few_samples_are_one_class(blobs, n, clusterer):
    X, _, y = blobs
    y = y.astype("U9")
    y[:n] = "rare"
    finder = FineClassFinder(PCA(2), clusterer=clusterer, n_repeats=2, random_state=0).fit(X, y)
    assert finder.n_clusters_["rare"] == 1
    check(finder, X, y)


def test_one_sample_of_each_class():
    X, y = np.eye(3), ["a", "b", "c"]
    check(FineClassFinder("passthrough", n_repeats=2).fit(X, y), X, y)


@pytest.mark.usefixtures("short")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n", [2, 3, 5, 9])
def test_default_on_few_samples(n):
    X, y = np.random.default_rng(0).normal(size=(n, 3)), np.arange(n) % 2
    check(FineClassFinder(n_repeats=1, random_state=0).fit(X, y), X, y)


def test_everything_may_be_noise(blobs):
    X, _, y = blobs
    clusterer = DBSCAN(1e-9)
    finder = FineClassFinder("passthrough", clusterer=clusterer, n_repeats=1, random_state=0)
    check(finder.fit(X, y), X, y)
    assert finder.classes_.tolist() == ["fine/?", "fraud/?"]
    assert finder.n_clusters_ == {"fine": 0, "fraud": 0}
    assert finder.tree_ == {} and finder.cut(1).n_clusters_ == {"fine": 0, "fraud": 0}


def test_a_cluster_that_no_training_sample_is_in_takes_no_new_one():
    class Four(KMeans):
        """Has a cluster at 100 that is empty in fit."""

        def fit(self, X, y=None):
            super().fit(X)
            self.cluster_centers_ = np.vstack([self.cluster_centers_, [[100.0]]])
            return self

    X = np.array([[0.0], [0.1], [5.0], [5.1]])
    finder = FineClassFinder("passthrough", n_clusters=2, clusterer=Four(), n_repeats=0)
    assert finder.fit(X).predict([[99.0], [0.0]]).tolist() == [
        finder.labels_[2],
        finder.labels_[0],
    ]


def test_without_y_all_samples_are_of_one_coarse_class(blobs):
    X, fine, _ = blobs
    for estimator in (PCA(4), "passthrough", ForcedApartAutoencoder(**NET, n_components=4)):
        finder = FineClassFinder(estimator, n_clusters=5, n_repeats=1, random_state=0).fit(X)
        check(finder, X, ["all"] * len(X))
        assert finder.coarse_classes_.tolist() == ["all"]
        assert ami_score(fine, finder.labels_) > 0.8


def test_estimators(blobs):
    X, _, y = blobs
    net = ForcedApartClassifier(**NET)
    union = FeatureUnion([("net", net), ("other", ForcedApartAutoencoder(**NET))])
    for estimator in (
        net,
        make_pipeline(StandardScaler(), net),
        make_pipeline(net, PCA(3)),
        union,
        LinearDiscriminantAnalysis(),
        FrozenEstimator(ForcedApartClassifier(**NET).fit(X, y)),
    ):
        finder = FineClassFinder(estimator, n_clusters=2, n_repeats=1, random_state=0)
        check(finder.fit(X, y), X, y)
        for target in (list(y), pd.Series(y, index=np.arange(len(y))[::-1])):
            again = FineClassFinder(estimator, n_clusters=2, n_repeats=1, random_state=0)
            assert (again.fit(X, target).labels_ == finder.labels_).all()
            np.testing.assert_array_equal(again.agreement_, finder.agreement_)


def test_columns_that_only_the_pipelines_of_a_union_read(blobs):
    X, _, y = blobs
    table = pd.DataFrame(X, columns=list("uvwxyz")).assign(country=list("abcde") * (len(X) // 5))

    def numbers(frame):
        return frame[["u", "v"]]

    net = make_pipeline(FunctionTransformer(numbers), ForcedApartClassifier(**NET))
    finder = FineClassFinder(FeatureUnion([("a", net)]), n_clusters=2, n_repeats=0, random_state=0)
    check(finder.fit(table, y), table, y)


def test_feature_names(blobs):
    X, _, y = blobs
    table = pd.DataFrame(X, columns=list("uvwxyz"))
    finder = FineClassFinder("passthrough", n_repeats=0, random_state=0).fit(table, y)
    assert finder.feature_names_in_.tolist() == list("uvwxyz")
    assert finder.n_features_in_ == 6
    with pytest.raises(ValueError, match="feature names should match"):
        finder.predict(table[list("zyxwvu")])
    frame = finder.set_output(transform="pandas").transform(table)
    assert frame.columns.tolist() == [f"fineclassfinder{k}" for k in range(6)]
    np.testing.assert_array_equal(frame, X)


def test_unlabelled_samples(blobs):
    X, fine, y = blobs
    partly = y.astype("U9")
    partly[::3] = "unknown"
    net = ForcedApartClassifier(**NET)
    for finder in (
        FineClassFinder("passthrough", unlabeled="unknown", n_repeats=2, random_state=0),
        FineClassFinder(net, unlabeled="unknown", n_clusters=2, n_repeats=2, random_state=0),
        FineClassFinder(
            ForcedApartClassifier(**NET, unlabeled="unknown"),
            n_clusters=2, n_repeats=2, random_state=0,
        ),
    ):  # fmt: skip
        finder.fit(X, partly)
        assert finder.coarse_classes_.tolist() == ["fine", "fraud"]
        assert finder.predict(X, coarse=partly).tolist() == finder.labels_.tolist()
        unknown = partly == "unknown"
        assert finder.predict(X[unknown]).tolist() == finder.labels_[unknown].tolist()
    assert net.unlabeled is None
    with pytest.raises(ValueError, match="unlabeled is '\\?' and 'unknown'"):
        FineClassFinder(
            ForcedApartClassifier(**NET, unlabeled="unknown"), unlabeled="?"
        ).fit(X, partly)  # fmt: skip
    with pytest.raises(ValueError, match="unlabeled for every sample"):
        FineClassFinder("passthrough", unlabeled="unknown").fit(X, ["unknown"] * len(X))


def test_repeats_see_each_coarse_class_of_which_a_label_is_known():
    X, fine = make_blobs([40, 40], 2, random_state=0)
    y = np.full(80, -1)
    y[:2] = fine[:2] = [0, 0]
    y[np.flatnonzero(fine)[0]] = 1
    finder = FineClassFinder("passthrough", unlabeled=-1, n_repeats=6, random_state=0).fit(X, y)
    assert finder.agreement_.min() > 0.5


def test_label_groups(blobs):
    X, fine, y = blobs
    net = ForcedApartClassifier(**NET, label_groups=lambda k: "fraud" if k < 3 else "fine")
    for estimator in (net, make_pipeline(net, PCA(3))):
        finder = FineClassFinder(estimator, n_clusters=2, n_repeats=1, random_state=0).fit(X, fine)
        assert finder.coarse_classes_.tolist() == ["fine", "fraud"]
        assert finder.predict(X, coarse=fine).tolist() == finder.labels_.tolist()
        plain = FineClassFinder(
            clone_without_groups(estimator), n_clusters=2, n_repeats=1, random_state=0
        ).fit(X, y)
        assert plain.labels_.tolist() == finder.labels_.tolist()


def clone_without_groups(estimator):
    copy = clone(estimator)
    names = [name for name in copy.get_params() if name.endswith("label_groups")]
    return copy.set_params(**dict.fromkeys(names))


def test_more_samples_than_are_fitted_on():
    X, fine = make_blobs([1000, 980, 10], 3, cluster_std=0.5, random_state=0)
    y = np.array(["a", "a", "rare"])[fine]
    finder = FineClassFinder("passthrough", max_samples=200, n_repeats=1, random_state=0).fit(X, y)
    assert finder.n_clusters_ == {"a": 2, "rare": 1}
    assert finder._fitted_sizes.sum() == 200 and finder._fitted_sizes[-1] == 10
    assert ami_score(fine, finder.labels_) == pytest.approx(1)
    check(finder, X, y)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_clusters": {"fine": 2}}, r"lacks \['fraud'\], and has \[\] besides"),
        ({"n_clusters": {"fine": 2, "fraud": 0}}, "whole numbers from 1, got 0 for 'fraud'"),
        ({"n_clusters": {"fine": 2, "fraud": 2, "x": 1}}, r"lacks \[\], and has \['x'\] besides"),
        ({"n_clusters": 150}, "asks for 150 fine classes of 'fine', of which there are 130"),
        ({"n_clusters": 2, "clusterer": DBSCAN()}, "finds its number of clusters itself"),
        ({"n_clusters": 0}, "'n_clusters' parameter"),
        ({"clusterer": "kmeans"}, "'clusterer' parameter"),
        ({"estimator": KMeans}, "Expected an estimator instance"),
    ],
    ids=str,
)
def test_parameters_that_are_refused(blobs, params, message):
    X, _, y = blobs
    with pytest.raises((ValueError, TypeError), match=message):
        FineClassFinder(**{"estimator": "passthrough", **params}).fit(X, y)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.where(TABLE > 8, np.nan, TABLE), "(?s)contains NaN.*impute"),
        (np.where(TABLE > 8, np.inf, TABLE), "contains infinity"),
        (pd.DataFrame(TABLE, columns=list("abcd")).assign(country="x"), "'x'.*ColumnTransformer"),
        (np.ma.masked_greater(TABLE, 9), "masked values: impute"),
        (TABLE * 1e200, r"values up to 1e\+201, whose squares float64 cannot add up: scale X"),
        (TABLE.astype(np.float32) * 1e25, "whose squares float32 cannot add up: scale X"),
        ([[1, 2], [3]] * (N // 2), "ragged"),
        (TABLE[:5], "one label per sample of X, 5, got 60"),
        ("text", "single string"),
        ([], "Expected 2D array"),
    ],
    ids=range(10),
)
@pytest.mark.parametrize("estimator", [None, "passthrough"])
def test_inputs_that_are_refused(X, message, estimator):
    with pytest.raises(ValueError, match=message):
        FineClassFinder(estimator).fit(X, COARSE)


def test_predictions_that_are_refused(blobs):
    X, _, y = blobs
    finder = FineClassFinder("passthrough", n_repeats=0, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="'theft' was not in fit: coarse_classes_ holds"):
        finder.predict(X[:2], coarse=["fraud", "theft"])
    with pytest.raises(ValueError, match="one label per sample of X, 2, got 1"):
        finder.predict(X[:2], coarse=["fraud"])
    with pytest.raises(ValueError, match="expecting 6 features"):
        finder.predict(X[:, :1])


def test_an_estimator_of_other_labels_is_refused(blobs):
    X, fine, y = blobs
    frozen = FrozenEstimator(ForcedApartClassifier(**NET).fit(X, fine))
    with pytest.raises(ValueError, match="estimator predicts .* but the coarse labels of y are"):
        FineClassFinder(frozen).fit(X, y)
