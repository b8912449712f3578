"""The names under which the backbones are known; a new backbone is one file and one line here."""

from collections.abc import Mapping

from torch import nn

from .._suggest import suggest
from ._base import check_module_class
from ._cnn import VGG, ConvAutoencoder
from ._mlp import MLP, MLPAutoencoder
from ._rnn import RNN, RNNAutoencoder, TextRNN

CLASSIFIER_MODULES: dict[str, type[nn.Module]] = {
    "mlp": MLP,
    "rnn": RNN,
    "cnn": VGG,
    "text": TextRNN,
}
"""The classifier's nets by the name that ``module`` takes."""

AUTOENCODER_MODULES: dict[str, type[nn.Module]] = {
    "mlp": MLPAutoencoder,
    "rnn": RNNAutoencoder,
    "cnn": ConvAutoencoder,
}
"""The autoencoder's nets by the name that ``module`` takes."""


def resolve_module(
    module: str | type[nn.Module],
    registry: Mapping[str, type[nn.Module]],
    *,
    autoencoder: bool = False,
) -> type[nn.Module]:
    """Return the backbone class that a name or a class stands for."""
    if not isinstance(module, str):
        return check_module_class(module, autoencoder=autoencoder)
    if module in registry:
        return registry[module]
    raise ValueError(
        f"Unknown module {module!r}: {suggest(module, registry)}, or pass a torch.nn.Module class."
    )
