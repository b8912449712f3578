"""EmbeddingDisplay: what is drawn, read back from the figure's own artists."""

import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from fa_sklearn.inspection import EmbeddingDisplay

IRIS = load_iris()
X, Y = IRIS.data, IRIS.target
Y_COARSE = np.where(Y == 0, "small", "large")


def principal_components(values):
    centred = values - values.mean(axis=0)
    _, singular, axes = np.linalg.svd(centred, full_matrices=False)
    return centred @ axes[:2].T, singular**2 / (singular**2).sum()


def legend_texts(display):
    return [text.get_text() for text in display.legend_.get_texts()]


def point_colors(display):
    display.scatter_.update_scalarmappable()
    return [to_hex(color) for color in display.scatter_.get_facecolors()]


def test_points_are_the_principal_components_of_the_transform():
    scaler = MinMaxScaler().fit(X)
    display = EmbeddingDisplay.from_estimator(scaler, X, Y)
    expected, ratios = principal_components(scaler.transform(X))
    drawn = np.asarray(display.scatter_.get_offsets())
    np.testing.assert_allclose(np.abs(drawn), np.abs(expected), atol=1e-9)
    np.testing.assert_array_equal(drawn, display.coordinates)
    assert display.ax_.get_xlabel() == f"PC 1 ({100 * ratios[0]:.1f} % of variance)"
    assert display.ax_.get_ylabel() == f"PC 2 ({100 * ratios[1]:.1f} % of variance)"
    assert display.figure_ is display.ax_.figure


@pytest.mark.parametrize(
    "last", [KMeans(3, n_init=1, random_state=0), GaussianNB()], ids=["KMeans", "classifier"]
)
def test_pipeline_is_cut_before_a_last_step_that_gives_no_embedding(last):
    pipe = make_pipeline(StandardScaler(), MinMaxScaler(), last).fit(X, Y)
    display = EmbeddingDisplay.from_estimator(pipe, X, Y)
    expected = EmbeddingDisplay.from_predictions(pipe[:-1].transform(X), Y)
    np.testing.assert_allclose(display.coordinates, expected.coordinates, atol=1e-12)


@pytest.mark.parametrize("last", [PCA(3), "passthrough"])
def test_pipeline_that_ends_in_a_transformer_is_used_whole(last):
    pipe = Pipeline([("scale", StandardScaler()), ("last", last)]).fit(X)
    display = EmbeddingDisplay.from_estimator(pipe, X)
    expected = EmbeddingDisplay.from_predictions(pipe.transform(X))
    np.testing.assert_allclose(display.coordinates, expected.coordinates, atol=1e-12)


def test_search_shows_the_embedding_of_its_best_pipeline():
    search = GridSearchCV(
        make_pipeline(StandardScaler(), KMeans(n_init=1, random_state=0)),
        {"kmeans__n_clusters": [2, 3]},
        scoring="adjusted_mutual_info_score",
        cv=KFold(3, shuffle=True, random_state=0),
    ).fit(X, Y)
    display = EmbeddingDisplay.from_estimator(search, X, Y)
    expected = EmbeddingDisplay.from_predictions(StandardScaler().fit_transform(X), Y)
    np.testing.assert_allclose(display.coordinates, expected.coordinates)


def test_fine_labels_give_the_colours_before_y():
    scaler = StandardScaler().fit(X)
    by_y = EmbeddingDisplay.from_estimator(scaler, X, Y_COARSE)
    assert legend_texts(by_y) == ["large", "small"]
    by_fine = EmbeddingDisplay.from_estimator(scaler, X, Y_COARSE, fine_labels=Y)
    assert legend_texts(by_fine) == ["0", "1", "2"]
    np.testing.assert_array_equal(by_fine.scatter_.get_array(), Y)


@pytest.mark.parametrize("n_classes", [1, 2, 8, 9, 10, 11, 20, 21, 40])
def test_each_class_has_its_own_colour_and_legend_entry(n_classes):
    labels = np.arange(120) % n_classes
    display = EmbeddingDisplay.from_predictions(
        np.random.RandomState(0).rand(120, 2), labels, scatter_kwargs={"alpha": 1}
    )
    colors = point_colors(display)
    of_class = {label: color for label, color in zip(labels.tolist(), colors, strict=True)}
    assert [of_class[label] for label in labels] == colors
    assert len(set(of_class.values())) == n_classes
    handles = display.legend_.legend_handles
    assert [to_hex(handle.get_color()) for handle in handles] == [
        of_class[label] for label in range(n_classes)
    ]
    assert legend_texts(display) == [str(label) for label in range(n_classes)]


@pytest.mark.parametrize("n_classes", [3, 10, 30])
def test_legend_is_beside_the_axes_and_inside_the_figure(n_classes):
    labels = np.arange(90) % n_classes
    names = [f"class number {label}" for label in range(n_classes)]
    display = EmbeddingDisplay.from_predictions(
        np.random.RandomState(0).rand(90, 5), labels, target_names=names
    )
    display.figure_.canvas.draw()
    legend = display.legend_.get_window_extent()
    assert legend.x0 >= display.ax_.get_window_extent().x1
    assert legend.x1 <= display.figure_.bbox.x1
    assert legend.y0 >= 0


@pytest.mark.parametrize(
    ("labels", "target_names", "expected"),
    [
        (Y, IRIS.target_names, IRIS.target_names.tolist()),
        (Y[50:], IRIS.target_names, IRIS.target_names[1:].tolist()),
        (Y, {0: "a", 1: "b", 2: "c"}, ["a", "b", "c"]),
        (Y_COARSE, {"large": "L", "small": "S"}, ["L", "S"]),
        (Y == 0, ["no", "yes"], ["no", "yes"]),
    ],
)
def test_target_names_are_looked_up_by_label(labels, target_names, expected):
    display = EmbeddingDisplay.from_predictions(
        X[-len(labels) :], labels, target_names=target_names
    )
    assert legend_texts(display) == expected


@pytest.mark.parametrize(
    ("labels", "target_names"),
    [(Y, ["a", "b"]), (Y - 1, ["a", "b", "c"]), (Y_COARSE, ["a", "b"]), (Y, {0: "a", 1: "b"})],
)
def test_missing_target_name_is_an_error(labels, target_names):
    with pytest.raises(ValueError, match="target_names has no name for label"):
        EmbeddingDisplay.from_predictions(X, labels, target_names=target_names)


def test_without_labels_there_is_one_colour_and_no_legend():
    display = EmbeddingDisplay.from_predictions(X)
    assert len(set(point_colors(display))) == 1
    assert display.legend_ is None
    assert display.ax_.get_legend() is None


def test_legend_can_be_left_out():
    display = EmbeddingDisplay.from_predictions(X, Y, legend=False)
    assert display.ax_.get_legend() is None


def test_palette_is_used_in_the_order_of_the_labels():
    palette = ["#111111", "#222222", "#333333", "#444444"]
    display = EmbeddingDisplay.from_predictions(X, Y, palette=palette)
    assert point_colors(display) == [palette[label] for label in Y]
    with pytest.raises(ValueError, match="palette has 2 colours, pass at least 3"):
        display.plot(palette=palette[:2])


def test_two_columns_are_drawn_as_they_are():
    display = EmbeddingDisplay.from_predictions(X[:, :2].astype(np.float32), Y)
    np.testing.assert_array_equal(display.coordinates, X[:, :2].astype(np.float32))
    assert display.ax_.get_xlabel() == "Component 1"


def test_dead_representation_is_drawn_with_zero_variance(recwarn):
    display = EmbeddingDisplay.from_predictions(np.zeros((20, 5)), np.arange(20) % 2)
    assert display.ax_.get_xlabel() == "PC 1 (0.0 % of variance)"
    assert not [w for w in recwarn if issubclass(w.category, RuntimeWarning)]


def test_given_axes_are_drawn_on():
    _, axes = plt.subplots(1, 2)
    first = EmbeddingDisplay.from_estimator(StandardScaler().fit(X), X, Y, ax=axes[0])
    assert first.ax_ is axes[0]
    assert first.plot(ax=axes[1]) is first
    assert first.ax_ is axes[1]
    assert len(plt.get_fignums()) == 1


def test_pandas_output_of_the_estimator():
    frame = pd.DataFrame(X, columns=IRIS.feature_names)
    scaler = StandardScaler().set_output(transform="pandas").fit(frame)
    display = EmbeddingDisplay.from_estimator(scaler, frame, pd.Series(Y_COARSE))
    expected = EmbeddingDisplay.from_predictions(StandardScaler().fit_transform(X))
    np.testing.assert_allclose(display.coordinates, expected.coordinates, atol=1e-12)


@pytest.mark.parametrize(
    "estimator",
    [
        GaussianNB().fit(X, Y),
        make_pipeline(KMeans(3, n_init=1)).fit(X),
        make_pipeline(GaussianNB()).fit(X, Y),
    ],
    ids=["classifier", "pipeline of a clusterer", "pipeline of a classifier"],
)
def test_estimator_without_embedding_is_an_error(estimator):
    with pytest.raises(TypeError, match="estimator must have transform"):
        EmbeddingDisplay.from_estimator(estimator, X, Y)


def test_estimator_must_be_fitted():
    with pytest.raises(NotFittedError):
        EmbeddingDisplay.from_estimator(StandardScaler(), X, Y)


@pytest.mark.parametrize(
    ("embedding", "labels", "message"),
    [
        (X, Y[:-1], "inconsistent numbers of samples"),
        (X[:, :1], Y, "minimum of 2 is required"),
        (X[:1], Y[:1], "minimum of 2 is required"),
        (np.full((5, 3), np.nan), None, "embedding contains NaN"),
    ],
)
def test_wrong_input_is_an_error(embedding, labels, message):
    with pytest.raises(ValueError, match=message):
        EmbeddingDisplay.from_predictions(embedding, labels)


@pytest.mark.usefixtures("untouched_global_generators")
def test_a_wide_embedding_draws_no_global_random_numbers():
    wide = np.random.RandomState(0).rand(600, 700)
    display = EmbeddingDisplay.from_predictions(wide, np.arange(600) % 3)
    expected, _ = principal_components(wide)
    np.testing.assert_allclose(np.abs(display.coordinates), np.abs(expected), atol=1e-6)


@pytest.mark.usefixtures("without_matplotlib")
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("from_estimator", lambda: EmbeddingDisplay.from_estimator(StandardScaler(), X)),
        ("from_predictions", lambda: EmbeddingDisplay.from_predictions(X)),
        ("plot", lambda: EmbeddingDisplay(X[:, :2]).plot()),
    ],
)
def test_missing_matplotlib_names_the_extra(name, call):
    with pytest.raises(
        ImportError, match=rf"{name} needs matplotlib: pip install .fa-sklearn\[plot\]"
    ):
        call()


def test_importing_the_displays_does_not_import_matplotlib():
    code = "import sys, fa_sklearn.inspection; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_only_one_coarse_label_is_drawn():
    scaler = MinMaxScaler().fit(X)
    display = EmbeddingDisplay.from_estimator(scaler, X, Y_COARSE, fine_labels=Y, only="large")
    rows = Y_COARSE == "large"
    expected = EmbeddingDisplay.from_predictions(scaler.transform(X[rows]), Y[rows])
    np.testing.assert_allclose(display.coordinates, expected.coordinates, atol=1e-12)
    assert legend_texts(display) == ["1", "2"]


@pytest.mark.parametrize("y", [None, Y_COARSE])
def test_only_must_be_a_label_of_y(y):
    with pytest.raises(ValueError, match="only='tiny' is no label of y"):
        EmbeddingDisplay.from_estimator(MinMaxScaler().fit(X), X, y, only="tiny")
