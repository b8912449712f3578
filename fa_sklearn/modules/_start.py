"""Where layers start from, other than torch's defaults."""

from torch import nn


def start_undecided(decision: nn.Linear) -> None:
    """Let a decision start at 0, so that training learns instead of unlearning a guess."""
    nn.init.zeros_(decision.weight)
    nn.init.zeros_(decision.bias)


def start_active(representation: nn.Linear) -> None:
    """Let the neurons of an autoencoder's representation start active."""
    nn.init.ones_(representation.bias)
