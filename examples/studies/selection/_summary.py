"""What a criterion is worth on a grid: its rank correlation with AMI, and its choice's regret."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import spearmanr

from fa_sklearn.model_selection import BestWithinAccuracy

from ._fits import BASELINE

Results = dict[str, Any]


MAX_LOSS = BestWithinAccuracy().max_loss


def allowed(results: Results, max_loss: float = MAX_LOSS) -> list[str]:
    """List the candidates that lose at most so much coarse accuracy."""
    accuracy = results["accuracy"]
    if not accuracy:
        return list(results["ami"])
    bound = accuracy[BASELINE] - max_loss
    return [name for name, value in accuracy.items() if value >= bound - 1e-12]


def choose(results: Results, criterion: str, max_loss: float = MAX_LOSS) -> str:
    """Return the candidate that a search with the guard on accuracy would refit."""
    values, accuracy = results["criteria"][criterion], results["accuracy"]
    names = list(values)
    table = {
        "mean_test_criterion": [values[name] for name in names],
        "mean_test_accuracy": [accuracy.get(name, 1.0) for name in names],
    }
    choice = BestWithinAccuracy(max_loss=max_loss, baseline=accuracy.get(BASELINE, 1.0))
    return names[choice(table)]


def regret(results: Results, criterion: str, max_loss: float = MAX_LOSS) -> float:
    """Best AMI of the grid minus that of the choice."""
    ami = results["ami"]
    found: float = max(ami.values()) - ami[choose(results, criterion, max_loss)]
    return found


def rank_correlation(results: Results, criterion: str) -> float:
    """Spearman's correlation of a criterion with AMI, over all candidates."""
    names = list(results["ami"])
    first = [results["ami"][name] for name in names]
    second = [results["criteria"][criterion][name] for name in names]
    return float(spearmanr(first, second).statistic)


def count_scores(results: Results) -> dict[str, float]:
    """Return the suggested number of clusters, and AMI there, at the truth, and at its best."""
    found = results["n_clusters"]
    at = dict(zip(found["counts"], found["ami"], strict=True))
    suggested = found["counts"][int(np.argmax(found["modularity"]))]
    return {
        "suggested": suggested,
        "ami": at[suggested],
        "ami_at_truth": at[results["n_classes"]],
        "best_ami": max(found["ami"]),
    }
