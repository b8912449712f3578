"""MarginDisplay: its curves against a search's own table of results."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from scipy.stats import loguniform, uniform
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from fa_sklearn.inspection import MarginDisplay

X = np.random.RandomState(0).rand(24, 3)
MARGINS = [0.05, 0.2, 1.0, 5.0]


class Scored(BaseEstimator):
    """Stands for a net whose score is a known function of its parameters and of the fold."""

    def __init__(self, margin=None, alpha=0.1, penalty="multi", other_margin=1.0):
        self.margin = margin
        self.alpha = alpha
        self.penalty = penalty
        self.other_margin = other_margin

    def fit(self, X, y=None):
        if self.margin == "broken":
            raise ValueError("no fit")
        self.fitted_ = True
        return self

    def score(self, X, y=None):
        margin = 0.5 if self.margin is None else self.margin
        height = {"multi": 1.0, "single": 0.5, None: 0.1}[self.penalty]
        return height * self.alpha * np.exp(-(np.log(margin) ** 2)) * X.mean() + self.other_margin


def search_over(grid, estimator=None, **options):
    options = {"cv": KFold(3), **options}
    return GridSearchCV(Scored() if estimator is None else estimator, grid, **options).fit(X)


def legend_texts(display):
    return [text.get_text() for text in display.legend_.get_texts()]


def results_where(search, **params):
    """Return the margins, means and deviations of the candidates with these parameters."""
    results = search.cv_results_
    rows = [
        i
        for i, given in enumerate(results["params"])
        if all(given.get(name) == value for name, value in params.items())
    ]
    rows.sort(key=lambda i: results["params"][i]["margin"])
    return (
        [results["params"][i]["margin"] for i in rows],
        results["mean_test_score"][rows],
        results["std_test_score"][rows],
    )


def test_each_combination_of_the_other_parameters_has_its_curve():
    grid = {"margin": MARGINS[::-1], "alpha": [0.1, 0.5], "penalty": ["single", "multi"]}
    search = search_over(grid)
    display = MarginDisplay.from_estimator(search)
    np.testing.assert_array_equal(display.margins, MARGINS)
    assert len(display.lines_) == len(display.mean_scores) == 4
    for alpha in (0.1, 0.5):
        for penalty in ("single", "multi"):
            name = f"alpha={alpha:g}, penalty={penalty}"
            margins, means, stds = results_where(search, alpha=alpha, penalty=penalty)
            line = display.lines_[list(display.mean_scores).index(name)]
            assert line.get_label() == name
            np.testing.assert_array_equal(line.get_xdata(), margins)
            np.testing.assert_array_equal(line.get_ydata(), means)
            np.testing.assert_array_equal(display.std_scores[name], stds)
    assert legend_texts(display) == list(display.mean_scores)
    assert display.ax_.get_xlabel() == "Margin"
    assert display.ax_.get_ylabel() == "Mean test score"


def test_bands_are_one_standard_deviation_over_the_splits():
    search = search_over({"margin": MARGINS})
    display = MarginDisplay.from_estimator(search)
    (band,) = display.bands_
    means, stds = search.cv_results_["mean_test_score"], search.cv_results_["std_test_score"]
    for margin, mean, std in zip(MARGINS, means, stds, strict=True):
        heights = [y for x, y in band.get_paths()[0].vertices if x == margin]
        np.testing.assert_allclose([min(heights), max(heights)], [mean - std, mean + std])
    assert to_hex(band.get_facecolor()[0]) == to_hex(display.lines_[0].get_color())
    assert display.legend_ is None


@pytest.mark.parametrize("by", ["penalty", ["penalty"]])
def test_the_best_candidate_is_drawn_over_the_parameters_without_curves(by):
    search = search_over({"margin": MARGINS, "alpha": [0.1, 0.5, 0.3], "penalty": [None, "multi"]})
    display = MarginDisplay.from_estimator(search, by=by)
    assert list(display.mean_scores) == ["penalty=None", "penalty=multi"]
    for penalty in (None, "multi"):
        _, means, stds = results_where(search, alpha=0.5, penalty=penalty)
        np.testing.assert_array_equal(display.mean_scores[f"penalty={penalty}"], means)
        np.testing.assert_array_equal(display.std_scores[f"penalty={penalty}"], stds)


def test_one_curve_over_all_candidates():
    search = search_over({"margin": MARGINS, "alpha": [0.1, 0.5], "penalty": [None, "multi"]})
    display = MarginDisplay.from_estimator(search, by=())
    _, means, _ = results_where(search, alpha=0.5, penalty="multi")
    np.testing.assert_array_equal(display.mean_scores["best candidate"], means)
    assert display.legend_ is None


def test_candidates_without_margin_are_dashed_lines():
    grid = [{"penalty": [None]}, {"penalty": ["multi"], "margin": [None, *MARGINS]}]
    search = search_over(grid)
    display = MarginDisplay.from_estimator(search)
    assert list(display.mean_scores) == ["penalty=multi"]
    baseline, default = search.cv_results_["mean_test_score"][:2]
    assert display.unset_scores == {"penalty=None": baseline, "penalty=multi": default}
    assert legend_texts(display) == [
        "penalty=multi",
        "penalty=None, no margin",
        "penalty=multi, no margin",
    ]
    heights = [line.get_ydata()[0] for line in display.unset_lines_]
    assert heights == [baseline, default]
    assert {line.get_linestyle() for line in display.unset_lines_} == {"--"}
    colors = [line.get_color() for line in display.lines_ + display.unset_lines_]
    assert len(set(colors)) == 3
    best = MarginDisplay.from_estimator(search, by=())
    assert best.unset_scores == {"best candidate": max(baseline, default)}


@pytest.mark.parametrize(
    ("margins", "scale"),
    [
        ([0.1, 1.0, 10.0], "log"),
        ([0.9, 10.0], "log"),
        ([1.0, 10.0], "linear"),
        ([1.0, 2.0], "linear"),
        ([3.0], "linear"),
        ([0.0, 1.0, 100.0], "linear"),
    ],
)
def test_axis_is_logarithmic_over_more_than_a_decade(margins, scale):
    curve = {"a": np.ones(len(margins))}
    display = MarginDisplay(np.array(margins), curve, {"a": np.zeros(len(margins))}).plot()
    assert display.ax_.get_xscale() == scale
    assert display.bands_ == []
    if scale == "log":
        ticks = [label.get_text() for label in display.ax_.get_xticklabels()]
        assert ticks == [f"{margin:g}" for margin in margins]


def test_margins_that_only_some_curves_have():
    grid = [{"alpha": [0.1], "margin": [1.0, 3.0]}, {"alpha": [0.5], "margin": [1.0, 2.0]}]
    display = MarginDisplay.from_estimator(search_over(grid))
    np.testing.assert_array_equal(display.margins, [1, 2, 3])
    known = {name: np.isfinite(mean).tolist() for name, mean in display.mean_scores.items()}
    assert known == {"alpha=0.1": [True, False, True], "alpha=0.5": [True, True, False]}
    assert [line.get_xdata().tolist() for line in display.lines_] == [[1, 3], [1, 2]]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.filterwarnings("ignore:One or more of the test scores")
def test_failed_candidates_are_left_out():
    search = search_over({"margin": [1.0, "broken"]})
    assert MarginDisplay.from_estimator(search).margins.tolist() == [1.0]
    search = search_over({"margin": [None, "broken"]}, refit=False)
    with pytest.raises(ValueError, match="no candidate with both a margin and a score"):
        MarginDisplay.from_estimator(search)


def test_parameters_of_a_pipeline_are_named_by_their_last_part():
    pipe = Pipeline([("scale", StandardScaler()), ("net", Scored())])
    grid = {"net__margin": MARGINS, "net__alpha": [0.1, 0.5], "net__penalty": ["multi"]}
    display = MarginDisplay.from_estimator(search_over(grid, pipe))
    assert list(display.mean_scores) == ["alpha=0.1", "alpha=0.5"]
    display = MarginDisplay.from_estimator(search_over(grid, pipe), by="net__penalty")
    assert list(display.mean_scores) == ["penalty=multi"]


def test_parameters_that_share_their_last_part_keep_their_names():
    pipe = Pipeline(
        [("a", Pipeline([("x", StandardScaler())])), ("b", StandardScaler()), ("net", Scored())]
    )
    grid = {
        "net__margin": [1.0, 2.0],
        "a__x__with_std": [True, False],
        "b__with_std": [True, False],
    }
    display = MarginDisplay.from_estimator(search_over(grid, pipe))
    assert list(display.mean_scores)[0] == "a__x__with_std=True, b__with_std=True"


def test_of_two_margins_the_varied_or_the_named_one_is_drawn():
    search = search_over({"margin": MARGINS, "other_margin": [2.0]})
    np.testing.assert_array_equal(MarginDisplay.from_estimator(search).margins, MARGINS)
    search = search_over({"margin": MARGINS, "other_margin": [2.0, 3.0]})
    with pytest.raises(ValueError, match="margin, other_margin: pass one of them as margin="):
        MarginDisplay.from_estimator(search)
    display = MarginDisplay.from_estimator(search, margin="other_margin")
    assert display.margins.tolist() == [2, 3]
    assert list(display.mean_scores) == [f"margin={margin:g}" for margin in MARGINS]


def test_any_parameter_can_take_the_place_of_the_margin():
    search = search_over({"alpha": [0.1, 0.5]})
    with pytest.raises(ValueError, match="no parameter that ends in 'margin', only alpha"):
        MarginDisplay.from_estimator(search)
    assert MarginDisplay.from_estimator(search, margin="alpha").margins.tolist() == [0.1, 0.5]


def test_randomized_search():
    search = RandomizedSearchCV(
        Scored(),
        {"margin": loguniform(0.01, 10), "alpha": uniform(0.1, 0.8)},
        n_iter=12,
        cv=3,
        random_state=0,
    ).fit(X)
    display = MarginDisplay.from_estimator(search, by=())
    margins, means, _ = results_where(search)
    np.testing.assert_array_equal(display.margins, margins)
    np.testing.assert_array_equal(display.mean_scores["best candidate"], means)


def test_of_a_halving_search_the_last_iteration_counts():
    search = HalvingGridSearchCV(
        Scored(), {"margin": [0.1, 0.5, 1.0, 2.0]}, cv=KFold(2), min_resources=4, factor=2
    ).fit(X)
    display = MarginDisplay.from_estimator(search)
    results = search.cv_results_
    for margin, mean in zip(display.margins, display.mean_scores["best candidate"], strict=True):
        rows = [i for i, given in enumerate(results["params"]) if given["margin"] == margin]
        assert mean == results["mean_test_score"][max(rows, key=lambda i: results["iter"][i])]


def test_one_of_several_scores():
    def twice(estimator, X, y=None):
        return 2 * estimator.score(X)

    scoring = {"once": lambda estimator, X, y=None: estimator.score(X), "twice": twice}
    search = search_over({"margin": MARGINS}, scoring=scoring, refit="twice")
    expected = search.cv_results_["mean_test_twice"]
    display = MarginDisplay.from_estimator(search)
    np.testing.assert_array_equal(display.mean_scores["best candidate"], expected)
    assert display.ax_.get_ylabel() == "Mean test twice"
    display = MarginDisplay.from_estimator(search, metric="once", score_name="AMI")
    np.testing.assert_array_equal(display.mean_scores["best candidate"], expected / 2)
    assert display.ax_.get_ylabel() == "AMI"
    with pytest.raises(ValueError, match="Unknown metric 'one': did you mean 'once'"):
        MarginDisplay.from_estimator(search, metric="one")
    search = search_over({"margin": MARGINS}, scoring=scoring, refit=False)
    with pytest.raises(ValueError, match="scores once, twice: pass metric="):
        MarginDisplay.from_estimator(search)


def test_given_axes_and_palette():
    _, axes = plt.subplots(1, 2)
    search = search_over({"margin": MARGINS, "alpha": [0.1, 0.5]})
    palette = ["#111111", "#222222"]
    display = MarginDisplay.from_estimator(search, ax=axes[0], palette=palette, legend=False)
    assert display.ax_ is axes[0]
    assert display.legend_ is None
    assert [line.get_color() for line in display.lines_] == palette
    assert display.plot(ax=axes[1]) is display
    assert display.figure_ is axes[1].figure
    with pytest.raises(ValueError, match="palette has 1 colours for 2 lines"):
        display.plot(palette=palette[:1])


@pytest.mark.parametrize("argument", ["by", "margin"])
def test_unknown_parameters_are_an_error(argument):
    search = search_over({"margin": MARGINS, "alpha": [0.1, 0.5]})
    with pytest.raises(ValueError, match=f"{argument} names 'alhpa'.*did you mean 'alpha'"):
        MarginDisplay.from_estimator(search, **{argument: "alhpa"})


def test_what_is_no_fitted_search_is_an_error():
    with pytest.raises(NotFittedError):
        MarginDisplay.from_estimator(GridSearchCV(Scored(), {"margin": MARGINS}))
    for other in (Scored().fit(X), {"params": []}):
        with pytest.raises(TypeError, match="search must be a fitted search"):
            MarginDisplay.from_estimator(other)


@pytest.mark.usefixtures("without_matplotlib")
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("from_estimator", lambda: MarginDisplay.from_estimator(Scored())),
        ("plot", lambda: MarginDisplay(np.ones(1), {}, {}).plot()),
    ],
)
def test_missing_matplotlib_names_the_extra(name, call):
    with pytest.raises(ImportError, match=rf'{name} needs .*"fa-sklearn\[plot\]"'):
        call()
