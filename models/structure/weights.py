"""The weights in a GGUF file, dequantized piece by piece, so that no model must fit into memory twice.

The format: ggml's docs/gguf.md. The ``gguf`` package reads it too, but makes an object of every token of the
vocabulary: 15 seconds for a vocabulary of 262,144; here its arrays are skipped.
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import regex
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

from models.catalog import GGUF_MAGIC
from scene.errors import ModelError

Weights = npt.NDArray[np.float32]
PIECE = 1 << 18
"""Weights that are looked at together; a multiple of every block."""

_BLOCK = 32  # weights whose errors count as of one strength where the type has no blocks of its own
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}  # gguf_metadata_value_type
_STRING, _ARRAY = 8, 9
_ALIGNMENT = 32
_LAYER = regex.compile(r"^blk\.(\d+)\.(.+)\.weight$")


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where a tensor lies and what it is.

    Attributes:
        name: llama.cpp's, such as ``blk.3.attn_q.weight``.
        type: How its numbers are kept, such as ``Q4_K``.
        count: How many weights it has.
        offset: Where it begins in the file, in bytes.
        bytes: How many it takes.
        block: Weights that share a scale; 32 for types without scales (F32, F16, BF16).
    """

    name: str
    type: GGMLQuantizationType
    count: int
    offset: int
    bytes: int
    block: int

    @property
    def layer(self) -> int | None:
        """Its layer, from 0; None for the embedding and what else belongs to no layer."""
        found = _LAYER.match(self.name)
        return int(found[1]) if found else None

    @property
    def kind(self) -> str:
        """Its name without its layer: ``attn_q``, ``ffn_down``, ``token_embd``."""
        found = _LAYER.match(self.name)
        return str(found[2]) if found else self.name.removesuffix(".weight")


class WeightsFile:
    """A GGUF file's tensors.

    Args:
        path: The file.

    Raises:
        ModelError: ``model-not-gguf`` or ``model-unreadable``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                self.tensors = {tensor.name: tensor for tensor in _Header(data).tensors()}
        except (struct.error, ValueError, KeyError, IndexError, OverflowError):
            raise ModelError("model-not-gguf", path=str(path)) from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise ModelError("model-unreadable", path=str(path), reason=reason) from error

    def piece(self, tensor: Tensor, number: int) -> Weights:
        """The tensor's weights from ``number * PIECE`` on, at most ``PIECE`` of them, as F32."""
        block, size = GGML_QUANT_SIZES[tensor.type]
        step = PIECE // block * size
        start = number * step
        data = np.memmap(self.path, np.uint8, "r", tensor.offset + start, (min(step, tensor.bytes - start),))
        # In one row: the package works on sixteen rows at a time, which is slow where rows are short.
        found = dequantize(np.array(data).reshape(1, -1), tensor.type)
        return np.asarray(found, dtype=np.float32).reshape(-1)

    def pieces(self, tensor: Tensor) -> Iterator[Weights]:
        """A tensor's weights in the file's order, piece by piece."""
        return (self.piece(tensor, number) for number in range(-(-tensor.count // PIECE)))

    def weights(self, tensor: Tensor) -> Weights:
        """All of a tensor's weights, shape (count,)."""
        return np.concatenate(list(self.pieces(tensor)))


class _Header:
    """What stands before a file's tensors."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data, self._at = data, 0

    def tensors(self) -> list[Tensor]:
        data = self._data
        if data[:4] != GGUF_MAGIC:
            raise ValueError
        self._at = 4
        _, tensors, entries = self._numbers("<IQQ")
        alignment = _ALIGNMENT
        for _ in range(entries):
            key = self._text()
            (kind,) = self._numbers("<I")
            if key == b"general.alignment":
                (alignment,) = self._numbers("<I")
            else:
                self._skip(kind)
        found = []
        for _ in range(tensors):
            name = self._text().decode()
            (dimensions,) = self._numbers("<I")
            count = int(np.prod(self._numbers(f"<{dimensions}Q"), dtype=np.int64))
            number, offset = self._numbers("<IQ")
            found.append((name, GGMLQuantizationType(number), count, offset))
        begin = -(-self._at // alignment) * alignment
        return [_tensor(name, kind, count, begin + offset) for name, kind, count, offset in found]

    def _numbers(self, layout: str) -> tuple[int, ...]:
        found = struct.unpack_from(layout, self._data, self._at)
        self._at += struct.calcsize(layout)
        return found

    def _text(self) -> bytes:
        (length,) = self._numbers("<Q")
        self._at += length
        return self._data[self._at - length : self._at]

    def _skip(self, kind: int) -> None:
        if kind == _STRING:
            self._text()
        elif kind == _ARRAY:
            of, count = self._numbers("<IQ")
            if of in _SIZES:
                self._at += _SIZES[of] * count
            else:
                for _ in range(count):
                    self._skip(of)
        else:
            self._at += _SIZES[kind]


def _tensor(name: str, kind: GGMLQuantizationType, count: int, offset: int) -> Tensor:
    block, size = GGML_QUANT_SIZES[kind]
    return Tensor(
        name, kind, count, offset, count // block * size, block if block > 1 else math.gcd(_BLOCK, count)
    )
