"""AMI_max and NMI_sqrt against their definitions."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln

from fa_sklearn.metrics import ami_score, nmi_score


def contingency(labels_true, labels_pred):
    rows, columns = sorted(set(labels_true)), sorted(set(labels_pred))
    table = [[0] * len(columns) for _ in rows]
    for a, b in zip(labels_true, labels_pred, strict=True):
        table[rows.index(a)][columns.index(b)] += 1
    return table


def entropy(counts):
    n = sum(counts)
    return -sum(c / n * math.log(c / n) for c in counts if c)


def mutual_information(table):
    rows, columns = [sum(r) for r in table], [sum(c) for c in zip(*table, strict=True)]
    n, total = sum(rows), 0.0
    for i, a in enumerate(rows):
        for j, b in enumerate(columns):
            if table[i][j]:
                total += table[i][j] / n * math.log(n * table[i][j] / (a * b))
    return total


def expected_mutual_information(rows, columns):
    n, total = sum(rows), 0.0
    for a in rows:
        for b in columns:
            for k in range(max(1, a + b - n), min(a, b) + 1):
                log_probability = (
                    gammaln(a + 1) + gammaln(b + 1) + gammaln(n - a + 1) + gammaln(n - b + 1)
                ) - (
                    gammaln(n + 1)
                    + gammaln(k + 1)
                    + gammaln(a - k + 1)
                    + gammaln(b - k + 1)
                    + gammaln(n - a - b + k + 1)
                )
                total += k / n * math.log(n * k / (a * b)) * math.exp(log_probability)
    return total


def reference(labels_true, labels_pred):
    table = contingency(labels_true, labels_pred)
    rows, columns = [sum(r) for r in table], [sum(c) for c in zip(*table, strict=True)]
    mi, emi = mutual_information(table), expected_mutual_information(rows, columns)
    ami = (mi - emi) / (max(entropy(rows), entropy(columns)) - emi)
    return ami, mi / math.sqrt(entropy(rows) * entropy(columns))


@pytest.mark.parametrize("n_clusters", [2, 3, 10])
@pytest.mark.parametrize("noise", [0.0, 0.3, 1.0])
def test_scores_match_their_definition(n_clusters, noise):
    rng = np.random.RandomState(n_clusters)
    labels_true = rng.randint(4, size=120)
    labels_pred = np.where(rng.rand(120) < noise, rng.randint(n_clusters, size=120), labels_true)
    ami, nmi = reference(labels_true.tolist(), labels_pred.tolist())
    assert ami_score(labels_true, labels_pred) == pytest.approx(ami, abs=1e-9)
    assert nmi_score(labels_true, labels_pred) == pytest.approx(nmi, abs=1e-9)


@settings(deadline=None, max_examples=50)
@given(
    pairs=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=2, max_size=40),
    names=st.permutations(["e", "a", "d", "b", "c"]),
    data=st.data(),
)
@pytest.mark.parametrize("score", [ami_score, nmi_score])
def test_renaming_clusters_and_reordering_samples_change_nothing(score, pairs, names, data):
    expected = score([a for a, _ in pairs], [b for _, b in pairs])
    assert score([a for a, _ in pairs], [names[b] for _, b in pairs]) == pytest.approx(
        expected, abs=1e-9
    )
    moved = data.draw(st.permutations(pairs))
    assert score([a for a, _ in moved], [b for _, b in moved]) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("score", [ami_score, nmi_score])
def test_bounds(score):
    labels = ["x", "y", "z", "x", "y", "z"]
    assert score(labels, labels) == pytest.approx(1)
    assert score(labels, [0] * 6) == pytest.approx(0)
    assert isinstance(score(labels, labels), float)


@pytest.mark.parametrize("score", [ami_score, nmi_score])
def test_lengths_must_agree(score):
    with pytest.raises(ValueError, match="3, 2|same size"):
        score([0, 1, 1], [0, 1])
