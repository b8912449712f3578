"""Notice training that cannot work: a dead representation, a hinge without gradient."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from sklearn.exceptions import ConvergenceWarning
from torch import Tensor

from ..losses import LossTerm
from ..losses._term import MarginTerm


class TrainingMonitor:
    """Watches one epoch's batches; each question is asked until it is answered once."""

    def __init__(self, terms: Mapping[str, LossTerm]) -> None:
        self.hinges = {name: term for name, term in terms.items() if isinstance(term, MarginTerm)}
        self.unanswered = set(self.hinges)
        self.alive = False

    def observe(
        self,
        representation: Tensor,
        values: Mapping[str, Tensor],
        available: Mapping[str, Tensor | None],
    ) -> None:
        """Look at one batch."""
        if not self.alive:
            self.alive = bool((representation > 0).any())
        for name in tuple(self.unanswered):
            term = self.hinges[name]
            lower_bound = term._lower_bound(**{key: available[key] for key in term.inputs})
            if bool(values[name] > lower_bound):
                self.unanswered.discard(name)

    def warn(self, epoch: int) -> bool:
        """Warn about what a whole epoch did not show."""
        if not self.alive:
            warnings.warn(
                f"The representation was 0 for every sample of epoch {epoch}: its ReLU units are "
                "dead and receive no gradient. Lower lr, change random_state or scale X.",
                ConvergenceWarning,
                stacklevel=2,
            )
        for name in sorted(self.unanswered):
            margin = self.hinges[name].margin
            warnings.warn(
                f"The penalty {name!r} had no gradient in epoch {epoch}: no pair was closer than "
                f"margin={margin}. Raise margin, or batch_size where batches hold no pair of one "
                "label.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return not self.alive or bool(self.unanswered)
