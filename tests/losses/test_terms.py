"""The loss terms: which pairs they take, and scikit-learn's protocol of their parameters."""

import pickle

import pytest
import torch
from sklearn.base import clone

from fa_sklearn.losses import (
    ConsistencyLoss,
    ContrastLoss,
    DeCovLoss,
    MultilayerLoss,
    SingleLayerLoss,
    XCovLoss,
)

from . import dense
from .calls import multilayer_loss

DEFAULTS = {
    SingleLayerLoss: {"margin": 5.0, "divergence": "kl", "weight": 1.0},
    MultilayerLoss: {
        "margin": 1.0,
        "divergence": "kl",
        "normalization": "group",
        "weight": 1.0,
        "pairs": "same_label",
    },
    DeCovLoss: {"weight": 1.0},
    XCovLoss: {"weight": 1.0},
    ConsistencyLoss: {"divergence": "kl", "weight": 1.0},
    ContrastLoss: {"temperature": 0.2, "negatives": "all", "weight": 1.0},
}
TERMS = tuple(DEFAULTS)


def arguments(term):
    """What the term is called with on six samples."""
    h = dense.logits(6, 4)
    if term in (ConsistencyLoss, ContrastLoss):
        return h, dense.logits(6, 4, seed=1)
    return (h, torch.softmax(h, dim=1)) if term is XCovLoss else (h,)


@pytest.mark.parametrize("y", [None, torch.arange(6) % 2])
def test_all_pairs_are_those_without_labels(y):
    h, w = dense.logits(6, 4), torch.arange(6.0)
    term = MultilayerLoss(margin=0.7, pairs="all")
    assert torch.equal(term(h, y, w), multilayer_loss(h, None, 0.7, sample_weight=w))
    assert torch.equal(
        term._lower_bound(h, y, w), MultilayerLoss(margin=0.7)._lower_bound(h, None, w)
    )


@pytest.mark.parametrize("term", TERMS)
def test_defaults(term):
    assert term().get_params() == DEFAULTS[term]


@pytest.mark.parametrize("term", TERMS)
def test_weight_is_left_to_the_caller(term):
    assert torch.equal(term(weight=3.0)(*arguments(term)), term()(*arguments(term)))


@pytest.mark.parametrize("term", TERMS)
def test_set_params_returns_the_term_and_acts_on_the_next_call(term):
    instance = term()
    assert instance.set_params(weight=0.25) is instance
    assert instance.weight == 0.25
    if "margin" in DEFAULTS[term]:
        instance(*arguments(term))
        instance.set_params(margin=0.3, divergence="js")
        fresh = term(margin=0.3, divergence="js")
        assert torch.equal(instance(*arguments(term)), fresh(*arguments(term)))


@pytest.mark.parametrize("term", TERMS)
def test_clone_and_pickle_keep_the_parameters(term):
    original = term().set_params(weight=0.25)
    for copy in (clone(original), pickle.loads(pickle.dumps(original))):
        assert type(copy) is term
        assert copy is not original
        assert copy.get_params() == original.get_params()
        assert torch.equal(copy(*arguments(term)), original(*arguments(term)))


@pytest.mark.parametrize("term", TERMS)
def test_repr_names_the_class_and_what_was_changed(term):
    assert repr(term()).startswith(term.__name__ + "(")
    assert "weight=0.25" in repr(term(weight=0.25))


@pytest.mark.parametrize("term", TERMS)
def test_an_unknown_parameter_is_refused(term):
    with pytest.raises(ValueError, match="marginn"):
        term().set_params(marginn=1.0)
    with pytest.raises(TypeError, match="marginn"):
        term(marginn=1.0)


@pytest.mark.parametrize(
    "term, parameter, bad, error",
    [
        (SingleLayerLoss, "margin", -1.0, ValueError),
        (SingleLayerLoss, "margin", "5", TypeError),
        (SingleLayerLoss, "divergence", "kll", ValueError),
        (SingleLayerLoss, "divergence", None, TypeError),
        (MultilayerLoss, "margin", -1.0, ValueError),
        (MultilayerLoss, "margin", None, TypeError),
        (MultilayerLoss, "divergence", "kll", ValueError),
        (MultilayerLoss, "normalization", "groups", ValueError),
        (MultilayerLoss, "pairs", "same", ValueError),
        (ConsistencyLoss, "divergence", "kll", ValueError),
        (ContrastLoss, "temperature", -1.0, ValueError),
        (ContrastLoss, "temperature", None, TypeError),
        (ContrastLoss, "negatives", "same", ValueError),
    ],
)
def test_invalid_hyperparameters_raise_in_the_call(term, parameter, bad, error):
    instance = term(**{parameter: bad})
    with pytest.raises(error, match=rf"\b{parameter}\b"):
        instance(*arguments(term))


@pytest.mark.parametrize("term", TERMS)
def test_inputs_name_what_the_net_hands_over(term):
    assert isinstance(term.inputs, (str, tuple))
    assert len({str(t.inputs) for t in (SingleLayerLoss, MultilayerLoss, XCovLoss)}) == 3


@pytest.mark.parametrize(
    "term", [DeCovLoss, XCovLoss, ConsistencyLoss, ContrastLoss, MultilayerLoss]
)
@pytest.mark.parametrize("unit", [1e-37, 2e38])
def test_the_unit_of_float32_weights_does_not_matter(term, unit):
    weight = torch.linspace(0.2, 1.0, 6)
    rows = [values.float() for values in arguments(term)]
    expected = term()(*rows, sample_weight=weight)
    assert expected > 0
    actual = term()(*rows, sample_weight=unit * weight)
    torch.testing.assert_close(actual, expected, rtol=1e-5, atol=0)
