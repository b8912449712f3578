"""What is tried on each data set: penalties, views, and spaces for KMeans."""

from __future__ import annotations

from typing import Any, NamedTuple

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
    drawn: bool = False
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


# Plain L_multi on images of which training sees a crop; a fit takes long.
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
RECIPES: dict[str, list[Recipe]] = {
    "strokes": [
        Recipe(single=1.0, alpha=0.9),
        Recipe(single=1.0, alpha=0.9, hidden_size=128),
        Recipe(multi=1.0, consistency=2.0),
        Recipe(multi=1.0, consistency=2.0, drawn=True),
        Recipe(multi=1.0, consistency=2.0, drawn=True, alpha=0.9),
        Recipe(multi=1.0, consistency=2.0, drawn=True, n_components=64),
    ],
    # Neighbours on pen paths are left out: modularity is measured there.
    "strokes-autoencoder": [
        Recipe(multi=1.0, margin=0.1, alpha=0.9),
        Recipe(multi=1.0, consistency=2.0, drawn=True),
        Recipe(multi=1.0, consistency=2.0, drawn=True, alpha=0.9),
        Recipe(multi=1.0, consistency=2.0, drawn=True, alpha=0.99),
        Recipe(multi=1.0, consistency=2.0, drawn=True, alpha=0.99, n_components=64),
        Recipe(multi=1.0, consistency=1.0, drawn=True, alpha=0.99, margin=1.0),
    ],
    "cifar10": [
        CROPS.without_penalty(),
        CROPS,
        CROPS._replace(margin=3.0),
        CROPS._replace(margin=0.1),
        CROPS._replace(alpha=0.5),
        CROPS._replace(single=1.0, multi=None),
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
