"""Reads one tensor of a GGUF file; gguf's own reader takes seconds for the vocabulary first."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import numpy.typing as npt
from gguf import GGMLQuantizationType
from gguf.quants import dequantize
from llama_cpp._ggml import libggml

for _name in (
    "gguf_init_from_file",
    "gguf_get_data_offset",
    "gguf_get_tensor_offset",
    "gguf_get_tensor_size",
):
    getattr(libggml, _name).restype = ctypes.c_size_t
libggml.gguf_find_tensor.restype = ctypes.c_int64


class _Opening(ctypes.Structure):
    """``struct gguf_init_params``."""

    _fields_ = (("no_alloc", ctypes.c_bool), ("context", ctypes.c_void_p))


def numbers(path: Path, name: str, columns: int) -> npt.NDArray[np.float32]:
    """A matrix as numpy dequantizes it, shape (rows, columns)."""
    file = ctypes.c_void_p(libggml.gguf_init_from_file(str(path).encode(), _Opening(True, None)))
    number = ctypes.c_int64(libggml.gguf_find_tensor(file, name.encode()))
    begin = libggml.gguf_get_data_offset(file) + libggml.gguf_get_tensor_offset(file, number)
    size = libggml.gguf_get_tensor_size(file, number)
    kind = GGMLQuantizationType(libggml.gguf_get_tensor_type(file, number))
    libggml.gguf_free(file)
    with path.open("rb") as stream:
        stream.seek(begin)
        data = np.frombuffer(stream.read(size), np.uint8)
    return dequantize(data, kind).view(np.float32).reshape(-1, columns)
