"""scikit-learn's own checks of FineClassFinder."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone, is_classifier, is_clusterer
from sklearn.decomposition import TruncatedSVD
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from fa_sklearn import FineClassFinder, ForcedApartClassifier


class Numbered(FineClassFinder):
    """Predicts the number of the fine class: scikit-learn's checks subtract predictions."""

    def predict(self, X, coarse=None):
        labels = super().predict(X, coarse)
        return (labels[:, None] == self.classes_).argmax(axis=1)


NET = ForcedApartClassifier(max_epochs=2, module_params={"hidden_sizes": (8,)})
ESTIMATORS = [
    FineClassFinder("passthrough", n_repeats=0),
    FineClassFinder(NET, n_repeats=1),
    Numbered("passthrough", n_repeats=0),
    Numbered(NET, n_repeats=1),
    Numbered(clone(NET).set_params(class_weight="balanced"), n_repeats=0),
]
NAMES = "predict returns names; the same check passes with numbers in their place"
TAGS = "it asks for the tags of a classifier; test_sparse_formats stands in"


def permitted_failures(estimator):
    failures = {f"check_estimator_sparse_{kind}": TAGS for kind in ("array", "matrix")}
    if not isinstance(estimator, Numbered):
        failures |= dict.fromkeys(
            (
                "check_estimators_pickle",
                "check_methods_sample_order_invariance",
                "check_methods_subset_invariance",
                "check_fit_idempotent",
            ),
            NAMES,
        )
    return failures


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=permitted_failures)
def test_sklearn_compatible(estimator, check, monkeypatch):
    # scikit-learn skips its array API check unless this is set.
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    check(estimator)


def test_it_is_a_transformer_that_needs_y_and_neither_classifier_nor_clusterer():
    finder = FineClassFinder()
    assert not is_classifier(finder) and not is_clusterer(finder)
    tags = finder.__sklearn_tags__()
    assert tags.target_tags.required and tags.transformer_tags is not None
    assert not (tags.non_deterministic or tags.no_validation or tags._skip_test)


@pytest.mark.parametrize("estimator", ["passthrough", TruncatedSVD(2), NET], ids=repr)
@pytest.mark.parametrize("form", ["bsr", "coo", "csc", "csr", "dia", "dok", "lil", "csr64"])
@pytest.mark.parametrize("container", [sparse.csr_array, sparse.csr_matrix])
def test_sparse_formats(estimator, form, container):
    rng = np.random.default_rng(0)
    dense = np.where(rng.random((40, 6)) < 0.6, 0, rng.random((40, 6)))
    y = np.arange(40) % 4
    X = container(dense).asformat(form.removesuffix("64"))
    if form == "csr64":
        X.indices, X.indptr = X.indices.astype(np.int64), X.indptr.astype(np.int64)
    finder = FineClassFinder(estimator, n_clusters=2, n_repeats=1, random_state=0).fit(X, y)
    expected = FineClassFinder(estimator, n_clusters=2, n_repeats=1, random_state=0).fit(dense, y)
    np.testing.assert_array_equal(finder.predict(X), finder.predict(dense))
    assert adjusted_rand_score(finder.labels_, expected.labels_) == pytest.approx(1)
    assert finder.predict_proba(X).shape == (40, 8)
