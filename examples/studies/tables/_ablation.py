"""The recipe with something changed, on validation data: what matters, what does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split
from torch import Tensor
from torch.nn import functional as F

from examples.studies._estimators import NEIGHBORS, penalty
from examples.studies._record import append_row, origin, read_rows
from examples.studies._spaces import ami_by_space, clusters_in, in_spaces
from fa_sklearn import ForcedApartClassifier
from fa_sklearn.losses import ConsistencyLoss, LossTerm, SingleLayerLoss
from fa_sklearn.views import AugmentedViews, NeighborViews

from ._callbacks import AveragedWeights, FadingPenalty, GrowingMargin
from ._data import GROUPINGS, RESULTS, Table, load
from ._reconstruction import ReconstructingMLP

DATASETS = ("digits", "penbased", "satimage")
SEEDS = (0, 1)
MAX_EPOCHS = 60
SPACES = ("distributions", "unit rows", "representation", "whitened")


class ContrastLoss(LossTerm):
    """The softmax contrast of self-supervised learning: find the own partner among all."""

    inputs = ("h", "h_view")

    def __init__(self, temperature: float = 0.5, weight: float = 1.0) -> None:
        self.temperature = temperature
        self.weight = weight

    def __call__(self, h: Tensor, h_view: Tensor) -> Tensor:
        """Average the cross-entropy over both directions."""
        similarity = F.normalize(h, dim=1) @ F.normalize(h_view, dim=1).T / self.temperature
        own = torch.arange(len(h), device=h.device)
        both = F.cross_entropy(similarity, own) + F.cross_entropy(similarity.T, own)
        return both / 2


def jitter(X: Tensor, lengths: Tensor | None) -> Tensor:
    """Add noise of a fifth of a standard deviation."""
    return X + 0.2 * torch.randn_like(X)


VARIANTS: dict[str, dict[str, Any]] = {
    "the recipe": {},
    "L_multi with its defaults, no views": {"views": None, "penalty": "multi", "alpha": 0.1},
    "pairs of one label only": {"penalty": penalty(pairs="same_label")},
    "augmented copies for neighbours": {"views": AugmentedViews(jitter)},
    "consistency weight 0.5": {"penalty": penalty(consistency=0.5)},
    "consistency weight 8": {"penalty": penalty(consistency=8.0)},
    "margin 1": {"penalty": penalty(margin=1.0)},
    "margin 10": {"penalty": penalty(margin=10.0)},
    "Jeffreys, margin 6": {"penalty": penalty(margin=6.0, divergence="jeffreys")},
    "Jensen-Shannon, margin 0.6": {"penalty": penalty(margin=0.6, divergence="js")},
    "Hellinger, margin 0.7": {"penalty": penalty(margin=0.7, divergence="hellinger")},
    "alpha 0.1": {"alpha": 0.1},
    "alpha 0.9": {"alpha": 0.9},
    "16 components": {"n_components": 16},
    "128 components": {"n_components": 128},
    "5 neighbours": {"views": NeighborViews(5)},
    "50 neighbours": {"views": NeighborViews(50)},
    "batches of 1,024": {"batch_size": 1024},
    "L_single and L_multi": {"penalty": [("single", SingleLayerLoss()), *penalty()]},
    "L_single for L_multi": {
        "penalty": [("single", SingleLayerLoss()), ("consistency", ConsistencyLoss(weight=2.0))]
    },
    "falling alpha": {"callbacks": [FadingPenalty()]},
    "growing margin": {"callbacks": [GrowingMargin()]},
    "averaged weights": {"callbacks": [AveragedWeights()]},
    "softmax contrast for both losses": {"penalty": [("contrast", ContrastLoss())]},
    "reconstruction too": {"module": ReconstructingMLP},
    "reconstruction x 0.1 too": {
        "module": ReconstructingMLP,
        "module_params": {"weight": 0.1},
    },
    "reconstruction, L_multi with its defaults, no views": {
        "module": ReconstructingMLP,
        "views": None,
        "penalty": "multi",
        "alpha": 0.1,
    },
}


def validation_table(dataset: str) -> Table:
    """Split the training set once more, and forget the test split."""
    table = load(dataset)
    X_train, X, y_train, y = train_test_split(
        table.X_train, table.y_train, test_size=0.3, stratify=table.y_train, random_state=0
    )
    return Table(X_train, X, y_train, y)


def run(dataset: str, variant: str, seed: int) -> dict[str, Any]:
    """Score a variant with one seed in each space."""
    table = validation_table(dataset)
    n_classes = len(np.unique(table.y_train))
    coarse: NDArray[np.int64] = GROUPINGS["halves"](n_classes, seed)
    parameters = {**NEIGHBORS, "max_epochs": MAX_EPOCHS, **VARIANTS[variant]}
    net = ForcedApartClassifier(random_state=seed, **parameters)
    h = net.fit(table.X_train, coarse[table.y_train]).transform(table.X_test)
    return {
        "kind": "variant",
        "dataset": dataset,
        "variant": variant,
        "seed": seed,
        "ami": ami_by_space(table.y_test, clusters_in(in_spaces(SPACES, h), n_classes, seed)),
        "accuracy": net.score(table.X_test, coarse[table.y_test]),
        **origin(),
    }


def run_missing() -> None:
    """Run the variants without a result."""
    done = {
        (row["dataset"], row["variant"], row["seed"]) for row in read_rows(RESULTS, kind="variant")
    }
    for dataset in DATASETS:
        for variant in VARIANTS:
            for seed in SEEDS:
                if (dataset, variant, seed) not in done:
                    append_row(RESULTS, run(dataset, variant, seed))
                    print(f"{dataset}: {variant}, seed {seed}", flush=True)
