"""What is tried on each data set: estimators with neighbours, and spaces for KMeans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from numpy.typing import NDArray
from sklearn.preprocessing import FunctionTransformer, normalize

from examples._grouping import LowerHalf
from examples._strokes import pen_paths
from examples.paper._experiment import Experiment
from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.losses import ConsistencyLoss, MultilayerLoss, SingleLayerLoss
from fa_sklearn.preprocessing import HellingerTransformer
from fa_sklearn.views import NeighborViews

# Where KMeans may look, each at no cost of training.
SPACES: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "representation": lambda h: h,
    "unit rows": normalize,
    "distributions": lambda h: HellingerTransformer().fit_transform(h),
}


class Recipe(NamedTuple):
    """A penalty: weights and margins of its terms, None where one is not there."""

    consistency: float
    single: float | None = None
    multi: float | None = None
    margin: float = 3.0
    alpha: float = 0.5
    n_components: int = 15
    n_neighbors: int = 15

    def penalty(self) -> list[tuple[str, Any]]:
        """List the terms."""
        terms: list[tuple[str, Any]] = [("consistency", ConsistencyLoss(weight=self.consistency))]
        if self.single is not None:
            terms.append(("single", SingleLayerLoss(weight=self.single)))
        if self.multi is not None:
            multi = MultilayerLoss(margin=self.margin, weight=self.multi, pairs="all")
            terms.append(("multi", multi))
        return terms


RECIPES: dict[str, list[Recipe]] = {
    "strokes": [
        Recipe(consistency=0.2, single=1.0),
        Recipe(consistency=0.5, single=1.0),
        Recipe(consistency=1.0, single=1.0),
        Recipe(consistency=0.2, single=1.0, n_components=32),
        Recipe(consistency=0.5, single=1.0, multi=0.1),
        Recipe(consistency=2.0, multi=1.0, n_components=32),
    ],
    "strokes-autoencoder": [
        Recipe(consistency=2.0, multi=1.0, alpha=0.5, n_components=32),
        Recipe(consistency=2.0, multi=1.0, alpha=0.9, n_components=32),
        Recipe(consistency=2.0, multi=1.0, alpha=0.99, n_components=32),
        Recipe(consistency=1.0, multi=1.0, margin=1.0, alpha=0.9, n_components=32),
        Recipe(consistency=2.0, multi=1.0, alpha=0.99),
        Recipe(consistency=2.0, multi=1.0, alpha=0.99, n_components=32, n_neighbors=30),
    ],
    "dbpedia-tfidf": [
        Recipe(consistency=2.0, multi=1.0, n_components=32),
        Recipe(consistency=2.0, multi=1.0, n_components=16),
        Recipe(consistency=1.0, multi=1.0, n_components=16),
        Recipe(consistency=2.0, multi=1.0, margin=2.0, n_components=16),
        Recipe(consistency=2.0, multi=1.0, alpha=0.1, n_components=16),
        Recipe(consistency=2.0, multi=1.0, n_components=32, n_neighbors=30),
    ],
}


def make_estimator(experiment: Experiment, recipe: Recipe, seed: int, **changes: Any) -> Any:
    """Make the estimator of the paper's experiment, with a recipe in place of its penalty."""
    transformer = FunctionTransformer(pen_paths) if "strokes" in experiment.dataset else None
    parameters = {
        **experiment.parameters("baseline"),
        "penalty": recipe.penalty(),
        "views": NeighborViews(recipe.n_neighbors, transformer=transformer),
        "alpha": recipe.alpha,
        "n_components": recipe.n_components,
        "random_state": seed,
        **changes,
    }
    if experiment.autoencoder:
        return ForcedApartAutoencoder(**parameters)
    return ForcedApartClassifier(label_groups=LowerHalf(experiment.n_classes), **parameters)


def shared_space(dataset: str, X: Any) -> NDArray[Any]:
    """Return the points in which all recipes' clusters are compared without fine labels."""
    return pen_paths(X) if "strokes" in dataset else X
