"""The task a net is trained for: deciding the coarse label, or reconstructing its input."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .._inputs import Inputs

UNLABELLED = -1
"""Code of a sample whose coarse label is unknown."""


class CoarseLabelTask(nn.Module):
    """Cross-entropy of the coarse label.

    Two labels are decided by one logit (the paper's sigmoid unit), more by one logit each; a
    single label leaves nothing to decide and costs 0.

    Parameters
    ----------
    n_classes : int
        Number of coarse labels.
    """

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.n_classes = n_classes

    def forward(self, output: Tensor, inputs: Inputs, y: Tensor) -> Tensor:
        """Loss of each sample in nats, (n,); what an unlabelled one has counts nowhere."""
        if self.n_classes == 1:
            return output.sum(dim=1) * 0
        if self.n_classes == 2:
            logits = output.squeeze(1)  # its gradient is a view; that of a column is a copy
            return F.binary_cross_entropy_with_logits(logits, y.to(logits), reduction="none")
        return F.cross_entropy(output, y, reduction="none", ignore_index=UNLABELLED)

    def prediction(self, output: Tensor, inputs: Inputs) -> Tensor:
        """Predicted probabilities that XCov reads: one column for two labels, else one each."""
        return output.sigmoid() if self.n_classes <= 2 else output.softmax(dim=1)

    def predict_proba(self, output: Tensor) -> Tensor:
        """Probability of each label, (n, n_classes)."""
        if self.n_classes == 1:
            return torch.ones_like(output)
        if self.n_classes == 2:
            output = torch.cat([torch.zeros_like(output), output], dim=1)
        return output.softmax(dim=1)

    def predict(self, output: Tensor) -> Tensor:
        """Codes of the most probable labels, (n,)."""
        if self.n_classes == 2:
            return (output[:, 0] > 0).to(torch.int64)
        return output.argmax(dim=1)


def _valid_steps(X: Tensor, lengths: Tensor) -> Tensor:
    """Mask (n, T, 1) of the steps that are not padding."""
    steps = torch.arange(X.shape[1], device=X.device)
    return (steps < lengths[:, None])[:, :, None]


class ReconstructionTask(nn.Module):
    """Squared Frobenius distance between a sample and its reconstruction (eq. 11)."""

    def forward(self, output: Tensor, inputs: Inputs, y: Tensor | None) -> Tensor:
        """Loss of each sample, (n,): squares summed over features and valid steps."""
        X, lengths = inputs.X, inputs.lengths
        error = output - X
        if lengths is not None:
            error = error * _valid_steps(X, lengths)
        return error.square().flatten(1).sum(dim=1)

    def prediction(self, output: Tensor, inputs: Inputs) -> Tensor:
        """Return the reconstruction that XCov reads, averaged over time for sequences."""
        X, lengths = inputs.X, inputs.lengths
        if lengths is None:
            return output.flatten(1)
        total = (output * _valid_steps(X, lengths)).sum(dim=1)
        return total / lengths[:, None].to(total.dtype)

    def predict_proba(self, output: Tensor) -> Tensor:
        """Reconstructions are predicted as they are."""
        return output

    predict = predict_proba


def task_mean(
    losses: Tensor,
    y: Tensor | None,
    sample_weight: Tensor | None,
    *,
    partly_labelled: bool,
) -> tuple[Tensor, Tensor | None]:
    """Average the losses (n,) of the labelled samples of a batch; 0 where none counts.

    Also returned is the batch's weight in its epoch; None: that of all samples.
    """
    weight, total = sample_weight, None
    if partly_labelled and y is not None:  # looking for it would wait for the device
        labelled = (y >= 0).to(losses.dtype)
        weight = labelled if weight is None else labelled * weight
        total = weight.sum()
    if weight is None:
        return losses.mean(), None
    divisor = weight.sum()
    mean = (losses * weight).sum() / torch.where(divisor > 0, divisor, 1.0)
    return mean, total
