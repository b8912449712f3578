"""The Optuna example in a small size: it prunes, it repeats, and processes share a storage."""

import importlib.util
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

PATH = Path(__file__).parents[2] / "examples" / "optuna_search.py"


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("optuna_search", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def quiet():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


def test_bad_trials_are_pruned_and_the_best_is_kept(example, capsys):
    study = example.main(["--trials", "8", "--epochs", "4"])
    finished = study.get_trials(states=[TrialState.COMPLETE])
    pruned = study.get_trials(states=[TrialState.PRUNED])
    assert finished and pruned and len(finished) + len(pruned) == 8
    for trial in finished:
        assert list(trial.intermediate_values) == [0, 1, 2, 3]
        assert trial.value == trial.intermediate_values[3]
    for trial in pruned:
        last = max(trial.intermediate_values)
        earlier = sorted(
            other.intermediate_values[last] for other in finished if other.number < trial.number
        )
        assert trial.intermediate_values[last] < earlier[-1]
    assert study.best_value == max(trial.value for trial in finished)
    assert f"8 trials, {len(pruned)} pruned" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_trials(example):
    first, second = (example.main(["--trials", "2", "--epochs", "2"]) for _ in range(2))
    assert [trial.params for trial in first.trials] == [trial.params for trial in second.trials]
    assert [trial.value for trial in first.trials] == [trial.value for trial in second.trials]


def test_processes_that_name_one_storage_share_the_trials(example, tmp_path):
    options = ["--trials", "1", "--epochs", "1", "--storage", str(tmp_path / "journal.log")]
    for seed in ("0", "1"):
        study = example.main([*options, "--seed", seed])
    assert len(study.trials) == 2
