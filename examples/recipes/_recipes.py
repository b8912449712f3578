"""What is tried on each data set: penalties, views, and spaces for KMeans."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray
from sklearn.preprocessing import FunctionTransformer

from examples import _estimators as estimators
from examples._strokes import pen_paths
from examples.paper._experiment import Experiment
from fa_sklearn.losses import ConsistencyLoss, LossTerm, MultilayerLoss, SingleLayerLoss
from fa_sklearn.views import AugmentedViews, NeighborViews, Views

from ._crops import crop_and_mirror

# Where KMeans may look.
SPACES = ("representation", "unit rows", "unit rows of square roots", "distributions")


class Recipe(NamedTuple):
    """Weights of the terms, None where one is not there, and what else was varied."""

    single: float | None = None
    multi: float | None = None
    consistency: float | None = None
    margin: float = 3.0
    alpha: float = 0.5
    n_components: int = 32
    n_neighbors: int = 15
    hidden_size: int | None = None
    pairs: str = "all"
    augmented: bool = False
    max_epochs: int | None = None

    def without_penalty(self) -> Recipe:
        """Return the same net without any term."""
        return self._replace(single=None, multi=None, consistency=None)

    def penalty(self) -> list[tuple[str, LossTerm]]:
        """List the terms."""
        terms: list[tuple[str, LossTerm]] = []
        if self.single is not None:
            terms.append(("single", SingleLayerLoss(weight=self.single)))
        if self.multi is not None:
            multi = MultilayerLoss(margin=self.margin, weight=self.multi, pairs=self.pairs)
            terms.append(("multi", multi))
        if self.consistency is not None:
            terms.append(("consistency", ConsistencyLoss(weight=self.consistency)))
        return terms

    def views(self, transformer: Any) -> Views | None:
        """Make what a second view of a sample is."""
        if self.augmented:
            return AugmentedViews(crop_and_mirror)
        if self.consistency is None:
            return None
        return NeighborViews(self.n_neighbors, transformer=transformer)


# The learning rate of the paper's experiment is that of 64 units.
LR_OF_128_UNITS = 0.005
RECIPES: dict[str, list[Recipe]] = {
    "strokes": [
        Recipe(single=1.0),
        Recipe(single=1.0, alpha=0.9, n_components=15),
        Recipe(single=1.0, alpha=0.9),
        Recipe(single=1.0, alpha=0.9, hidden_size=128),
        Recipe(single=1.0, alpha=0.9, hidden_size=128, consistency=0.1),
        Recipe(multi=1.0, consistency=2.0),
    ],
    "strokes-autoencoder": [
        Recipe(multi=1.0, consistency=2.0),
        Recipe(multi=1.0, consistency=2.0, alpha=0.9),
        Recipe(multi=1.0, consistency=2.0, alpha=0.99),
        Recipe(multi=1.0, consistency=1.0, margin=1.0, alpha=0.9),
        Recipe(multi=1.0, margin=0.1, alpha=0.9),
        Recipe(multi=1.0, margin=0.1, alpha=0.9, hidden_size=128),
    ],
    "dbpedia-tfidf": [
        Recipe(multi=1.0, consistency=2.0),
        Recipe(multi=1.0, consistency=2.0, n_components=16),
        Recipe(multi=1.0, consistency=1.0, n_components=16),
        Recipe(multi=1.0, consistency=2.0, margin=2.0, n_components=16),
        Recipe(multi=1.0, consistency=2.0, alpha=0.1, n_components=16),
        Recipe(multi=1.0, consistency=2.0, n_neighbors=30),
    ],
}
# Of CIFAR-10, where a trial takes too long to make many.
CROPS = Recipe(
    multi=1.0,
    consistency=0.0,
    margin=1.0,
    alpha=0.1,
    n_components=15,
    pairs="same_label",
    augmented=True,
    max_epochs=20,
)


def _own_net(experiment: Experiment, recipe: Recipe) -> dict[str, Any]:
    """Change the net and its training where the recipe does."""
    changes: dict[str, Any] = {}
    if recipe.hidden_size is not None:
        options = {**experiment.estimator["module_params"], "hidden_size": recipe.hidden_size}
        changes |= {"module_params": options, "lr": LR_OF_128_UNITS}
    if recipe.augmented:  # the views mirror
        changes["module"] = "cnn"
    if recipe.max_epochs is not None:
        changes["max_epochs"] = recipe.max_epochs
    return changes


def make_estimator(
    experiment: Experiment, recipe: Recipe, n_train: int, seed: int, **changes: Any
) -> Any:
    """Make the estimator of the paper's experiment, with a recipe in place of its penalty."""
    transformer = FunctionTransformer(pen_paths) if "strokes" in experiment.dataset else None
    parameters = {
        **experiment.parameters("baseline"),
        "penalty": recipe.penalty(),
        "views": recipe.views(transformer),
        "alpha": recipe.alpha,
        "n_components": recipe.n_components,
        "random_state": seed,
        **_own_net(experiment, recipe),
        **changes,
    }
    parameters["callbacks"] = experiment.schedule(parameters, n_train)
    return estimators.make_estimator(parameters, experiment.label_groups)


def shared_space(dataset: str, X: Any) -> NDArray[Any]:
    """Return the points in which all recipes' clusters are compared without fine labels."""
    return pen_paths(X) if "strokes" in dataset else X
