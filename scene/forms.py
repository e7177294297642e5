"""The eight forms: what each asks for, how it is shown to a model, and what counts as one."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources

import regex

from scene import emoji, words
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
    """

    title: str
    label: str
    ask: str
    shots: tuple[Shot, ...]
    max_tokens: int


@functools.cache
def _data() -> dict[str, dict[str, dict[str, object]]]:
    return tomllib.loads(resources.files("scene").joinpath("forms.toml").read_text(encoding="utf-8"))


@functools.cache
def voice(form: Form, lang: Lang) -> Voice:
    """How a form is asked for in a language (``RU`` gives Russian, anything else English)."""
    record = _data()[form]
    texts: dict = record["ru" if lang is Lang.RU else "en"]  # type: ignore[type-arg]
    shots = tuple(Shot(tuple(shot["chain"].split()), shot["text"]) for shot in texts["shots"])
    return Voice(texts["title"], texts["label"], texts["ask"], shots, int(str(record["max_tokens"])))


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


# --- what counts as a form -------------------------------------------------------------------------

_SENTENCE_END = regex.compile(r"[.!?…]+[»”\"')]*(?=\s|$)")
_OPERATOR = regex.compile(r"[→⇒↔⇔←↦=≈≠<>≤≥+×÷∘∫∑∏∂∇±·*/∝∞Δ∆⊕⊗∪∩∈−]|->|=>|\blim\b")
_CLOCK = regex.compile(r"^t\s*=\s*[\d.,∞]+", regex.IGNORECASE)


def is_shaped(form: Form, text: str, atoms: int) -> bool:
    """Whether a text has the shape of its form.

    Args:
        form: The form asked for.
        text: A rendering without its mark.
        atoms: How many atoms the scene has.
    """
    return bool(text) and _SHAPES[form](text, atoms)


def grammar(form: Form, lang: Lang, palette: Sequence[Sequence[str]]) -> str | None:
    """GBNF that holds a form where sampling alone can't: emoji and silence.

    Args:
        form: The form.
        lang: ``RU`` or ``EN``: which alphabet silence's one word has.
        palette: For each atom, the emoji that may voice it; only the emoji form looks at it.
    """
    if form is Form.EMOJI:
        choices = [" | ".join(f'"{choice}"' for choice in choices) for choices in palette]
        return "root ::= " + " ".join(f"({choice})" for choice in choices) + "\n"
    if form is Form.SILENCE:
        letters = "а-яё" if lang is Lang.RU else "a-z"
        return f'root ::= "{ELLIPSIS} " [{letters}]{{2,20}}\n'
    return None


def _prose(text: str, at_least: int) -> bool:
    ends = len(_SENTENCE_END.findall(text))
    return "\n" not in text and at_least <= ends <= 7 and bool(_SENTENCE_END.search(text[-4:]))


def _narrative(text: str, _: int) -> bool:
    return _prose(text, 1) and len(words.words_of(text)) >= 8


def _essay(text: str, _: int) -> bool:
    return _prose(text, 2) and len(words.words_of(text)) >= 12


def _formula(text: str, _: int) -> bool:
    count = len(words.words_of(text))
    return "\n" not in text and bool(_OPERATOR.search(text)) and 1 <= count <= 24 and not text.endswith(".")


def _poem(text: str, _: int) -> bool:
    lines = text.split("\n")
    lengths = [len(words.words_of(line)) for line in lines]
    ended = not text.endswith((",", ":", "—", "-"))  # else it was broken off
    return ended and 3 <= len(lines) <= 8 and min(lengths) >= 2 and max(lengths) <= 12


def _silence(text: str, _: int) -> bool:
    return text.startswith(ELLIPSIS) and len(words.words_of(text)) <= 2 and len(text) <= 32


def _emoji(text: str, atoms: int) -> bool:
    clusters = [cluster for cluster in emoji.clusters(text) if not cluster.isspace()]
    return atoms <= len(clusters) <= 2 * atoms + 2 and all(map(emoji.is_emoji, clusters))


def _metaphor(text: str, atoms: int) -> bool:
    arrows = text.count("→")
    return "\n" not in text and bool(_CLOCK.match(text)) and 1 <= arrows <= atoms + 2


def _logic(text: str, _: int) -> bool:
    premises, arrow, conclusion = text.rpartition("→")
    spoken = len(words.words_of(premises)) >= 3 and len(words.words_of(conclusion)) >= 1
    return "\n" not in text and bool(arrow) and spoken


_SHAPES: dict[Form, Callable[[str, int], bool]] = {
    Form.NARRATIVE: _narrative,
    Form.ESSAY: _essay,
    Form.FORMULA: _formula,
    Form.POEM: _poem,
    Form.SILENCE: _silence,
    Form.EMOJI: _emoji,
    Form.METAPHOR: _metaphor,
    Form.LOGIC: _logic,
}
