"""The study of criteria without fine labels: what it keeps, and what it says of a grid."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import rankdata

from examples.studies.selection import __main__ as command
from examples.studies.selection import _criteria, _datasets, _fits, _page, _summary
from fa_sklearn.metrics import ami_score

CANDIDATES = {name: _fits.CANDIDATES[name] for name in ("none", "xcov a=0.5", "multi m=1 a=0.1")}


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Put a small study in the place of the large ones."""
    study = replace(
        _datasets.STUDIES["digits"],
        n_half=150,
        n_scored=120,
        estimator={"n_components": 4, "batch_size": 32, "max_epochs": 3, "lr": 0.01},
    )
    study = replace(study, other_tables={"squares": np.square})
    studies = {"digits": study, "unlabelled": replace(study, autoencoder=True, has_twins=False)}
    for module in (_datasets, _fits, _criteria, command, _page):
        monkeypatch.setattr(module, "STUDIES", studies)
    for module in (_fits, _criteria, command):
        monkeypatch.setattr(module, "CANDIDATES", CANDIDATES)
    monkeypatch.setattr(_fits, "FITS", tmp_path / "fits")
    monkeypatch.setattr(_criteria, "RESULTS", tmp_path / "results.jsonl")
    monkeypatch.setattr(_criteria, "N_CLUSTERS", range(2, 12, 4))
    for cached in (_datasets.split, _datasets.shared_inputs):
        cached.cache_clear()
    yield
    for cached in (_datasets.split, _datasets.shared_inputs):
        cached.cache_clear()


@pytest.fixture
def finished(small):
    command.main([])


def test_the_parts_share_no_sample_and_hold_every_class(small):
    parts = _datasets.split("digits")
    assert [len(y) for y in parts[3:]] == [150, 150, 120]
    assert all(set(y) == set(range(10)) for y in parts[3:])
    rows = np.concatenate(parts[:3])
    assert len(np.unique(rows, axis=0)) == len(rows)


def test_fits_are_kept_and_never_computed_again(finished, monkeypatch):
    fit = _fits.read_fit("digits", "xcov a=0.5")
    assert fit.keys() >= {"embedding_first", "clusters_second", "accuracy_first", "seconds"}
    assert "clusters_second" not in _fits.read_fit("unlabelled", "none")
    before = _criteria.RESULTS.read_text()

    def refuse(*args):
        raise AssertionError("fitted again")

    monkeypatch.setattr(command, "run_fit", refuse)
    command.main([])
    assert _criteria.RESULTS.read_text() == before
    command.main(["--criteria"])
    assert _criteria.RESULTS.read_text() == 2 * before
    _fits.fit_file("digits", "none").unlink()
    with pytest.raises(AssertionError, match="fitted again"):
        command.main(["--criteria", "--dataset", "digits"])


def test_results_are_those_of_the_kept_fits(finished):
    found = _criteria.read_results()["digits"]
    parts = _datasets.split("digits")
    for candidate in CANDIDATES:
        fit = _fits.read_fit("digits", candidate)
        expected = ami_score(parts.y_scored, fit["clusters_first"])
        assert found["ami"][candidate] == pytest.approx(expected, abs=1e-5)
        assert found["accuracy"][candidate] == pytest.approx(
            float(fit["accuracy_first"]), abs=1e-5
        )
    assert found["criteria"].keys() >= {
        _criteria.MAIN,
        "stability",
        "consensus",
        "modularity, squares",
    }
    assert all(values.keys() == CANDIDATES.keys() for values in found["criteria"].values())
    unlabelled = _criteria.read_results()["unlabelled"]
    assert unlabelled["accuracy"] == {} and "stability" not in unlabelled["criteria"]


def test_what_a_criterion_is_worth_by_hand():
    results = {
        "ami": {"none": 0.2, "a": 0.5, "b": 0.7, "c": 0.6},
        "accuracy": {"none": 0.9, "a": 0.896, "b": 0.80, "c": 0.95},
        "criteria": {"x": {"none": 0.1, "a": 0.4, "b": 0.9, "c": 0.3}},
        "n_classes": 4,
        "n_clusters": {"counts": [2, 4, 6], "ami": [0.1, 0.5, 0.4], "modularity": [0, 0.2, 0.3]},
    }
    assert _summary.allowed(results) == ["none", "a", "c"]
    assert _summary.choose(results, "x") == "a"
    assert _summary.regret(results, "x") == pytest.approx(0.7 - 0.5)
    ranks = [rankdata(list(results[key].values())) for key in ("ami",)]
    ranks.append(rankdata(list(results["criteria"]["x"].values())))
    expected = np.corrcoef(*ranks)[0, 1]
    assert _summary.rank_correlation(results, "x") == pytest.approx(expected)
    assert _summary.count_scores(results) == {
        "suggested": 6,
        "ami": 0.4,
        "ami_at_truth": 0.5,
        "best_ami": 0.5,
    }
    assert _summary.allowed(results, 0.1) == ["none", "a", "b", "c"]
    assert _summary.regret(results, "x", 0.1) == 0
    unguarded = {**results, "accuracy": {}}
    assert _summary.choose(unguarded, "x") == "b"
    assert _summary.allowed(unguarded) == ["none", "a", "b", "c"]


def test_the_committed_results_cover_every_data_set_and_candidate():
    results = _criteria.read_results()
    assert results.keys() == _datasets.STUDIES.keys()
    for found in results.values():
        assert found["ami"].keys() == _fits.CANDIDATES.keys()
        assert _criteria.MAIN in found["criteria"]


def test_the_figure_has_a_panel_for_each_data_set(finished):
    figure = _page.draw()
    assert [ax.get_title().partition("\n")[0] for ax in figure.axes] == [
        "Digits of scikit-learn"
    ] * 2
    assert [text.get_text() for text in figure.legends[0].get_texts()][-1] == "the choice"
