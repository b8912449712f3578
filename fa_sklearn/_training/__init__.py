"""Training of the nets: the skorch net, batches, tasks, devices and randomness."""

from ._batches import LabelledSamples
from ._device import has_fast_bfloat16, resolve_device, resolve_precision
from ._distributed import is_first_rank, shared_seed
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
    "CoarseLabelTask",
    "ForcedApartNet",
    "LabelledSamples",
    "OwnRandomness",
    "ProgressLine",
    "ReconstructionTask",
    "compute_outputs",
    "compute_reconstruction_errors",
    "compute_representations",
    "decode",
    "has_fast_bfloat16",
    "is_first_rank",
    "resolve_device",
    "resolve_optimizer",
    "resolve_precision",
    "shared_seed",
]
