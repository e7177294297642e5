"""LoRA adapters of one model, each loaded once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import llama_cpp

from models.backend import Adapter
from models.llama import Llama, forget_reasons, last_reason
from scene.errors import ModelError


class Adapters:
    """Loads adapters when they are first asked for.

    Args:
        llama: The model that they change.
    """

    def __init__(self, llama: Llama) -> None:
        self._llama = llama
        self._loaded: dict[tuple[Path, int, int], Any] = {}

    def load(self, adapter: Adapter) -> Any:
        """The adapter's handle.

        Raises:
            ModelError: ``adapter-missing``, or ``adapter-refused`` with llama.cpp's reason: no adapter, or
                one of another model.
        """
        key = _key(adapter.path)
        if key not in self._loaded:
            forget_reasons()
            handle = llama_cpp.llama_adapter_lora_init(self._llama.pointer, str(adapter.path).encode())
            if not handle:
                raise ModelError("adapter-refused", path=str(adapter.path), reason=last_reason())
            self._loaded[key] = handle
        return self._loaded[key]

    def name(self, adapters: Iterable[Adapter]) -> str:
        """What tells these adapters at these scales from any others, for keys; empty for none."""
        return " + ".join(f"{_key(adapter.path)}*{adapter.scale}" for adapter in adapters)

    def close(self) -> None:
        """Free them all; the model must still be there."""
        for handle in self._loaded.values():
            llama_cpp.llama_adapter_lora_free(handle)
        self._loaded.clear()


def _key(path: Path) -> tuple[Path, int, int]:
    try:
        state = path.stat()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ModelError("adapter-missing", path=str(path), reason=reason) from None
    return path.resolve(), state.st_size, state.st_mtime_ns
