"""The convolutional net against the paper's figure 4."""

import pytest
import torch
from torch import nn

from fa_sklearn.modules import VGG

# (kernel, channels) in the figure's order
FIGURE_4 = [
    *((3, 64), (3, 64), "pool"),
    *((3, 128), (3, 128), "pool"),
    *((3, 256), (3, 256), (3, 256), "pool"),
    *((3, 256), (3, 128), (1, 8)),
]
N_COMPONENTS, N_OUTPUTS = 15, 1


def read_layers(net):
    for layer in net.features:
        if isinstance(layer, nn.MaxPool2d):
            assert (layer.kernel_size, layer.stride, layer.padding) == (2, 2, 0)
            yield "pool"
        elif isinstance(layer, nn.Conv2d):
            assert layer.stride == (1, 1)
            assert layer.padding == (layer.kernel_size[0] // 2,) * 2
            assert layer.kernel_size[0] == layer.kernel_size[1]
            yield layer.kernel_size[0], layer.out_channels


def count_parameters(input_shape, batch_norm):
    n_in, height, width = input_shape
    total = 0
    for layer in FIGURE_4:
        if layer == "pool":
            height, width = height // 2, width // 2
            continue
        kernel, n_out = layer
        total += kernel * kernel * n_in * n_out + (2 * n_out if batch_norm else n_out)
        n_in = n_out
    total += (n_in * height * width + 1) * N_COMPONENTS
    return total + (N_COMPONENTS + 1) * N_OUTPUTS


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("input_shape", [(3, 32, 32), (1, 28, 28), (5, 17, 9)])
def test_figure_4(input_shape, batch_norm):
    net = VGG(input_shape, N_COMPONENTS, N_OUTPUTS, batch_norm=batch_norm)
    assert list(read_layers(net)) == FIGURE_4
    found = sum(parameter.numel() for parameter in net.parameters())
    assert found == count_parameters(input_shape, batch_norm)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_relu_follows_each_convolution(batch_norm):
    layers = list(VGG((3, 8, 8), 2, 1, width=0.1, batch_norm=batch_norm).features)
    for i, layer in enumerate(layers):
        if isinstance(layer, nn.Conv2d):
            assert isinstance(layers[i + 1], nn.BatchNorm2d) == batch_norm
            assert isinstance(layers[i + 1 + batch_norm], nn.ReLU)


@pytest.mark.parametrize("width", [0.001, 0.25, 1.5])
def test_width_scales_all_but_the_last_convolution(width):
    layers = read_layers(VGG((3, 8, 8), 2, 1, width=width))
    channels = [layer[1] for layer in layers if layer != "pool"]
    base = [layer[1] for layer in FIGURE_4 if layer != "pool"]
    assert channels == [max(1, round(width * c)) for c in base[:-1]] + base[-1:]


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (32, 32, 3), (17, 9, 2)])
def test_output_shapes(shape):
    height, width, channels = shape
    net = VGG((channels, height, width), 5, 2, width=0.1)
    output, representation = net(torch.randn(3, channels, height, width))
    assert output.shape == (3, 2) and representation.shape == (3, 5)


@pytest.mark.parametrize("shape", [(3, 7, 32), (3, 32, 7), (1, 4, 4)])
def test_small_images_are_refused_with_the_remedy(shape):
    message = f"at least 8 x 8 pixels, got H={shape[1]}, W={shape[2]}: enlarge or pad"
    with pytest.raises(ValueError, match=message):
        VGG(shape, 5, 1)


@pytest.mark.parametrize("width", [0, -1.0, float("inf"), float("nan")])
def test_width_is_checked(width):
    with pytest.raises(ValueError, match="'width' .* must be a float in the range"):
        VGG((3, 8, 8), 5, 1, width=width)


def test_channels_last_goes_through_all_convolutions():
    net, X = VGG((3, 16, 16), 5, 1, width=0.1).eval(), torch.randn(2, 3, 16, 16)
    kept = []
    for layer in net.features:
        layer.register_forward_hook(
            lambda _, args, result: kept.append(
                result.is_contiguous(memory_format=torch.channels_last)
            )
        )
    found = net(X.to(memory_format=torch.channels_last))
    assert kept and all(kept)
    torch.testing.assert_close(found, net(X), rtol=0, atol=1e-5)


def test_batch_norm_of_one_value_uses_its_running_statistics():
    net, X = VGG((3, 8, 8), 5, 1, width=0.1), torch.randn(4, 3, 8, 8)
    net(X)
    last = next(m for m in reversed(net.features) if isinstance(m, nn.BatchNorm2d))
    before = last.running_mean.clone(), last.running_var.clone()
    values = torch.randn(1, last.num_features, 1, 1)
    found = last(values)
    expected = (values[0, :, 0, 0] - before[0]) / (before[1] + last.eps).sqrt()
    torch.testing.assert_close(found[0, :, 0, 0], expected)
    assert torch.equal(last.running_mean, before[0]) and torch.equal(last.running_var, before[1])
