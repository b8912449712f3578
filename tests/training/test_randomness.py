"""Random numbers of a fit: the right ones, its own, and nobody else's."""

import copy
import pickle
import threading

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from fa_sklearn._training import OwnRandomness

pytestmark = pytest.mark.usefixtures("untouched_global_generators")

WITH_GENERATOR = {
    "rand": lambda **g: torch.rand(5, **g),
    "randn": lambda **g: torch.randn(5, **g),
    "randint": lambda **g: torch.randint(10, (5,), **g),
    "randperm": lambda **g: torch.randperm(9, **g),
    "normal": lambda **g: torch.normal(torch.zeros(5), 2.0, **g),
    "bernoulli": lambda **g: torch.bernoulli(torch.full((20,), 0.5), **g),
    "multinomial": lambda **g: torch.multinomial(torch.ones(9), 4, **g),
    "poisson": lambda **g: torch.poisson(torch.full((9,), 3.0), **g),
    "normal_": lambda **g: torch.empty(5).normal_(1.0, 2.0, **g),
    "uniform_": lambda **g: torch.empty(5).uniform_(-1, 3, **g),
    "exponential_": lambda **g: torch.empty(5).exponential_(2.0, **g),
    "random_": lambda **g: torch.empty(5).random_(0, 100, **g),
    "bernoulli_": lambda **g: torch.empty(20).bernoulli_(0.3, **g),
    "kaiming_uniform_": lambda **g: nn.init.kaiming_uniform_(torch.empty(4, 3), **g),
    "xavier_normal_": lambda **g: nn.init.xavier_normal_(torch.empty(4, 3), **g),
    "trunc_normal_": lambda **g: nn.init.trunc_normal_(torch.empty(4, 3), **g),
    "orthogonal_": lambda **g: nn.init.orthogonal_(torch.empty(4, 3), **g),
}
WITHOUT_GENERATOR = {
    "dropout": lambda: F.dropout(torch.ones(50), 0.5),
    "nn.Dropout": lambda: nn.Dropout(0.3)(torch.ones(50)),
    "dropout2d": lambda: F.dropout2d(torch.ones(4, 9, 2, 2), 0.5),
    "alpha_dropout": lambda: F.alpha_dropout(torch.ones(50), 0.5, training=True),
    "rrelu": lambda: F.rrelu(-torch.ones(50), training=True),
    "gumbel_softmax": lambda: F.gumbel_softmax(torch.zeros(3, 4)),
    "rand_like": lambda: torch.rand_like(torch.ones(5)),
    "randn_like": lambda: torch.randn_like(torch.ones(5)),
    "Linear": lambda: nn.Linear(4, 3).weight.detach(),
    "LSTM": lambda: nn.LSTM(4, 3).weight_hh_l0.detach(),
    "Embedding": lambda: nn.Embedding(6, 3, padding_idx=0).weight.detach(),
    "Conv2d": lambda: nn.Conv2d(2, 3, 3).weight.detach(),
    "LSTM with dropout": lambda: _stacked_lstm(torch.ones(5, 2, 4))[0].detach(),
}
_stacked_lstm = nn.LSTM(4, 8, num_layers=2, dropout=0.5)


def seeded_globally(draw, seed):
    """What `draw` gives after torch.manual_seed, with the global state put back."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return draw()


@pytest.mark.parametrize("name", WITH_GENERATOR)
def test_numbers_are_those_of_a_seeded_generator(name):
    draw = WITH_GENERATOR[name]
    generator = torch.Generator().manual_seed(7)
    with OwnRandomness(7):
        first, second = draw(), draw()
    assert torch.equal(first, draw(generator=generator))
    assert torch.equal(second, draw(generator=generator))


@pytest.mark.parametrize("name", WITHOUT_GENERATOR)
def test_functions_without_generator_draw_what_they_would_after_a_seed(name):
    draw = WITHOUT_GENERATOR[name]
    with OwnRandomness(7):
        first, second = draw(), draw()
    assert torch.equal(first, seeded_globally(draw, 7))
    assert not torch.equal(first, second)


def test_a_generator_of_the_caller_is_respected():
    with OwnRandomness(7):
        mine = torch.rand(5, generator=torch.Generator().manual_seed(3))
    assert torch.equal(mine, torch.rand(5, generator=torch.Generator().manual_seed(3)))


def test_tensors_without_numbers_draw_none():
    """Libraries of pretrained models make them on the meta device first."""
    with OwnRandomness(3):
        shapes = torch.empty(4, device="meta")
        nn.init.normal_(shapes)
        nn.functional.dropout(shapes.uniform_(), 0.5)
        drawn = torch.rand(5)
    assert torch.equal(drawn, torch.rand(5, generator=torch.Generator().manual_seed(3)))


def test_the_sequence_goes_on_where_the_context_was_left():
    generator = torch.Generator().manual_seed(7)
    randomness = OwnRandomness(7)
    for _ in range(3):
        with randomness:
            drawn = torch.rand(4)
        assert torch.equal(drawn, torch.rand(4, generator=generator))


def test_an_error_inside_leaves_the_context():
    with pytest.raises(RuntimeError, match="mine"):
        with OwnRandomness(7):
            raise RuntimeError("mine")
    state = torch.get_rng_state()
    try:
        torch.rand(1)
        assert not torch.equal(torch.get_rng_state(), state)
    finally:
        torch.set_rng_state(state)


@pytest.mark.parametrize("duplicate", [lambda x: pickle.loads(pickle.dumps(x)), copy.deepcopy])
def test_a_copy_goes_on_with_the_same_numbers(duplicate):
    original = OwnRandomness(7)
    with original:
        torch.rand(3)
    twin = duplicate(original)
    with original:
        expected = torch.rand(4), F.dropout(torch.ones(30))
    with twin:
        found = torch.rand(4), F.dropout(torch.ones(30))
    assert torch.equal(found[0], expected[0]) and torch.equal(found[1], expected[1])


def test_a_copy_made_of_read_only_arrays_is_silent(recwarn):
    original, buffers = OwnRandomness(7), []
    with original:
        torch.rand(3)
    data = pickle.dumps(original, protocol=5, buffer_callback=buffers.append)
    assert buffers
    # torch warns once a process otherwise.
    torch.set_warn_always(True)
    try:
        pickle.loads(data, buffers=[bytes(buffer) for buffer in buffers])
    finally:
        torch.set_warn_always(False)
    assert not recwarn.list


def draw_much(seed):
    """A long mixture of every kind of draw."""
    with OwnRandomness(seed):
        drawn = []
        for _ in range(60):
            drawn += [torch.rand(8), F.dropout(torch.ones(64)), nn.Linear(3, 3).weight.detach()]
        return torch.cat([tensor.flatten() for tensor in drawn])


def test_threads_do_not_disturb_each_other():
    expected = {seed: draw_much(seed) for seed in range(6)}
    found = {}
    threads = [
        threading.Thread(target=lambda s=seed: found.update({s: draw_much(s)}))
        for seed in expected
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[seed], expected[seed]) for seed in expected)


def test_gradients_flow_as_without_it():
    layer = seeded_globally(lambda: nn.Linear(3, 2), 0)
    X = torch.arange(12.0).reshape(4, 3)
    layer(X).square().sum().backward()
    expected = layer.weight.grad.clone()
    layer.zero_grad()
    with OwnRandomness(0):
        layer(X).square().sum().backward()
    assert torch.equal(layer.weight.grad, expected)
