"""Training of the nets: the skorch net, batches, tasks, devices and randomness."""

from ._batches import BatchIterator, LabelledSamples
from ._checkpoint import FitCheckpoints, describe_net
from ._distributed import group_is_up, is_first_rank, shared_seed
from ._epoch import NotFiniteError
from ._net import ForcedApartNet, noticing_ctrl_c
from ._pickling import check_weights
from ._progress import ProgressLine, terminal_bar
from ._randomness import OwnRandomness
from ._resolve import (
    OPTIMIZERS,
    available_device,
    available_dtype,
    bfloat16_failure,
    has_fast_bfloat16,
    resolve_device,
    resolve_optimizer,
    resolve_precision,
)
from ._tasks import UNLABELLED, CoarseLabelTask, ReconstructionTask

__all__ = [
    "OPTIMIZERS",
    "UNLABELLED",
    "BatchIterator",
    "CoarseLabelTask",
    "FitCheckpoints",
    "ForcedApartNet",
    "LabelledSamples",
    "NotFiniteError",
    "OwnRandomness",
    "ProgressLine",
    "ReconstructionTask",
    "available_device",
    "available_dtype",
    "bfloat16_failure",
    "check_weights",
    "describe_net",
    "group_is_up",
    "has_fast_bfloat16",
    "is_first_rank",
    "noticing_ctrl_c",
    "terminal_bar",
    "resolve_device",
    "resolve_optimizer",
    "resolve_precision",
    "shared_seed",
]
