"""What X may be, how it is validated, and how a batch of it becomes tensors."""

from ._image import ImageReader
from ._kind import DESCRIPTIONS, READERS, Kind, check_kind, infer_kind, unpack
from ._samples import Indices, Inputs, Pairing, Reader, Samples
from ._sequence import SequenceReader, split_by_length
from ._table import TableReader, TableSamples
from ._tokens import TokenReader

__all__ = [
    "DESCRIPTIONS",
    "READERS",
    "ImageReader",
    "Indices",
    "Inputs",
    "Kind",
    "Pairing",
    "Reader",
    "Samples",
    "SequenceReader",
    "TableReader",
    "TableSamples",
    "TokenReader",
    "check_kind",
    "infer_kind",
    "split_by_length",
    "unpack",
]
