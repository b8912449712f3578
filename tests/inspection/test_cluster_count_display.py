"""ClusterCountDisplay: its scores against direct calls, and the curves against its scores."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.datasets import load_iris
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from fa_sklearn.inspection import ClusterCountDisplay
from fa_sklearn.metrics import nmi_score

IRIS = load_iris()
X, Y = IRIS.data[::2], IRIS.target[::2]
COUNTS = [2, 3, 5]


def legend_texts(display):
    return [text.get_text() for text in display.legend_.get_texts()]


def band_at(band, x):
    """Return the lowest and highest point of a band at a position."""
    heights = [y for at, y in band.get_paths()[0].vertices if at == x]
    return min(heights), max(heights)


def noisy_runs(n_runs):
    return [X + np.random.RandomState(seed).randn(*X.shape) for seed in range(n_runs)]


def expected_scores(run, seed):
    return [
        adjusted_mutual_info_score(
            Y, KMeans(k, random_state=seed).fit_predict(run), average_method="max"
        )
        for k in COUNTS
    ]


def test_scores_are_those_of_direct_calls_with_the_same_seed():
    runs = noisy_runs(3)
    display = ClusterCountDisplay.from_predictions(
        {"one": X, "three": runs}, Y, n_clusters=reversed(COUNTS), random_state=4
    )
    assert display.n_clusters.tolist() == COUNTS
    np.testing.assert_allclose(display.scores["one"], [expected_scores(X, 4)])
    np.testing.assert_allclose(display.scores["three"], [expected_scores(run, 4) for run in runs])
    assert display.ax_.get_ylabel() == "AMI"
    assert display.ax_.get_xlabel() == "Number of clusters"


def test_lines_are_means_and_bands_one_standard_deviation():
    scores = {
        "a": np.array([[0.1, 0.5, 0.4]]),
        "b": np.array([[0.2, 0.3, 0.6], [0.4, 0.4, 0.8], [0.3, 0.8, 0.1]]),
    }
    display = ClusterCountDisplay(np.array(COUNTS), scores, n_classes=3).plot()
    assert len(display.lines_) == 2
    for line, values in zip(display.lines_, scores.values(), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), COUNTS)
        np.testing.assert_allclose(line.get_ydata(), values.mean(axis=0))
    (band,) = display.bands_
    for i, k in enumerate(COUNTS):
        mean, std = scores["b"][:, i].mean(), scores["b"][:, i].std()
        np.testing.assert_allclose(band_at(band, k), (mean - std, mean + std))
    assert to_hex(band.get_facecolor()[0]) == to_hex(display.lines_[1].get_color())
    assert legend_texts(display) == ["a", "b", "3 fine classes"]


def test_methods_differ_in_colour_and_marker():
    scores = {str(i): np.full((1, 3), i / 10) for i in range(8)}
    display = ClusterCountDisplay(np.array(COUNTS), scores).plot()
    assert len({line.get_color() for line in display.lines_}) == 8
    assert len({line.get_marker() for line in display.lines_}) == 8
    assert legend_texts(display) == list(scores)
    assert len(display.ax_.lines) == 8


def test_more_methods_than_markers_are_all_drawn():
    scores = {str(i): np.full((1, 3), i / 30) for i in range(30)}
    display = ClusterCountDisplay(np.array(COUNTS), scores).plot()
    assert len({to_hex(line.get_color()) for line in display.lines_}) == 30


def test_legend_is_beside_the_axes_and_inside_the_figure():
    display = ClusterCountDisplay.from_predictions(
        {"a method with a long name": X}, Y, n_clusters=COUNTS, random_state=0
    )
    display.figure_.canvas.draw()
    legend = display.legend_.get_window_extent()
    assert legend.x0 >= display.ax_.get_window_extent().x1
    assert legend.x1 <= display.figure_.bbox.x1
    assert display.plot(legend=False).legend_ is None


def test_estimators_are_scored_on_their_representation():
    scaler = StandardScaler().fit(X)
    pipe = make_pipeline(MinMaxScaler(), KMeans(2, n_init=1, random_state=0)).fit(X)
    display = ClusterCountDisplay.from_estimator(
        {"pipe": pipe, "scalers": [scaler, scaler]}, X, Y, n_clusters=COUNTS, random_state=1
    )
    expected = expected_scores(MinMaxScaler().fit_transform(X), 1)
    np.testing.assert_allclose(display.scores["pipe"], [expected])
    assert display.scores["scalers"].shape == (2, 3)
    np.testing.assert_allclose(
        display.scores["scalers"][1], expected_scores(scaler.transform(X), 1)
    )


@pytest.mark.parametrize("wrap", [lambda scaler: scaler, make_pipeline], ids=["bare", "pipeline"])
def test_a_single_estimator_is_called_by_its_class(wrap):
    estimator = wrap(StandardScaler()).fit(X)
    display = ClusterCountDisplay.from_estimator(estimator, X, Y, n_clusters=COUNTS)
    assert list(display.scores) == ["StandardScaler"]


def test_clusterer_is_copied_and_keeps_its_own_seed():
    clusterer = KMeans(n_init=2, random_state=7)
    display = ClusterCountDisplay.from_predictions(
        {"a": X}, Y, n_clusters=[4], clusterer=clusterer, score=nmi_score, random_state=0
    )
    labels = KMeans(4, n_init=2, random_state=7).fit_predict(X)
    assert display.scores["a"].tolist() == [[nmi_score(Y, labels)]]
    assert not hasattr(clusterer, "labels_")
    assert clusterer.n_clusters == KMeans().n_clusters
    assert display.ax_.get_ylabel() == "NMI"


def test_clusterer_without_seed_and_any_score():
    def share_of_first_cluster(labels, clusters):
        return np.mean(clusters == 0)

    display = ClusterCountDisplay.from_predictions(
        {"a": X},
        Y,
        n_clusters=[3],
        clusterer=AgglomerativeClustering(),
        score=share_of_first_cluster,
    )
    labels = AgglomerativeClustering(3).fit_predict(X)
    assert display.scores["a"].tolist() == [[np.mean(labels == 0)]]
    assert display.ax_.get_ylabel() == "share of first cluster"


@pytest.mark.usefixtures("untouched_global_generators")
@pytest.mark.parametrize("random_state", [None, 0, np.random.RandomState(0)])
def test_global_random_numbers_are_left_alone(random_state):
    ClusterCountDisplay.from_predictions({"a": X}, Y, n_clusters=[3], random_state=random_state)


def test_rows_as_lists_are_one_representation():
    display = ClusterCountDisplay.from_predictions(
        {"rows": X.tolist(), "runs": [X.tolist()]}, Y, n_clusters=[3], random_state=0
    )
    assert display.scores["rows"].tolist() == display.scores["runs"].tolist()


def test_given_axes_and_palette():
    _, axes = plt.subplots(1, 2)
    palette = ["#111111", "#222222"]
    display = ClusterCountDisplay.from_predictions(
        {"a": X, "b": X}, Y, n_clusters=[2, 3], ax=axes[0], palette=palette
    )
    assert display.ax_ is axes[0]
    assert [line.get_color() for line in display.lines_] == palette
    assert display.plot(ax=axes[1]) is display
    assert display.ax_ is axes[1]
    with pytest.raises(ValueError, match="palette has 1 colours, pass at least 2"):
        display.plot(palette=palette[:1])


@pytest.mark.parametrize("n_clusters", [[], [0, 2], [2.5], [2, 76], ["3"]])
def test_impossible_numbers_of_clusters_are_an_error(n_clusters):
    with pytest.raises(
        ValueError, match="n_clusters must hold whole numbers from 1 to 75, .* got"
    ):
        ClusterCountDisplay.from_predictions({"a": X}, Y, n_clusters=n_clusters)


def test_wrong_types_and_lengths_are_errors():
    for nothing in (X, {}, {"a": []}):
        with pytest.raises(TypeError, match="embeddings must map .* at least one"):
            ClusterCountDisplay.from_predictions(nothing, Y)
    with pytest.raises(ValueError, match=r"n_clusters must hold whole numbers .* got 10"):
        ClusterCountDisplay.from_predictions({"a": X}, Y, n_clusters=10)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        ClusterCountDisplay.from_predictions({"a": X, "b": [X, X[1:]]}, Y)
    with pytest.raises(ValueError, match=r"embeddings\['a'\] contains NaN"):
        ClusterCountDisplay.from_predictions({"a": np.full_like(X, np.nan)}, Y)
    with pytest.raises(TypeError, match="estimator must have transform"):
        ClusterCountDisplay.from_estimator({"a": make_pipeline(KMeans(2)).fit(X)}, X, Y)


@pytest.mark.usefixtures("without_matplotlib")
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("from_estimator", lambda: ClusterCountDisplay.from_estimator(MinMaxScaler(), X, Y)),
        ("from_predictions", lambda: ClusterCountDisplay.from_predictions({"a": X}, Y)),
        ("plot", lambda: ClusterCountDisplay(np.array([2]), {"a": np.ones((1, 1))}).plot()),
    ],
)
def test_missing_matplotlib_names_the_extra(name, call):
    with pytest.raises(ImportError, match=f"{name} requires matplotlib.*pip install"):
        call()
