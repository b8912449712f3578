"""The autoencoder for images."""

import pytest
import torch

from fa_sklearn.modules import ConvAutoencoder


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize(
    "shape", [(8, 8, 1), (28, 28, 1), (32, 32, 3), (17, 9, 2), (4, 4, 1), (5, 7, 3)]
)
def test_reconstruction_has_the_size_of_the_image(shape, batch_norm):
    height, width, channels = shape
    net = ConvAutoencoder((channels, height, width), 5, width=0.1, batch_norm=batch_norm)
    X = torch.randn(3, channels, height, width)
    reconstruction, representation = net(X)
    assert reconstruction.shape == X.shape and representation.shape == (3, 5)
    assert net.decode(representation).shape == X.shape


def test_small_images_are_refused_with_the_remedy():
    with pytest.raises(ValueError, match="at least 4 x 4 pixels, got H=3, W=9: enlarge or pad"):
        ConvAutoencoder((1, 3, 9), 5)


def test_reconstruction_is_learnt():
    net = ConvAutoencoder((1, 8, 8), 8, width=0.25)
    X = torch.randn(4, 1, 8, 8)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    losses = []
    for _ in range(40):
        loss = (net(X)[0] - X).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
