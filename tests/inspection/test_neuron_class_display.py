"""NeuronClassDisplay: its counts against a loop over samples, and what is drawn of them."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from fa_sklearn import ForcedApartClassifier
from fa_sklearn.inspection import NeuronClassDisplay

IRIS = load_iris()
X, Y = IRIS.data, IRIS.target


def relu_embedding(n_samples=200, n_neurons=7, seed=0):
    random = np.random.RandomState(seed)
    h = np.maximum(random.randn(n_samples, n_neurons) - 1, 0)
    return np.round(h, 1), random.randint(4, size=n_samples)


def counted_by_hand(embedding, labels):
    classes = sorted(set(labels))
    counts = np.zeros((embedding.shape[1], len(classes)), dtype=int)
    inactive = np.zeros(len(classes), dtype=int)
    for row, label in zip(embedding.tolist(), labels, strict=True):
        largest = max(row)
        if largest > 0:
            counts[row.index(largest), classes.index(label)] += 1
        else:
            inactive[classes.index(label)] += 1
    return counts, inactive


def tick_texts(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("seed", range(3))
def test_counts_are_those_of_a_loop_with_ties_and_dead_samples(seed, dtype):
    embedding, labels = relu_embedding(seed=seed)
    top_two = np.sort(embedding, axis=1)[:, -2:]
    assert np.any((top_two[:, 0] == top_two[:, 1]) & (top_two[:, 1] > 0))
    names = np.array(["b", "d", "a", "c"])[labels]
    display = NeuronClassDisplay.from_predictions(embedding.astype(dtype), names)
    counts, inactive = counted_by_hand(embedding, names.tolist())
    assert inactive.sum() > 0
    np.testing.assert_array_equal(display.counts, counts)
    np.testing.assert_array_equal(display.inactive, inactive)
    np.testing.assert_array_equal(display.im_.get_array(), counts)
    assert display.classes == ["a", "b", "c", "d"]
    assert tick_texts(display.ax_.xaxis) == ["a", "b", "c", "d"]
    assert tick_texts(display.ax_.yaxis) == [str(neuron) for neuron in range(7)]


def test_activations_below_zero_are_not_active():
    embedding = [[-1.0, -2.0], [-1.0, 3.0], [0.0, -1.0]]
    display = NeuronClassDisplay.from_predictions(embedding, [0, 1, 1])
    np.testing.assert_array_equal(display.counts, [[0, 0], [0, 1]])
    np.testing.assert_array_equal(display.inactive, [1, 1])


@pytest.mark.parametrize(
    ("n_dead", "expected"),
    [
        (0, "Class"),
        (1, "Class (1 of 5 samples without active neuron)"),
        (3, "Class (3 of 5 samples without active neuron)"),
        (5, "Class (5 of 5 samples without active neuron)"),
    ],
)
def test_samples_without_active_neuron_are_reported(n_dead, expected):
    embedding = np.ones((5, 3))
    embedding[:n_dead] = 0
    display = NeuronClassDisplay.from_predictions(embedding, [0, 0, 0, 1, 1])
    assert display.ax_.get_xlabel() == expected
    assert display.counts.sum() == 5 - n_dead


def test_sorted_rows_follow_the_classes_and_end_with_idle_neurons():
    counts = np.array([[1, 0, 9], [5, 2, 0], [0, 7, 0], [8, 0, 0]])
    display = NeuronClassDisplay(counts, classes=[0, 1, 2])
    display.plot(sort_neurons=True)
    assert display.neurons_.tolist() == [3, 1, 2, 0]
    np.testing.assert_array_equal(display.counts_, counts[display.neurons_])
    np.testing.assert_array_equal(display.im_.get_array(), display.counts_)
    assert tick_texts(display.ax_.yaxis) == ["3", "1", "2", "0"]
    assert display.plot().neurons_.tolist() == list(range(4))


@pytest.mark.parametrize(("sort_neurons", "rows"), [(False, [1, 2, 4]), (True, [4, 2, 1])])
def test_neurons_that_serve_nobody_are_left_out(sort_neurons, rows):
    counts = np.array([[0, 0, 0], [1, 0, 9], [5, 2, 0], [0, 0, 0], [8, 0, 0]])
    display = NeuronClassDisplay(counts, classes=[0, 1, 2]).plot(sort_neurons=sort_neurons)
    assert display.neurons_.tolist() == rows
    np.testing.assert_array_equal(display.im_.get_array(), counts[rows])
    assert tick_texts(display.ax_.yaxis) == [str(row) for row in rows]
    assert display.ax_.get_ylabel() == "Neuron\n(2 of 5 serve no class)"


def test_a_dead_representation_is_drawn_whole():
    display = NeuronClassDisplay.from_predictions(np.zeros((3, 2)), [0, 1, 1])
    np.testing.assert_array_equal(display.im_.get_array(), np.zeros((2, 2)))


def test_values_above_zero_are_written_into_their_cells():
    embedding, labels = relu_embedding()
    display = NeuronClassDisplay.from_predictions(embedding, labels, sort_neurons=True)
    written = np.zeros_like(display.counts_)
    for text in display.text_:
        column, row = text.get_position()
        written[row, column] = int(text.get_text())
    np.testing.assert_array_equal(written, display.counts_)
    assert display.plot(include_values=False).text_ == []


def test_values_are_left_out_of_many_cells():
    embedding = np.eye(60)
    labels = np.arange(60) % 20
    display = NeuronClassDisplay.from_predictions(embedding, labels)
    assert display.text_ == []
    assert len(display.plot(include_values=True).text_) == 60
    assert len(display.ax_.get_yticks()) <= 40


@pytest.mark.parametrize("last", [KMeans(3, n_init=1, random_state=0), GaussianNB()])
def test_from_estimator_counts_before_a_last_step_without_embedding(last):
    net = ForcedApartClassifier(n_components=6, max_epochs=2, random_state=0)
    pipe = make_pipeline(MinMaxScaler(), net, last).fit(X, Y > 0)
    display = NeuronClassDisplay.from_estimator(pipe, X, Y, target_names=IRIS.target_names)
    counts, inactive = counted_by_hand(pipe[:-1].transform(X), Y.tolist())
    np.testing.assert_array_equal(display.counts, counts)
    np.testing.assert_array_equal(display.inactive, inactive)
    assert tick_texts(display.ax_.xaxis) == IRIS.target_names.tolist()
    alone = NeuronClassDisplay.from_estimator(pipe[1], pipe[0].transform(X), Y)
    np.testing.assert_array_equal(alone.counts, counts)


def test_given_axes_scale_and_no_colour_bar():
    figure, axes = plt.subplots(1, 2)
    embedding, labels = relu_embedding()
    display = NeuronClassDisplay.from_predictions(
        embedding, labels, ax=axes[0], colorbar=False, im_kwargs={"vmax": 500, "cmap": "viridis"}
    )
    assert display.ax_ is axes[0]
    assert display.figure_ is figure
    assert display.im_.get_clim() == (0, 500)
    assert display.im_.get_cmap().name == "viridis"
    assert figure.axes == axes.tolist()
    assert display.plot(ax=axes[1]) is display
    assert display.ax_ is axes[1]
    assert len(figure.axes) == 3


def test_text_stands_out_from_its_cell():
    display = NeuronClassDisplay(np.array([[100, 1]]), classes=[0, 1]).plot()
    assert [text.get_color() for text in display.text_] == ["white", "black"]


@pytest.mark.parametrize(
    ("embedding", "labels", "message"),
    [
        (X, Y[:-1], "inconsistent numbers of samples"),
        (np.full((3, 2), np.nan), [0, 1, 2], "embedding contains NaN"),
        (X[:, 0], Y, "Expected 2D array"),
    ],
)
def test_wrong_input_is_an_error(embedding, labels, message):
    with pytest.raises(ValueError, match=message):
        NeuronClassDisplay.from_predictions(embedding, labels)


def test_missing_target_name_and_missing_embedding_are_errors():
    with pytest.raises(ValueError, match="target_names has no name for label 2"):
        NeuronClassDisplay.from_predictions(X, Y, target_names=["a", "b"])
    with pytest.raises(TypeError, match="estimator must have transform"):
        NeuronClassDisplay.from_estimator(GaussianNB().fit(X, Y), X, Y)


@pytest.mark.usefixtures("without_matplotlib")
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("from_estimator", lambda: NeuronClassDisplay.from_estimator(MinMaxScaler(), X, Y)),
        ("from_predictions", lambda: NeuronClassDisplay.from_predictions(X, Y)),
        ("plot", lambda: NeuronClassDisplay(np.eye(2), classes=[0, 1]).plot()),
    ],
)
def test_missing_matplotlib_names_the_extra(name, call):
    with pytest.raises(
        ImportError, match=rf"{name} needs matplotlib: pip install .fa-sklearn\[plot\]"
    ):
        call()
