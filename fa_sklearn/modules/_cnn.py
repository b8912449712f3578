"""The nets for images: that of the paper's figure 4, and a convolutional autoencoder."""

import torch
from torch import nn
from torch.nn import functional as F

from ._base import POSITIVE, AutoencoderNet, ClassifierNet, check_image_size, check_option

# channels of VGG-16's 3x3 convolutions up to pool3, a 2x2 max pooling after each stage
_STAGES = ((64, 64), (128, 128), (256, 256, 256))
_LAST_CHANNELS = 8


class BatchNorm(nn.BatchNorm2d):
    """`torch.nn.BatchNorm2d`, using its running statistics where a channel has one value only.

    A last batch of one small image would otherwise stop the training: one value has no variance.
    """

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Normalise X of shape (n, C, H, W)."""
        if self.training and X.numel() == X.shape[1]:
            return F.batch_norm(
                X, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        return super().forward(X)


def conv_block(n_in: int, n_out: int, kernel_size: int, batch_norm: bool) -> list[nn.Module]:
    """Return the layers of a size-keeping convolution, batch norm where it is on, and ReLU."""
    # batch norm subtracts the mean, so that a bias before it would do nothing
    conv = nn.Conv2d(n_in, n_out, kernel_size, padding=kernel_size // 2, bias=not batch_norm)
    norm: list[nn.Module] = [BatchNorm(n_out)] if batch_norm else []
    return [conv, *norm, nn.ReLU(inplace=True)]


class VGG(ClassifierNet):
    """VGG-16 up to pool3, three more convolutions, FC1 with ReLU, and FC2.

    Parameters
    ----------
    input_shape : tuple (C, H, W)
        Channels, height and width of the images; H and W at least 8 pixels.
    n_components : int
        Number of neurons of FC1.
    n_outputs : int
        Number of logits.
    width : float, default=1.0
        Factor on the channels of every 3x3 convolution, rounded, at least 1 channel each. The 8
        channels of the last, 1x1 convolution stay 8.
    batch_norm : bool, default=True
        Whether batch normalisation comes before each ReLU of the convolutions.
    representation : {"relu", "unit"}, default="relu"
        What the representation is: FC1 after its ReLU, as in the paper; or FC1 scaled to rows of
        unit length, without a ReLU, for ``penalty="contrast"``.

    Notes
    -----
    Figure 4 of the paper: 3x3 convolutions of 64, 64, pool, 128, 128, pool, 256, 256, 256, pool,
    256, 128 channels, a 1x1 convolution of 8, each with a ReLU; FC1 and FC2. The figure shows no
    batch normalisation.

    Examples
    --------
    >>> import torch
    >>> from fa_sklearn.modules import VGG
    >>> net = VGG((3, 32, 32), 15, 1, width=0.125)
    >>> output, representation = net(torch.ones(2, 3, 32, 32))
    >>> output.shape, representation.shape
    (torch.Size([2, 1]), torch.Size([2, 15]))
    """

    input_kind = "image"
    keeps_accuracy_in_bfloat16 = True

    def __init__(
        self,
        input_shape: tuple[int, int, int],
        n_components: int,
        n_outputs: int,
        *,
        width: float = 1.0,
        batch_norm: bool = True,
        representation: str = "relu",
    ) -> None:
        super().__init__()
        size, image_height, image_width = input_shape
        check_image_size("VGG", image_height, image_width, smallest=8)
        check_option("width", width, POSITIVE)
        layers: list[nn.Module] = []
        for channels in (*_STAGES, (256, 128)):
            for base in channels:
                scaled = max(1, round(width * base))
                layers += conv_block(size, scaled, 3, batch_norm)
                size = scaled
            if channels in _STAGES:
                layers.append(nn.MaxPool2d(2))
        layers += conv_block(size, _LAST_CHANNELS, 1, batch_norm)
        self.features = nn.Sequential(*layers)
        n_pixels = (image_height // 8) * (image_width // 8)
        self._make_representation(_LAST_CHANNELS * n_pixels, n_components, representation)
        self._make_decision(n_outputs)

    def _encode(self, X: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        features: torch.Tensor = self.features(X)
        return features.flatten(1)


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
    representation : {"relu", "unit"}, default="relu"
        What the representation is: FC1 after its ReLU, as in the paper; or FC1 scaled to rows of
        unit length, without a ReLU, for ``penalty="contrast"``.

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
        input_shape: tuple[int, int, int],
        n_components: int,
        *,
        width: float = 1.0,
        batch_norm: bool = True,
        representation: str = "relu",
    ) -> None:
        super().__init__()
        n_channels, H, W = input_shape
        check_image_size("ConvAutoencoder", H, W, smallest=4)
        check_option("width", width, POSITIVE)
        outer, inner = (max(1, round(width * base)) for base in (64, 128))
        coded = (inner, H // 4, W // 4)
        n_coded = inner * (H // 4) * (W // 4)
        self.features = nn.Sequential(
            *conv_block(n_channels, outer, 3, batch_norm),
            nn.MaxPool2d(2),
            *conv_block(outer, inner, 3, batch_norm),
            nn.MaxPool2d(2),
        )
        self._make_representation(n_coded, n_components, representation)
        self.decoder = nn.Sequential(
            nn.Linear(self.fc1.out_features, n_coded),
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
