"""A rank's part of a batch, and what of the whole batch its losses need."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from ._distributed import Ranks


class PartOfBatch:
    """What one rank knows of a batch: the rows of all ranks, its own among them.

    Parameters
    ----------
    ranks : Ranks
        Who trains.
    sizes : sequence of int
        Rows of each rank. A rank without rows reads one that counts nowhere.
    y : Tensor of shape (n,) or None
        Labels of all rows.
    sample_weight : Tensor of shape (n,) or None
        Weights of all rows.

    Attributes
    ----------
    n_own : int
        Rows of this rank.
    """

    def __init__(
        self,
        ranks: Ranks,
        sizes: Sequence[int],
        y: Tensor | None,
        sample_weight: Tensor | None,
    ) -> None:
        self.ranks = ranks
        self.sizes = sizes
        self.y = y
        self.sample_weight = sample_weight
        self.n_own = sizes[ranks.rank]

    @property
    def n_rows(self) -> int:
        """Rows of all ranks."""
        return sum(self.sizes)

    def own(self, rows: Tensor) -> Tensor:
        """Take what belongs to this rank from a tensor of shape (n, ...) of all rows."""
        start = sum(self.sizes[: self.ranks.rank])
        return rows[start : start + self.n_own]

    def complete(
        self, available: dict[str, Tensor | None], needed: set[str]
    ) -> dict[str, Tensor | None]:
        """Turn what a penalty reads of this rank's rows into that of all rows.

        Parameters
        ----------
        available : dict of str to Tensor or None
            What the terms read, from this rank's rows.
        needed : set of str
            What of it is read at all.

        Returns
        -------
        dict of str to Tensor or None
            The same of the whole batch; the gradients of all ranks add up to that of one process.
        """
        whole = {**available, "y": self.y, "sample_weight": self.sample_weight}
        for name in sorted(needed & {"h", "h_view", "y_prob"}):
            rows = available[name]
            if rows is not None:
                whole[name] = self.ranks.gather(rows[: self.n_own], self.sizes)
        layer_weight = available.get("layer_weight")
        if layer_weight is not None:
            whole["layer_weight"] = self.ranks.count_once(layer_weight)
        return whole
