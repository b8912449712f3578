"""What parameters that are None stand for: the one table of defaults that depend on others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..losses._penalty import Penalty
from ..views import NeighborViews, Views
from ..views._registry import resolve_views


class Defaults(NamedTuple):
    """Values of the parameters that were not set."""

    n_components: int
    alpha: float
    batch_size: int
    # Epochs are as many as make so many of both.
    fewest_epochs: int
    fewest_steps: int
    margins: Mapping[str, float] = {}  # by divergence; without one, the divergence's own
    consistency_weight: float = 1.0  # of the term that views add
    module_params: Mapping[str, Any] = {}  # of a built-in net

    def max_epochs(self, n_samples: int, batch_size: int) -> int:
        """Epochs that train on so many samples long enough."""
        steps_per_epoch = math.ceil(n_samples / batch_size)
        return max(self.fewest_epochs, math.ceil(self.fewest_steps / steps_per_epoch))


_PAPER = Defaults(n_components=16, alpha=0.1, batch_size=256, fewest_epochs=20, fewest_steps=500)
_NEIGHBORS = Defaults(
    n_components=128, alpha=0.5, batch_size=512, fewest_epochs=60, fewest_steps=1000
)
# By the name of the penalty, and whether there are neighbours. Close to p, Jeffreys is twice KL;
# Jensen-Shannon and squared Hellinger reach ln 2 and 1 at most.
_OF_PENALTY: dict[tuple[str, bool], dict[str, Any]] = {
    ("multi", True): {
        "margins": {"kl": 10.0, "jeffreys": 20.0, "js": 0.6, "hellinger": 0.9},
        "consistency_weight": 2.0,
    },
    ("contrast", False): {"module_params": {"representation": "unit"}},
    # 15 neighbours of every sample are seen long before 60 epochs of many samples.
    ("contrast", True): {"fewest_epochs": 20, "module_params": {"representation": "unit"}},
}


def defaults_of(penalty: Penalty, views: str | Views | None) -> Defaults:
    """Look up what these two parameters, as the user set them, make of the others."""
    near = views is not None and isinstance(resolve_views(views), NeighborViews)
    own = _OF_PENALTY.get((penalty, near), {}) if isinstance(penalty, str) else {}
    return (_NEIGHBORS if near else _PAPER)._replace(**own)
