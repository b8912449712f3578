"""The numbers of clusters to try."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def check_counts(n_clusters: Iterable[int], highest: int) -> NDArray[np.integer]:
    """Return numbers of clusters in ascending order, or say what they must be."""
    counts = np.unique([*n_clusters] if isinstance(n_clusters, Iterable) else [])
    if counts.dtype.kind not in "iu" or counts[0] < 1 or counts[-1] > highest:
        raise ValueError(
            f"n_clusters must hold whole numbers from 1 to {highest}, as range(2, 11) does, got "
            f"{n_clusters!r}."
        )
    return counts
