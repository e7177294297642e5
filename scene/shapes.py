"""What counts as a text of each form, and grammars for those that sampling alone can't hold."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Sequence
from importlib import resources

import regex

from scene import emoji, formula, words
from scene.atoms import Lang, Scene
from scene.forms import ELLIPSIS, Form

_SENTENCE = regex.compile(r"[^.!?…]+[.!?…]+[»”\"')]*")
_ENDED = regex.compile(r"[.!?…][»”\"')]*$")
_UP_TO_AN_END = regex.compile(r"^.*[.!?…]", regex.DOTALL)
_CLOCK = regex.compile(r"^t\s*=\s*[\d.,∞]+\s*[:;]\s*", regex.IGNORECASE)
_EN_PAST = regex.compile(r"(?:ed|ew|ung|ood|oke|ought|ept)$")
_WORDS_OF_PROSE = 8


def is_shaped(form: Form, text: str, atoms: int) -> bool:
    """Whether a text has the shape of its form.

    Args:
        form: The form asked for.
        text: A rendering without its mark.
        atoms: How many atoms the scene has.
    """
    return bool(text) and _SHAPES[form](text, atoms)


def parts(form: Form, text: str) -> list[str]:
    """What a form's tempo is measured over: a poem's lines, else sentences."""
    if form is Form.POEM:
        return [line for line in text.split("\n") if line.strip()]
    return [found.group().strip() for found in _SENTENCE.finditer(text)]


def whole_sentences(text: str) -> str:
    """A text that was cut off, without the sentence that it was cut off in."""
    whole = _UP_TO_AN_END.match(text)
    return whole.group() if whole else ""


def grammar(form: Form, scene: Scene, lang: Lang, palette: Sequence[Sequence[str]]) -> str | None:
    """GBNF that holds a form where sampling alone can't; None where a checker is enough.

    Args:
        form: The form.
        scene: What is voiced: silence and formulas have no other words than its own.
        lang: ``RU`` or ``EN``: in which emoji are named.
        palette: For each atom, the emoji that may voice it; only the emoji form looks at it.
    """
    if form is Form.EMOJI:
        return "root ::= " + " ".join(f"({_either(choices)})" for choices in palette) + "\n"
    names = list(dict.fromkeys(emoji.spelled(atom, lang) for atom in scene.atoms))
    if form is Form.SILENCE:
        return f'root ::= "{ELLIPSIS} " ({_either(names)})\n'
    if form is Form.FORMULA:
        return formula.grammar(names)
    return None


def _either(choices: Sequence[str]) -> str:
    return " | ".join(f'"{choice}"' for choice in choices)


def _poem(text: str, _: int) -> bool:
    lines = text.split("\n")
    lengths = [len(words.words_of(line)) for line in lines]
    ended = not text.endswith((",", ":", "—", "-"))  # else it was broken off
    breathes = sum(lengths) / len(lengths) <= 8 and min(lengths) >= 1 and max(lengths) <= 12
    return ended and breathes and 3 <= len(lines) <= 8 and sum(lengths) >= _WORDS_OF_PROSE


def _narrative(text: str, _: int) -> bool:
    """Prose in which something happens: there is a verb that tells."""
    return _prose(text, 1) and any(map(_tells, words.words_of(text)))


def _essay(text: str, _: int) -> bool:
    """Prose that turns inward: its second half speaks of a person, or of what is inside one."""
    found = words.words_of(text)
    return _prose(text, 2) and any(map(_is_inward, found[len(found) // 2 :]))


def _prose(text: str, at_least: int) -> bool:
    ends = len(parts(Form.NARRATIVE, text))
    enough = len(words.words_of(text)) >= _WORDS_OF_PROSE
    return enough and "\n" not in text and at_least <= ends <= 7 and bool(_ENDED.search(text))


def _formula(text: str, _: int) -> bool:
    return "\n" not in text and len(words.words_of(text)) <= 24 and formula.parses(text)


def _silence(text: str, _: int) -> bool:
    return text.startswith(ELLIPSIS) and len(words.words_of(text)) <= 3 and len(text) <= 32


def _emoji(text: str, atoms: int) -> bool:
    clusters = [cluster for cluster in emoji.clusters(text) if not cluster.isspace()]
    return atoms <= len(clusters) <= 2 * atoms + 2 and all(map(emoji.is_emoji, clusters))


def _metaphor(text: str, atoms: int) -> bool:
    """A moment ``t``, states and arrows between them, and a word of physics at least."""
    clock = _CLOCK.match(text)
    if clock is None or "\n" in text:
        return False
    states = [words.words_of(state) for state in text[clock.end() :].split("→")]
    physical = any(_is_physical(word) for state in states for word in state)
    return physical and 2 <= len(states) <= atoms + 3 and all(len(state) >= 1 for state in states)


def _logic(text: str, _: int) -> bool:
    """Premises, one arrow, a conclusion of more than a word."""
    premises, arrow, conclusion = text.rpartition("→")
    spoken = len(words.words_of(premises)) >= 4 and len(words.words_of(conclusion)) >= 2
    return bool(arrow) and spoken and "→" not in premises and "\n" not in text and bool(_ENDED.search(text))


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


@functools.cache
def _vocabulary(name: str) -> frozenset[str]:
    data = tomllib.loads(resources.files("scene").joinpath("shapes.toml").read_text(encoding="utf-8"))
    return frozenset(word for listed in data[name].values() for word in listed.split())


def _is_inward(word: str) -> bool:
    return not {word, *words.lemmas_of(word)}.isdisjoint(_vocabulary("inward"))


def _is_physical(word: str) -> bool:
    return not {word, *words.lemmas_of(word)}.isdisjoint(_vocabulary("physical"))


def _tells(word: str) -> bool:
    if words.language_of(word) is Lang.RU:
        return words.is_finite_verb(word)
    return bool(_EN_PAST.search(word)) or word in _vocabulary("past")
