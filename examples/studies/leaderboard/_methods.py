"""The methods, as PROTOCOL.md lists them: from training data to classes of the test part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import HDBSCAN, KMeans, SpectralClustering
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestCentroid
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import Normalizer, normalize

from fa_sklearn import FineClassFinder, ForcedApartClassifier
from fa_sklearn.losses import ConsistencyLoss

from ._data import Hierarchy

Labels = NDArray[Any]


class Found(NamedTuple):
    """Classes of the test part by the space they were sought in, and what else is to be kept."""

    labels: dict[str, Labels]
    coarse: NDArray[np.int64] | None
    notes: dict[str, Any]


Method = Callable[[Hierarchy, int], Found]


def _counts(data: Hierarchy) -> list[int]:
    classes = range(data.coarse.max() + 1)
    return [len(np.unique(data.fine[data.coarse == c])) for c in classes]


def _predict_coarse(data: Hierarchy) -> NDArray[np.int64]:
    model = LogisticRegression(max_iter=1000).fit(data.table, data.coarse)
    found: NDArray[np.int64] = model.predict(data.table_test)
    return found


def _inside(
    points: NDArray[Any],
    points_test: NDArray[Any],
    data: Hierarchy,
    coarse_test: NDArray[np.int64],
    cluster: Callable[[NDArray[Any], NDArray[Any], int], Labels],
) -> Labels:
    """Cluster each coarse class by itself."""
    labels = np.full(len(points_test), -1)
    offset = 0
    for c, k in enumerate(_counts(data)):
        own = coarse_test == c
        if own.any():
            found = cluster(points[data.coarse == c], points_test[own], k)
            labels[own] = offset + found
        offset += 1000
    return labels


def _kmeans(seed: int) -> Callable[[NDArray[Any], NDArray[Any], int], Labels]:
    return lambda a, b, k: KMeans(k, n_init=10, random_state=seed).fit(a).predict(b)


def _nearest_mean(labels: Labels, a: NDArray[Any], b: NDArray[Any]) -> Labels:
    known = labels >= 0
    if len(np.unique(labels[known])) < 2:
        return np.zeros(len(b), dtype=int)
    return NearestCentroid().fit(a[known], labels[known]).predict(b)  # type: ignore[no-any-return]


def kmeans(data: Hierarchy, seed: int) -> Found:
    """KMeans over everything."""
    model = KMeans(sum(_counts(data)), n_init=10, random_state=seed).fit(data.table)
    return Found({"table": model.predict(data.table_test)}, None, {})


def inside(make: Callable[[int], Callable[[NDArray[Any], NDArray[Any], int], Labels]]) -> Method:
    """Make a method of a clusterer inside the predicted class."""

    def method(data: Hierarchy, seed: int) -> Found:
        coarse = _predict_coarse(data)
        labels = _inside(data.table, data.table_test, data, coarse, make(seed))
        return Found({"table": labels}, coarse, {})

    return method


def _mixture(seed: int) -> Callable[[NDArray[Any], NDArray[Any], int], Labels]:
    def cluster(a: NDArray[Any], b: NDArray[Any], k: int) -> Labels:
        kind = "full" if len(a) > 20 * k * a.shape[1] else "diag"
        mixture = GaussianMixture(k, covariance_type=kind, reg_covar=1e-3, random_state=seed)
        return mixture.fit(a).predict(b)  # type: ignore[no-any-return]

    return cluster


def _spectral(seed: int) -> Callable[[NDArray[Any], NDArray[Any], int], Labels]:
    def cluster(a: NDArray[Any], b: NDArray[Any], k: int) -> Labels:
        rows = np.random.default_rng(seed).permutation(len(a))[:3000]
        model = SpectralClustering(k, affinity="nearest_neighbors", random_state=seed)
        return _nearest_mean(model.fit_predict(a[rows]), a[rows], b)

    return cluster


def _hdbscan(seed: int) -> Callable[[NDArray[Any], NDArray[Any], int], Labels]:
    return lambda a, b, k: _nearest_mean(
        HDBSCAN(min_cluster_size=10, copy=True).fit_predict(a), a, b
    )


def _umap(seed: int) -> Callable[[NDArray[Any], NDArray[Any], int], Labels]:
    from umap import UMAP

    def cluster(a: NDArray[Any], b: NDArray[Any], k: int) -> Labels:
        size = min(30, len(a) - 1)
        model = UMAP(size, 10, min_dist=0.0, random_state=seed, n_jobs=1).fit(a)
        return _kmeans(seed)(model.embedding_, model.transform(b), k)

    return cluster


def umap_with_label(data: Hierarchy, seed: int) -> Found:
    """UMAP that is given the coarse label, and KMeans inside the predicted class."""
    from umap import UMAP

    model = UMAP(30, 10, min_dist=0.0, random_state=seed, n_jobs=1)
    points = model.fit_transform(data.table, data.coarse)
    coarse = _predict_coarse(data)
    labels = _inside(points, model.transform(data.table_test), data, coarse, _kmeans(seed))
    return Found({"umap": labels}, coarse, {})


def net(**parameters: Any) -> Method:
    """Make a method of a net's representation."""

    def method(data: Hierarchy, seed: int) -> Found:
        is_series = isinstance(data.X, list) and "views" not in parameters
        X, X_test = (data.X, data.X_test) if is_series else (data.table, data.table_test)
        model = ForcedApartClassifier(random_state=seed, **parameters).fit(X, data.coarse)
        h, h_test = model.transform(X), model.transform(X_test)
        coarse = model.predict(X_test)
        unit = normalize(h), normalize(h_test)
        total = sum(_counts(data))
        everything = KMeans(total, n_init=10, random_state=seed).fit(h).predict(h_test)
        return Found(
            {
                "unit rows, inside": _inside(*unit, data, coarse, _kmeans(seed)),
                "raw, inside": _inside(h, h_test, data, coarse, _kmeans(seed)),
                "raw, over everything": everything,
            },
            coarse,
            {},
        )

    return method


def finder(*, counts: bool) -> Method:
    """Make a method of the finder as it is."""

    def method(data: Hierarchy, seed: int) -> Found:
        numbers: Any = dict(enumerate(_counts(data))) if counts else "auto"
        model = FineClassFinder(n_clusters=numbers, n_repeats=0, random_state=seed)
        model.fit(data.X, data.coarse)
        notes = {
            "candidate": model.candidate_,
            "candidates": model.candidates_,
            "found": {str(label): count for label, count in model.n_clusters_.items()},
        }
        return Found(
            {"finder": model.predict(data.X_test)}, model.predict_coarse(data.X_test), notes
        )

    return method


def four_nets(data: Hierarchy, seed: int) -> Found:
    """Four contrasted nets next to the inputs."""
    nets = [
        (f"net{i}", ForcedApartClassifier(penalty="contrast", views="neighbors", random_state=s))
        for i, s in enumerate(range(4 * seed, 4 * seed + 4))
    ]
    union = FeatureUnion([("inputs", make_pipeline(Normalizer())), *nets])
    h = union.fit_transform(data.table, data.coarse)
    h_test = union.transform(data.table_test)
    coarse = LogisticRegression(max_iter=1000).fit(h, data.coarse).predict(h_test)
    return Found({"joined": _inside(h, h_test, data, coarse, _kmeans(seed))}, coarse, {})


METHODS: dict[str, Method] = {
    "KMeans": kmeans,
    "KMeans inside": inside(_kmeans),
    "Gaussian mixture inside": inside(_mixture),
    "spectral inside": inside(_spectral),
    "HDBSCAN inside": inside(_hdbscan),
    "UMAP inside": inside(_umap),
    "UMAP with label": umap_with_label,
    "net, no penalty": net(penalty=None),
    "net, L_single": net(penalty="single"),
    "net, L_multi": net(penalty="multi"),
    "net, XCov": net(penalty="xcov"),
    "neighbours, no repulsion": net(
        penalty=[("pull", ConsistencyLoss())], views="neighbors", alpha=0.5
    ),
    "neighbours, L_multi": net(views="neighbors"),
    "neighbours, contrast": net(penalty="contrast", views="neighbors"),
    "four nets, joined": four_nets,
    "finder, true numbers": finder(counts=True),
    "finder": finder(counts=False),
}
