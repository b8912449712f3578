"""Adjusted and normalised mutual information as the paper reports them."""

from numpy.typing import ArrayLike
from sklearn.metrics import adjusted_mutual_info_score, normalized_mutual_info_score


def ami_score(labels_true: ArrayLike, labels_pred: ArrayLike) -> float:
    r"""Compute the adjusted mutual information, normalised by the larger entropy (AMI_max).

    Parameters
    ----------
    labels_true : array-like of shape (n_samples,)
        The fine classes: integers or strings.
    labels_pred : array-like of shape (n_samples,)
        The clusters: integers or strings. Their numbering does not matter.

    Returns
    -------
    float
        1 for the same partition, about 0 for a random one; it can be slightly negative.

    See Also
    --------
    nmi_score : The score without the correction for chance.

    Notes
    -----
    With the entropy :math:`H` and the mutual information :math:`I` of partitions :math:`U, V`,

    .. math::
        \mathrm{AMI}_{max} = \frac{I(U, V) - E[I(U, V)]}{\max(H(U), H(V)) - E[I(U, V)]}.

    scikit-learn's ``adjusted_mutual_info_score`` takes the arithmetic mean of the entropies by
    default, which gives other values, never lower ones where the score is positive.

    Examples
    --------
    >>> from fa_sklearn.metrics import ami_score
    >>> round(ami_score(["a", "a", "b", "b"], [1, 1, 0, 0]), 3)
    1.0
    >>> round(ami_score([0, 0, 1, 1, 2, 2], [0, 0, 1, 1, 1, 1]), 3)
    0.444
    """
    return float(adjusted_mutual_info_score(labels_true, labels_pred, average_method="max"))


def nmi_score(labels_true: ArrayLike, labels_pred: ArrayLike) -> float:
    r"""Compute the mutual information over the entropies' geometric mean (NMI_sqrt).

    Parameters
    ----------
    labels_true : array-like of shape (n_samples,)
        The fine classes: integers or strings.
    labels_pred : array-like of shape (n_samples,)
        The clusters: integers or strings. Their numbering does not matter.

    Returns
    -------
    float
        Between 0 (independent partitions) and 1 (the same partition).

    See Also
    --------
    ami_score : The score corrected for chance.

    Notes
    -----
    With the entropy :math:`H` and the mutual information :math:`I` of partitions :math:`U, V`,

    .. math::
        \mathrm{NMI}_{sqrt} = \frac{I(U, V)}{\sqrt{H(U) H(V)}}.

    It is not corrected for chance: it grows with the number of clusters.

    Examples
    --------
    >>> from fa_sklearn.metrics import nmi_score
    >>> round(nmi_score(["a", "a", "b", "b"], [1, 1, 0, 0]), 3)
    1.0
    >>> round(nmi_score([0, 0, 1, 1, 2, 2], [0, 0, 1, 1, 1, 1]), 3)
    0.761
    """
    return float(
        normalized_mutual_info_score(labels_true, labels_pred, average_method="geometric")
    )
