"""What X may be, how it is validated, and how a batch of it becomes tensors."""

from ._frames import frames_to_arrays, unpack
from ._image import ImageReader, ImageSamples
from ._kind import DESCRIPTIONS, Kind, infer_kind
from ._pairing import Pairing
from ._ragged import RaggedSamples, split_by_length
from ._reader import Reader
from ._registry import READERS, check_kind, check_not_single_string
from ._samples import Indices, Inputs, Samples
from ._sequence import SequenceReader
from ._table import TableReader, TableSamples
from ._tokens import TokenReader

__all__ = [
    "DESCRIPTIONS",
    "READERS",
    "ImageReader",
    "ImageSamples",
    "Indices",
    "Inputs",
    "Kind",
    "Pairing",
    "RaggedSamples",
    "Reader",
    "Samples",
    "SequenceReader",
    "TableReader",
    "TableSamples",
    "TokenReader",
    "check_kind",
    "check_not_single_string",
    "frames_to_arrays",
    "infer_kind",
    "split_by_length",
    "unpack",
]
