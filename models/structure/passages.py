"""Texts that the noise is studied in: the model's own, of scenes that no prompt shows."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from models import prompts
from models.catalog import Model
from models.llama import Llama
from models.writer import Writer
from scene.atoms import Lang, Scene
from scene.errors import ModelError, SceneError
from scene.forms import Form
from scene.parse import parse

_FORMS = (Form.POEM, Form.NARRATIVE, Form.METAPHOR, Form.ESSAY)  # asked for in pairs
_LONGEST = 24  # tokens of a text that are studied
_SHOTS = 1  # examples in a prompt, where the writer shows more: a prompt is read again at every level


@dataclass(frozen=True, slots=True)
class Passage:
    """A text and the prompt it is read after.

    Attributes:
        scene: Whose text it is: texts of one scene are alike, and are never both trained on and tested with.
        head: Tokens of the prompt's part that is shared by many.
        tail: Its other tokens, at least one.
        text: The text's tokens, at least one.
    """

    scene: str
    head: tuple[int, ...]
    tail: tuple[int, ...]
    text: tuple[int, ...]


def passage(llama: Llama, model: Model, scene: Scene, form: Form, lang: Lang, text: str) -> Passage:
    """Lay a text out after a prompt as the writer's, with fewer examples.

    Args:
        llama: Whose tokens they are.
        model: Its entry in the catalog.
        scene: What the text voices.
        form: How.
        lang: ``RU`` or ``EN``.
        text: The text, not empty.
    """
    prompt = prompts.build(model, llama.chat, scene, form, lang, most_shots=_SHOTS)
    head = llama.tokenize(prompt.head, start=True, special=prompt.special)
    tail = llama.tokenize(prompt.tail, special=prompt.special)
    return Passage(scene.mnemonic, tuple(head), tuple(tail), tuple(llama.tokenize(text)))


async def write_passages(writer: Writer, llama: Llama, count: int) -> list[Passage]:
    """Have the model write texts, of which 24 tokens are kept; the same each time on the same machine.

    Args:
        writer: Writes them.
        llama: Whose tokens they are given in.
        count: How many, at most 72 in one language and 144 in both.
    """
    found = []
    for number, (scene, form) in enumerate(itertools.islice(_subjects(writer.model), count)):
        written = await writer.write(scene, form, scene.lang, seed=number, count=1)
        found.append(_short(passage(llama, writer.model, scene, form, scene.lang, written.text)))
    return found


def read_passages(file: Path, llama: Llama, model: Model) -> list[Passage]:
    """Read texts from a file.

    Args:
        file: JSON Lines of ``source`` (a scene), ``form``, ``lang`` and ``text``.
        llama: Whose tokens they are given in; longer texts are cut at 24.
        model: Its entry in the catalog: texts in languages that it doesn't know are passed over.

    Raises:
        ModelError: ``passages-unreadable`` with the line's number.
    """
    found = []
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        try:
            row = json.loads(line)
            scene, form, lang = parse(row["source"]), Form(row["form"]), Lang(row["lang"])
            if not model.languages or lang in model.languages:
                found.append(_short(passage(llama, model, scene, form, lang, row["text"])))
        except (ValueError, KeyError, TypeError, SceneError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise ModelError("passages-unreadable", path=str(file), line=number, reason=reason) from None
    return found


def _short(passage: Passage) -> Passage:
    return replace(passage, text=passage.text[:_LONGEST])


def _subjects(model: Model) -> Iterator[tuple[Scene, Form]]:
    """Every scene in one form, its neighbour in another; then all again in others. Languages take turns."""
    lines = resources.files("models.structure").joinpath("scenes.txt").read_text(encoding="utf-8")
    words: dict[str, list[str]] = {}
    for lang, *named in (line.split() for line in lines.splitlines() if not line.startswith("#")):
        words.setdefault(lang, []).extend(named)
    known = [words[lang] for lang in words if lang in model.languages or not model.languages]
    scenes = [parse(word) for together in zip(*known, strict=True) for word in together]
    for turn in range(len(_FORMS)):
        for number, scene in enumerate(scenes):
            pair = 2 * (turn // 2)
            yield scene, _FORMS[pair + (number // len(known) + turn) % 2]
