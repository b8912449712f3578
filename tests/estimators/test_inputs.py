"""Every kind of X through both estimators, against forward passes written by hand."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from torch.nn import functional as F

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn._training import bfloat16_failure
from fa_sklearn.preprocessing import TokenSequencer

pytestmark = [
    pytest.mark.usefixtures("untouched_global_generators"),
    pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning"),
]

N, N_COMPONENTS = 40, 6
RNG = np.random.default_rng(0)
Y = np.arange(N) % 2
THREE = np.array(["low", "mid", "top"])[np.arange(N) % 3]
WORDS = np.array("red green blue pine oak lime stone clay sand".split())


def as_objects(items):
    """1-D object array of the items, whatever their shapes."""
    result = np.empty(len(items), dtype=object)
    result[:] = items
    return result


TABLE = (RNG.normal(size=(N, 5)) + Y[:, None]).astype(np.float32)
SEQUENCES = [
    (RNG.normal(size=(length, 3)) + label).astype(np.float32)
    for length, label in zip(RNG.integers(1, 9, size=N), Y, strict=True)
]
IMAGES = (
    RNG.integers(0, 200, size=(N, 9, 8, 3), dtype=np.uint8)
    + (50 * Y).astype("u1")[:, None, None, None]
)
TOKENS = [RNG.integers(1, 12, size=length) for length in RNG.integers(1, 7, size=N)]
TEXTS = [" ".join(RNG.choice(WORDS, size=length)) for length in RNG.integers(1, 7, size=N)]
SMALL = {
    "table": {"hidden_sizes": (8,)},
    "sequence": {"hidden_size": 8},
    "image": {"width": 0.05},
    "tokens": {"hidden_size": 8, "embedding_size": 7},
}


def make(cls, kind, **params):
    defaults = {
        "n_components": N_COMPONENTS,
        "module_params": SMALL[kind],
        "batch_size": 16,
        "max_epochs": 2,
        "precision": "float32",
        "random_state": 0,
    }
    return cls(**{**defaults, **params})


def classifier(X, y=Y, kind="table", **params):
    return make(ForcedApartClassifier, kind, **params).fit(X, y)


def autoencoder(X, kind="table", **params):
    return make(ForcedApartAutoencoder, kind, **params).fit(X)


INPUTS = {"table": TABLE, "sequence": SEQUENCES, "image": IMAGES, "tokens": TOKENS}


@pytest.fixture(scope="module")
def classifiers():
    """A classifier of three labels for each kind, fitted on other samples' worth of epochs."""
    return {kind: classifier(X, THREE, kind) for kind, X in INPUTS.items()}


@pytest.fixture(scope="module")
def autoencoders():
    return {kind: autoencoder(X, kind) for kind, X in INPUTS.items() if kind != "tokens"}


# -- the representation, by another road ------------------------------------------------------


def dense(X, layer):
    return X @ layer.weight.T + layer.bias


def represent_table(net, X):
    layer = next(m for m in net.hidden if isinstance(m, torch.nn.Linear))
    return dense(dense(torch.tensor(X), layer).clamp(min=0), net.fc1).clamp(min=0)


def states(net, sequence):
    """All states of the recurrent layer on one sequence, unpadded, as a batch of its own."""
    (layer,) = net.encoder.forward_layers
    return layer(sequence[None].transpose(0, 1))[0][:, 0]


def represent_sequences(net, X):
    last = torch.stack([states(net, torch.as_tensor(x))[-1] for x in X])
    return dense(last, net.fc1).clamp(min=0)


def represent_tokens(net, X):
    tokens = [net.embedding.weight[torch.as_tensor(x)] for x in X]
    highest = torch.stack([states(net, x).amax(0) for x in tokens])
    return dense(highest, net.fc1).clamp(min=0)


def represent_images(net, X):
    scaled = X / 255
    axes = (0, 1, 2)
    scaled = (scaled - scaled.mean(axis=axes)) / scaled.std(axis=axes)
    H = torch.tensor(scaled.transpose(0, 3, 1, 2).copy(), dtype=torch.float32)
    for layer in net.features:
        if isinstance(layer, torch.nn.Conv2d):
            H = F.conv2d(H, layer.weight, layer.bias, padding=layer.padding)
        elif isinstance(layer, torch.nn.BatchNorm2d):
            mean, variance = layer.running_mean, layer.running_var
            gain = layer.weight / torch.sqrt(variance + layer.eps)
            H = H * gain[:, None, None] + (layer.bias - mean * gain)[:, None, None]
        elif isinstance(layer, torch.nn.ReLU):
            H = H.clamp(min=0)
        else:
            H = F.max_pool2d(H, 2)
    return dense(H.flatten(1), net.fc1).clamp(min=0)


FORWARD = {
    "table": represent_table,
    "sequence": represent_sequences,
    "image": represent_images,
    "tokens": represent_tokens,
}


def check_representation(estimator, kind):
    found = estimator.transform(INPUTS[kind])
    with torch.no_grad():
        expected = FORWARD[kind](estimator.net_.module_, INPUTS[kind]).numpy()
    assert found.dtype == np.float32 and found.shape == (N, N_COMPONENTS)
    assert (found >= 0).all() and (found > 0).any()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", INPUTS)
def test_classifiers_transform_to_fc1(classifiers, kind):
    check_representation(classifiers[kind], kind)


@pytest.mark.parametrize("kind", ["table", "sequence", "image"])
def test_autoencoders_transform_to_fc1(autoencoders, kind):
    check_representation(autoencoders[kind], kind)


@pytest.mark.parametrize("kind", INPUTS)
def test_probabilities_are_fc2_of_the_representation(classifiers, kind):
    estimator, X = classifiers[kind], INPUTS[kind]
    with torch.no_grad():
        logits = dense(torch.tensor(estimator.transform(X)), estimator.net_.module_.fc2)
    exponentials = np.exp(logits.double().numpy())
    probabilities = estimator.predict_proba(X)
    expected = exponentials / exponentials.sum(axis=1, keepdims=True)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, expected, rtol=1e-4)
    assert (estimator.predict(X) == estimator.classes_[probabilities.argmax(axis=1)]).all()
    assert estimator.classes_.tolist() == ["low", "mid", "top"]
    assert estimator.score(X, THREE) == np.mean(estimator.predict(X) == THREE)


def test_two_labels_share_one_logit():
    estimator = classifier(TABLE)
    with torch.no_grad():
        logit = dense(torch.tensor(estimator.transform(TABLE)), estimator.net_.module_.fc2)
    expected = 1 / (1 + np.exp(-logit.double().numpy()))
    probabilities = estimator.predict_proba(TABLE)
    assert logit.shape == (N, 1)
    np.testing.assert_allclose(probabilities, np.hstack([1 - expected, expected]), rtol=1e-4)
    assert (estimator.predict(TABLE) == probabilities.argmax(axis=1)).all()


# -- equal forms of the same samples ----------------------------------------------------------

THREE_D = RNG.normal(size=(N, 4, 3)).astype(np.float32)
FORMS = {
    "table": {
        "float64": TABLE.astype(np.float64),
        "Fortran order": np.asfortranarray(TABLE),
        "reversed view": TABLE[:, ::-1].copy()[:, ::-1],
        "lists": TABLE.tolist(),
        "list of rows": list(TABLE),
        "tensor": torch.tensor(TABLE),
        "DataFrame": pd.DataFrame(TABLE, index=range(7, 7 + N)),
    },
    "sequence": {
        "float64": [x.astype(np.float64) for x in SEQUENCES],
        "tuple": tuple(SEQUENCES),
        "object array": as_objects(SEQUENCES),
        "Series": pd.Series(SEQUENCES, index=range(7, 7 + N)),
        "lists": [x.tolist() for x in SEQUENCES],
    },
    "3-D": {
        "list": list(THREE_D),
        "object array": as_objects(list(THREE_D)),
        "lists": THREE_D.tolist(),
        "float64": THREE_D.astype(np.float64),
        "tensor": torch.tensor(THREE_D),
    },
    "image": {
        "list": list(IMAGES),
        "reversed view": IMAGES[:, ::-1].copy()[:, ::-1],
        "tensor": torch.tensor(IMAGES),
    },
    "tokens": {
        "object array": as_objects(TOKENS),
        "small integers": [x.astype(np.uint8) for x in TOKENS],
    },
    "text": {
        "array": np.array(TEXTS),
        "object array": as_objects(TEXTS),
        "Series": pd.Series(TEXTS, index=range(7, 7 + N)),
        "tuple": tuple(TEXTS),
    },
}
BASES = {**INPUTS, "3-D": THREE_D, "text": TEXTS}
KIND_OF = {"3-D": "sequence", "text": "tokens"}
EVERY_FORM = [(base, form) for base, forms in FORMS.items() for form in forms]


@pytest.fixture(scope="module")
def references():
    return {
        base: classifier(X, kind=KIND_OF.get(base, base)).transform(X) for base, X in BASES.items()
    }


@pytest.mark.parametrize(("base", "form"), EVERY_FORM)
def test_equal_forms_give_equal_representations(references, base, form):
    X = FORMS[base][form]
    estimator = classifier(X, kind=KIND_OF.get(base, base))
    assert np.array_equal(estimator.transform(X), references[base])
    assert np.array_equal(estimator.transform(BASES[base]), references[base])


@pytest.mark.parametrize("form", FORMS["table"])
def test_equal_tables_in_the_autoencoder(form):
    X = FORMS["table"][form]
    assert np.array_equal(autoencoder(X).transform(X), autoencoder(TABLE).transform(TABLE))


@pytest.mark.parametrize("base", ["sequence", "3-D"])
def test_equal_sequences_in_the_autoencoder(base):
    expected = autoencoder(BASES[base], "sequence").transform(BASES[base])
    for X in FORMS[base].values():
        assert np.array_equal(autoencoder(X, "sequence").transform(X), expected)


@pytest.mark.parametrize("fit", [classifier, autoencoder])
def test_a_memory_map_is_the_array(fit, tmp_path):
    np.save(tmp_path / "X.npy", TABLE.astype(np.float64))
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert np.array_equal(fit(mapped).transform(mapped), fit(TABLE).transform(TABLE))


def test_memory_maps_of_sequences_and_images(tmp_path):
    for kind, X in (("sequence", THREE_D), ("image", IMAGES)):
        np.save(tmp_path / f"{kind}.npy", X)
        mapped = np.load(tmp_path / f"{kind}.npy", mmap_mode="r")
        found = classifier(mapped, kind=kind).transform(mapped)
        assert np.array_equal(found, classifier(X, kind=kind).transform(X))


@pytest.mark.parametrize("kind", INPUTS)
def test_read_only_arrays(kind):
    X = INPUTS[kind]
    frozen = as_objects([x.copy() for x in X]) if isinstance(X, list) else X.copy()
    for part in frozen if isinstance(X, list) else [frozen]:
        part.setflags(write=False)
    found = classifier(frozen, kind=kind).transform(frozen)
    assert np.array_equal(found, classifier(X, kind=kind).transform(X))


@pytest.mark.parametrize("kind", INPUTS)
def test_fit_and_transform_leave_x_alone(kind):
    X = INPUTS[kind]
    before = [np.array(x) for x in X]
    classifier(X, kind=kind).transform(X)
    assert all(np.array_equal(x, was) for x, was in zip(X, before, strict=True))


# -- samples do not influence each other's representation -------------------------------------


@pytest.mark.parametrize("kind", INPUTS)
def test_the_company_of_a_sample_does_not_matter(classifiers, kind):
    estimator, X = classifiers[kind], INPUTS[kind]
    whole = estimator.transform(X)
    for row in (0, 7, 19):
        alone = estimator.transform([X[row]] if isinstance(X, list) else X[row : row + 1])
        np.testing.assert_allclose(alone[0], whole[row], rtol=0, atol=1e-6)
    half = estimator.transform(X[::2])
    np.testing.assert_allclose(half, whole[::2], rtol=0, atol=1e-6)


def test_a_much_longer_sequence_beside_it_does_not_matter(classifiers):
    estimator = classifiers["sequence"]
    long = np.ones((300, 3), dtype=np.float32)
    together = estimator.transform([*SEQUENCES, long])
    np.testing.assert_allclose(together[:-1], estimator.transform(SEQUENCES), rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", ["table", "sequence", "tokens"])
def test_order_is_kept_over_many_prediction_batches(classifiers, kind):
    estimator, X = classifiers[kind], INPUTS[kind]
    rows = np.random.default_rng(1).integers(N, size=9000 if kind == "table" else 1200)
    many = estimator.transform([X[row] for row in rows] if isinstance(X, list) else X[rows])
    np.testing.assert_allclose(many, estimator.transform(X)[rows], rtol=0, atol=1e-6)


# -- tables -----------------------------------------------------------------------------------


def test_a_data_frame_gives_names():
    frame = pd.DataFrame(TABLE, columns=list("abcde"))
    estimator = classifier(frame)
    assert estimator.feature_names_in_.tolist() == list("abcde")
    assert np.array_equal(estimator.transform(frame), classifier(TABLE).transform(TABLE))
    names = estimator.get_feature_names_out().tolist()
    assert names == [f"forcedapartclassifier{i}" for i in range(N_COMPONENTS)]


@pytest.mark.parametrize("dtype", [bool, np.int32, np.uint8, np.float16])
def test_numbers_of_any_dtype(dtype):
    X = (TABLE > 0).astype(dtype)
    expected = classifier(X.astype(np.float32)).transform(X.astype(np.float32))
    assert np.array_equal(classifier(X).transform(X), expected)


def test_pandas_columns_that_may_miss_but_do_not():
    frame = pd.DataFrame(TABLE).convert_dtypes()
    assert np.array_equal(classifier(frame).transform(frame), classifier(TABLE).transform(TABLE))


# -- images -----------------------------------------------------------------------------------


@pytest.mark.parametrize("fit", [classifier, autoencoder])
def test_uint8_images_are_hand_standardised_floats(fit):
    scaled = IMAGES / 255
    floats = (scaled - scaled.mean(axis=(0, 1, 2))) / scaled.std(axis=(0, 1, 2))
    # Plain gradient descent does not blow rounding up, as Adam's division does.
    settings = {"kind": "image", "optimizer": "sgd", "lr": 1e-3}
    by_hand = fit(floats.astype(np.float32), **settings).transform(floats)
    assert by_hand.max() > 0.1
    inside = fit(IMAGES, **settings).transform(IMAGES)
    np.testing.assert_allclose(inside, by_hand, rtol=1e-3, atol=1e-4)


def test_float_images_are_taken_as_they_are(classifiers):
    scaled = (IMAGES / 255).astype(np.float32)
    estimator = classifier(scaled, kind="image")
    H = torch.tensor(scaled.transpose(0, 3, 1, 2).copy())
    with torch.no_grad():
        expected = estimator.net_.module_.eval()(H)[1].numpy()
    np.testing.assert_allclose(estimator.transform(scaled), expected, rtol=1e-4, atol=1e-5)


def test_images_of_one_channel():
    grey = IMAGES[..., :1]
    assert classifier(grey, kind="image").transform(grey).shape == (N, N_COMPONENTS)


# -- text -------------------------------------------------------------------------------------


def test_raw_text_is_a_sequencer_and_token_arrays():
    sequencer = TokenSequencer().fit(TEXTS)
    pipeline = make_pipeline(sequencer, make(ForcedApartClassifier, "tokens")).fit(TEXTS, Y)
    raw = classifier(TEXTS, kind="tokens")
    assert np.array_equal(raw.transform(TEXTS), pipeline.transform(TEXTS))
    assert np.array_equal(raw.predict(TEXTS), pipeline.predict(TEXTS))
    by_hand = sequencer.transform(TEXTS)
    again = classifier(by_hand, kind="tokens")
    assert np.array_equal(again.transform(by_hand), raw.transform(TEXTS))


def test_unknown_words_are_the_unknown_token():
    estimator = classifier(TEXTS, kind="tokens")
    assert np.array_equal(estimator.transform(["zebra red"]), estimator.transform(["gnu red"]))
    assert np.array_equal(estimator.transform([""]), estimator.transform(["!?"]))


def test_texts_of_one_length_through_a_pipeline():
    texts = ["red oak", "blue sand"] * 20
    pipeline = make_pipeline(TokenSequencer(), make(ForcedApartClassifier, "tokens"))
    assert pipeline.fit(texts, Y).transform(texts).shape == (N, N_COMPONENTS)


def test_a_list_of_equally_long_token_arrays_reads_as_tokens_if_asked_for():
    tokens = list(RNG.integers(1, 9, size=(N, 4)))
    asked = classifier(tokens, kind="tokens", module="text")
    expected = classifier(as_objects(tokens), kind="tokens")
    assert np.array_equal(asked.transform(tokens), expected.transform(as_objects(tokens)))


def test_token_ids_beyond_those_of_fit_are_unknown():
    estimator = classifier(TOKENS, kind="tokens")
    beyond = [np.array([3, 5000]), np.array([4])]
    unknown = [np.array([3, 1]), np.array([4])]
    assert np.array_equal(estimator.transform(beyond), estimator.transform(unknown))


# -- modules by name --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "name"),
    [("table", "mlp"), ("sequence", "rnn"), ("image", "cnn"), ("tokens", "text")],
)
def test_auto_is_the_module_of_the_kind(classifiers, kind, name):
    named = classifier(INPUTS[kind], THREE, kind, module=name)
    assert type(named.net_.module_) is type(classifiers[kind].net_.module_)
    expected = classifiers[kind].transform(INPUTS[kind])
    assert np.array_equal(named.transform(INPUTS[kind]), expected)


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("table", {"hidden_sizes": (16, 8), "dropout": 0.2}),
        ("table", {"hidden_sizes": ()}),
        ("sequence", {"hidden_size": 4, "cell": "gru", "bidirectional": True, "num_layers": 2}),
        ("sequence", {"hidden_size": 4, "pooling": "mean", "dropout": 0.3}),
        ("image", {"width": 0.05, "batch_norm": False}),
        ("tokens", {"hidden_size": 4, "embedding_size": 5, "pooling": "last", "cell": "gru"}),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_options_of_the_modules(kind, params):
    X = INPUTS[kind]
    estimator = classifier(X, kind=kind, module_params=params)
    assert estimator.transform(X).shape == (N, N_COMPONENTS)
    assert np.array_equal(estimator.transform(X), estimator.transform(X))


# -- precision --------------------------------------------------------------------------------


def refused_in_bfloat16(estimator, X, y):
    """Whether this CPU cannot train the float32 `estimator` in bfloat16; then fit must say so."""
    if bfloat16_failure(estimator.net_.module_, torch.device("cpu")) is None:
        return False
    with pytest.raises(ValueError, match="precision='bf16' does not work"):
        clone(estimator).set_params(precision="bf16").fit(X, y)
    return True


@pytest.mark.parametrize("kind", ["sequence", "image", "tokens"])
def test_bfloat16_stays_close(classifiers, kind):
    """Or is refused, on a CPU that cannot."""
    X = INPUTS[kind]
    if refused_in_bfloat16(classifiers[kind], X, THREE):
        return
    reduced = classifier(X, THREE, kind, precision="bf16")
    assert reduced.net_.dtype is torch.bfloat16
    assert all(p.dtype is torch.float32 for p in reduced.net_.module_.parameters())
    found, expected = reduced.transform(X), classifiers[kind].transform(X)
    assert found.dtype == np.float32
    assert not np.array_equal(found, expected)
    scale = np.abs(expected).max()
    assert np.abs(found - expected).max() < 0.1 * scale
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.995
    loss = reduced.net_.history[-1, "train_loss"]
    assert loss == pytest.approx(classifiers[kind].net_.history[-1, "train_loss"], rel=0.02)


@pytest.mark.parametrize("kind", ["sequence", "image"])
def test_bfloat16_autoencoders_stay_close(autoencoders, kind):
    """Or are refused, on a CPU that cannot."""
    X = INPUTS[kind]
    if refused_in_bfloat16(autoencoders[kind], X, None):
        return
    reduced = autoencoder(X, kind, precision="bf16")
    assert reduced.score(X) == pytest.approx(autoencoders[kind].score(X), rel=0.02)
    assert reduced.inverse_transform(reduced.transform(X)).dtype != object
