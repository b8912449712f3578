"""X as a table in which distances mean something, and the default estimators built on it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer, StandardScaler
from sklearn.utils import check_array

from .._inputs import Kind, infer_kind
from .._seeds import reseeded
from ..estimators import ForcedApartClassifier
from ..estimators._saving import TRUSTED, name_of
from ..views import NeighborViews
from ._model import Space

# More columns are reduced to these: distances keep their sense, and KMeans is fast.
N_COMPONENTS = 50
N_COMPONENTS_SPARSE = 100
# Points to which a sequence is resampled.
N_POINTS = 32


class ChannelScaler(TransformerMixin, BaseEstimator):
    """Standardise each channel of sequences over all their steps."""

    def fit(self, X: Sequence[ArrayLike], y: Any = None) -> Self:
        steps = np.concatenate([np.asarray(sequence, dtype=np.float64) for sequence in X])
        self.mean_, scale = steps.mean(axis=0), steps.std(axis=0)
        self.scale_ = np.where(scale > 0, scale, 1.0)
        return self

    def transform(self, X: Sequence[ArrayLike]) -> list[NDArray[np.float32]]:
        return [
            ((np.asarray(sequence) - self.mean_) / self.scale_).astype(np.float32)
            for sequence in X
        ]


def resample(X: Sequence[ArrayLike]) -> NDArray[np.float64]:
    """Bring sequences to one length by linear interpolation, a row each."""
    at = np.linspace(0, 1, N_POINTS)
    rows = []
    for sequence in map(np.asarray, X):
        steps = np.linspace(0, 1, len(sequence))
        rows.append(np.concatenate([np.interp(at, steps, channel) for channel in sequence.T]))
    return np.stack(rows)


def flatten_images(X: ArrayLike) -> NDArray[np.float32]:
    """Turn images into rows."""
    images = np.asarray(X, dtype=np.float32)
    return images.reshape(len(images), -1)


def split_tokens(tokens: Sequence[Hashable]) -> Sequence[Hashable]:
    """Take token ids as they are."""
    return np.asarray(tokens).tolist()  # type: ignore[no-any-return]


def _column_scaler(X: NDArray[Any]) -> Any:
    """Standardise numeric columns, but not those of 0 and 1."""
    numeric = np.flatnonzero(~np.isin(X, (0, 1)).all(axis=0))
    if not len(numeric):
        return None
    return ColumnTransformer([("numeric", StandardScaler(), numeric)], remainder="passthrough")


def _reduction(shape: tuple[int, int], *, sparse: bool) -> Any:
    n, width = max(1, shape[0] // 2), shape[1]  # the repeats fit on halves
    if sparse:
        most = min(N_COMPONENTS_SPARSE, width - 1, n)
        return TruncatedSVD(most) if most > 0 else FunctionTransformer(_densify)
    most = min(N_COMPONENTS, n)
    return PCA(most) if width > most else None


def _densify(X: Any) -> NDArray[Any]:
    return X.toarray()  # type: ignore[no-any-return]


def _chain(*steps: Any) -> Any:
    """Make a pipeline of the steps that are not None."""
    steps = tuple(step for step in steps if step is not None)
    return make_pipeline(*steps) if steps else FunctionTransformer()


def describe(X: Any, kind: Kind) -> tuple[Any, Any]:
    """Make two transformers: what a net is given, and what turns that into a plain table."""
    if kind in ("text", "tokens"):
        analyzer = {} if kind == "text" else {"analyzer": split_tokens}
        first = TfidfVectorizer(sublinear_tf=True, dtype=np.float32, **analyzer)
        shape = first.fit_transform(X).shape
        return first, _reduction(shape, sparse=True)
    if kind == "sequence":
        shape = len(X), N_POINTS * np.shape(X[0])[-1]
        steps = FunctionTransformer(resample), StandardScaler()
        return ChannelScaler(), _chain(*steps, _reduction(shape, sparse=False))
    if kind == "image":
        shape = len(X), int(np.prod(np.shape(X[0])))
        return None, _chain(FunctionTransformer(flatten_images), _reduction(shape, sparse=False))
    if issparse(X):
        return None, _reduction(X.shape, sparse=True)
    if X.shape[1] > 1 and np.allclose(np.linalg.norm(X, axis=1), 1, atol=1e-3):
        return None, None  # embeddings are tables in which distances mean something
    return _column_scaler(X), _reduction(X.shape, sparse=False)


def _plain_table(first: Any, reduction: Any) -> Pipeline:
    """Make one transformer of both, whose first step alone makes the columns."""
    return Pipeline([("first", first or "passthrough"), ("reduction", reduction or "passthrough")])


@dataclass
class Table:
    """The inputs as rows in which distances mean something: where clusters are judged."""

    before: Any  # what is in front of the user's net, or makes the space where there is no net
    steps: Pipeline
    is_table: bool

    @classmethod
    def fit(cls, space: Space, X: Any, kind: Kind | None, seed: int) -> Table:
        """Take the inputs that are a space already, or fit on what the user's net is given."""
        if kind is not None:
            return cls(None, space.estimator, is_table=kind == "table")
        as_it_is = cls(space.estimator, _plain_table(None, None), is_table=True)
        if not space.unit_rows:
            return as_it_is
        before = None
        if isinstance(space.estimator, Pipeline) and len(space.estimator) > 1:
            before = space.estimator[:-1]
            X = before.transform(X)
        kind = infer_kind(X)
        if kind == "table":
            try:
                X = check_array(X, accept_sparse="csr")
            except ValueError:  # each net of a union has its own steps in front
                return as_it_is
        steps = reseeded(_plain_table(*describe(X, kind)), seed)
        return cls(before, steps.fit(X), is_table=kind == "table")

    def transform(self, X: Any) -> NDArray[Any]:
        """Make the rows."""
        rows = self.steps.transform(self._start(X))
        return np.asarray(rows.toarray() if issparse(rows) else rows)

    def columns(self, X: Any) -> NDArray[Any] | None:
        """Return the standardised columns, if X is a dense table of them."""
        columns = self.steps[:1].transform(self._start(X)) if self.is_table else None
        return None if issparse(columns) else columns

    def _start(self, X: Any) -> Any:
        X = X if self.before is None else self.before.transform(X)
        return check_array(X, accept_sparse="csr") if self.is_table else X


def default_candidates(X: Any, kind: Kind) -> dict[str, Any]:
    """Make the estimators to choose from by name.

    "joined" sets the representation of a net next to the inputs, both with rows of unit length:
    the net alone cuts tables of few columns into too many pieces, the inputs alone miss what
    neighbours of neighbours have in common.
    """
    first, reduction = describe(X, kind)
    candidates: dict[str, Any] = {"inputs": _plain_table(first, reduction)}
    if kind == "table" and first is not None:
        candidates["unscaled inputs"] = _chain(reduction)
    # The net is given a table, in which neighbours are sought, or what has no distances.
    views = NeighborViews(transformer=reduction if kind in ("sequence", "image") else None)
    net = ForcedApartClassifier(
        penalty="contrast", views=views, class_weight="balanced", unlabeled=-1
    )
    joined = FeatureUnion([("inputs", _chain(reduction, Normalizer())), ("net", net)])
    candidates["joined"] = _chain(first, joined)
    return {name: clone(estimator) for name, estimator in candidates.items()}


TRUSTED.update(
    map(name_of, (ChannelScaler, Table, flatten_images, resample, split_tokens, _densify))
)
