"""What may change while a net trains: the penalty's share, its margin, the weights' average."""

from __future__ import annotations

from typing import Any

from skorch.callbacks import Callback
from torch.optim.swa_utils import AveragedModel


def _progress(net: Any) -> float:
    """Share of the epochs that are done when one begins."""
    return (len(net.history) - 1) / net.max_epochs


class FadingPenalty(Callback):
    """Let alpha fall in equal steps, towards 0 after the last epoch."""

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        """Remember where it starts."""
        self.alpha_ = net.alpha

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        """Set the epoch's alpha."""
        net.set_penalty(net.terms, self.alpha_ * (1 - _progress(net)))


class GrowingMargin(Callback):
    """Let the margin of L_multi grow in as many equal steps as there are epochs."""

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        """Remember where it ends."""
        self.margin_ = net.terms["multi"].margin

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        """Set the epoch's margin."""
        net.terms["multi"].margin = self.margin_ * (_progress(net) + 1 / net.max_epochs)


class AveragedWeights(Callback):
    """End with the mean of the weights after each epoch of the second half."""

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        """Start without any."""
        self.mean_ = AveragedModel(net.module_)

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Add an epoch's weights."""
        if 2 * len(net.history) > net.max_epochs:
            self.mean_.update_parameters(net.module_)

    def on_train_end(self, net: Any, **kwargs: Any) -> None:
        """Put the mean in place."""
        net.module_.load_state_dict(self.mean_.module.state_dict())
