"""Training of the nets: the skorch net, batches, tasks, devices and randomness."""

from ._batches import BatchIterator, LabelledSamples
from ._checkpoint import FitCheckpoints, describe_net
from ._device import has_fast_bfloat16, resolve_device, resolve_precision
from ._net import ForcedApartNet
from ._optimizer import OPTIMIZERS, resolve_optimizer
from ._prediction import (
    compute_outputs,
    compute_reconstruction_errors,
    compute_representations,
    decode,
)
from ._progress import ProgressLine
from ._randomness import OwnRandomness
from ._tasks import CoarseLabelTask, ReconstructionTask

__all__ = [
    "OPTIMIZERS",
    "BatchIterator",
    "CoarseLabelTask",
    "FitCheckpoints",
    "ForcedApartNet",
    "LabelledSamples",
    "OwnRandomness",
    "ProgressLine",
    "ReconstructionTask",
    "compute_outputs",
    "compute_reconstruction_errors",
    "compute_representations",
    "decode",
    "describe_net",
    "has_fast_bfloat16",
    "resolve_device",
    "resolve_optimizer",
    "resolve_precision",
]
