"""Which inputs of each weight matrix matter: the importance matrix that llama.cpp quantizes by.

For a matrix W whose inputs are x, column j is as important as the mean of x_j² over the tokens of a
calibration text; a quantizer then puts its error where it is multiplied by little. Collected as llama.cpp's
``tools/imatrix`` does (windows of 512 tokens, the first of each the start token where the model wants one)
and kept in its GGUF format, so that ``llama-quantize --imatrix`` takes it too. Matrices of experts are left
out.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
import numpy.typing as npt
import psutil
from gguf import GGUFReader, GGUFWriter
from llama_cpp._ggml import libggml

from models.llama import Llama, last_reason
from models.partial import Progress
from scene.errors import ModelError

WINDOW = 512
"""Tokens read at once."""

CALIBRATION = resources.files("models.ladder").joinpath("calibration.txt").read_text(encoding="utf-8")
"""Prose in English and Russian."""

_BATCH = 128  # of a window at a time: logits of a large vocabulary take a MB a token
_LEAST_ROWS = 16  # shorter batches tell too little, llama.cpp finds
_F32 = 0  # ggml_type GGML_TYPE_F32


@dataclass(frozen=True, slots=True)
class Importance:
    """Squared inputs over a text, by the weight tensor's name.

    Attributes:
        sums: Shape (matrices of the tensor, inputs).
        counts: Tokens that went in.
    """

    sums: dict[str, npt.NDArray[np.float64]]
    counts: dict[str, int]

    def means(self) -> dict[str, npt.NDArray[np.float32]]:
        """Mean squared inputs, shapes as of the sums."""
        return {name: (sums / self.counts[name]).astype(np.float32) for name, sums in self.sums.items()}

    def save(self, path: Path) -> None:
        """Write llama.cpp's file of an importance matrix."""
        writer = GGUFWriter(path, "")
        writer.add_type("imatrix")
        writer.add_array("imatrix.datasets", ["calibration.txt"])
        writer.add_uint32("imatrix.chunk_count", max(self.counts.values()) // WINDOW)
        writer.add_uint32("imatrix.chunk_size", WINDOW)
        for name, sums in sorted(self.sums.items()):
            writer.add_tensor(f"{name}.in_sum2", sums.astype(np.float32))
            writer.add_tensor(f"{name}.counts", np.full((len(sums), 1), self.counts[name], np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()

    @classmethod
    def load(cls, path: Path) -> Importance:
        """Read llama.cpp's file of an importance matrix."""
        tensors = {tensor.name: np.array(tensor.data) for tensor in GGUFReader(path).tensors}
        names = [name.removesuffix(".in_sum2") for name in tensors if name.endswith(".in_sum2")]
        return cls(
            {name: np.atleast_2d(tensors[f"{name}.in_sum2"]).astype(np.float64) for name in names},
            {name: int(tensors[f"{name}.counts"].flat[0]) for name in names},
        )


def means_of(model: Path, path: Path, progress: Progress) -> dict[str, npt.NDArray[np.float32]]:
    """Return a model's importance matrix from its file, measured over the calibration text if there is none.

    Args:
        model: A GGUF file.
        path: Of the importance matrix.
        progress: Told of tokens read, as ``importance``.

    Raises:
        ModelError: The model can't be loaded or run.
    """
    if not path.exists():
        part = path.with_suffix(".part")
        measure(model, CALIBRATION, progress).save(part)
        os.replace(part, path)
    return Importance.load(path).means()


def measure(path: Path, text: str, progress: Progress) -> Importance:
    """Let a model read a text, and note what goes into its matrices; blocks.

    Args:
        path: A GGUF file.
        text: At least a window of it.
        progress: Told of tokens read, as ``importance``.

    Raises:
        ModelError: The file can't be loaded or run.
    """
    # On the CPU only: elsewhere the inputs can't be read where they lie.
    llama = Llama(path, gpu_layers=0)
    collector = _Collector()
    callback = llama_cpp.ggml_backend_sched_eval_callback(collector)
    params = llama_cpp.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_ubatch = WINDOW, _BATCH, _BATCH
    params.n_threads = params.n_threads_batch = psutil.cpu_count(logical=False) or 1
    params.offload_kqv = params.op_offload = False
    params.cb_eval = callback
    context = llama_cpp.llama_init_from_model(llama.pointer, params)
    if not context:
        raise ModelError("model-load-failed", path=str(path), reason=last_reason())
    batch = llama_cpp.llama_batch_init(_BATCH, 0, 1)
    try:
        tokens = llama.tokenize(text, start=True)
        windows = len(tokens) // WINDOW
        for number in range(windows):
            progress(number * WINDOW, windows * WINDOW, "importance")
            window = tokens[number * WINDOW : (number + 1) * WINDOW]
            if llama_cpp.llama_vocab_get_add_bos(llama.vocab):
                window[0] = llama.start
            _decode(context, batch, window)
    finally:
        llama_cpp.llama_batch_free(batch)
        llama_cpp.llama_free(context)
        llama.close()
    return Importance(collector.sums, collector.counts)


def _decode(context: Any, batch: Any, tokens: list[int]) -> None:
    llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
    batch.n_tokens = _BATCH
    for begin in range(0, WINDOW, _BATCH):
        for row in range(_BATCH):
            batch.token[row] = tokens[begin + row]
            batch.pos[row] = begin + row
            batch.n_seq_id[row] = 1
            batch.seq_id[row][0] = 0
            # Without logits of a token the last layer is not computed for it.
            batch.logits[row] = True
        if code := llama_cpp.llama_decode(context, batch):
            raise ModelError("model-decode-failed", code=code, reason=last_reason())


def for_llama(means: dict[str, npt.NDArray[np.float32]]) -> Any:
    """Lay means out for ``llama_model_quantize``: an array that ends with an entry without a name.

    Args:
        means: They must outlive the array, which points to them.
    """
    array = (llama_cpp.llama_model_imatrix_data * (len(means) + 1))()
    for entry, (name, values) in zip(array, means.items(), strict=False):
        entry.name = name.encode()
        entry.data = values.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        entry.size = values.size
    return array


class _Tensor(ctypes.Structure):
    """``struct ggml_tensor`` of ggml.h, up to its name."""


_Tensor._fields_ = [
    ("type", ctypes.c_int),
    ("buffer", ctypes.c_void_p),
    ("ne", ctypes.c_int64 * 4),
    ("nb", ctypes.c_size_t * 4),
    ("op", ctypes.c_int),
    ("op_params", ctypes.c_int32 * 16),
    ("flags", ctypes.c_int32),
    ("src", ctypes.POINTER(_Tensor) * 10),
    ("view_src", ctypes.c_void_p),
    ("view_offs", ctypes.c_size_t),
    ("data", ctypes.c_void_p),
    ("name", ctypes.c_char * 64),
]

_op_name: Callable[[int], bytes] = libggml.ggml_op_name
libggml.ggml_op_name.restype = ctypes.c_char_p


class _Collector:
    """Sums squared inputs while llama.cpp computes."""

    def __init__(self) -> None:
        self.sums: dict[str, npt.NDArray[np.float64]] = {}
        self.counts: dict[str, int] = {}

    def __call__(self, address: int, ask: bool, _data: object) -> bool:
        """llama.cpp asks of every operation whether to tell of it; when it tells, the inputs are there."""
        node = ctypes.cast(address, ctypes.POINTER(_Tensor)).contents
        if ask:
            return _is_of_interest(node)
        self._add(node.src[0].contents, node.src[1].contents)
        return True

    def _add(self, weights: Any, inputs: Any) -> None:
        name, (_, _, depth, outer) = weights.name.decode(), weights.ne
        squares = np.square(_values(inputs), dtype=np.float64).sum(axis=2)
        sums = self.sums.setdefault(name, np.zeros((depth * outer, squares.shape[-1])))
        for third, second in np.ndindex(squares.shape[:2]):
            # What has more matrices than the weights goes through the same weights again.
            sums[third % outer * depth + second % depth] += squares[third, second]
        rows = inputs.ne[1] * inputs.ne[2] * inputs.ne[3]
        self.counts[name] = self.counts.get(name, 0) + rows // len(sums)


def _is_of_interest(node: Any) -> bool:
    if _op_name(node.op) != b"MUL_MAT":
        return False
    weights, inputs = node.src[0].contents, node.src[1].contents
    readable = inputs.type == _F32 and inputs.ne[1] >= _LEAST_ROWS
    return bool(readable and weights.name.startswith(b"blk."))


def _values(tensor: Any) -> npt.NDArray[np.float32]:
    """A float tensor's numbers where they lie; numpy counts axes the other way round."""
    reach = sum((count - 1) * stride for count, stride in zip(tensor.ne, tensor.nb, strict=True)) + 4
    memory = (ctypes.c_char * reach).from_address(tensor.data)
    return np.ndarray(tuple(tensor.ne)[::-1], np.float32, memory, strides=tuple(tensor.nb)[::-1])
