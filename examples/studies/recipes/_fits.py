"""From a recipe to a fitted net, and to representations that are kept for whoever asks again."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from examples.studies import _estimators as estimators
from examples.studies._features import drawn_gradients, oriented_gradients, pen_paths
from examples.studies._record import write_whole
from examples.studies.paper._data import Split, load
from examples.studies.paper._experiment import Experiment
from fa_sklearn.datasets import get_data_home

from ._recipes import Recipe

SPLITS = ("validation", "test")
# The learning rate of the paper's experiment is that of 64 units.
LR_OF_128_UNITS = 0.005
N_GRADIENT_COMPONENTS = 50
N_SHARED_COMPONENTS = 20


def _neighbor_space(dataset: str, recipe: Recipe) -> Any:
    """Make what turns samples into the table in which neighbours are sought."""
    if "strokes" not in dataset:
        return None
    if not recipe.drawn:
        return FunctionTransformer(pen_paths)
    return make_pipeline(FunctionTransformer(drawn_gradients), PCA(N_GRADIENT_COMPONENTS))


def shared_space(dataset: str, X: Any) -> NDArray[Any]:
    """Return the points in which all recipes' clusters are compared without fine labels."""
    if "strokes" in dataset:
        return pen_paths(X)
    if dataset == "cifar10":
        gradients = oriented_gradients(X)
        return PCA(N_SHARED_COMPONENTS, random_state=0).fit_transform(gradients)
    table: NDArray[Any] = X
    return table


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


def fit(experiment: Experiment, recipe: Recipe, train: Split, seed: int, **changes: Any) -> Any:
    """Fit the estimator of the paper's experiment, with a recipe in place of its penalty."""
    parameters = {
        **experiment.parameters("baseline"),
        "penalty": recipe.penalty(),
        "views": recipe.views(_neighbor_space(experiment.dataset, recipe)),
        "alpha": recipe.alpha,
        "n_components": recipe.n_components,
        "random_state": seed,
        **_own_net(experiment, recipe),
        **changes,
    }
    parameters["callbacks"] = experiment.schedule(parameters, len(train.y))
    estimator = estimators.make_estimator(parameters, experiment.label_groups)
    return estimator.fit(train.X, None if experiment.autoencoder else train.y)


def accuracy(experiment: Experiment, estimator: Any, split: Split) -> float | None:
    """Return the share of right coarse labels; None: there are none."""
    return None if experiment.autoencoder else estimator.score(split.X, split.y)


def _file(dataset: str, recipe: Recipe, seed: int) -> Path:
    # Options that keep their defaults do not count, so that a new one renames no file.
    own = {k: v for k, v in recipe._asdict().items() if v != Recipe._field_defaults[k]}
    digest = sha256(repr(own).encode()).hexdigest()[:12]
    return Path(get_data_home()) / "recipes" / f"{dataset}-{digest}-{seed}.npz"


def represent(dataset: str, recipe: Recipe, seed: int) -> dict[str, Any]:
    """Return how a net fitted on all training data represents validation and test split.

    Beside them stands its coarse ``accuracy`` on the test split.
    """
    file = _file(dataset, recipe, seed)
    if not file.exists():
        experiment, splits = Experiment.read(dataset), load(dataset)
        estimator = fit(experiment, recipe, splits["train"], seed)
        arrays: dict[str, Any] = {split: estimator.transform(splits[split].X) for split in SPLITS}
        right = accuracy(experiment, estimator, splits["test"])
        arrays["accuracy"] = np.nan if right is None else right
        write_whole(file, lambda target: np.savez(target, **arrays))
    with np.load(file) as kept:
        return dict(kept)
