"""The autoencoder for images."""

import torch
from torch import nn

from ._base import AutoencoderNet, active_init, check_image_shape, check_positive_int, check_width
from ._vgg import conv_block


class ConvAutoencoder(AutoencoderNet):
    """Two pooled convolution blocks, FC1 with ReLU, and a decoder that enlarges and convolves.

    Parameters
    ----------
    input_shape : tuple (C, H, W)
        Channels, height and width of the images; H and W at least 4 pixels, odd sizes included.
    n_components : int
        Number of neurons of FC1.
    width : float, default=1.0
        Factor on the 64 and 128 channels of the blocks, rounded, at least 1 channel each.
    batch_norm : bool, default=True
        Whether batch normalisation comes before each ReLU of the convolutions.

    Notes
    -----
    The blocks are the first two stages of VGG-16 with one 3x3 convolution each. The decoder goes
    through the same sizes backwards, by nearest-neighbour enlarging, and ends linear.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.modules import ConvAutoencoder
    >>> net = ConvAutoencoder((2, 17, 9), 5, width=0.125)
    >>> reconstruction, representation = net(torch.ones(3, 2, 17, 9))
    >>> reconstruction.shape, representation.shape
    (torch.Size([3, 2, 17, 9]), torch.Size([3, 5]))
    """

    input_kind = "image"

    def __init__(
        self,
        input_shape: tuple[int | None, ...],
        n_components: int,
        *,
        width: float = 1.0,
        batch_norm: bool = True,
    ) -> None:
        super().__init__()
        n_channels, H, W = check_image_shape("ConvAutoencoder", input_shape, smallest=4)
        n_components = check_positive_int("n_components", n_components)
        width = check_width(width)
        outer, inner = (max(1, round(width * base)) for base in (64, 128))
        coded = (inner, H // 4, W // 4)
        n_coded = inner * (H // 4) * (W // 4)
        self.features = nn.Sequential(
            *conv_block(n_channels, outer, 3, batch_norm),
            nn.MaxPool2d(2),
            *conv_block(outer, inner, 3, batch_norm),
            nn.MaxPool2d(2),
        )
        self.fc1 = nn.Linear(n_coded, n_components)
        active_init(self.fc1)
        self.decoder = nn.Sequential(
            nn.Linear(n_components, n_coded),
            nn.ReLU(),
            nn.Unflatten(1, coded),
            nn.Upsample((H // 2, W // 2)),
            *conv_block(inner, outer, 3, batch_norm),
            nn.Upsample((H, W)),
            nn.Conv2d(outer, n_channels, 3, padding=1),
        )

    def _encode(self, X: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        features: torch.Tensor = self.features(X)
        return features.flatten(1)
