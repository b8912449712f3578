"""Fine classes in one call."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from numbers import Integral
from types import SimpleNamespace
from typing import Any, ClassVar, Self

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from joblib.parallel import get_active_backend
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.optimize import linear_sum_assignment
from scipy.sparse import issparse
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    _fit_context,
    clone,
)
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics.cluster import contingency_matrix
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import Tags, _safe_indexing, check_random_state, get_tags
from sklearn.utils._param_validation import HasMethods, Interval, MissingValues, StrOptions
from sklearn.utils.validation import _num_samples, check_is_fitted, validate_data

from .._inputs import DESCRIPTIONS, READERS, Kind, check_kind, infer_kind, unpack
from .._inputs._samples import as_array
from .._seeds import reseeded
from .._training import noticing_ctrl_c, terminal_bar
from ..estimators._labels import read_groups
from ..estimators._saving import TRUSTED, flatten, name_of, write_estimator
from ..metrics._within_class import find_neighbors, modularity
from ._clusters import Clusters, count_parameter
from ._inputs import Table, default_candidates
from ._model import Model, Space, classifiers_in
from ._n_clusters import N_NEIGHBORS, Counts, choose_n_clusters
from ._names import FineClasses
from ._quality import Outliers, matched, means, separation, stability

ONE_CLASS = "all"  # the coarse label where there is no y
# By which numbers of clusters, and on how many samples, candidates are compared.
JUDGED_COUNTS = (3, 5, 8)
JUDGED_SAMPLES = 5000


class SummaryTable(dict[str, NDArray[Any]]):
    """Columns by name, an entry for each fine class."""

    def to_frame(self) -> Any:
        """Return a `pandas.DataFrame`, which needs pandas."""
        import pandas as pd

        return pd.DataFrame(dict(self))

    def _repr_html_(self) -> str:
        return str(self.to_frame()._repr_html_())


class Fits:
    """Tell on standard output how many fits are done: a bar in a terminal, else a line each."""

    def __init__(self, name: str, total: int, verbose: int | bool) -> None:
        self.name, self.total, self.done, self.verbose = name, total, 0, verbose
        bar_format = name + ": fit {n_fmt}/{total_fmt}|{bar}| {elapsed}<{remaining}"
        self.bar = terminal_bar(total, bar_format) if verbose else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self.bar is not None:
            self.bar.close()

    def update(self) -> None:
        """Count one more."""
        self.done += 1
        if self.bar is not None:
            self.bar.update()
        elif self.verbose:
            print(f"{self.name}: fit {self.done} of {self.total}", flush=True)


class FineClassFinder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Find the fine classes inside each coarse class.

    Clusters are sought inside each coarse class, in a space where distances mean something. How
    many there are, which samples are in which, how often refits find them again, and a model that
    says of a new sample "fraud/2". Read more in :doc:`/finder`.

    Parameters
    ----------
    estimator : estimator, "passthrough" or None, default=None
        Makes the space, and predicts the coarse label. None: the inputs, standardised; the inputs
        as they are; or the inputs next to the representation of a net that is trained with
        ``penalty="contrast"`` and ``views="neighbors"``, whichever suits the table best (see
        Notes). Else an estimator with `transform`: a `ForcedApartClassifier`, a pipeline that
        ends in one, a `FeatureUnion` of several, or one of scikit-learn such as ``PCA(50)``.
        Where it has no `predict`, a logistic regression on what it returns predicts the coarse
        label. Rows of the representation of forced-apart nets are scaled to unit length.
    n_clusters : int, mapping or "auto", default="auto"
        Fine classes of each coarse class: one number for all, or a number for each coarse label.
        "auto" chooses from 1 to `max_clusters`; 1 says that a coarse class has no sub-types that
        can be shown.
    max_clusters : int, default=20
        The most fine classes that "auto" looks for inside a coarse class, each of 16 samples or
        more.
    clusterer : clusterer or None, default=None
        A clone is fitted inside each coarse class, with `n_clusters` or `n_components` set where
        it has one. None: ``KMeans(n_init=10)``. Where it has no `predict`, new samples get the
        class of the nearest training sample. What it labels -1, as HDBSCAN does noise, is the
        class "?" of its coarse class.
    n_repeats : int, default=4
        Refits, each on another half of the samples and with other seeds, by which the stability
        of each class is told. 0: nothing is said about it.
    max_samples : int, default=20000
        If there are more samples, as many are fitted on, rare coarse classes whole; all of them
        get labels. The time of the search for neighbours grows with its square.
    unlabeled : int, float, str, np.nan, pandas.NA or None, default=None
        The label of y that marks samples whose coarse label is unknown; they join the class that
        is predicted for them. None: that of the estimator, or there are none.
    n_jobs : int or None, default=None
        Fits that run at the same time; joblib's backends apply.
    verbose : int or bool, default=0
        1 shows how many fits there are and how many are done.
    random_state : int, RandomState or None, default=None
        Seed of the estimators that have none, of the clusterers and of the repeats.

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,)
        Fine class of each training sample, such as "fraud/2"; it is of the sample's own coarse
        class. The same as ``predict(X, coarse=y)``.
    classes_ : ndarray of shape (n_fine,)
        Names of the fine classes: coarse label, "/", and a number from 0 by falling size.
    coarse_classes_ : ndarray of shape (n_coarse,)
        The coarse labels.
    parents_ : ndarray of shape (n_fine,)
        Index of the coarse class of each fine class.
    n_clusters_ : dict
        Number of fine classes by coarse label, without "?"; `merge` and `cut` lower it.
    counts_ : dict
        Of each coarse label what "auto" tried: ``n_clusters``, ``counts`` and ``scores``. Empty
        where `n_clusters` was given.
    estimator_ : estimator
        The fitted estimator.
    candidates_ : dict
        Modularity inside the coarse classes, in the inputs, of each candidate by its name; the
        highest was taken. Empty where `estimator` was given.
    candidate_ : str or None
        Name of the candidate that was taken.
    cluster_centers_ : ndarray of shape (n_fine, n_features_out)
        Mean of each fine class in the space of `transform`.
    agreement_ : ndarray of shape (n_samples,)
        Share of the repeats that put the sample into the same class. NaN without repeats.
    borderline_ : ndarray of shape (n_samples,)
        Whether some repeat puts the sample into another class.
    n_fits_ : int
        Estimators fitted.
    n_features_in_ : int
        Features of a table, of a time step, or channels of an image.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if X had names.

    See Also
    --------
    fa_sklearn.inspection.FineClassReport : Shows the classes to people.
    ForcedApartClassifier : The nets.

    Notes
    -----
    A call with the defaults costs three fits, of which one is a net, and `n_repeats` more of the
    one that is chosen. It is chosen by the modularity of its clusters in the standardised inputs
    (`fa_sklearn.metrics.within_class_modularity_score`), so never by a fine label.

    Numeric columns and channels of sequences are standardised, but neither columns of 0 and 1,
    nor rows of unit length, as embeddings have, nor sparse tables. More than 50 columns are
    reduced by PCA for everything but the net; those of embeddings are not. Missing values and
    categories of text need a `ColumnTransformer` in front.

    The number of classes is the smallest whose score is within 4 % of the best, the score being
    how often pairs of samples stay together in clusters of another half (prediction strength)
    times the root of the modularity. A coarse class is one class unless the density between a
    cluster and the others falls in the inputs, by 3.2 standard errors in samples that were not
    used to look for it, and unless neighbours are closer than in independent columns.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from fa_sklearn import FineClassFinder
    >>> from fa_sklearn.metrics import ami_score
    >>> X, y_fine = load_digits(return_X_y=True)
    >>> y = ["low" if digit < 5 else "high" for digit in y_fine]
    >>> finder = FineClassFinder(n_clusters=5, n_repeats=0, random_state=0).fit(X, y)
    >>> finder.predict(X[:1], coarse=["low"])[0].startswith("low/")
    True
    >>> ami_score(y_fine, finder.labels_) > 0.75
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods("transform"), StrOptions({"passthrough"}), None],
        "n_clusters": [Interval(Integral, 1, None, closed="left"), Mapping, StrOptions({"auto"})],
        "max_clusters": [Interval(Integral, 1, None, closed="left")],
        "clusterer": [HasMethods("fit"), None],
        "n_repeats": [Interval(Integral, 0, None, closed="left")],
        "max_samples": [Interval(Integral, 2, None, closed="left")],
        "unlabeled": [MissingValues()],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    labels_: NDArray[np.str_]

    def __init__(
        self,
        estimator: Any = None,
        *,
        n_clusters: int | Mapping[Any, int] | str = "auto",
        max_clusters: int = 20,
        clusterer: Any = None,
        n_repeats: int = 4,
        max_samples: int = 20_000,
        unlabeled: Any = None,
        n_jobs: int | None = None,
        verbose: int | bool = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.estimator = estimator
        self.n_clusters = n_clusters
        self.max_clusters = max_clusters
        self.clusterer = clusterer
        self.n_repeats = n_repeats
        self.max_samples = max_samples
        self.unlabeled = unlabeled
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.random_state = random_state

    # -- fit ----------------------------------------------------------------------------------

    @_fit_context(prefer_skip_nested_validation=False)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: ArrayLike | None = None) -> Self:
        """Find the fine classes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features), or what `estimator` takes
            Samples. Without an estimator: a table, sequences, images, or texts, as
            `ForcedApartClassifier` takes them.
        y : array-like of shape (n_samples,) or None, default=None
            Coarse labels, `unlabeled` where unknown; fine labels with ``label_groups`` of the
            estimator. None, with an estimator that needs none: all samples are of the coarse
            class "all".

        Returns
        -------
        FineClassFinder
            The fitted finder.

        Raises
        ------
        ValueError
            If X, y or a parameter is not what it must be.
        """
        X = self._check_X(X, reset=True)
        codes = self._read_coarse(y, _num_samples(X), reset=True)
        self._check_clusterer()
        rng = check_random_state(self.random_state)
        rows = _choose_rows(codes, self.max_samples, rng)
        part, own = _safe_indexing(X, rows), codes[rows]
        candidates, target = self._candidates(part, y, own, rows)
        seeds = rng.randint(2**31 - 1, size=len(candidates) + 1 + self.n_repeats).tolist()
        fit_space = partial(_fit_space, classes=self.coarse_classes_)
        bar = Fits(type(self).__name__, len(candidates) + self.n_repeats, self.verbose)
        with bar, noticing_ctrl_c(SimpleNamespace(pressed=False)) as interrupt:
            spaces = self._run(
                [
                    partial(fit_space, estimator, part, target, own, seed=seeds.pop())
                    for estimator in candidates.values()
                ],
                interrupt,
                bar,
                partly=True,
            )
            seed = seeds.pop()
            kind = self._kind if self.estimator is None else None
            self._table = Table.fit(spaces[0], part, kind, seed)
            chosen, points, own = self._choose(spaces, [*candidates], part, own, seed)
            self._find(spaces[chosen], points, own, part, seed)
            self._own = self._clusters_of(X, codes)
            repeat = partial(
                _repeat,
                partial(fit_space, [*candidates.values()][chosen]),
                X,
                self._classes.parent_of(self._own),
                self._clusterer,
                [clusters.n_clusters for clusters in self._model.clusters],
            )
            halves = [
                (
                    rows[half],
                    None if target is None else _safe_indexing(target, half),
                    codes[rows[half]],
                    seed,
                )
                for seed in seeds
                for half in [_draw_half(codes[rows], seed)]
            ]
            fits = [partial(repeat, *half) for half in halves]
            repeats = self._run(fits, interrupt, bar, partly=False)
        self._repeats = np.array(repeats, dtype=np.intp).reshape(len(repeats), len(self._own))
        self._match_repeats()
        self._update()
        self.n_fits_ = len(spaces) + len(repeats)
        if interrupt.pressed:
            warnings.warn(
                f"fit was interrupted: it kept {len(spaces)} of {len(candidates)} candidates and "
                f"{len(repeats)} of {self.n_repeats} repeats.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def _check_X(self, X: Any, *, reset: bool) -> Any:
        """Validate what the default estimators are given; the user's own do it themselves."""
        X = unpack(X)
        name = type(self).__name__
        if reset:
            self._kind: Kind | None = "table" if isinstance(self.estimator, str) else None
            if self.estimator is None:
                self._kind = infer_kind(X)
        if self._kind is None:
            if issparse(X):
                X = X.tocsr()  # rows are taken of it
            X = X if hasattr(X, "__getitem__") else np.asarray(X)
            if getattr(X, "ndim", 0) == 2:
                validate_data(self, X, reset=reset, skip_check_array=True)
            return X
        if reset:
            self._reader = None if self._kind in ("table", "text") else READERS[self._kind]()
        else:
            check_kind(X, self._kind, f"this {name}, fitted on {DESCRIPTIONS[self._kind]},")
        if self._kind == "table":
            if isinstance(X, (list, tuple, np.ma.MaskedArray)):
                X = as_array(X, "X")
            try:
                X = validate_data(
                    self, X, reset=reset, accept_sparse="csr", dtype=[np.float64, np.float32]
                )
            except ValueError as error:
                if "could not convert" not in str(error):
                    raise
                raise ValueError(
                    f"X holds values that are not numbers ({error}): encode them in front, as in "
                    "make_pipeline(ColumnTransformer(...), FineClassFinder())."
                ) from error
            largest, limit = abs(X).max(), np.sqrt(np.finfo(X.dtype).max) / 1000
            if largest > limit:
                raise ValueError(
                    f"X holds values up to {largest:.0e}, whose squares {X.dtype} cannot add up: "
                    "scale X."
                )
            return X
        if self._reader is not None:
            self._reader.read(X, name, reset=reset)
            validate_data(self, self._reader.columns(X), reset=reset, skip_check_array=True)
            if not hasattr(X, "shape"):
                X = [np.asarray(item) for item in X]
        return X

    def _read_coarse(self, y: Any, n: int, *, reset: bool) -> NDArray[np.intp]:
        """Position of each sample's coarse label among `coarse_classes_`; -1: unknown."""
        if reset:
            self.coarse_classes_ = np.array([ONE_CLASS])
        if y is None:
            if reset and self.__sklearn_tags__().target_tags.required:
                raise ValueError(
                    f"{type(self).__name__} requires y to be passed, but the target y is None."
                )
            return np.full(n, 0 if reset else -1)
        groups, known = read_groups(
            y,
            next((net.label_groups for net in classifiers_in(self.estimator)), None),
            self._find_unlabeled(),
            classes=None if reset else self.coarse_classes_,
        )
        if len(known) != n:
            raise ValueError(f"y must have one label per sample of X, {n}, got {len(known)}.")
        if reset:
            if not len(groups):
                raise ValueError("y is unlabeled for every sample: some labels must be known.")
            self.coarse_classes_ = np.unique(groups)
        if unseen := set(groups.tolist()) - set(self.coarse_classes_.tolist()):
            raise ValueError(
                f"The coarse label {min(unseen, key=repr)!r} was not in fit: coarse_classes_ "
                f"holds {self.coarse_classes_.tolist()}."
            )
        codes = np.full(n, -1)
        codes[known] = np.searchsorted(self.coarse_classes_, groups)
        return codes

    def _find_unlabeled(self) -> Any:
        """Return what marks samples of unknown coarse label: the finder's, or that of a net."""
        nets = classifiers_in(self.estimator)
        given = [self.unlabeled, *(net.unlabeled for net in nets)]
        marks = {str(mark): mark for mark in given if mark is not None}
        if len(marks) > 1:
            raise ValueError(
                f"unlabeled is {' and '.join(map(repr, marks.values()))}, of the finder and of "
                "classifiers in estimator: give one, or the same to all."
            )
        return next(iter(marks.values()), None)

    def _check_clusterer(self) -> None:
        """Refuse numbers of clusters that the clusterer or the coarse labels cannot have."""
        self._clusterer = KMeans(n_init=10) if self.clusterer is None else self.clusterer
        if count_parameter(self._clusterer) is None and self.n_clusters != "auto":
            raise ValueError(
                f"clusterer={self.clusterer!r} finds its number of clusters itself: leave "
                "n_clusters='auto'."
            )
        if isinstance(self.n_clusters, Mapping):
            given, coarse = {*self.n_clusters}, {*self.coarse_classes_.tolist()}
            if given != coarse:
                raise ValueError(
                    "n_clusters must give a number for each coarse label: it lacks "
                    f"{sorted(coarse - given, key=repr)}, and has "
                    f"{sorted(given - coarse, key=repr)} besides."
                )
            for label, count in self.n_clusters.items():
                if not isinstance(count, Integral) or count < 1:
                    raise ValueError(
                        f"n_clusters must be whole numbers from 1, got {count!r} for {label!r}."
                    )

    def _given_counts(self) -> list[int] | None:
        """Return the number of clusters of each coarse class, if they are known."""
        if isinstance(self.n_clusters, str):
            return None
        if isinstance(self.n_clusters, Mapping):
            return [self.n_clusters[label] for label in self.coarse_classes_.tolist()]
        return [self.n_clusters] * len(self.coarse_classes_)

    def _candidates(
        self, X: Any, y: Any, codes: NDArray[np.intp], rows: NDArray[np.intp]
    ) -> tuple[dict[str, Any], Any]:
        """Return the estimators, and what they are fitted on besides X."""
        if isinstance(self.estimator, str):
            return {"": FunctionTransformer(accept_sparse=True)}, None
        if self._kind is not None:
            return default_candidates(X, self._kind), codes
        # Others than the nets know no unlabelled samples, nor groups.
        estimator = clone(self.estimator)
        nets = classifiers_in(estimator)
        for net in nets:
            if not hasattr(net, "net_"):  # frozen ones stay as they are
                net.set_params(unlabeled=self._find_unlabeled())
        if not nets or y is None:
            return {"": estimator}, None
        y = y if hasattr(y, "__getitem__") else np.asarray(y)
        return {"": estimator}, _safe_indexing(y, rows)

    def _run(
        self, fits: Sequence[Callable[[], Any]], interrupt: Any, bar: Any, *, partly: bool
    ) -> list[Any]:
        """Run fits one after the other or at the same time, as far as Ctrl-C lets them."""
        found: list[Any] = []
        if interrupt.pressed:
            return found
        results: Iterable[Any] = (fit() for fit in fits)
        if len(fits) > 1 and effective_n_jobs(self.n_jobs) > 1:
            lazy = get_active_backend()[0].supports_return_generator
            parallel = Parallel(self.n_jobs, return_as="generator" if lazy else "list")
            results = parallel(delayed(fit)() for fit in fits)
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Training was interrupted")
                for result in results:
                    if partly or not interrupt.pressed:  # a net gives back what it has
                        found.append(result)
                        bar.update()
                    if interrupt.pressed:
                        break
        except KeyboardInterrupt:
            interrupt.pressed = True
            if partly and not found:
                raise
        return found

    def _choose(
        self,
        spaces: list[Space],
        names: list[str],
        X: Any,
        codes: NDArray[np.intp],
        seed: int,
    ) -> tuple[int, NDArray[Any], NDArray[np.intp]]:
        """Choose the space whose clusters are shared by neighbours in the inputs most."""
        self.candidates_: dict[str, float] = {}
        points = spaces[0].embed(X)
        best = -np.inf, 0, points
        if len(names) > 1:
            known = np.flatnonzero(codes >= 0)
            rows = known[_choose_rows(codes[known], JUDGED_SAMPLES, np.random.RandomState(seed))]
            graph = find_neighbors(
                self._table.transform(_safe_indexing(X, rows)), codes[rows], N_NEIGHBORS
            )
            given = self._given_counts()
            judged = [given] if given else [[k] * len(self.coarse_classes_) for k in JUDGED_COUNTS]
            for i, (name, space) in enumerate(zip(names, spaces, strict=False)):
                points = space.embed(X) if i else points
                scores = []
                for counts in judged:
                    model = Model.fit(
                        space, points[rows], codes[rows], KMeans(n_init=3), counts, seed
                    )
                    labels = model.predict_inside(points[rows], codes[rows])
                    scores.append(modularity(labels, graph))
                self.candidates_[name] = score = float(np.mean(scores))
                if score > best[0]:
                    best = score, i, points
        _, chosen, points = best
        self.candidate_ = names[chosen] or None
        return chosen, points, spaces[chosen].fill(X, points, codes)

    def _find(
        self, space: Space, points: NDArray[Any], codes: NDArray[np.intp], X: Any, seed: int
    ) -> None:
        """Choose how many clusters there are, seek them and name them."""
        counts = self._given_counts()
        table = self._table.transform(X)
        self.counts_: dict[Any, Counts] = {}
        if counts is None:
            columns = self._table.columns(X)
            for c, label in enumerate(self.coarse_classes_.tolist()):
                own = np.flatnonzero(codes == c)
                self.counts_[label] = choose_n_clusters(
                    points[own],
                    table[own],
                    None if columns is None else columns[own],
                    self.max_clusters,
                    seed,
                )
            counts = [tried.n_clusters for tried in self.counts_.values()]
        for c, (label, count) in enumerate(
            zip(self.coarse_classes_.tolist(), counts, strict=True)
        ):
            if count > (n := int((codes == c).sum())):
                raise ValueError(
                    f"n_clusters asks for {count} fine classes of {label!r}, of which there are "
                    f"{n} samples."
                )
        self._model = Model.fit(space, points, codes, self._clusterer, counts, seed)
        inside = self._model.predict_inside(points, codes)
        found = [clusters.n_clusters for clusters in self._model.clusters]
        noise = [bool((inside[codes == c] < 0).any()) for c in range(len(found))]
        self._classes = FineClasses.found(self.coarse_classes_, found, noise)
        numbers = self._classes.cluster(codes, inside)
        self._centers = means(points, numbers, len(self._classes.of_cluster))
        self._outliers = Outliers.fit(table, seed)
        squares = (points**2).sum(axis=1, keepdims=True)
        self._square_norms = means(squares, numbers, len(self._centers))[:, 0]
        self._fitted_sizes = np.bincount(numbers, minlength=len(self._centers))

    def _clusters_of(self, X: Any, codes: NDArray[np.intp]) -> NDArray[np.intp]:
        """Find each sample's cluster; where the code is -1, its coarse class is predicted."""
        space = self._model.space
        points = space.embed(X)
        codes = space.fill(X, points, codes)
        return self._classes.cluster(codes, self._model.predict_inside(points, codes))

    def _match_repeats(self) -> None:
        """Give the clusters of the repeats the numbers of those that they overlap most."""
        parents = self._classes.parent_of(self._own)
        for repeat in self._repeats:
            for c in np.unique(parents):
                own = parents == c
                repeat[own] = matched(self._own[own], repeat[own])

    def _update(self) -> None:
        """Set what depends on which clusters make a class, and what the classes are called."""
        classes = self._classes
        self.classes_, self.parents_ = classes.names, classes.parents
        self.n_clusters_ = dict(
            zip(self.coarse_classes_.tolist(), classes.count().tolist(), strict=True)
        )
        codes = classes.of_cluster[self._own]
        self.labels_ = self.classes_[codes]
        repeats = np.where(self._repeats >= 0, classes.of_cluster[self._repeats], -1)
        share = np.zeros((len(self.classes_), len(self._centers)))
        share[classes.of_cluster, np.arange(len(self._centers))] = self._fitted_sizes
        share /= np.maximum(share.sum(axis=1, keepdims=True), 1)
        self.cluster_centers_ = share @ self._centers
        self._separation = separation(
            self.cluster_centers_, share @ self._square_norms, self.parents_
        )
        self.agreement_ = np.full(len(codes), np.nan)
        if len(repeats):
            self.agreement_ = (repeats == codes).mean(axis=0)
        self.borderline_ = self.agreement_ < 1
        self._stability = stability(codes, repeats, len(self.classes_))

    # -- prediction ---------------------------------------------------------------------------

    def transform(self, X: Any) -> NDArray[Any]:
        """Represent samples in the space in which clusters are sought.

        Parameters
        ----------
        X : {array-like, sparse matrix} or list
            Samples of the kind that `fit` saw.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out)
            Rows whose Euclidean distances mean something.
        """
        check_is_fitted(self)
        return self._model.space.embed(self._check_X(X, reset=False))

    def predict(self, X: Any, coarse: ArrayLike | None = None) -> NDArray[np.str_]:
        """Fine class of each sample.

        Parameters
        ----------
        X : {array-like, sparse matrix} or list
            Samples of the kind that `fit` saw.
        coarse : array-like of shape (n_samples,) or None, default=None
            Their coarse labels, as y in `fit`, `unlabeled` where unknown. None: they are
            predicted.

        Returns
        -------
        ndarray of shape (n_samples,)
            Entries of `classes_`, each of the sample's coarse class.
        """
        check_is_fitted(self)
        X = self._check_X(X, reset=False)
        codes = self._read_coarse(coarse, _num_samples(X), reset=False)
        labels: NDArray[np.str_] = self.classes_[
            self._classes.of_cluster[self._clusters_of(X, codes)]
        ]
        return labels

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probability of each fine class.

        Parameters
        ----------
        X : {array-like, sparse matrix} or list
            Samples of the kind that `fit` saw.

        Returns
        -------
        ndarray of shape (n_samples, n_fine)
            Columns as in `classes_`: the probability of the coarse class times that of the
            cluster inside it, which is 0 or 1 unless `clusterer` has `predict_proba`. `predict`
            decides on the coarse class first.
        """
        check_is_fitted(self)
        X = self._check_X(X, reset=False)
        space, classes = self._model.space, self._classes
        points = space.embed(X)
        coarse = space.predict_proba(X, points)
        proba = np.zeros((len(points), len(self.classes_)))
        for c, clusters in enumerate(self._model.clusters):
            numbers = classes.of_cluster[classes.clusters_of(c)]
            inside = clusters.predict_proba(points)[:, : len(numbers)]
            np.add.at(proba.T, numbers, (coarse[:, [c]] * inside).T)
        return proba

    def predict_coarse(self, X: Any) -> NDArray[Any]:
        """Most probable coarse label.

        Parameters
        ----------
        X : {array-like, sparse matrix} or list
            Samples of the kind that `fit` saw.

        Returns
        -------
        ndarray of shape (n_samples,)
            Entries of `coarse_classes_`.
        """
        check_is_fitted(self)
        X = self._check_X(X, reset=False)
        space = self._model.space
        labels: NDArray[Any] = self.coarse_classes_[
            space.predict_proba(X, space.embed(X)).argmax(axis=1)
        ]
        return labels

    def is_outlier(self, X: Any) -> NDArray[np.bool_]:
        """Mark samples that lie far from everything seen in `fit`.

        Parameters
        ----------
        X : {array-like, sparse matrix} or list
            Samples of the kind that `fit` saw.

        Returns
        -------
        ndarray of shape (n_samples,)
            Whether a sample lies, in the inputs, half as far again from the nearest of 64 centres
            as all but a thousandth of the training samples there. Its fine class means little.
        """
        check_is_fitted(self)
        return self._outliers.predict(self._table.transform(self._check_X(X, reset=False)))

    # -- what was found -----------------------------------------------------------------------

    @property
    def summary_(self) -> SummaryTable:
        """What is known of each fine class.

        Returns
        -------
        SummaryTable
            A dictionary of columns in the order of `classes_`, with ``to_frame()``: class; coarse
            label; size in `fit`; share of its coarse class; stability, the mean Jaccard index of
            the class and its match in each repeat, NaN where nothing was repeated or the class is
            the only one; separation, the mean silhouette inside its coarse class by distances to
            the centres, from -1 to 1, NaN where it is the only one.
        """
        check_is_fitted(self)
        codes = self._classes.of_cluster[self._own]
        sizes = np.bincount(codes, minlength=len(self.classes_))
        of_parent = np.bincount(self.parents_, weights=sizes)
        alone = np.bincount(self.parents_)[self.parents_] == 1
        return SummaryTable(
            {
                "class": self.classes_,
                "coarse_label": self.coarse_classes_[self.parents_],
                "size": sizes,
                "share": sizes / of_parent[self.parents_],
                "stability": np.where(alone, np.nan, self._stability),
                "separation": self._separation,
            }
        )

    @property
    def tree_(self) -> dict[Any, NDArray[np.float64]]:
        """How the clusters of each coarse class join, as `cut` cuts them.

        Returns
        -------
        dict
            Of each coarse label with two clusters or more the linkage matrix of their centres, as
            of `scipy.cluster.hierarchy.linkage` with method "average"; without noise.
        """
        check_is_fitted(self)
        trees = {}
        for c, label in enumerate(self.coarse_classes_.tolist()):
            clusters = self._classes.clusters_of(c)
            centers = self._centers[clusters][: self._model.clusters[c].n_clusters]
            if len(centers) > 1:
                trees[label] = linkage(centers, method="average")
        return trees

    def cut(self, n_clusters: int | Mapping[Any, int]) -> Self:
        """Join the clusters of each coarse class until so many are left.

        Parameters
        ----------
        n_clusters : int or mapping
            Number of fine classes, without "?": for each coarse class, or by coarse label; those
            that are not named stay as they are. It starts from the clusters that `fit` found,
            whatever was merged. Classes with fewer stay whole.

        Returns
        -------
        FineClassFinder
            The finder itself; a class that was one before keeps its name.
        """
        trees = self.tree_
        coarse = self.coarse_classes_.tolist()
        numbers = (
            n_clusters if isinstance(n_clusters, Mapping) else dict.fromkeys(coarse, n_clusters)
        )
        groups: dict[int, NDArray[np.intp]] = {}
        for label, number in numbers.items():
            if label not in coarse:
                raise ValueError(
                    f"n_clusters names {label!r}, which is no coarse label: {coarse}."
                )
            if not isinstance(number, Integral) or number < 1:
                raise ValueError(f"n_clusters must be whole numbers from 1, got {number!r}.")
            if label in trees:
                groups[coarse.index(label)] = fcluster(trees[label], number, "maxclust")
        return self._set_classes(self._classes.regroup(groups))

    def rename(self, names: Mapping[str, str]) -> Self:
        """Call fine classes something else.

        Parameters
        ----------
        names : mapping of str to str
            New names by old ones, as ``{"fraud/2": "stolen card"}``.

        Returns
        -------
        FineClassFinder
            The finder itself, whose `classes_`, `labels_` and `predict` have the new names.

        Raises
        ------
        ValueError
            If a class is unknown, or a name is taken.
        """
        check_is_fitted(self)
        return self._set_classes(self._classes.rename(names))

    def merge(self, names: Sequence[str], name: str | None = None) -> Self:
        """Make one fine class of several of a coarse class.

        Parameters
        ----------
        names : sequence of str
            The classes.
        name : str or None, default=None
            What to call them. None: as the first of them.

        Returns
        -------
        FineClassFinder
            The finder itself.

        Raises
        ------
        ValueError
            If a class is unknown, they are of different coarse classes, or the name is taken.
        """
        check_is_fitted(self)
        return self._set_classes(self._classes.merge(names, name))

    def match_names(
        self, previous: FineClassFinder, X: Any, coarse: ArrayLike | None = None
    ) -> Self:
        """Take over the names of an earlier finder for the classes that are the same.

        Parameters
        ----------
        previous : FineClassFinder
            Fitted, on other or older data.
        X : {array-like, sparse matrix} or list
            Samples that both know how to predict, such as those of this fit.
        coarse : array-like of shape (n_samples,) or None, default=None
            Their coarse labels.

        Returns
        -------
        FineClassFinder
            The finder itself. A class takes the name of the earlier one that it overlaps most,
            each name once, if their Jaccard index on X is .5 or more. The others keep their names,
            or where these are taken get the next free number.
        """
        check_is_fitted(self)
        own, other = self.predict(X, coarse), previous.predict(X, coarse)
        names: dict[str, str] = {}
        pairs = contingency_matrix(other, own)
        before, after = np.unique(other), np.unique(own)
        either = pairs.sum(axis=1)[:, None] + pairs.sum(axis=0) - pairs
        for i, k in zip(*linear_sum_assignment(-pairs / either), strict=True):
            if pairs[i, k] * 2 >= either[i, k]:
                names[str(after[k])] = str(before[i])
        taken = {*names.values()}
        for name, parent in zip(self.classes_.tolist(), self.parents_, strict=True):
            if name not in names:
                new = self._classes.free_name(parent, taken) if name in taken else name
                names[name] = new
                taken.add(new)
        return self._set_classes(self._classes.rename(names))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted finder to one file, which `fa_sklearn.load` reads.

        The file holds what predictions need and which training sample is of which class, but no
        code, as that of a net. It holds no training sample either but a few that lie alone and are
        a mean of themselves, except where `clusterer` has no `predict`: then it holds all of
        them, as `transform` returns them.

        Parameters
        ----------
        path : str or path-like
            Where to, such as ``"classes.skops"``. A file there is replaced once the new one is
            whole.

        Raises
        ------
        NotFittedError
            If `fit` has not been called.
        TypeError
            If the finder is of a subclass, or holds what a file cannot hold, such as a lambda or a
            random forest.
        OSError
            If the file cannot be written; a file that was there is left as it was.
        """
        write_estimator(self, path, lambda finder: {"object": flatten(finder)})

    def _set_classes(self, classes: FineClasses) -> Self:
        self._classes = classes
        self._update()
        return self

    @property
    def estimator_(self) -> Any:
        """The fitted estimator."""
        check_is_fitted(self)
        return self._model.space.estimator

    @property
    def _n_features_out(self) -> int:
        return int(self._centers.shape[1])

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "labels_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        if self.estimator is None or isinstance(self.estimator, str):
            tags.target_tags.required = tags.input_tags.three_d_array = self.estimator is None
            tags.input_tags.sparse = True
        else:
            own = get_tags(self.estimator)
            tags.target_tags.required = own.target_tags.required
            tags.input_tags = own.input_tags
            tags.transformer_tags = own.transformer_tags
        return tags


TRUSTED.update(
    map(name_of, (FineClassFinder, Clusters, Counts, FineClasses, Model, Outliers, Space))
)


def _choose_rows(
    codes: NDArray[np.intp], max_samples: int, rng: np.random.RandomState
) -> NDArray[np.intp]:
    """Draw samples, as many of each coarse class as there are or its share allows, in order."""
    if len(codes) <= max_samples:
        return np.arange(len(codes))
    groups = [np.flatnonzero(codes == code) for code in np.unique(codes)]
    left, chosen = max_samples, []
    for i, group in enumerate(sorted(groups, key=len)):
        share = min(len(group), max(1, left // (len(groups) - i)))
        chosen.append(rng.choice(group, share, replace=False))
        left -= share
    return np.sort(np.concatenate(chosen))


def _draw_half(codes: NDArray[np.intp], seed: int) -> NDArray[np.intp]:
    """Draw half of each coarse class, one sample at least, in order."""
    rng = np.random.RandomState(seed)
    halves = []
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        halves.append(rng.choice(rows, (len(rows) + 1) // 2, replace=False))
    return np.sort(np.concatenate(halves))


def _fit_space(
    estimator: Any,
    X: Any,
    y: Any,
    codes: NDArray[np.intp],
    *,
    classes: NDArray[Any],
    seed: int,
    anew: bool = False,
) -> Space:
    """Fit a copy of an estimator; `anew` replaces the seeds that it has."""
    return Space.fit(reseeded(estimator, seed, only_unset=not anew), X, y, codes, classes)


def _repeat(
    fit_space: Callable[..., Space],
    X: Any,
    parents: NDArray[np.intp],
    clusterer: Any,
    counts: list[int],
    rows: NDArray[np.intp],
    y: Any,
    codes: NDArray[np.intp],
    seed: int,
) -> NDArray[np.intp]:
    """Refit on some of the samples, and say for all in which cluster they are."""
    part = _safe_indexing(X, rows)
    space = fit_space(part, y, codes, seed=seed, anew=True)
    points = space.embed(part)
    codes = space.fill(part, points, codes)
    model = Model.fit(space, points, codes, clusterer, counts, seed)
    return model.predict_inside(space.embed(X), parents)
