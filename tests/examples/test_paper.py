"""The driver of the paper's experiments: what it computes, keeps, and never computes again."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score

from examples.studies._markdown import NONE
from examples.studies._record import append_row, read_rows
from examples.studies.paper import __main__ as command
from examples.studies.paper import _cell, _experiment, _page, _results, _search
from examples.studies.paper._data import Split
from examples.studies.paper._evaluation import clustering_scores
from examples.studies.paper._experiment import DATASETS, METHODS, Experiment
from fa_sklearn.datasets import load_stroke_digits

KEYS = {
    "round",
    "dataset",
    "method",
    "seed",
    "scores",
    "curve",
    "hyperparameters",
    "seconds",
    "versions",
}
CONFIG = {
    "title": "Small strokes",
    "n_classes": 10,
    "autoencoder": False,
    "one_cycle": True,
    "estimator": {
        "module": "rnn",
        "module_params": {"hidden_size": 8},
        "batch_size": 32,
        "max_epochs": 2,
    },
    "search": {
        "n_train": 60,
        "estimator": {"max_epochs": 1},
        "grids": {
            "baseline": {"lr": [0.001, 0.01]},
            "single": {"margin": [5.0], "alpha": [0.1, 0.5]},
        },
    },
    "chosen": {},
}


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Put a small data set in the place of all others."""
    digits = load_stroke_digits()
    splits = {
        "train": Split(digits.X_train[:100], digits.y_train[:100]),
        "validation": Split(digits.X_train[100:160], digits.y_train[100:160]),
        "test": Split(digits.X_test[:70], digits.y_test[:70]),
    }
    config, results = tmp_path / "config", tmp_path / "results.jsonl"
    config.mkdir()
    (config / "small.json").write_text(json.dumps(CONFIG))
    monkeypatch.setattr(_experiment, "CONFIG", config)
    for module in (_experiment, _page):
        monkeypatch.setattr(module, "RESULTS", results)
    monkeypatch.setenv("FA_SKLEARN_DATA", str(tmp_path / "data"))
    for module in (_cell, _search):
        monkeypatch.setattr(module, "load", lambda dataset: splits)
    monkeypatch.setattr(command, "DATASETS", ("small",))
    return SimpleNamespace(results=results, splits=splits, config=config / "small.json")


def run(*arguments):
    command.main(
        ["--method", "baseline", "--method", "single", "--seed", "0", "--verbose", "0", *arguments]
    )


@pytest.fixture
def finished(small):
    run()
    return small


def cell_of(results, method, seed=0):
    """The only row of a cell."""
    (row,) = read_rows(results, kind="cell", method=method, seed=seed)
    return row


def remove_cell(results, method):
    """Take a row out of the table, as nobody should."""
    rows = [row for row in read_rows(results) if (row["kind"], row["method"]) != ("cell", method)]
    results.unlink()
    for row in rows:
        append_row(results, row)


def test_a_cell_is_one_row_with_the_documented_keys(finished):
    cells = read_rows(finished.results, kind="cell")
    assert [cell["method"] for cell in cells] == ["baseline", "single"]
    result = cell_of(finished.results, "single")
    assert result.keys() >= KEYS
    assert result["scores"].keys() == {"validation", "test"}
    assert all(row.keys() == {"ami", "nmi", "accuracy"} for row in result["scores"].values())
    assert [row["epoch"] for row in result["curve"]] == [1, 2]
    assert all({"train_task_loss", "train_single_loss"} <= row.keys() for row in result["curve"])
    assert result["n_samples"] == {"train": 100, "validation": 60, "test": 70}


def test_the_chosen_parameters_are_the_cells(finished):
    chosen = Experiment.read("small").chosen
    cell = cell_of(finished.results, "single")
    assert chosen["baseline"].keys() == {"lr"} and chosen["single"].keys() == {"margin", "alpha"}
    assert {**chosen["baseline"], **chosen["single"]}.items() <= cell["hyperparameters"].items()
    trials = _search.read_trials("small")
    assert [len(trials[method]) for method in ("baseline", "single")] == [2, 2]


def test_finished_trials_and_cells_are_not_computed_again(finished, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("computed again")

    monkeypatch.setattr(_search, "run_trial", refuse)
    monkeypatch.setattr(command, "run_cell", refuse)
    run()
    # A choice that was lost comes back from the trials.
    finished.config.write_text(json.dumps(CONFIG))
    remove_cell(finished.results, "single")
    with pytest.raises(AssertionError, match="computed again"):
        run()
    assert Experiment.read("small").chosen.keys() == {"baseline", "single"}


def test_a_cell_that_is_computed_again_is_the_same(finished):
    first = cell_of(finished.results, "single")
    remove_cell(finished.results, "single")
    run()
    again = cell_of(finished.results, "single")
    assert again["scores"] == first["scores"]
    assert again["test_ami_by_n_clusters"] == first["test_ami_by_n_clusters"]


def test_a_new_round_leaves_the_earlier_one_in_the_table(finished):
    before = finished.results.read_text()
    append_row(finished.results, {"kind": "round", "dataset": "small", "round": 1})
    assert _search.read_trials("small") == {} and _results.read_results("small", "single") == []
    run()
    assert finished.results.read_text().startswith(before)
    earlier, now = read_rows(finished.results, kind="cell", method="single")
    assert (earlier["round"], now["round"]) == (1, 2) and earlier["scores"] == now["scores"]
    assert _results.read_results("small", "single") == [now]
    assert _experiment.read_cells("small", 1)[1] == earlier


def test_what_a_figure_draws_is_fitted_once_and_is_the_cells(finished, monkeypatch):
    test = finished.splits["test"]
    experiment = Experiment.read("small")
    fitted = []

    def fit(*args, **kwargs):
        fitted.append(_cell_fit(*args, **kwargs))
        return fitted[-1]

    _cell_fit = _cell.fit_cell
    monkeypatch.setattr(_cell, "fit_cell", fit)
    embedding, y = _cell.drawn_embedding("small", "single")
    np.testing.assert_array_equal(y, test.y)
    np.testing.assert_allclose(embedding, fitted[0].transform(test.X), rtol=1e-3, atol=1e-4)
    score = clustering_scores(fitted[0].transform(test.X), y, experiment.n_classes, seed=0)["ami"]
    assert score == cell_of(finished.results, "single")["scores"]["test"]["ami"]
    np.testing.assert_array_equal(_cell.drawn_embedding("small", "single")[0], embedding)
    assert len(fitted) == 1
    experiment.choose("single", {"margin": 1.0, "alpha": 0.5})
    _cell.drawn_embedding("small", "single")
    assert len(fitted) == 2


def trial(ami, accuracy):
    return {"parameters": {"lr": ami}, "scores": {"ami": ami, "nmi": ami, "accuracy": accuracy}}


@pytest.mark.parametrize(
    ("trials", "best"),
    [
        ([(0.4, 0.96), (0.5, 0.955), (0.9, 0.8)], 0.5),  # accurate enough
        ([(0.4, 0.90), (0.5, 0.91), (0.9, 0.8)], 0.5),  # none is: the most accurate
        ([(0.4, None), (0.5, None)], 0.5),  # an autoencoder
    ],
)
def test_the_best_trial_keeps_the_coarse_accuracy(trials, best):
    assert _search.best_trial([trial(*t) for t in trials], 0.955)["scores"]["ami"] == best


def test_scores_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    embedding, y = rng.normal(size=(80, 3)), rng.integers(4, size=80)
    found = KMeans(4, n_init=10, random_state=7).fit_predict(embedding)
    expected = adjusted_mutual_info_score(y, found, average_method="max")
    assert clustering_scores(embedding, y, 4, seed=7)["ami"] == pytest.approx(expected, abs=1e-12)


def test_tables_hold_means_and_differences(finished, monkeypatch):
    paper = {"small": {"test": {"baseline": {"ami": 0.1, "nmi": 0.2}, "single": {"ami": 0.4}}}}
    monkeypatch.setattr(_results, "PUBLISHED", paper)
    run("--seed", "1")
    ami = {
        method: [
            cell_of(finished.results, method, seed)["scores"]["test"]["ami"] for seed in (0, 1)
        ]
        for method in ("baseline", "single")
    }
    row = _page.score_row("small", "single")
    assert row[1] == f"{np.mean(ami['single']):.3f} ± {np.std(ami['single'], ddof=1):.3f}"
    assert row[3] == f"{np.mean(ami['single']) - 0.4:+.3f}"
    assert row[4] == f"{np.mean(ami['single']) - np.mean(ami['baseline']):+.3f}"
    assert row[5] == f"{0.4 - 0.1:+.3f}"
    assert _page.score_row("small", "multi")[1] == NONE


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_method_has_as_many_trials(dataset):
    experiment = Experiment.read(dataset)
    assert {len(experiment.trials(method)) for method in METHODS} == {6}
    for method in METHODS:
        for parameters in experiment.trials(method):
            all_of_them = {"lr": 0.001, **experiment.parameters(method, parameters)}
            estimator = experiment.make_estimator(method, all_of_them, n_train=1000, seed=0)
            assert parameters.items() <= estimator.get_params().items()
