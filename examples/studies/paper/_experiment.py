"""A data set's configuration file, and the estimators that it describes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sklearn.model_selection import ParameterGrid

from examples.studies import _estimators as estimators
from examples.studies._record import (
    TABLE,
    Row,
    append_row,
    current_round,
    latest,
    origin,
    read_json,
    read_rows,
    write_json,
)

from ._mirrored import OWN_MODULES

CONFIG = Path(__file__).parent / "config"
RESULTS = Path(__file__).with_name(TABLE)
DATASETS = tuple(sorted(file.stem for file in CONFIG.glob("*.json")))
# Of the paper's Table 1, in its order.
METHODS = ("baseline", "decov", "xcov", "single", "multi")
# No final fit has it.
SEARCH_SEED = 100
SEEDS = (0, 1, 2)
Parameters = dict[str, Any]


@dataclass(frozen=True)
class Experiment:
    """What is trained on a data set.

    Parameters
    ----------
    dataset : str
        Name of the data set and of its configuration file.
    title : str
        Name in tables.
    n_classes : int
        Fine classes.
    autoencoder : bool
        Whether training sees no labels at all.
    one_cycle : bool
        Whether the learning rate rises and falls within a fit, ``lr`` being its highest value.
    estimator : dict
        Parameters that all methods share.
    search : dict
        ``n_train`` samples and ``estimator`` parameters of a trial, ``grids`` of each method.
    chosen : dict
        Parameters of each method that the search chose; the baseline's hold for all.
    """

    dataset: str
    title: str
    n_classes: int
    autoencoder: bool
    one_cycle: bool
    estimator: Parameters
    search: Parameters
    chosen: dict[str, Parameters]

    @classmethod
    def read(cls, dataset: str) -> Experiment:
        """Read the configuration file of a data set."""
        return cls(dataset, **read_json(_config_file(dataset)))

    @property
    def label_groups(self) -> Callable[[int], bool] | None:
        """What training sees of a fine class; None: nothing."""
        return None if self.autoencoder else estimators.LowerHalf(self.n_classes)

    def trials(self, method: str) -> list[Parameters]:
        """List the parameters that a method may choose from."""
        return list(ParameterGrid(self.search["grids"][method]))

    def choose(self, method: str, parameters: Parameters) -> Experiment:
        """Write a method's choice into the configuration file."""
        content = read_json(_config_file(self.dataset))
        content["chosen"][method] = parameters
        write_json(_config_file(self.dataset), content)
        return Experiment.read(self.dataset)

    def parameters(self, method: str, own: Parameters | None = None) -> Parameters:
        """Return the parameters of a method: what all share, the baseline's choice, its own."""
        if own is None:
            own = self.chosen[method]
        return {**self.estimator, **self.chosen.get("baseline", {}), **own}

    def schedule(self, parameters: Parameters, n_train: int) -> list[Any] | None:
        """Make the callback that moves the learning rate, if it moves."""
        return estimators.one_cycle(parameters, n_train) if self.one_cycle else None

    def make_estimator(
        self,
        method: str,
        parameters: Parameters,
        *,
        n_train: int,
        seed: int,
        device: str = "auto",
        verbose: int = 0,
    ) -> Any:
        """Make the estimator; `n_train` tells the schedule how many steps a fit has."""
        common = {
            **parameters,
            "module": OWN_MODULES.get(parameters["module"], parameters["module"]),
            "penalty": None if method == "baseline" else method,
            "callbacks": self.schedule(parameters, n_train),
            "device": device,
            "verbose": verbose,
            "random_state": seed,
        }
        return estimators.make_estimator(common, self.label_groups)


def read(kind: str, dataset: str, of_round: int | None = None) -> list[Row]:
    """Read a data set's trials, cells or sweep, of the current round by default."""
    if of_round is None:
        of_round = current_round(RESULTS, dataset)
    return read_rows(RESULTS, kind=kind, dataset=dataset, round=of_round)


def read_cells(dataset: str, of_round: int | None = None) -> list[Row]:
    """Read the latest result of each method and seed."""
    return latest(read("cell", dataset, of_round), "method", "seed")


def add(kind: str, dataset: str, result: Row) -> None:
    """Add a result of the current round."""
    now = current_round(RESULTS, dataset)
    append_row(RESULTS, {"kind": kind, "dataset": dataset, "round": now, **result, **origin()})


def _config_file(dataset: str) -> Path:
    return CONFIG / f"{dataset}.json"
