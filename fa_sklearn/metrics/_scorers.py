"""Scorers that compare an estimator's clusters with the fine classes."""

from typing import Any

from numpy.typing import ArrayLike
from sklearn import config_context
from sklearn.metrics import make_scorer

from .._suggest import suggest
from ._scores import ami_score, nmi_score

_METRICS = {"ami": ami_score, "nmi": nmi_score}


def _score(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    fine_labels: ArrayLike | None = None,
    *,
    metric: str,
    fall_back: bool,
) -> float:
    if fine_labels is None and not fall_back:
        raise ValueError(
            f"fine_label_scorer({metric!r}) got no fine_labels: pass fine_labels= to fit of the "
            "search, and enable routing with sklearn.set_config(enable_metadata_routing=True)."
        )
    return _METRICS[metric](y_true if fine_labels is None else fine_labels, y_pred)


ami_scorer = make_scorer(_score, metric="ami", fall_back=True)
"""Scorer of AMI_max: ``ami_scorer(estimator, X, y)``, or ``fine_labels`` in place of y if routed.

It scores ``estimator.predict(X)`` against y. So y has to be the fine label, and a classifier in
the pipeline needs ``label_groups``: without it, it would train on the fine label itself.

``ami_scorer.set_score_request(fine_labels=True)`` changes this very object for the whole process
and, if ``fine_labels`` is then not passed, the coarse y is scored without a word. Use
`fine_label_scorer` for that route: each call returns a fresh scorer, which refuses instead.
"""

nmi_scorer = make_scorer(_score, metric="nmi", fall_back=True)
"""Scorer of NMI_sqrt, in all else like `ami_scorer`."""


def fine_label_scorer(metric: str = "ami") -> Any:
    """Make a scorer that takes the fine classes by metadata routing, and nothing else.

    Training then sees only the coarse y, the score only ``fine_labels``. The scorer is new at
    each call and has its score request set, whether or not routing is enabled at that moment.
    Read more in :doc:`/fine_labels`.

    Parameters
    ----------
    metric : {"ami", "nmi"}, default="ami"
        `ami_score` or `nmi_score`.

    Returns
    -------
    callable
        A scikit-learn scorer, ``scorer(estimator, X, y, fine_labels=...)``, for the ``scoring``
        parameter. It raises a ValueError if it gets no ``fine_labels``.

    See Also
    --------
    ami_scorer : Scores against y; the choice where y is fine and ``label_groups`` is given.

    Notes
    -----
    Routing has to be enabled while the search is fitted:
    ``sklearn.set_config(enable_metadata_routing=True)``.

    A search with its default ``error_score=nan`` turns a scorer's ValueError into a warning and
    a score of NaN; ``error_score="raise"`` makes it stop at once.

    scikit-learn calls a scorer with y, so the search needs one: where training uses no labels,
    as with an autoencoder, pass the fine label as y and use `ami_scorer`.

    Pass a shuffled splitter as ``cv``. A pipeline that ends in KMeans is not a classifier, thus an
    integer ``cv`` means an unshuffled KFold, and a test fold of sorted data can hold one class.

    Examples
    --------
    >>> import sklearn
    >>> from sklearn.cluster import KMeans
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV, KFold
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from fa_sklearn.metrics import fine_label_scorer
    >>> X, y_fine = load_iris(return_X_y=True)
    >>> y_coarse = y_fine > 0
    >>> search = GridSearchCV(
    ...     make_pipeline(StandardScaler(), KMeans(3, n_init=5, random_state=0)),
    ...     {"standardscaler__with_std": [True, False]},
    ...     scoring=fine_label_scorer("ami"),
    ...     cv=KFold(3, shuffle=True, random_state=0),
    ... )
    >>> with sklearn.config_context(enable_metadata_routing=True):
    ...     search = search.fit(X, y_coarse, fine_labels=y_fine)
    >>> search.best_params_
    {'standardscaler__with_std': False}
    """
    if metric not in _METRICS:
        raise ValueError(f"Unknown metric {metric!r}: {suggest(str(metric), _METRICS)}.")
    with config_context(enable_metadata_routing=True):
        scorer = make_scorer(_score, metric=metric, fall_back=False)
        return scorer.set_score_request(fine_labels=True)
