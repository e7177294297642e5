"""What a server is, as far as that matters for asking it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models.backend import MAX_CANDIDATES
from models.remote.line import Line
from scene.errors import ModelError

Kind = Literal["llamacpp", "vllm", "other"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a server told about itself.

    Attributes:
        kind: Whose fields it understands.
        model: The model's name there; empty when it doesn't matter.
        together: Texts that one request may ask for.
    """

    kind: Kind
    model: str
    together: int


async def ask(line: Line, name: str) -> Facts:
    """Ask a server what it is.

    Args:
        line: To the server.
        name: The model that is wanted; empty for the first that the server lists.

    Raises:
        ModelError: One of ``server-…``.
    """
    try:
        listed = await line.get("/models")
    except ModelError as error:
        if error.key != "server-not-found" or not name:
            raise
        return Facts("other", name, MAX_CANDIDATES)  # a server that has models but no list of them
    with line.understanding():
        models = listed["data"]
        known = next((model for model in models if model["id"] == name), (models or [{}])[0])
        owner, model = known.get("owned_by"), name or str(known.get("id", ""))
    if owner == "llamacpp":
        return Facts("llamacpp", model, await _slots(line))
    return Facts("vllm" if owner == "vllm" else "other", model, MAX_CANDIDATES)


async def tokenized(line: Line, model: str, text: str, *, start: bool = False) -> list[int]:
    """A text's token numbers, as vLLM tells them.

    Args:
        line: To the server.
        model: The model's name there.
        text: Any text.
        start: Put the model's start token first, where it has one.
    """
    asked = {"model": model, "prompt": text, "add_special_tokens": start}
    answer = await line.post("/tokenize", asked, above=True)
    with line.understanding():
        return [int(token) for token in answer["tokens"]]


async def _slots(line: Line) -> int:
    """How many texts llama-server writes for one request: it refuses more than it has slots."""
    try:
        props = await line.get("/props", above=True)
    except ModelError as error:
        if error.key != "server-not-found":  # a proxy need not let that through
            raise
        return 1
    with line.understanding():
        return max(1, min(MAX_CANDIDATES, int(props.get("total_slots", 1))))
