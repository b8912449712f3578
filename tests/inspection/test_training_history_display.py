"""TrainingHistoryDisplay: its lines against the net's own history."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fa_sklearn import ForcedApartAutoencoder, ForcedApartClassifier
from fa_sklearn.inspection import TrainingHistoryDisplay
from fa_sklearn.losses import DeCovLoss, MultilayerLoss, SingleLayerLoss

X, Y = load_iris(return_X_y=True)
TERMS = [("near", MultilayerLoss()), ("rows", SingleLayerLoss()), ("loss", DeCovLoss())]


def fitted(**params):
    return ForcedApartClassifier(max_epochs=3, random_state=0, **params).fit(X, Y > 0)


def titles(display):
    return [panel.get_title() for panel in display.ax_]


def legend_texts(display):
    return [text.get_text() for text in display.legend_.get_texts()]


@pytest.mark.parametrize("early_stopping", [False, True])
def test_every_loss_of_the_history_is_drawn_on_its_panel(early_stopping):
    net = fitted(penalty=TERMS, early_stopping=early_stopping, n_iter_no_change=9)
    display = TrainingHistoryDisplay.from_estimator(net)
    splits = ["train", "valid"] if early_stopping else ["train"]
    assert list(display.losses) == ["task_loss", "near_loss", "rows_loss", "loss_loss", "loss"]
    assert titles(display) == ["task loss", "near loss", "rows loss", "loss loss", "total loss"]
    for panel, name in zip(display.ax_, display.losses, strict=True):
        assert len(panel.lines) == len(splits)
        for line, split in zip(panel.lines, splits, strict=True):
            assert display.lines_[name, split] is line
            assert line.get_xdata().tolist() == [1, 2, 3]
            assert line.get_ydata().tolist() == net.net_.history[:, f"{split}_{name}"]
    names = ["training", "validation"] if early_stopping else ["training"]
    assert legend_texts(display) == names
    colors = {line.get_color() for (_, split), line in display.lines_.items() if split == "train"}
    assert len(colors) == 1
    assert display.figure_ is display.ax_[0].figure


def test_without_penalty_the_task_loss_is_all():
    display = TrainingHistoryDisplay.from_estimator(fitted(penalty=None))
    assert titles(display) == ["task loss"]


def test_training_and_validation_differ_in_colour_and_dash():
    display = TrainingHistoryDisplay.from_estimator(fitted(early_stopping=True))
    lines = [display.lines_["task_loss", split] for split in ("train", "valid")]
    assert len({line.get_color() for line in lines}) == 2
    assert len({line.get_linestyle() for line in lines}) == 2


def test_autoencoder():
    net = ForcedApartAutoencoder(max_epochs=2, random_state=0).fit(X)
    display = TrainingHistoryDisplay.from_estimator(net)
    assert titles(display) == ["task loss", "multi loss", "total loss"]


def test_pipeline_and_search_show_the_net_that_they_hold():
    net = ForcedApartClassifier(max_epochs=2, random_state=0)
    pipe = make_pipeline(StandardScaler(), net, StandardScaler()).fit(X, Y > 0)
    display = TrainingHistoryDisplay.from_estimator(pipe)
    expected = pipe[1].net_.history[:, "train_task_loss"]
    assert display.losses["task_loss"]["train"].tolist() == expected
    search = GridSearchCV(net, {"alpha": [0.1, 0.5]}, cv=2).fit(X, Y > 0)
    display = TrainingHistoryDisplay.from_estimator(search)
    expected = search.best_estimator_.net_.history[:, "train_loss"]
    assert display.losses["loss"]["train"].tolist() == expected


def test_history_may_be_any_rows_and_hold_other_things():
    rows = [
        {"epoch": 1, "train_task_loss": 3.0, "train_loss_best": True, "batches": [{}], "dur": 1.0},
        {"epoch": 2, "train_task_loss": 2.0, "valid_task_loss": 5.0, "event_lr": 0.1},
    ]
    display = TrainingHistoryDisplay.from_history(iter(rows))
    assert list(display.losses) == ["task_loss"]
    assert display.losses["task_loss"]["train"].tolist() == [3.0, 2.0]
    np.testing.assert_array_equal(display.losses["task_loss"]["valid"], [np.nan, 5.0])


def test_stock_skorch_history_has_a_total_only():
    rows = [{"train_loss": 2.0, "valid_loss": 3.0}]
    display = TrainingHistoryDisplay.from_history(rows)
    assert titles(display) == ["total loss"]
    assert display.lines_["loss", "valid"].get_marker() not in {"", "None"}


def test_a_history_of_more_than_one_fit():
    net = ForcedApartClassifier(max_epochs=2, warm_start=True, random_state=0)
    net.fit(X, Y > 0).set_params(penalty="decov").fit(X, Y > 0)
    display = TrainingHistoryDisplay.from_estimator(net)
    assert set(display.losses) == {"task_loss", "multi_loss", "decov_loss", "loss"}
    unknown = np.isnan(display.losses["multi_loss"]["train"])
    assert unknown.tolist() == [False, False, True, True]


def test_legend_is_beside_the_last_panel_and_inside_the_figure():
    display = TrainingHistoryDisplay.from_estimator(fitted())
    display.figure_.canvas.draw()
    legend = display.legend_.get_window_extent()
    assert legend.x0 >= display.ax_[-1].get_window_extent().x1
    assert legend.x1 <= display.figure_.bbox.x1
    assert display.plot(legend=False).legend_ is None


def test_panels_share_the_place_of_one_subplot():
    figure, axes = plt.subplots(2, 1)
    place = axes[0].get_position()
    display = TrainingHistoryDisplay.from_estimator(fitted(), ax=axes[0])
    assert len(display.ax_) == 3
    assert display.figure_ is figure
    assert not axes[0].axison
    for panel in display.ax_:
        position = panel.get_position()
        assert place.x0 - 1e-9 <= position.x0 < position.x1 <= place.x1 + 1e-9
        assert place.y0 - 1e-9 <= position.y0 < position.y1 <= place.y1 + 1e-9


def test_one_axes_a_panel():
    net = fitted()
    for axes in (plt.subplots(1, 3)[1], plt.subplots(3, 1)[1].tolist()):
        display = TrainingHistoryDisplay.from_estimator(net, ax=axes)
        assert display.ax_.tolist() == list(axes)
    with pytest.raises(ValueError, match="3 axes for 3 losses, got 2"):
        display.plot(ax=plt.subplots(1, 2)[1])
    with pytest.raises(ValueError, match="3 axes for 3 losses, got 1"):
        display.plot(ax=plt.figure().add_axes((0, 0, 1, 1)))
    single = plt.figure().add_axes((0, 0, 1, 1))
    alone = TrainingHistoryDisplay.from_estimator(fitted(penalty=None), ax=single)
    assert alone.ax_.tolist() == [single]


def test_palette():
    palette = ["#111111", "#222222"]
    display = TrainingHistoryDisplay.from_estimator(fitted(early_stopping=True), palette=palette)
    colors = [display.lines_["loss", split].get_color() for split in ("train", "valid")]
    assert colors == palette
    with pytest.raises(ValueError, match="palette has 1 colours for 2 lines"):
        display.plot(palette=palette[:1])


@pytest.mark.parametrize("history", [[], [{"epoch": 1}], [{"train_acc": 1.0}]])
def test_history_without_losses_is_an_error(history):
    with pytest.raises(ValueError, match="history holds no losses"):
        TrainingHistoryDisplay.from_history(history)


def test_estimator_without_net_is_an_error():
    for estimator in (ForcedApartClassifier(), make_pipeline(ForcedApartClassifier())):
        with pytest.raises(NotFittedError):
            TrainingHistoryDisplay.from_estimator(estimator)
    for other in (StandardScaler().fit(X), make_pipeline(StandardScaler()).fit(X), "net"):
        with pytest.raises(TypeError, match="a fitted estimator with net_"):
            TrainingHistoryDisplay.from_estimator(other)


@pytest.mark.usefixtures("without_matplotlib")
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("from_estimator", lambda: TrainingHistoryDisplay.from_estimator(None)),
        ("from_history", lambda: TrainingHistoryDisplay.from_history([])),
        ("plot", lambda: TrainingHistoryDisplay({}).plot()),
    ],
)
def test_missing_matplotlib_names_the_extra(name, call):
    with pytest.raises(ImportError, match=rf'{name} needs .*"fa-sklearn\[plot\]"'):
        call()
