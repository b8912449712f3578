"""The convolutional net of the paper's figure 4, for images."""

import torch
from torch import nn
from torch.nn import functional as F

from ._base import ClassifierNet, check_image_shape, check_positive_int, check_width

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
        input_shape: tuple[int | None, ...],
        n_components: int,
        n_outputs: int,
        *,
        width: float = 1.0,
        batch_norm: bool = True,
    ) -> None:
        super().__init__()
        size, image_height, image_width = check_image_shape("VGG", input_shape, smallest=8)
        n_components = check_positive_int("n_components", n_components)
        width = check_width(width)
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
        self.fc1 = nn.Linear(_LAST_CHANNELS * n_pixels, n_components)
        self.fc2 = nn.Linear(n_components, check_positive_int("n_outputs", n_outputs))

    def _encode(self, X: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        features: torch.Tensor = self.features(X)
        return features.flatten(1)
