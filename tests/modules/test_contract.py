"""The checks of a user's own module."""

import pytest
import torch
from torch import nn

from fa_sklearn.modules import MLP, MLPAutoencoder
from fa_sklearn.modules._base import check_module_class, check_module_output

X = torch.zeros(4, 6)


class Flawed(nn.Module):
    """A net whose forward returns what it was given."""

    def __init__(self, result, weight=None):
        super().__init__()
        self.result = result
        if weight is not None:
            self.representation_weight = weight

    def forward(self, X, lengths=None):
        return self.result


def check(result, weight=None, n_outputs=2):
    net = Flawed(result, weight)
    return check_module_output(net, net(X), X, 3, n_outputs)


def test_right_classes_pass():
    assert check_module_class(MLP) is MLP
    assert check_module_class(MLPAutoencoder, autoencoder=True) is MLPAutoencoder


@pytest.mark.parametrize("autoencoder", [False, True])
def test_instance_is_refused_with_the_remedy(autoencoder):
    message = "instance of MLP: pass the class and give its arguments through module_params"
    with pytest.raises(TypeError, match=message):
        check_module_class(MLP((4,), 3, 1), autoencoder=autoencoder)


@pytest.mark.parametrize("module", [object, dict, 3, None, lambda: None, "mlp"])
def test_other_objects_are_refused(module):
    with pytest.raises(TypeError, match="subclass of torch.nn.Module"):
        check_module_class(module)


def test_autoencoder_needs_decode():
    with pytest.raises(TypeError, match="MLP has no method decode"):
        check_module_class(MLP, autoencoder=True)


def test_right_output_passes():
    result = torch.zeros(4, 2), torch.ones(4, 3)
    output, representation = check(result, torch.zeros(3, 6))
    assert output is result[0] and representation is result[1]
    reconstruction, _ = check((torch.zeros(4, 6), torch.ones(4, 3)), torch.zeros(3, 6), None)
    assert reconstruction.shape == X.shape


@pytest.mark.parametrize(
    ("result", "found"),
    [
        (torch.zeros(4, 2), r"\(4, 2\)"),
        (None, "NoneType"),
        ((torch.zeros(4, 2),), "1 values"),
        ((torch.zeros(4, 2),) * 3, "3 values"),
    ],
)
def test_not_a_pair(result, found):
    message = rf"forward of module Flawed must return the pair .*got {found}"
    with pytest.raises(TypeError, match=message):
        check(result, torch.zeros(3, 6))


@pytest.mark.parametrize("representation", [torch.zeros(4, 5), torch.zeros(3), None])
def test_wrong_representation(representation):
    with pytest.raises(ValueError, match=r"representation of shape .* = \(4, 3\), got"):
        check((torch.zeros(4, 2), representation), torch.zeros(3, 6))


@pytest.mark.parametrize("output", [torch.zeros(4), torch.zeros(4, 1), torch.zeros(2, 4)])
def test_wrong_output(output):
    with pytest.raises(ValueError, match=r"output of shape \(n, n_outputs\) = \(4, 2\), got"):
        check((output, torch.zeros(4, 3)), torch.zeros(3, 6))


def test_wrong_reconstruction():
    with pytest.raises(ValueError, match=r"reconstruction of shape X = \(4, 6\), got \(4, 2\)"):
        check((torch.zeros(4, 2), torch.zeros(4, 3)), torch.zeros(3, 6), n_outputs=None)


def test_weight_is_missing():
    with pytest.raises(TypeError, match="no tensor representation_weight"):
        check((torch.zeros(4, 2), torch.zeros(4, 3)))


@pytest.mark.parametrize("weight", [torch.zeros(6, 3), torch.zeros(3)])
def test_wrong_weight(weight):
    with pytest.raises(ValueError, match="representation_weight of module Flawed must have shape"):
        check((torch.zeros(4, 2), torch.zeros(4, 3)), weight)
