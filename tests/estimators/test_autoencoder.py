"""The autoencoder's own promises: reconstructions, score, and no labels."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.preprocessing import TokenSequencer

pytestmark = pytest.mark.usefixtures("untouched_global_generators")

N = 30
RNG = np.random.default_rng(0)
LENGTHS = RNG.integers(1, 8, size=N)
TABLE = RNG.normal(size=(N, 6)).astype(np.float32)
SEQUENCES = [RNG.normal(size=(n, 3)).astype(np.float32) for n in LENGTHS]
THREE_D = RNG.normal(size=(N, 5, 3)).astype(np.float32)
IMAGES = RNG.integers(0, 256, size=(N, 9, 8, 2), dtype=np.uint8)
FLOATS = RNG.normal(size=(N, 9, 8, 2)).astype(np.float32)
INPUTS = {
    "table": (TABLE, {"hidden_sizes": (9,)}),
    "sequence": (SEQUENCES, {"hidden_size": 8}),
    "3-D": (THREE_D, {"hidden_size": 8}),
    "uint8": (IMAGES, {"width": 0.06}),
    "float": (FLOATS, {"width": 0.06}),
}


def fit(kind, **params):
    X, options = INPUTS[kind]
    defaults = {"n_components": 5, "max_epochs": 2, "batch_size": 16, "random_state": 0}
    return ForcedApartAutoencoder(module_params=options, **{**defaults, **params}).fit(X)


def standardised(images):
    scaled = images / 255
    return (scaled - scaled.mean(axis=(0, 1, 2))) / scaled.std(axis=(0, 1, 2))


def decoded(estimator, *arguments):
    """What the torch module makes of a representation, by itself."""
    with torch.no_grad():
        return estimator.net_.module_.eval().decode(*arguments).double().numpy()


@pytest.fixture(scope="module")
def fitted():
    return {kind: fit(kind) for kind in INPUTS}


# -- inverse_transform ------------------------------------------------------------------------


def test_tables_come_back_as_tables(fitted):
    H = fitted["table"].transform(TABLE)
    restored = fitted["table"].inverse_transform(H)
    assert restored.dtype == np.float32
    expected = decoded(fitted["table"], torch.tensor(H))
    np.testing.assert_allclose(restored, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("as_given", [list, np.array, tuple])
def test_sequences_come_back_in_the_lengths_asked_for(fitted, as_given):
    estimator = fitted["sequence"]
    H = estimator.transform(SEQUENCES)
    restored = estimator.inverse_transform(H, lengths=as_given(LENGTHS))
    assert restored.dtype == object and restored.shape == (N,)
    for i, length in enumerate(LENGTHS):
        alone = decoded(estimator, torch.tensor(H[i : i + 1]), torch.tensor([length]))
        assert restored[i].shape == (length, 3) and restored[i].dtype == np.float32
        np.testing.assert_allclose(restored[i], alone[0], rtol=1e-4, atol=1e-5)


def test_equal_lengths_are_an_object_array_too(fitted):
    H = fitted["sequence"].transform(SEQUENCES)
    restored = fitted["sequence"].inverse_transform(H, lengths=np.full(N, 4))
    assert restored.dtype == object and {row.shape for row in restored} == {(4, 3)}


def test_sequences_without_lengths_are_as_long_as_the_longest_of_fit(fitted):
    estimator = fitted["sequence"]
    H = estimator.transform(SEQUENCES[:3])
    restored = estimator.inverse_transform(H)
    longest = int(LENGTHS.max())
    assert restored.shape == (3, longest, 3) and restored.dtype == np.float32
    with_lengths = estimator.inverse_transform(H, lengths=[longest] * 3)
    assert np.array_equal(restored, np.stack(list(with_lengths)))


def test_the_reconstruction_may_be_longer_than_anything_in_fit(fitted):
    H = fitted["sequence"].transform(SEQUENCES[:1])
    (restored,) = fitted["sequence"].inverse_transform(H, lengths=[50])
    assert restored.shape == (50, 3) and np.isfinite(restored).all()


def test_3d_arrays_come_back_as_such(fitted):
    restored = fitted["3-D"].inverse_transform(fitted["3-D"].transform(THREE_D))
    assert restored.shape == THREE_D.shape and restored.dtype == np.float32


def test_uint8_images_come_back_as_uint8(fitted):
    estimator = fitted["uint8"]
    H = estimator.transform(IMAGES)
    restored = estimator.inverse_transform(H)
    assert restored.dtype == np.uint8 and restored.shape == IMAGES.shape
    pixels = IMAGES.reshape(-1, 2) / 255
    raw = decoded(estimator, torch.tensor(H)).transpose(0, 2, 3, 1)
    by_hand = np.clip(255 * (raw * pixels.std(axis=0) + pixels.mean(axis=0)), 0, 255)
    assert np.abs(restored - by_hand).max() <= 0.501


def test_float_images_come_back_as_floats(fitted):
    estimator = fitted["float"]
    H = estimator.transform(FLOATS)
    restored = estimator.inverse_transform(H)
    assert restored.dtype == np.float32
    by_hand = decoded(estimator, torch.tensor(H)).transpose(0, 2, 3, 1)
    np.testing.assert_allclose(restored, by_hand, rtol=1e-4, atol=1e-5)


def test_any_array_like_is_a_representation(fitted):
    H = fitted["table"].transform(TABLE)
    expected = fitted["table"].inverse_transform(H)
    for same in (H.astype(np.float64), H.tolist(), np.asfortranarray(H)):
        found = fitted["table"].inverse_transform(same)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_the_size_of_a_representation_is_the_fitted_one():
    estimator = fit("table")
    H = estimator.transform(TABLE)
    expected = estimator.inverse_transform(H)
    estimator.set_params(n_components=8)
    np.testing.assert_array_equal(estimator.inverse_transform(H), expected)
    with pytest.raises(ValueError, match="X has 8 columns, but .* n_components=5"):
        estimator.inverse_transform(np.zeros((2, 8)))


# -- score ------------------------------------------------------------------------------------


def errors_by_hand(estimator, kind):
    """Squared Frobenius norm between each sample and what the module makes of it alone."""
    X, _ = INPUTS[kind]
    if kind == "uint8":
        X = standardised(X)
    if kind in ("uint8", "float"):
        X = X.transpose(0, 3, 1, 2)
    errors = []
    for x in X:
        alone = torch.tensor(np.asarray(x, dtype=np.float32))[None]
        with torch.no_grad():
            reconstruction, _ = estimator.net_.module_.eval()(alone)
        errors.append(np.sum((reconstruction[0].double().numpy() - x) ** 2))
    return np.array(errors)


@pytest.mark.parametrize("kind", INPUTS)
def test_score_is_the_negative_mean_squared_frobenius_norm(fitted, kind):
    errors = errors_by_hand(fitted[kind], kind)
    assert fitted[kind].score(INPUTS[kind][0]) == pytest.approx(-errors.mean(), rel=1e-5)


def test_score_with_weights(fitted):
    weight = np.random.default_rng(1).uniform(size=N)
    expected = -np.average(errors_by_hand(fitted["sequence"], "sequence"), weights=weight)
    found = fitted["sequence"].score(SEQUENCES, sample_weight=weight)
    assert found == pytest.approx(expected, rel=1e-5)


def test_score_is_that_of_inverse_transform(fitted):
    restored = fitted["table"].inverse_transform(fitted["table"].transform(TABLE))
    errors = ((restored.astype(np.float64) - TABLE) ** 2).sum(axis=1)
    assert fitted["table"].score(TABLE) == pytest.approx(-errors.mean(), rel=1e-5)


@pytest.mark.parametrize("kind", INPUTS)
def test_training_raises_the_score(fitted, kind):
    longer = fit(kind, max_epochs=40, penalty=None, lr=5e-3)
    assert longer.score(INPUTS[kind][0]) > fitted[kind].score(INPUTS[kind][0])
    losses = longer.net_.history[:, "train_loss"]
    assert losses[-1] < losses[0]


def test_it_learns_what_pca_cannot():
    """Rows on a bent curve in 3-D: one dimension of a net reconstructs more than one of PCA."""
    t = np.random.default_rng(0).uniform(-1, 1, size=400)
    X = np.column_stack([t, 2 * t**2, np.abs(t)]) - [0, 2 / 3, 1 / 2]
    estimator = ForcedApartAutoencoder(
        n_components=4, penalty=None, max_epochs=150, lr=1e-2, random_state=0
    ).fit(X)
    pca = PCA(1).fit(X)
    error = ((pca.inverse_transform(pca.transform(X)) - X) ** 2).sum(axis=1).mean()
    assert -estimator.score(X) < error / 5


# -- no labels --------------------------------------------------------------------------------


@pytest.mark.parametrize("penalty", [None, "single", "multi", "decov", "xcov"])
def test_y_is_ignored(penalty):
    X, y = TABLE, np.arange(N) % 2
    plain = ForcedApartAutoencoder(penalty=penalty, max_epochs=2, random_state=0)
    labelled = ForcedApartAutoencoder(penalty=penalty, max_epochs=2, random_state=0)
    assert np.array_equal(plain.fit(X).transform(X), labelled.fit(X, y).transform(X))
    assert not hasattr(labelled, "classes_")


def test_parameters_are_the_classifiers_less_those_of_labels():
    labels_only = {"label_groups", "unlabeled", "class_weight", "embedding"}
    ours, theirs = (cls().get_params() for cls in (ForcedApartAutoencoder, ForcedApartClassifier))
    assert ours == {name: value for name, value in theirs.items() if name not in labels_only}


def test_partial_fit_is_an_epoch_of_fit():
    params = {"n_components": 5, "batch_size": 16, "random_state": 0}
    whole = ForcedApartAutoencoder(max_epochs=3, **params).fit(TABLE)
    parts = ForcedApartAutoencoder(**params)
    for _ in range(3):
        parts.partial_fit(TABLE)
    assert np.array_equal(parts.transform(TABLE), whole.transform(TABLE))


def test_warm_start_goes_on():
    params = {"n_components": 5, "batch_size": 16, "random_state": 0}
    whole = ForcedApartAutoencoder(max_epochs=4, **params).fit(TABLE)
    parts = ForcedApartAutoencoder(max_epochs=2, warm_start=True, **params).fit(TABLE).fit(TABLE)
    assert parts.n_iter_ == 4
    assert np.array_equal(parts.transform(TABLE), whole.transform(TABLE))


# -- text -------------------------------------------------------------------------------------

TEXTS = ["red oak tree", "blue sand", "one lime stone"] * 10


@pytest.mark.parametrize(
    "X", [TEXTS, np.array(TEXTS), TokenSequencer().fit_transform(TEXTS)], ids=type
)
def test_text_is_refused_with_a_remedy(X):
    with pytest.raises(ValueError, match="no module for .*TfidfVectorizer.*module class"):
        ForcedApartAutoencoder().fit(X)


def test_the_remedy_works():
    pipeline = make_pipeline(
        TfidfVectorizer(), TruncatedSVD(3, random_state=0), ForcedApartAutoencoder(max_epochs=1)
    )
    assert pipeline.fit_transform(TEXTS).shape == (30, 16)
