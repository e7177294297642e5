"""A GGUF file loaded by llama.cpp: tokens in, pieces out.

Only this module, the engine and the ladder touch llama-cpp-python's low-level API.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llama_cpp

from scene.errors import ModelError

_LOG_TAIL: list[str] = []
_LISTENERS: list[Callable[[str], None]] = []
_LOG_LEVEL_ERROR = 4  # ggml_log_level GGML_LOG_LEVEL_ERROR


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
def _remember_errors(level: int, text: bytes, _data: object) -> None:
    """Keep llama.cpp's error lines as reasons for ModelError instead of printing pages to stderr."""
    if level == _LOG_LEVEL_ERROR:
        _LOG_TAIL.append(text.decode("utf-8", "replace").strip())
        del _LOG_TAIL[:-8]
    for listener in _LISTENERS:
        listener(text.decode("utf-8", "replace"))


@contextmanager
def listening(listener: Callable[[str], None]) -> Iterator[None]:
    """Give whatever llama.cpp logs meanwhile to a listener, piece by piece as llama.cpp writes it."""
    _LISTENERS.append(listener)
    try:
        yield
    finally:
        _LISTENERS.remove(listener)


def last_reason() -> str:
    """The newest error line that llama.cpp logged, or a dash."""
    return next((line for line in reversed(_LOG_TAIL) if line), "-")


def forget_reasons() -> None:
    """Forget error lines of earlier calls, so that the next reason is the next call's."""
    _LOG_TAIL.clear()


@functools.cache
def start_backend() -> str:
    """Initialise llama.cpp once.

    Returns:
        ``llama_print_system_info()``: the CPU and GPU features compiled in.
    """
    llama_cpp.llama_log_set(_remember_errors, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    return str(llama_cpp.llama_print_system_info().decode("utf-8", "replace"))


def has_amx(system_info: str) -> bool:
    """Whether llama.cpp was compiled with AMX kernels, which crash at the first prompt (its issue 20824)."""
    return "AMX_INT8 = 1" in system_info


@dataclass(frozen=True, slots=True)
class Header:
    """What a GGUF file says of itself.

    Attributes:
        ftype: Number of its quantization, ``general.file_type``; None where it doesn't say.
        tensor_bytes: Size of all tensors.
        weights: How many numbers they hold.
    """

    ftype: int | None
    tensor_bytes: int
    weights: int

    @property
    def bits_per_weight(self) -> float:
        """Mean over all tensors."""
        return self.tensor_bytes * 8 / self.weights


def read_header(path: Path) -> Header:
    """Read a GGUF file's header, not its weights; takes up to half a second for a large vocabulary.

    Raises:
        ModelError: ``model-load-failed`` with llama.cpp's own reason.
    """
    start_backend()
    params = llama_cpp.llama_model_default_params()
    params.vocab_only = True
    forget_reasons()
    pointer = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
    if not pointer:
        raise ModelError("model-load-failed", path=str(path), reason=last_reason())
    try:
        # llama_model_ftype tells it only of a model that was loaded in full.
        ftype = _metadata(pointer, "general.file_type")
        return Header(
            int(ftype) if ftype.isdecimal() else None,
            llama_cpp.llama_model_size(pointer),
            llama_cpp.llama_model_n_params(pointer),
        )
    finally:
        llama_cpp.llama_model_free(pointer)


def _metadata(pointer: object, key: str) -> str:
    """A value of a file's header as text; empty where there is none."""
    buffer = ctypes.create_string_buffer(256)
    size = llama_cpp.llama_model_meta_val_str(pointer, key.encode(), buffer, 256)
    return buffer.value.decode("utf-8", "replace") if size >= 0 else ""


class Vocabulary:
    """One model's tokens, without its weights. Where there are many, they take the longer to load.

    Args:
        path: A GGUF file.

    Raises:
        ModelError: ``model-load-failed`` with llama.cpp's own reason.
    """

    def __init__(self, path: Path) -> None:
        start_backend()
        params = llama_cpp.llama_model_default_params()
        params.vocab_only = True
        self._load(path, params)
        self._speak(llama_cpp.llama_model_get_vocab(self.pointer))

    def _load(self, path: Path, params: Any) -> None:
        forget_reasons()
        self.path = path
        self.pointer = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
        if not self.pointer:
            raise ModelError("model-load-failed", path=str(path), reason=last_reason())

    def _speak(self, vocab: Any) -> None:
        self.vocab = vocab
        self.vocab_size: int = llama_cpp.llama_vocab_n_tokens(vocab)
        self.start: int = self._start()
        self._pieces: dict[int, bytes] = {}

    def _start(self) -> int:
        """The token that texts start with; for models without one, that which ends the text before."""
        start = llama_cpp.llama_vocab_bos(self.vocab)
        return int(start if start >= 0 else llama_cpp.llama_vocab_eos(self.vocab))

    def close(self) -> None:
        """Free the weights. Safe to call twice."""
        if self.pointer:
            llama_cpp.llama_model_free(self.pointer)
            self.pointer = None

    def tokenize(self, text: str, *, start: bool = False, special: bool = False) -> list[int]:
        """Turn text into tokens.

        Args:
            text: Any text.
            start: Put the model's start token first, where it has one.
            special: Read ``<|im_start|>`` and the like as control tokens. Leave it off for what a
                person typed, or a person could speak with the model's own voice.
        """
        data = text.encode("utf-8", "surrogatepass")
        room = len(data) + 8
        buffer = (llama_cpp.llama_token * room)()
        count = llama_cpp.llama_tokenize(self.vocab, data, len(data), buffer, room, start, special)
        if count < 0:
            raise ModelError("model-tokenize-failed", path=str(self.path))
        return list(buffer[:count])

    def piece(self, token: int) -> bytes:
        """The bytes that a token adds to the text; control tokens add none."""
        piece = self._pieces.get(token)
        if piece is None:
            buffer = ctypes.create_string_buffer(256)
            size = llama_cpp.llama_token_to_piece(self.vocab, token, buffer, 256, 0, False)
            piece = self._pieces[token] = buffer.raw[: max(size, 0)]
        return piece

    def ends(self, token: int) -> bool:
        """Whether the token ends a generation (end of text, end of turn)."""
        return bool(llama_cpp.llama_vocab_is_eog(self.vocab, token))

    def chat(self, messages: Sequence[tuple[str, str]]) -> str:
        """Lay out messages by the model's own chat template, ready for the assistant's answer.

        Args:
            messages: Pairs of role (``system``, ``user``, ``assistant``) and content.

        Raises:
            ModelError: ``model-no-template`` when the file has none that llama.cpp knows.
        """
        template = llama_cpp.llama_model_chat_template(self.pointer, None)
        if template is None:
            raise ModelError("model-no-template", path=str(self.path))
        encoded = [(role.encode(), content.encode()) for role, content in messages]
        turns = (llama_cpp.llama_chat_message * len(encoded))(
            *(llama_cpp.llama_chat_message(role, content) for role, content in encoded)
        )
        room = sum(len(content) for _, content in encoded) * 2 + 1024
        buffer = ctypes.create_string_buffer(room)
        size = llama_cpp.llama_chat_apply_template(template, turns, len(encoded), True, buffer, room)
        if not 0 < size <= room:
            raise ModelError("model-no-template", path=str(self.path))
        return buffer.raw[:size].decode("utf-8", "replace")


class Llama(Vocabulary):
    """One model's weights and vocabulary.

    Args:
        path: A GGUF file.
        gpu_layers: Layers to put on a GPU; -1 means all of them, 0 none. Ignored by a CPU build.
        vocabulary: The model's, where it is loaded already; it must outlive this.

    Raises:
        ModelError: ``model-load-failed`` with llama.cpp's own reason.
    """

    def __init__(self, path: Path, gpu_layers: int = -1, vocabulary: Vocabulary | None = None) -> None:
        system_info = start_backend()
        params = llama_cpp.llama_model_default_params()
        params.n_gpu_layers = gpu_layers if llama_cpp.llama_supports_gpu_offload() else 0
        if has_amx(system_info):
            params.use_extra_bufts = False
        if vocabulary is not None:
            params.kv_overrides = _without_words(vocabulary)
        self._load(path, params)
        self._speak(vocabulary.vocab if vocabulary else llama_cpp.llama_model_get_vocab(self.pointer))
        self.trained_context: int = llama_cpp.llama_model_n_ctx_train(self.pointer)
        self.cell_numbers = self._cell_numbers()
        # A recurrent model's state can't be taken back by a few tokens.
        self.forgets = not (
            llama_cpp.llama_model_is_recurrent(self.pointer) or llama_cpp.llama_model_is_hybrid(self.pointer)
        )

    def _cell_numbers(self) -> int:
        """Numbers that the KV cache keeps of a token: a key and a value for each head of each layer."""
        heads = llama_cpp.llama_model_n_head_kv(self.pointer)
        usual = llama_cpp.llama_model_n_embd(self.pointer) // llama_cpp.llama_model_n_head(self.pointer)
        architecture = _metadata(self.pointer, "general.architecture")
        keys = (f"{architecture}.attention.{part}_length" for part in ("key", "value"))
        lengths = (_metadata(self.pointer, key) for key in keys)
        numbers: int = sum(int(length) if length.isdecimal() else usual for length in lengths)
        return int(llama_cpp.llama_model_n_layer(self.pointer) * heads * numbers)


def _without_words(vocabulary: Vocabulary) -> Any:
    """What has llama.cpp pass over a file's vocabulary; it must know only how many tokens there are."""
    architecture = _metadata(vocabulary.pointer, "general.architecture")
    overrides: Any = (llama_cpp.llama_model_kv_override * 3)()  # the last one, empty, ends them
    words, count, _ = overrides
    words.tag, words.key = llama_cpp.LLAMA_KV_OVERRIDE_TYPE_STR, b"tokenizer.ggml.model"
    words.value.val_str = b"no_vocab"
    count.tag, count.key = llama_cpp.LLAMA_KV_OVERRIDE_TYPE_INT, f"{architecture}.vocab_size".encode()
    count.value.val_i64 = vocabulary.vocab_size
    return overrides
