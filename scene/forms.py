"""The eight forms: what each asks for, and how it is shown to a model."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources

from scene.atoms import Lang
from scene.errors import SceneError

ELLIPSIS = "…"


class Form(StrEnum):
    """How a scene is voiced (seeds 7.3.1 and 7.3.2)."""

    NARRATIVE = "narrative"
    ESSAY = "essay"
    FORMULA = "formula"
    POEM = "poem"
    SILENCE = "silence"
    EMOJI = "emoji"
    METAPHOR = "metaphor"
    LOGIC = "logic"


@dataclass(frozen=True, slots=True)
class Shot:
    """An example: a chain of words and its voicing."""

    chain: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Voice:
    """One form in one language.

    Attributes:
        title: The form's name for a person.
        label: The word that stands before a text in the prompt.
        ask: What the form wants, in a sentence or two.
        shots: Examples.
        max_tokens: Longest rendering, in tokens.
        tempo: Whether the scene's movement sets the length of its lines or sentences.
    """

    title: str
    label: str
    ask: str
    shots: tuple[Shot, ...]
    max_tokens: int
    tempo: bool


@functools.cache
def _data() -> dict[str, dict[str, dict[str, object]]]:
    return tomllib.loads(resources.files("scene").joinpath("forms.toml").read_text(encoding="utf-8"))


@functools.cache
def voice(form: Form, lang: Lang) -> Voice:
    """How a form is asked for in a language (``RU`` gives Russian, anything else English)."""
    record = _data()[form]
    texts: dict = record["ru" if lang is Lang.RU else "en"]  # type: ignore[type-arg]
    shots = tuple(Shot(tuple(shot["chain"].split()), shot["text"]) for shot in texts["shots"])
    return Voice(
        texts["title"],
        texts["label"],
        texts["ask"],
        shots,
        int(str(record["max_tokens"])),
        bool(record["tempo"]),
    )


@functools.cache
def names() -> dict[str, Form]:
    """Every word that names a form, in lower case: ids, and titles in both languages."""
    found: dict[str, Form] = {}
    for form in Form:
        found[form.value] = form
        for lang in (Lang.RU, Lang.EN):
            found[voice(form, lang).title] = form
    found.update(_OTHER_NAMES)
    return found


def named(name: str) -> Form:
    """The form that a person calls so, by id or title in either language.

    Raises:
        SceneError: ``form-unknown`` with the forms there are.
    """
    form = names().get(name.strip().lower())
    if form is None:
        raise SceneError("form-unknown", name=name.strip()[:40], known=", ".join(Form))
    return form


_OTHER_NAMES = {
    "рассказ": Form.NARRATIVE,
    "история": Form.NARRATIVE,
    "story": Form.NARRATIVE,
    "стихи": Form.POEM,
    "стих": Form.POEM,
    "стихотворение": Form.POEM,
    "поэзия": Form.POEM,
    "verse": Form.POEM,
    "молчание": Form.SILENCE,
    "метафора": Form.METAPHOR,
    "физика": Form.METAPHOR,
    "physics": Form.METAPHOR,
    "вывод": Form.LOGIC,
    "смайлы": Form.EMOJI,
}
