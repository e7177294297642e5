"""llama.cpp's context: one KV cache, and batches of tokens of many sequences decoded in it.

Not safe for several threads: the engine's worker owns it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import llama_cpp
import numpy as np
import numpy.typing as npt
import psutil

from models.llama import Llama, last_reason
from scene.errors import ModelError

Logits = npt.NDArray[np.float32]
KVType = Literal["f32", "f16", "bf16", "q8_0", "q4_0"]
BATCH = 512  # tokens that one call decodes at most
CHUNK = 128  # tokens of a prompt that are read between two tokens of those who write

_KV_TYPES = {  # llama.cpp's number, and bytes that a number takes
    "f32": (llama_cpp.GGML_TYPE_F32, 4.0),
    "f16": (llama_cpp.GGML_TYPE_F16, 2.0),
    "bf16": (30, 2.0),  # GGML_TYPE_BF16, which llama-cpp-python has no name for
    "q8_0": (llama_cpp.GGML_TYPE_Q8_0, 34 / 32),
    "q4_0": (llama_cpp.GGML_TYPE_Q4_0, 18 / 32),
}
_LEAST_CELLS = 1024
_MEMORY = 0.5  # share of the free memory that the cache may take
_FLASH_AUTO = -1
_NEVER = llama_cpp.ggml_abort_callback()  # a null pointer


@dataclass(frozen=True, slots=True)
class Hardware:
    """What the model runs on, and how.

    Attributes:
        threads: CPU threads; None measures which number is the fastest.
        gpu_layers: Layers to put on a GPU, -1 for all; a build without one ignores it.
        flash_attention: On or off; None leaves it to llama.cpp.
        kv_type: How the KV cache keeps its numbers; the quantized ones need flash attention.
    """

    threads: int | None = None
    gpu_layers: int = -1
    flash_attention: bool | None = None
    kv_type: KVType = "f16"


@dataclass(frozen=True, slots=True)
class Layout:
    """How a context cuts batches up and keeps sequences.

    Attributes:
        outputs: Logits that it can keep of a batch; None: one of each sequence.
        micro_batch: Tokens that are computed at once.
        unified: One buffer for all sequences, so that a fork shares cells instead of copying them; else each
            has its own share of the cells.
    """

    outputs: int | None = None
    micro_batch: int = BATCH
    unified: bool = True


class Row(NamedTuple):
    """One token of a batch.

    Attributes:
        token: The token.
        position: Its place in its sequence, from 0.
        slot: Its sequence's number in the KV cache.
        output: Whether the logits after it are wanted.
    """

    token: int
    position: int
    slot: int
    output: bool


class Context:
    """A KV cache of one model. Sequences that were copied from one another share cells.

    Args:
        llama: The model.
        cells: Tokens the cache should hold, over all sequences; less where memory does not suffice.
        slots: How many sequences there may be.
        threads: CPU threads.
        hardware: Flash attention and the cache's number type.
        layout: How batches are cut up and sequences kept.

    Raises:
        ModelError: ``model-context-failed``, mostly for too little memory.
    """

    def __init__(
        self,
        llama: Llama,
        cells: int,
        slots: int,
        threads: int,
        hardware: Hardware,
        layout: Layout = Layout(),
    ) -> None:
        self.vocab_size = llama.vocab_size
        self.slots = slots
        params = llama_cpp.llama_context_default_params()
        params.n_batch, params.n_ubatch = BATCH, layout.micro_batch
        params.n_seq_max = slots
        # Else room for the logits of a whole batch would be taken: half a gigabyte for 262,144 tokens.
        params.n_outputs_max = layout.outputs or slots
        params.kv_unified = layout.unified
        params.n_threads = params.n_threads_batch = threads
        params.type_k = params.type_v = _KV_TYPES[hardware.kv_type][0]
        flash = hardware.flash_attention
        params.flash_attn_type = _FLASH_AUTO if flash is None else int(flash)
        params.no_perf = True
        params.n_ctx = _affordable(cells, llama.cell_numbers * _KV_TYPES[hardware.kv_type][1])
        self._pointer = llama_cpp.llama_init_from_model(llama.pointer, params)
        if not self._pointer:
            raise ModelError(
                "model-context-failed", path=str(llama.path), tokens=params.n_ctx, reason=last_reason()
            )
        self.cells: int = llama_cpp.llama_n_ctx(self._pointer)
        self._memory = llama_cpp.llama_get_memory(self._pointer)
        self._batch = _Batch(BATCH)
        self._views: dict[int, Logits] = {}

    def close(self) -> None:
        """Free the cache."""
        llama_cpp.llama_free(self._pointer)

    def decode(self, rows: Sequence[Row]) -> None:
        """Run the model over tokens.

        Args:
            rows: At most ``BATCH`` of them, with at most ``slots`` outputs; each sequence's in order.

        Raises:
            ModelError: ``model-decode-failed``; the cache may hold some of the tokens.
        """
        code = llama_cpp.llama_decode(self._pointer, self._batch.fill(rows))
        if code != 0:
            raise ModelError("model-decode-failed", code=code, reason=last_reason())

    def logits(self, row: int) -> Logits:
        """The logits after a row of the last batch, shape (vocabulary,); the next batch overwrites them."""
        pointer = llama_cpp.llama_get_logits_ith(self._pointer, row)
        address = ctypes.addressof(pointer.contents)
        # Making an array of a pointer takes longer than all else here, and the addresses are few.
        if address not in self._views:
            if len(self._views) > self.slots:
                self._views.clear()
            self._views[address] = np.ctypeslib.as_array(pointer, shape=(self.vocab_size,))
        return self._views[address]

    def outputs(self, count: int) -> Logits:
        """The logits after so many rows of the last batch that had an output, shape (count, vocabulary).

        They come in the rows' order; the next batch overwrites them.
        """
        pointer = llama_cpp.llama_get_logits(self._pointer)
        found: Logits = np.ctypeslib.as_array(pointer, shape=(count, self.vocab_size))
        return found

    def heed(self, cancelled: Callable[[], bool] | None) -> None:
        """Ask before each step of a computation whether to give up, so that ``decode`` fails; None: never."""
        asked = llama_cpp.ggml_abort_callback(lambda _: cancelled()) if cancelled else _NEVER
        llama_cpp.llama_set_abort_callback(self._pointer, asked, None)
        self._asked = asked  # llama.cpp keeps no reference to it

    def copy(self, source: int, target: int) -> None:
        """Let one sequence begin as another one is now."""
        llama_cpp.llama_memory_seq_cp(self._memory, source, target, -1, -1)

    def remove(self, slot: int, begin: int = 0) -> None:
        """Take a sequence out of the cache, from a position on."""
        llama_cpp.llama_memory_seq_rm(self._memory, slot, begin, -1)

    def clear(self) -> None:
        """Empty the cache, so that what comes next lies where it would after a start."""
        llama_cpp.llama_memory_clear(self._memory, False)

    def save(self, slot: int, tokens: Sequence[int], path: str) -> bool:
        """Write a sequence with its tokens to a file of llama.cpp's own format; False where that fails."""
        array = (llama_cpp.llama_token * len(tokens))(*tokens)
        return bool(
            llama_cpp.llama_state_seq_save_file(self._pointer, path.encode(), slot, array, len(tokens))
        )

    def load(self, slot: int, tokens: Sequence[int], path: str) -> bool:
        """Make a sequence of a file; False, and no sequence, unless it holds these very tokens."""
        found = (llama_cpp.llama_token * len(tokens))()
        count = ctypes.c_size_t()
        size = llama_cpp.llama_state_seq_load_file(
            self._pointer, path.encode(), slot, found, len(tokens), ctypes.byref(count)
        )
        if size and list(found[: count.value]) == list(tokens):
            return True
        self.remove(slot)
        return False

    def adapt(self, adapters: Sequence[tuple[Any, float]]) -> None:
        """Decode with LoRA adapters, each at its scale, from now on; with none, as the model itself."""
        pointers = (llama_cpp.llama_adapter_lora_p_ctypes * len(adapters))(*[each for each, _ in adapters])
        scales = (ctypes.c_float * len(adapters))(*[scale for _, scale in adapters])
        llama_cpp.llama_set_adapters_lora(self._pointer, pointers, len(adapters), scales)

    def use_threads(self, count: int) -> None:
        """Decode with so many CPU threads from now on."""
        llama_cpp.llama_set_n_threads(self._pointer, count, count)

    def finish(self) -> None:
        """Wait for a GPU to be done with the last batch."""
        llama_cpp.llama_synchronize(self._pointer)


def _affordable(cells: int, cell_bytes: float) -> int:
    """As many cells as wanted, halved until memory suffices: taking more, the process would be killed."""
    free = psutil.virtual_memory().available * _MEMORY
    while cells * cell_bytes > free and cells // 2 >= _LEAST_CELLS:
        cells //= 2
    return cells


class _Batch:
    """A ``llama_batch`` over arrays that NumPy fills, many times faster than field by field."""

    def __init__(self, size: int) -> None:
        self._token = np.zeros(size, dtype=np.int32)
        self._position = np.zeros(size, dtype=np.int32)
        self._slots = np.zeros(size, dtype=np.int32)
        self._outputs = np.zeros(size, dtype=np.int8)
        self._counts = np.ones(size, dtype=np.int32)  # each token belongs to one sequence
        # What llama.cpp wants is a pointer a token, to the token's list of sequences.
        self._pointers = self._slots.ctypes.data + self._slots.itemsize * np.arange(size, dtype=np.uintp)
        fields = llama_cpp.llama_batch
        self._batch = fields()
        self._batch.token = self._token.ctypes.data_as(_type_of(fields, "token"))
        self._batch.pos = self._position.ctypes.data_as(_type_of(fields, "pos"))
        self._batch.n_seq_id = self._counts.ctypes.data_as(_type_of(fields, "n_seq_id"))
        self._batch.seq_id = self._pointers.ctypes.data_as(_type_of(fields, "seq_id"))
        self._batch.logits = self._outputs.ctypes.data_as(_type_of(fields, "logits"))

    def fill(self, rows: Sequence[Row]) -> Any:
        """The batch, holding these rows and nothing else."""
        count = len(rows)
        columns = np.array(rows, dtype=np.int32)
        self._token[:count] = columns[:, 0]
        self._position[:count] = columns[:, 1]
        self._slots[:count] = columns[:, 2]
        self._outputs[:count] = columns[:, 3]
        self._batch.n_tokens = count
        return self._batch


def _type_of(structure: Any, name: str) -> Any:
    return dict(structure._fields_)[name]
