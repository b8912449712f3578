"""What scorers refuse: labels that training would not take, and seeds beyond NumPy's."""

import numpy as np
import pytest

from fa_sklearn.model_selection import ModularityScorer, suggest_n_clusters

WRONG = {
    "NaN": (lambda y: np.where(y == "low", np.nan, 1.0), "Input y contains NaN"),
    "floats": (lambda y: np.linspace(0, 1, len(y)) + 0.1, "Unknown label type: continuous"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_labels_that_are_none_are_refused(coarse_pipeline, digits, wrong):
    X, _, y = digits
    spoil, message = WRONG[wrong]
    fitted = coarse_pipeline.fit(X, y)
    with pytest.raises(ValueError, match=message):
        ModularityScorer()(fitted, X, spoil(y))
    with pytest.raises(ValueError, match=message):
        suggest_n_clusters(fitted, X, spoil(y), n_clusters=[2, 3])


def test_seeds_beyond_numpys_are_refused(coarse_pipeline, digits):
    X, _, y = digits
    message = r"random_state.* in the range \[0, 4294967295\]. Got 1099511627776"
    with pytest.raises(ValueError, match=message):
        ModularityScorer(random_state=2**40)
    assert ModularityScorer(random_state=2**32 - 1).random_state == 2**32 - 1
    with pytest.raises(ValueError, match=message):
        suggest_n_clusters(coarse_pipeline, X, y, n_clusters=[2], random_state=2**40)
