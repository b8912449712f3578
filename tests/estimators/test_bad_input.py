"""A table of mistakes: each gives one clear sentence of the right type, from our own checks."""

import tempfile
import traceback
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn.exceptions import NotFittedError
from torch import nn

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.losses import MultilayerLoss, SingleLayerLoss

pytestmark = [
    pytest.mark.usefixtures("untouched_global_generators"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]

N = 20
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 4)).astype(np.float32)
Y = np.arange(N) % 2
SEQUENCES = [RNG.normal(size=(2 + i % 3, 3)) for i in range(N)]
IMAGES = RNG.integers(0, 256, size=(N, 8, 8, 3), dtype=np.uint8)
TOKENS = [RNG.integers(1, 9, size=2 + i % 3) for i in range(N)]
FRAMES = [pd.DataFrame(sequence, columns=list("abc")) for sequence in SEQUENCES]
TEXTS = ["red oak tree", "blue sand"] * (N // 2)


def changed(items, position, value):
    """A list with another item at a position."""
    return [value if i == position else item for i, item in enumerate(items)]


def spoilt(values, value):
    """A float copy with one bad number."""
    result = np.array(values, dtype=np.float64)
    result[(3,) + (0,) * (result.ndim - 1)] = value
    return result


def mapped(values):
    """A memory map of the values, whose file is gone once nobody reads it."""
    with tempfile.TemporaryFile() as file:
        result = np.memmap(file, values.dtype, "w+", shape=values.shape)
    result[:] = values
    return result


def fit(X=X, y=Y, sample_weight=None, **params):
    params = {"max_epochs": 1, "random_state": 0, **params}
    return ForcedApartClassifier(**params).fit(X, y, sample_weight=sample_weight)


def encode(X=X, sample_weight=None, **params):
    params = {"max_epochs": 1, "random_state": 0, **params}
    return ForcedApartAutoencoder(**params).fit(X, sample_weight=sample_weight)


def refit(second_X, second_y, **params):
    return fit(warm_start=True, **params).fit(second_X, second_y)


def grow(*more, **params):
    estimator = ForcedApartClassifier(**params)
    for arguments in more:
        estimator.partial_fit(*arguments)


class NotAPair(nn.Module):
    def __init__(self, input_shape, n_components, n_outputs):
        super().__init__()
        self.fc1 = nn.Linear(input_shape[0], n_components)

    def forward(self, X):
        return self.fc1(X)


class OtherArguments(nn.Module):
    def __init__(self, width):
        super().__init__()


@dataclass
class Mistake:
    """What a user does wrong, and what the error must be and say."""

    do: object
    exception: type
    message: str


MISTAKES = {
    # -- the shape of X
    "X has one dimension": Mistake(lambda: fit(X[:, 0]), ValueError, "Expected 2D array"),
    "X is a number": Mistake(lambda: fit(3.0), ValueError, "Expected 2D array, got scalar"),
    "X is None": Mistake(lambda: fit(None), ValueError, "Expected 2D array|X "),
    "X has five dimensions": Mistake(lambda: fit(np.zeros((N, 2, 2, 2, 2))), ValueError, "dim 5"),
    "no samples": Mistake(lambda: fit(X[:0], Y[:0]), ValueError, r"0 sample\(s\).*minimum of 1"),
    "no features": Mistake(lambda: fit(X[:, :0]), ValueError, r"0 feature\(s\).*minimum of 1"),
    "an empty list": Mistake(lambda: fit([], []), ValueError, r"array=\[\]|0 sample"),
    "no sequences": Mistake(lambda: fit(np.zeros((0, 3, 2)), []), ValueError, r"0 sample\(s\)"),
    "no images": Mistake(lambda: fit(IMAGES[:0], []), ValueError, "X must be images.*one sample"),
    "no features per step": Mistake(lambda: fit(np.zeros((N, 3, 0))), ValueError, "0 feature"),
    "no steps": Mistake(lambda: fit(np.zeros((N, 0, 2))), ValueError, r"X\[0\] is an empty seq"),
    "images without channels": Mistake(lambda: fit(IMAGES[..., :0]), ValueError, "X must be im"),
    "rows of different length": Mistake(lambda: fit([[1, 2], [3]] * 10), ValueError, r"\bX\b"),
    "images of different size": Mistake(
        lambda: fit([np.zeros((8, 8, 3)), np.zeros((9, 9, 3))] * 10), ValueError, r"\bX\b"
    ),
    "steps of different width": Mistake(
        lambda: fit(changed([x.tolist() for x in SEQUENCES], 4, [[1.0, 2.0, 3.0], [4.0]])),
        ValueError,
        r"\bX\[4\]",
    ),
    "a sequence of another width": Mistake(
        lambda: fit(changed(SEQUENCES, 5, np.zeros((3, 4)))), ValueError, r"X\[5\] has 4 features"
    ),
    "a sequence that is a vector": Mistake(
        lambda: fit(changed(SEQUENCES, 5, np.zeros(3))), ValueError, r"X\[5\] has shape \(3,\)"
    ),
    "an empty sequence": Mistake(
        lambda: fit(changed(SEQUENCES, 5, np.zeros((0, 3)))), ValueError, r"X\[5\] is an empty"
    ),
    "images too small": Mistake(
        lambda: fit(IMAGES[:, :4, :4]), ValueError, "at least 8 x 8 pixels, got H=4, W=4"
    ),
    "images too small to encode": Mistake(
        lambda: encode(IMAGES[:, :3]), ValueError, "at least 4 x 4 pixels, got H=3, W=8"
    ),
    # -- the values of X
    "NaN in a table": Mistake(lambda: fit(spoilt(X, np.nan)), ValueError, "X contains NaN"),
    "infinity in a table": Mistake(lambda: fit(spoilt(X, np.inf)), ValueError, "X contains inf"),
    "NaN in a sequence": Mistake(
        lambda: fit(changed(SEQUENCES, 3, spoilt(np.ones((4, 3)), np.nan))),
        ValueError,
        "X contains NaN",
    ),
    "infinity in 3-D": Mistake(
        lambda: fit(spoilt(np.zeros((N, 3, 2)), -np.inf)), ValueError, "X contains NaN or inf"
    ),
    "NaN in an image": Mistake(
        lambda: fit(spoilt(IMAGES, np.nan)), ValueError, "X contains NaN or infinity"
    ),
    "too large for float32": Mistake(
        lambda: fit(X.astype(float) * 1e300), ValueError, "X contains infinity or a value too"
    ),
    "masked images": Mistake(
        lambda: fit(np.ma.masked_invalid(spoilt(IMAGES, np.nan))), ValueError, "X contains .*maske"
    ),
    "a masked sequence": Mistake(
        lambda: fit(changed(SEQUENCES, 3, np.ma.masked_invalid(spoilt(np.ones((4, 3)), np.nan)))),
        ValueError,
        r"X\[3\] contains .*masked",
    ),
    "masked sequences": Mistake(
        lambda: fit(np.ma.masked_invalid(spoilt(np.zeros((N, 3, 2)), np.inf))),
        ValueError,
        "X contains .*masked",
    ),
    "a masked table": Mistake(
        lambda: fit(np.ma.masked_less(X, 0)), ValueError, "X contains .*masked"
    ),
    "a mapped table beyond float32": Mistake(
        lambda: fit(mapped(spoilt(X, 1e300))), ValueError, "X contains .*too large for float32"
    ),
    "mapped images beyond float32": Mistake(
        lambda: fit(mapped(spoilt(IMAGES, -1e300))), ValueError, "X contains .*too large for float"
    ),
    "mapped sequences beyond float32": Mistake(
        lambda: fit(mapped(spoilt(np.zeros((N, 3, 2)), 1e300))),
        ValueError,
        "X contains .*too large for float32",
    ),
    "NaN in a mapped table": Mistake(
        lambda: fit(mapped(spoilt(X, np.nan))), ValueError, "X contains NaN"
    ),
    "a mapped table beyond float32 at predict": Mistake(
        lambda: fit().predict(mapped(spoilt(X, 1e300))), ValueError, "too large for float32"
    ),
    "DataFrames of other columns": Mistake(
        lambda: fit(changed(FRAMES, 5, FRAMES[5][["c", "b", "a"]])),
        ValueError,
        r"X\[5\] has the columns \['c', 'b', 'a'\] and X\[0\] has \['a', 'b', 'c'\]",
    ),
    "an array among DataFrames": Mistake(
        lambda: fit(changed(FRAMES, 5, SEQUENCES[5])),
        ValueError,
        r"X\[5\] is a ndarray and X\[0\]",
    ),
    "DataFrames of words": Mistake(
        lambda: fit([frame.astype(str) + "?" for frame in FRAMES]), ValueError, "are not numbers"
    ),
    "DataFrames of other columns at predict": Mistake(
        lambda: fit(FRAMES).predict([frame[["c", "b", "a"]] for frame in FRAMES]),
        ValueError,
        "feature names",
    ),
    "a token id that is a hash": Mistake(
        lambda: fit(changed(TOKENS, 2, np.array([2**31]))), ValueError, "holds the token id 214748"
    ),
    "a token id beyond int64": Mistake(
        lambda: fit(changed(TOKENS, 2, np.array([2**64 - 1], dtype=np.uint64))),
        ValueError,
        "X holds the token id 18446744073709551",
    ),
    "a vocabulary beyond the memory": Mistake(
        lambda: fit(TOKENS, module_params={"embedding_size": 10**15}),
        ValueError,
        "TextRNN is too large for the memory",
    ),
    "neurons beyond the memory": Mistake(
        lambda: fit(n_components=10**15), ValueError, "MLP is too large .* lower n_components"
    ),
    "a sparse table with a missing value": Mistake(
        lambda: fit(sparse.csr_matrix(np.where(X > 1, np.nan, X))), ValueError, "contains NaN"
    ),
    "complex numbers": Mistake(lambda: fit(X + 1j), ValueError, "Complex data not supported"),
    "complex sequences": Mistake(
        lambda: fit([x + 1j for x in SEQUENCES]), ValueError, "Complex data not supported: X"
    ),
    "complex images": Mistake(lambda: fit(IMAGES * 1j), ValueError, "X has dtype complex128"),
    "words in a table": Mistake(
        lambda: fit(pd.DataFrame({"a": TEXTS, "b": TEXTS})), ValueError, r"\bX\b"
    ),
    "objects in a table": Mistake(
        lambda: fit(np.array([[{}, 1]] * N, dtype=object)), TypeError, "argument must be .*number"
    ),
    "words in sequences": Mistake(
        lambda: fit([np.array([["a", "b"]])] * N), ValueError, "values that are not numbers"
    ),
    "one text": Mistake(lambda: fit("red oak", [0]), (TypeError, ValueError), "single string"),
    "numbers among texts": Mistake(
        lambda: fit(changed(TEXTS, 4, 7)),
        TypeError,
        "item of X must be a str.*position 4 is a int",
    ),
    "texts without a word": Mistake(
        lambda: fit(["", "!"] * 10), ValueError, "vocabulary is empty"
    ),
    "negative token ids": Mistake(
        lambda: fit(changed(TOKENS, 2, np.array([3, -1]))),
        ValueError,
        "X holds negative token ids",
    ),
    "an empty token sequence": Mistake(
        lambda: fit(changed(TOKENS, 2, np.array([], dtype=int))), ValueError, r"X\[2\] is empty"
    ),
    "token ids that are floats": Mistake(
        lambda: fit(changed(TOKENS, 2, np.array([1.5, 2.0]))),
        ValueError,
        r"X\[2\] has dtype float",
    ),
    # -- X against the module
    "texts to an mlp": Mistake(
        lambda: fit(TEXTS, module="mlp"), ValueError, "X is a list of strings, but module='mlp'"
    ),
    "sequences to an mlp": Mistake(
        lambda: fit(SEQUENCES, module="mlp"), ValueError, "X is 3-D .*module='mlp' reads a 2-D"
    ),
    "a table to an rnn": Mistake(
        lambda: fit(module="rnn"), ValueError, "X is a 2-D table.*module='rnn' reads 3-D"
    ),
    "a table to a cnn": Mistake(
        lambda: fit(module="cnn"), ValueError, "X is a 2-D table.*module='cnn' reads 4-D images"
    ),
    "a table to a text net": Mistake(
        lambda: fit(module="text"), ValueError, "X is a 2-D table.*module='text' reads .*token"
    ),
    "images to an rnn": Mistake(
        lambda: encode(IMAGES, module="rnn"), ValueError, "X is 4-D images.*module='rnn' reads 3-D"
    ),
    "texts to an autoencoder": Mistake(
        lambda: encode(TEXTS), ValueError, "no module for .*TfidfVectorizer"
    ),
    # -- y
    "y is shorter than X": Mistake(lambda: fit(y=Y[:-1]), ValueError, r"inconsistent.*\[20, 19\]"),
    "y is missing": Mistake(lambda: fit(y=None), ValueError, "requires y to be passed"),
    "y has two columns": Mistake(
        lambda: fit(y=np.c_[Y, Y]), ValueError, r"y should be a 1d array.*\(20, 2\)"
    ),
    "y is continuous": Mistake(
        lambda: fit(y=RNG.normal(size=N)), ValueError, "Unknown label type: continuous"
    ),
    "y has a NaN": Mistake(
        lambda: fit(y=np.where(Y == 0, np.nan, 1.0)), ValueError, "Input y contains NaN"
    ),
    "y mixes None and words": Mistake(
        lambda: fit(y=np.array([None, "a"] * 10, dtype=object)), ValueError, "label"
    ),
    # -- parameters
    "an unknown penalty": Mistake(
        lambda: fit(penalty="mutli"), ValueError, "penalty 'mutli': did you mean 'multi'"
    ),
    "a penalty of another type": Mistake(
        lambda: fit(penalty=3), ValueError, "'penalty' parameter"
    ),
    "a class as penalty": Mistake(
        lambda: fit(penalty=MultilayerLoss), ValueError, "'penalty' parameter"
    ),
    "a list of bare terms": Mistake(
        lambda: fit(penalty=[MultilayerLoss()]), TypeError, r"penalty must be a list of \(name, te"
    ),
    "names as terms": Mistake(
        lambda: fit(penalty=[("a", "multi")]), TypeError, "penalty term 'a' must be a loss term"
    ),
    "two terms of one name": Mistake(
        lambda: fit(penalty=[("a", MultilayerLoss()), ("a", SingleLayerLoss())]),
        ValueError,
        "penalty has a term named 'a': .*only once",
    ),
    "a term named with __": Mistake(
        lambda: fit(penalty=[("a__b", MultilayerLoss())]), ValueError, "penalty .*named 'a__b'"
    ),
    "a term named as the task": Mistake(
        lambda: fit(penalty=[("task", MultilayerLoss())]), ValueError, "penalty .*named 'task'"
    ),
    "a negative weight of a term": Mistake(
        lambda: fit(penalty=MultilayerLoss(weight=-1)),
        ValueError,
        "weight.* of penalty term 'multi' must be a float in the range",
    ),
    "an infinite weight of a term": Mistake(
        lambda: fit(penalty=[("a", MultilayerLoss(weight=np.inf))]), ValueError, "weight.*'a'"
    ),
    "a weight of a term beyond float32": Mistake(
        lambda: fit(penalty=MultilayerLoss(weight=1e300)),
        ValueError,
        "weight.* of penalty term 'multi' must be a float in the range",
    ),
    "a margin beyond every divergence": Mistake(
        lambda: fit(margin=1e300), ValueError, "margin.* must be a float in the range"
    ),
    "a margin whose sum overflows": Mistake(
        lambda: fit(penalty="single", margin=1e30, n_components=20000, alpha=0.5),
        ValueError,
        r"single loss became inf in epoch 1 \(train\).*margin",
    ),
    "a negative margin of a term": Mistake(
        lambda: fit(penalty=MultilayerLoss(margin=-1)),
        ValueError,
        "margin.* must be a float in the range",
    ),
    "a margin that is a word": Mistake(
        lambda: fit(penalty=SingleLayerLoss(margin="big")), TypeError, "margin.* must be a float"
    ),
    "an unknown normalization": Mistake(
        lambda: fit(penalty=MultilayerLoss(normalization="grp")),
        ValueError,
        "normalization.* must be a str among",
    ),
    "margin beside a term": Mistake(
        lambda: fit(penalty=MultilayerLoss(), margin=1.0), ValueError, r"margin .*MultilayerLoss\("
    ),
    "divergence beside a term": Mistake(
        lambda: fit(penalty=[("a", MultilayerLoss())], divergence="js"),
        ValueError,
        "divergence .*on the term itself",
    ),
    "a parameter of no term": Mistake(
        lambda: ForcedApartClassifier(penalty=[("a", MultilayerLoss())]).set_params(
            penalty__b__margin=1
        ),
        ValueError,
        r"'penalty__b__margin': penalty has no term 'b'.*\['a'\]",
    ),
    "a nested parameter of a named penalty": Mistake(
        lambda: ForcedApartClassifier(penalty="multi").set_params(penalty__multi__margin=1),
        ValueError,
        "penalty__multi__margin",
    ),
    "an unknown divergence": Mistake(
        lambda: fit(divergence="hellinder"), ValueError, "divergence .*did you mean 'hellinger'"
    ),
    "a divergence of another shape": Mistake(
        lambda: fit(divergence=lambda p, q: p), ValueError, "divergence must map two"
    ),
    "an unknown module": Mistake(
        lambda: fit(module="rmm"), ValueError, "module 'rmm': did you mean 'rnn'"
    ),
    "a module instance": Mistake(
        lambda: fit(module=nn.Identity()), TypeError, "module must be a class, got an inst"
    ),
    "a class that is no module": Mistake(
        lambda: fit(module=dict), TypeError, "module must be the"
    ),
    "a module that returns no pair": Mistake(
        lambda: fit(module=NotAPair), TypeError, "module NotAPair must return the pair"
    ),
    "a module with other arguments": Mistake(
        lambda: fit(module=OtherArguments), TypeError, "module.*OtherArguments"
    ),
    "an autoencoder that cannot decode": Mistake(
        lambda: encode(module=NotAPair), TypeError, "module NotAPair has no method decode"
    ),
    "an unknown option of the module": Mistake(
        lambda: fit(module_params={"hiden_sizes": (3,)}), TypeError, "module_params.*hiden_sizes"
    ),
    "an option that the estimator gives": Mistake(
        lambda: fit(module_params={"n_components": 3}), TypeError, "module_params.*n_components"
    ),
    "an option that is no name": Mistake(
        lambda: fit(module_params={1: 3}), TypeError, "module_params"
    ),
    "options as a list": Mistake(
        lambda: fit(module_params=[1]), ValueError, "'module_params' par"
    ),
    "a hidden layer of no neurons": Mistake(
        lambda: fit(module_params={"hidden_sizes": (0,)}),
        ValueError,
        "'hidden_sizes' .* must be an int",
    ),
    "an unknown cell": Mistake(
        lambda: fit(SEQUENCES, module_params={"cell": "gruu"}),
        ValueError,
        "'cell' parameter of the net must be a str among",
    ),
    "an unknown optimizer": Mistake(
        lambda: fit(optimizer="addam"), ValueError, "optimizer 'addam': did you mean 'adam'"
    ),
    "an optimizer that is made already": Mistake(
        lambda: fit(optimizer=torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)),
        ValueError,
        "'optimizer' parameter",
    ),
    "an optimizer without lr": Mistake(
        lambda: fit(optimizer=lambda parameters: None), TypeError, r"\boptimizer\b"
    ),
    "an optimizer that is none": Mistake(
        lambda: fit(optimizer=lambda parameters, lr: 3), TypeError, r"\boptimizer\b"
    ),
    "alpha of 1": Mistake(lambda: fit(alpha=1.0), ValueError, r"'alpha' .*\[0.0, 1.0\)"),
    "a negative alpha": Mistake(lambda: fit(alpha=-0.1), ValueError, r"'alpha' .*\[0.0, 1.0\)"),
    "alpha of NaN": Mistake(lambda: fit(alpha=np.nan), ValueError, r"'alpha' .*\[0.0, 1.0\)"),
    "a negative margin": Mistake(lambda: fit(margin=-1), ValueError, "'margin' parameter"),
    "an infinite margin": Mistake(lambda: fit(margin=np.inf), ValueError, "'margin' parameter"),
    "no neurons": Mistake(lambda: fit(n_components=0), ValueError, "'n_components' parameter"),
    "a fraction of a neuron": Mistake(lambda: fit(n_components=2.5), ValueError, "'n_components'"),
    "lr of 0": Mistake(lambda: fit(lr=0), ValueError, "'lr' parameter"),
    "an infinite lr": Mistake(lambda: fit(lr=np.inf), ValueError, "'lr' parameter"),
    "a batch of none": Mistake(lambda: fit(batch_size=0), ValueError, "'batch_size' parameter"),
    "no epochs": Mistake(lambda: fit(max_epochs=0), ValueError, "'max_epochs' parameter"),
    "a GPU where there is none": Mistake(
        lambda: fit(device="cuda:99"), ValueError, "device='cuda:99' is not available.*'cpu'"
    ),
    "a device that does not exist": Mistake(
        lambda: fit(device="gpu"), ValueError, "device='gpu' is no device: use 'auto'"
    ),
    "a device without data": Mistake(lambda: fit(device="meta"), ValueError, "device='meta'"),
    "an unknown precision": Mistake(
        lambda: fit(precision="fp16"), ValueError, "'precision' param"
    ),
    "a random_state that is a word": Mistake(
        lambda: fit(random_state="a"), ValueError, "'random_state' parameter"
    ),
    "verbose that is a word": Mistake(lambda: fit(verbose="yes"), ValueError, "'verbose' param"),
    "callbacks that are none": Mistake(lambda: fit(callbacks=3), ValueError, "'callbacks' param"),
    "a number among the callbacks": Mistake(
        lambda: fit(callbacks=[3]), (TypeError, ValueError), r"\bcallbacks\b"
    ),
    "a name among the callbacks": Mistake(
        lambda: fit(callbacks=["EarlyStopping"]), (TypeError, ValueError), r"\bcallbacks\b"
    ),
    "a whole set aside": Mistake(
        lambda: fit(early_stopping=True, validation_fraction=1.0), ValueError, "'validation_fract"
    ),
    "nothing set aside": Mistake(
        lambda: fit(early_stopping=True, validation_fraction=0.0), ValueError, "'validation_fract"
    ),
    "one sample to split": Mistake(
        lambda: fit(X[:1], Y[:1], early_stopping=True), ValueError, "early_stopping needs"
    ),
    "an unknown parameter": Mistake(
        lambda: ForcedApartClassifier().set_params(alfa=1), ValueError, "Invalid parameter 'alfa'"
    ),
    # -- groups and weights
    "label_groups that miss a label": Mistake(
        lambda: fit(label_groups={0: "a"}), ValueError, "label_groups has no group for label 1"
    ),
    "label_groups that fail": Mistake(
        lambda: fit(label_groups=lambda label: label.upper()), ValueError, "label_groups could not"
    ),
    "label_groups as a list": Mistake(
        lambda: fit(label_groups=[0, 1]), ValueError, "'label_groups' parameter"
    ),
    "groups that are lists": Mistake(
        lambda: fit(label_groups=lambda label: [label]), ValueError, "label_groups must map"
    ),
    "groups of two types": Mistake(
        lambda: fit(label_groups={0: "a", 1: 1}), ValueError, "label_groups mixes"
    ),
    "a group that is None": Mistake(
        lambda: fit(label_groups={0: None, 1: 1}), ValueError, r"\blabel_groups\b"
    ),
    "a group that is NaN": Mistake(
        lambda: fit(label_groups=lambda label: np.nan), ValueError, r"\blabel_groups\b"
    ),
    "labels to score that have no group": Mistake(
        lambda: fit(label_groups={0: 0, 1: 1}).score(X, Y + 5), ValueError, "label_groups has no g"
    ),
    "an unknown class_weight": Mistake(
        lambda: fit(class_weight="balance"), ValueError, "'class_weight' parameter"
    ),
    "class_weight of other classes": Mistake(
        lambda: fit(class_weight={5: 1.0}), ValueError, "class_weight"
    ),
    "a negative class_weight": Mistake(
        lambda: fit(class_weight={0: -1.0, 1: 1.0}, penalty=None), ValueError, r"\bclass_weight\b"
    ),
    "a class_weight of NaN": Mistake(
        lambda: fit(class_weight={0: np.nan, 1: 1.0}), ValueError, r"\bclass_weight\b"
    ),
    "a class_weight far from the others": Mistake(
        lambda: fit(class_weight={0: 1e300, 1: 1.0}),
        ValueError,
        "sample_weight times class_weight, go from 1 to 1e",
    ),
    "weights too far apart": Mistake(
        lambda: fit(sample_weight=np.where(Y, 1e300, 1.0)), ValueError, "at most 1e.* times the sm"
    ),
    "weights that are words": Mistake(
        lambda: fit(sample_weight=["a"] * N), ValueError, "sample_weight must hold one number"
    ),
    "weights to score that are words": Mistake(
        lambda: fit().score(X, Y, sample_weight=["a"] * N),
        ValueError,
        "sample_weight must hold one number per sample",
    ),
    "weights to encode that are words": Mistake(
        lambda: encode().score(X, sample_weight=["a"] * N),
        ValueError,
        "sample_weight must hold one number per sample",
    ),
    "negative weights to score": Mistake(
        lambda: fit().score(X, Y, sample_weight=-np.ones(N)), ValueError, "Negative .*sample_weig"
    ),
    "too few weights": Mistake(
        lambda: fit(sample_weight=np.ones(3)), ValueError, r"sample_weight.shape == \(3,\)"
    ),
    "negative weights": Mistake(
        lambda: encode(sample_weight=-np.ones(N)), ValueError, "Negative values .*sample_weight"
    ),
    "weights of NaN": Mistake(
        lambda: fit(sample_weight=np.full(N, np.nan)), ValueError, "sample_weight contains NaN"
    ),
    "weights of 0": Mistake(
        lambda: encode(sample_weight=np.zeros(N)), ValueError, "(?i)sample.weight.*(0|zero)"
    ),
    # -- partial_fit and warm_start
    "partial_fit with early_stopping": Mistake(
        lambda: grow((X, Y), early_stopping=True), ValueError, "early_stopping=True: set it to F"
    ),
    "partial_fit with balanced weights": Mistake(
        lambda: grow((X, Y), class_weight="balanced"), ValueError, "class_weight='balanced'"
    ),
    "a label that the first call did not name": Mistake(
        lambda: grow((X, Y), (X, Y + 1)), ValueError, "label 2, .*classes="
    ),
    "a label that is not in classes": Mistake(
        lambda: grow((X, Y, [0])), ValueError, "label 1, which is not among the classes"
    ),
    "other classes in the second call": Mistake(
        lambda: grow((X, Y), (X, Y, [0, 1, 2])), ValueError, r"classes=\[0, 1, 2\] differs"
    ),
    "a new label after a warm start": Mistake(
        lambda: refit(X, Y + 1), ValueError, "label 2, which is not among the classes"
    ),
    "another width after a warm start": Mistake(
        lambda: refit(X[:, :2], Y), ValueError, "X has 2 features.*expecting 4"
    ),
    # -- after fit
    "predict before fit": Mistake(
        lambda: ForcedApartClassifier().predict(X), NotFittedError, "not fitted yet"
    ),
    "predict_proba before fit": Mistake(
        lambda: ForcedApartClassifier().predict_proba(X), NotFittedError, "not fitted yet"
    ),
    "transform before fit": Mistake(
        lambda: ForcedApartClassifier().transform(X), NotFittedError, "not fitted yet"
    ),
    "score before fit": Mistake(
        lambda: ForcedApartAutoencoder().score(X), NotFittedError, "not fitted yet"
    ),
    "encode before fit": Mistake(
        lambda: ForcedApartAutoencoder().transform(X), NotFittedError, "not fitted yet"
    ),
    "decode before fit": Mistake(
        lambda: ForcedApartAutoencoder().inverse_transform(X), NotFittedError, "not fitted yet"
    ),
    "another width at predict": Mistake(
        lambda: fit().predict(X[:, :2]), ValueError, "X has 2 features.*expecting 4"
    ),
    "other names at predict": Mistake(
        lambda: fit(pd.DataFrame(X, columns=list("abcd"))).predict(
            pd.DataFrame(X, columns=list("abce"))
        ),
        ValueError,
        "feature names",
    ),
    "no samples at predict": Mistake(lambda: fit().predict(X[:0]), ValueError, r"0 sample\(s\)"),
    "one row at predict": Mistake(lambda: fit().predict(X[0]), ValueError, "Expected 2D array"),
    "NaN at predict": Mistake(
        lambda: fit().transform(spoilt(X, np.nan)), ValueError, "X contains NaN"
    ),
    "sequences to a net for tables": Mistake(
        lambda: fit().predict(SEQUENCES), ValueError, "X is 3-D .*reads a 2-D table"
    ),
    "images to a net for tables": Mistake(
        lambda: encode().score(IMAGES), ValueError, "X is 4-D images.*reads a 2-D table"
    ),
    "texts to a net for tables": Mistake(
        lambda: fit().predict(TEXTS), ValueError, "X is a list of strings.*reads a 2-D table"
    ),
    "a table to a net for sequences": Mistake(
        lambda: fit(SEQUENCES).predict(X), ValueError, "X is a 2-D table.*reads 3-D"
    ),
    "no samples to a net for sequences": Mistake(
        lambda: fit(SEQUENCES).predict([]), ValueError, "0 sample|empty"
    ),
    "sequences of another width at predict": Mistake(
        lambda: fit(SEQUENCES).predict([np.zeros((2, 5))]), ValueError, "5 features per step"
    ),
    "images of another size at predict": Mistake(
        lambda: fit(IMAGES).predict(IMAGES[:, :, :6]), ValueError, "8x6 pixels.*fitted on 8x8"
    ),
    "images of other channels at predict": Mistake(
        lambda: fit(IMAGES).predict(IMAGES[..., :1]), ValueError, r"1 features per pixel"
    ),
    "images of another scale at predict": Mistake(
        lambda: fit(IMAGES).predict(IMAGES / 255), ValueError, "fitted on uint8 images"
    ),
    "a table to a net for texts": Mistake(
        lambda: fit(TEXTS).predict(X), ValueError, "X is a 2-D table.*token"
    ),
    "one text at predict": Mistake(
        lambda: fit(TEXTS).predict("red oak"), (TypeError, ValueError), "single string"
    ),
    "texts to a net for token ids": Mistake(
        lambda: fit(TOKENS).predict(TEXTS), ValueError, "X is a list of strings.*TokenSequencer"
    ),
    "fewer labels than samples to score": Mistake(
        lambda: fit().score(X, Y[:3]), ValueError, r"inconsistent numbers of samples"
    ),
    "rows at predict that overflow": Mistake(
        lambda: fit().predict(np.full((2, 4), 3e38)), ValueError, "values too large for the net"
    ),
    "rows at predict_proba that overflow": Mistake(
        lambda: fit().predict_proba([[0] * 4, [3e38] * 4]), ValueError, "sample 1 is not finite"
    ),
    "rows at transform that overflow": Mistake(
        lambda: encode().transform(np.full((2, 4), 3e38)), ValueError, "values too large for"
    ),
    "rows at score that overflow": Mistake(
        lambda: encode().score(np.full((2, 4), 3e38)), ValueError, "values too large for the net"
    ),
    # -- inverse_transform
    "a representation that overflows": Mistake(
        lambda: encode().inverse_transform(np.full((2, 16), 3e38)),
        ValueError,
        "The representation contains values too large for the net",
    ),
    "a representation of another width": Mistake(
        lambda: encode().inverse_transform(X), ValueError, "4 columns.*n_components=16"
    ),
    "a representation with NaN": Mistake(
        lambda: encode().inverse_transform(np.full((2, 16), np.nan)), ValueError, "contains NaN"
    ),
    "lengths of a table": Mistake(
        lambda: encode().inverse_transform(np.zeros((2, 16)), [1, 2]), ValueError, "lengths is for"
    ),
    "too few lengths": Mistake(
        lambda: encode(SEQUENCES).inverse_transform(np.zeros((2, 16)), [1]),
        ValueError,
        "lengths must hold 2 integers",
    ),
    "a length of 0": Mistake(
        lambda: encode(SEQUENCES).inverse_transform(np.zeros((2, 16)), [1, 0]),
        ValueError,
        "lengths must hold 2 integers of at least 1",
    ),
    "lengths that are floats": Mistake(
        lambda: encode(SEQUENCES).inverse_transform(np.zeros((2, 16)), [1.0, 2.0]),
        ValueError,
        "lengths must hold 2 integers",
    ),
    "nested lengths": Mistake(
        lambda: encode(SEQUENCES).inverse_transform(np.zeros((2, 16)), [[1], [2, 3]]),
        ValueError,
        r"\blengths\b",
    ),
}

# Where an error may be raised: in our checks, or in scikit-learn's that speak of X and y.
OWN_CHECKS = ("fa_sklearn", "sklearn")


def raised_in(error):
    """Top-level package of the code that raised an error."""
    module = traceback.extract_tb(error.__traceback__)[-1].filename.replace("\\", "/")
    parts = module.split("/")
    named = [part for part in parts if part in (*OWN_CHECKS, "torch", "skorch", "numpy", "pandas")]
    return named[-1] if named else module


def test_there_are_many_mistakes():
    assert len(MISTAKES) >= 60


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_gets_a_clear_error(name):
    mistake = MISTAKES[name]
    with pytest.raises(mistake.exception, match=f"(?s){mistake.message}") as caught:
        mistake.do()
    assert raised_in(caught.value) in OWN_CHECKS, "\n".join(
        traceback.format_exception(caught.value)
    )


# -- what looks like a mistake and has a defined result ---------------------------------------

DEFINED = {
    "one sample": lambda: fit(X[:1], Y[:1]).transform(X[:1]),
    "one sequence": lambda: fit(SEQUENCES[:1], Y[:1]).transform(SEQUENCES[:1]),
    "one image": lambda: fit(IMAGES[:1], Y[:1]).transform(IMAGES[:1]),
    "one text": lambda: fit(TEXTS[:1], Y[:1]).transform(TEXTS[:1]),
    "one sample to encode": lambda: encode(X[:1]).transform(X[:1]),
    "one image to encode": lambda: encode(IMAGES[:1]).transform(IMAGES[:1]),
    "one class": lambda: fit(y=np.ones(N)).predict_proba(X),
    "one sample a class": lambda: fit(y=np.arange(N)).predict_proba(X),
    "batches of one": lambda: fit(batch_size=1).transform(X),
    "batches of one image": lambda: fit(IMAGES, batch_size=1).transform(IMAGES),
    "a batch larger than the data": lambda: fit(batch_size=10**9).transform(X),
    "a margin of 0": lambda: fit(margin=0).transform(X),
    "a huge margin": lambda: fit(margin=1e3).transform(X),
    "alpha of 0": lambda: fit(alpha=0).transform(X),
    "alpha next to 1": lambda: fit(alpha=np.nextafter(1, 0)).transform(X),
    "a constant X": lambda: fit(np.ones((N, 3))).transform(np.ones((2, 3))),
    "an X of zeros": lambda: encode(np.zeros((N, 3))).transform(np.zeros((2, 3))),
    "constant images": lambda: fit(np.full((N, 8, 8, 1), 9, np.uint8)).transform(IMAGES[..., :1]),
    "one neuron": lambda: fit(n_components=1).transform(X),
    "one feature": lambda: fit(X[:, :1]).transform(X[:, :1]),
    "one pixel of history": lambda: fit([x[:1] for x in SEQUENCES]).transform(SEQUENCES),
    "padding and unknown ids only": lambda: fit([np.array([0, 1]), np.array([1])] * 10).transform(
        TOKENS
    ),
    "weights of 1e300": lambda: fit(sample_weight=np.full(N, 1e300)).transform(X),
    "weights of 1e-300": lambda: fit(sample_weight=np.full(N, 1e-300)).transform(X),
    "weights next to the end of float32": lambda: fit(sample_weight=np.full(N, 3e38)).transform(X),
    "weights 1e20 apart": lambda: fit(sample_weight=np.where(Y, 1e20, 1.0)).transform(X),
    "some weights of 0": lambda: fit(sample_weight=Y.astype(float)).transform(X),
    "dead neurons": lambda: fit(X - 1e4).transform(X),
    "tiny numbers": lambda: fit(X * 1e-40).transform(X * 1e-40),
    "a label missing from partial_fit": lambda: (
        ForcedApartClassifier(random_state=0)
        .partial_fit(X, np.zeros(N), classes=[0, 1])
        .predict_proba(X)
    ),
}


@pytest.mark.parametrize("name", DEFINED)
def test_a_corner_case_has_a_finite_result(name):
    result = DEFINED[name]()
    assert result.dtype == np.float32 and result.size and np.isfinite(result).all()


class Series:
    """What polars' Series offers: no `ndim`, and no `__array__` that would help."""

    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def to_list(self):
        return [*self.items]


IDS = [ids.tolist() for ids in TOKENS]
OTHER_FORMS = {
    "DataFrames": (FRAMES, SEQUENCES),
    "a Series of DataFrames": (Series(FRAMES), SEQUENCES),
    "a pandas Series of token lists": (pd.Series(IDS), TOKENS),
    "another Series of token lists": (Series(IDS), TOKENS),
    "a Series of token arrays": (Series(TOKENS), TOKENS),
    "a Series of sequences": (Series(SEQUENCES), SEQUENCES),
    "a pandas Series of texts": (pd.Series(TEXTS), TEXTS),
    "another Series of texts": (Series(TEXTS), TEXTS),
    "an array that masks nothing": (np.ma.masked_invalid(X), X),
    "a big-endian map of a table": (mapped(X.astype(">f8")), X),
    "a big-endian map of images": (mapped((IMAGES / 255).astype(">f4")), IMAGES / 255),
    "a big-endian map of sequences": (
        mapped(np.ones((N, 3, 2), dtype=">f8")),
        np.ones((N, 3, 2)),
    ),
    "unsigned token ids": ([ids.astype(np.uint64) for ids in TOKENS], TOKENS),
    "short token ids": ([ids.astype(np.int8) for ids in TOKENS], TOKENS),
}


@pytest.mark.parametrize("name", OTHER_FORMS)
def test_another_form_of_x_gives_the_same(name):
    form, plain = OTHER_FORMS[name]
    expected = fit(plain)
    found = fit(form)
    assert np.array_equal(found.transform(form), expected.transform(plain))


def test_columns_of_dataframes_are_remembered():
    estimator = fit(FRAMES)
    assert estimator.feature_names_in_.tolist() == ["a", "b", "c"]
    assert estimator.n_features_in_ == 3
    with pytest.warns(UserWarning, match="valid feature names"):
        estimator.predict(SEQUENCES)
    assert not hasattr(estimator.fit(SEQUENCES, Y), "feature_names_in_")


def test_a_token_id_beyond_the_vocabulary_is_unknown_later():
    estimator = fit(TOKENS)
    expected = estimator.transform([np.array([3, 1])])
    assert np.array_equal(estimator.transform([np.array([3, 2**62])]), expected)
