"""What every registered backbone has to do, and how a name becomes a class."""

import copy
import io
import pickle

import numpy as np
import pytest
import torch
from torch import nn

from fa_sklearn._training import bfloat16_failure
from fa_sklearn.modules import MLP
from fa_sklearn.modules._base import check_module_class, check_module_output
from fa_sklearn.modules._registry import (
    AUTOENCODER_MODULES,
    CLASSIFIER_MODULES,
    resolve_module,
)

N, N_COMPONENTS, N_OUTPUTS = 6, 5, 3
LENGTHS = torch.tensor([4, 7, 1, 7, 2, 3])
N_TOKENS = 11


def table():
    return torch.randn(N, 4), None, (4,)


def padding():
    return torch.arange(int(LENGTHS.max())) >= LENGTHS[:, None]


def sequences():
    X = torch.randn(N, int(LENGTHS.max()), 4)
    return X.masked_fill(padding()[:, :, None], 0.0), LENGTHS, (None, 4)


def images():
    X = torch.randn(N, 2, 12, 9).to(memory_format=torch.channels_last)
    return X, None, (2, 12, 9)


def tokens():
    X = torch.randint(1, N_TOKENS, (N, int(LENGTHS.max())))
    return X.masked_fill(padding(), 0), LENGTHS, (None, N_TOKENS)


DATA = {"mlp": table, "rnn": sequences, "cnn": images, "text": tokens}
KINDS = {"mlp": "table", "rnn": "sequence", "cnn": "image", "text": "tokens"}
SMALL = {"cnn": {"width": 0.1}}
EVERY = [(name, False) for name in CLASSIFIER_MODULES] + [
    (name, True) for name in AUTOENCODER_MODULES
]


@pytest.fixture(params=EVERY, ids=lambda case: f"{case[0]}{'-autoencoder' if case[1] else ''}")
def case(request):
    """A registered net, its batch, and the number of its outputs (None: an autoencoder)."""
    name, autoencoder = request.param
    X, lengths, input_shape = DATA[name]()
    options = SMALL.get(name, {})
    if autoencoder:
        cls = AUTOENCODER_MODULES[name]
        return cls(input_shape, N_COMPONENTS, **options), X, lengths, None
    cls = CLASSIFIER_MODULES[name]
    return cls(input_shape, N_COMPONENTS, N_OUTPUTS, **options), X, lengths, N_OUTPUTS


def test_follows_the_contract(case):
    net, X, lengths, n_outputs = case
    check_module_class(type(net), autoencoder=n_outputs is None)
    _, representation = check_module_output(net, net(X, lengths), X, N_COMPONENTS, n_outputs)
    assert representation.min() >= 0 and representation.max() > 0
    assert net.representation_weight is net.fc1.weight


def test_representation_is_the_relu_of_fc1(case):
    net, X, lengths, _ = case
    inputs = []
    net.fc1.register_forward_pre_hook(lambda _, args: inputs.append(args[0]))
    _, representation = net(X, lengths)
    expected = (inputs[0] @ net.representation_weight.T + net.fc1.bias).clamp(min=0)
    torch.testing.assert_close(representation, expected, rtol=0, atol=1e-6)


def test_every_parameter_gets_a_gradient(case):
    net, X, lengths, _ = case
    output, representation = net(X, lengths)
    (output.square().sum() + representation.sum()).backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name


def test_deterministic_forward_draws_no_random_number(case):
    net, X, lengths, _ = case
    assert net.deterministic_forward
    before = torch.get_rng_state()
    net(X, lengths)
    assert torch.equal(torch.get_rng_state(), before)


def test_rows_do_not_depend_on_each_other_nor_on_the_padding(case):
    net, X, lengths, _ = case
    net.eval()
    together, representations = net(X, lengths)
    for row in range(N):
        alone = X[row : row + 1]
        length = None
        if lengths is not None:
            length = lengths[row : row + 1]
            alone = alone[:, : int(length)]
        output, representation = net(alone, length)
        of_row = together[row : row + 1]
        if output.shape != of_row.shape:
            assert not of_row[:, int(length) :].any()
            of_row = of_row[:, : int(length)]
        torch.testing.assert_close(output, of_row, rtol=0, atol=1e-5)
        torch.testing.assert_close(
            representation, representations[row : row + 1], rtol=0, atol=1e-5
        )


def test_copies_compute_the_same(case):
    net, X, lengths, _ = case
    net.eval()
    file = io.BytesIO()
    torch.save(net.state_dict(), file)
    file.seek(0)
    loaded = copy.deepcopy(net)
    for parameter in loaded.parameters():
        nn.init.zeros_(parameter)
    loaded.load_state_dict(torch.load(file))
    for twin in (pickle.loads(pickle.dumps(net)), copy.deepcopy(net), loaded):
        for found, expected in zip(twin(X, lengths), net(X, lengths), strict=True):
            assert torch.equal(found, expected)


def test_bfloat16_autocast_stays_near_float32(case):
    """Or fails, on CPUs that the check before training knows."""
    net, X, lengths, n_outputs = case
    net.eval()
    expected = net(X, lengths)
    with torch.autocast("cpu", torch.bfloat16):
        if bfloat16_failure(net, torch.device("cpu")):
            with pytest.raises(RuntimeError, match="could not create a primitive"):
                net(X, lengths)
            return
        result = net(X, lengths)
    check_module_output(net, result, X, N_COMPONENTS, n_outputs)
    for found, reference in zip(result, expected, strict=True):
        torch.testing.assert_close(found.float(), reference, rtol=0.05, atol=0.05)
    result[0].float().sum().backward()
    assert all(parameter.grad is not None for parameter in net.parameters())


def test_inference_mode_changes_nothing(case):
    net, X, lengths, _ = case
    net.eval()
    expected = net(X, lengths)
    with torch.inference_mode():
        for found, reference in zip(net(X, lengths), expected, strict=True):
            torch.testing.assert_close(found, reference.detach(), rtol=0, atol=1e-6)


def test_float64_is_kept(case):
    net, X, lengths, _ = case
    net.double()
    X = X.double() if X.is_floating_point() else X
    assert {found.dtype for found in net(X, lengths)} == {torch.float64}


def test_decode_gives_the_reconstruction(case):
    net, X, lengths, n_outputs = case
    if n_outputs is None:
        net.eval()
        reconstruction, representation = net(X, lengths)
        decoded = net.decode(representation, lengths)
        torch.testing.assert_close(decoded, reconstruction, rtol=0, atol=1e-6)
    else:
        assert not hasattr(net, "decode")


def test_a_batch_of_one_row_trains(case):
    net, X, lengths, _ = case
    output, _ = net.train()(X[:1], None if lengths is None else lengths[:1])
    assert output.isfinite().all()


def test_a_representation_of_unit_length_is_linear_up_to_its_length(case):
    net, X, lengths, n_outputs = case
    name = next(n for n, d in DATA.items() if type(net).input_kind == KINDS[n])
    heads = () if n_outputs is None else (n_outputs,)
    unit = type(net)(
        DATA[name]()[2], N_COMPONENTS, *heads, representation="unit", **SMALL.get(name, {})
    )
    output, representation = unit.eval()(X, lengths)
    features = []
    unit.fc1.register_forward_hook(lambda layer, inputs, result: features.append(result))
    assert torch.equal(unit(X, lengths)[1], representation)
    lengths_of = features[0].norm(dim=1, keepdim=True)
    torch.testing.assert_close(representation * lengths_of, features[0])
    torch.testing.assert_close(representation.norm(dim=1), torch.ones(N))
    assert (representation < 0).any()
    assert output.isfinite().all()


def test_the_representation_is_one_of_two():
    with pytest.raises(ValueError, match="'representation' .* must be a str among"):
        MLP((4,), 3, 1, representation="linear")


@pytest.mark.parametrize("name", CLASSIFIER_MODULES)
def test_sizes_of_the_heads_are_checked(name):
    _, _, input_shape = DATA[name]()
    with pytest.raises(ValueError, match="'n_components' parameter of the net must be an int"):
        CLASSIFIER_MODULES[name](input_shape, 0, 1)
    with pytest.raises(ValueError, match="'n_outputs' parameter of the net must be an int"):
        CLASSIFIER_MODULES[name](input_shape, 1, 0)


@pytest.mark.parametrize("name", CLASSIFIER_MODULES)
def test_numpy_sizes_are_taken(name):
    _, _, input_shape = DATA[name]()
    net = CLASSIFIER_MODULES[name](input_shape, np.int64(3), np.int64(1))
    assert net.representation_weight.shape[0] == 3


@pytest.mark.parametrize("registry", [CLASSIFIER_MODULES, AUTOENCODER_MODULES])
def test_names_are_resolved(registry):
    for name, cls in registry.items():
        assert resolve_module(name, registry) is cls


def test_a_class_is_returned_unchanged():
    assert resolve_module(MLP, CLASSIFIER_MODULES) is MLP


@pytest.mark.parametrize(
    ("wrong", "near"), [("rmm", "rnn"), ("MLP", "mlp"), ("txt", "text"), ("cn", "cnn")]
)
def test_unknown_name_suggests_the_nearest(wrong, near):
    expected = f"Unknown module '{wrong}': did you mean '{near}'\\? Choose one of 'mlp', 'rnn'"
    with pytest.raises(ValueError, match=expected):
        resolve_module(wrong, CLASSIFIER_MODULES)


def test_unknown_name_without_a_near_one_lists_all():
    with pytest.raises(ValueError, match="Unknown module 'zzz': choose one of 'mlp', 'rnn'"):
        resolve_module("zzz", AUTOENCODER_MODULES)


def test_instances_and_classifiers_for_autoencoders_are_refused():
    with pytest.raises(TypeError, match="pass the class .* module_params"):
        resolve_module(MLP((4,), 3, 1), CLASSIFIER_MODULES)
    with pytest.raises(TypeError, match="MLP has no method decode"):
        resolve_module(MLP, AUTOENCODER_MODULES, autoencoder=True)
