"""Where layers start from, other than torch's defaults."""

from torch import nn


def start_undecided(decision: nn.Linear) -> None:
    """Let a decision start at 0, so that training learns instead of unlearning a guess.

    Parameters
    ----------
    decision : nn.Linear
        FC2; on X of any scale its first outputs are 0.
    """
    nn.init.zeros_(decision.weight)
    nn.init.zeros_(decision.bias)


def start_active(representation: nn.Linear) -> None:
    """Let the neurons of an autoencoder's representation start active.

    Parameters
    ----------
    representation : nn.Linear
        FC1; behind its ReLU a neuron that starts at 0 for all samples would stay dead.
    """
    nn.init.ones_(representation.bias)
