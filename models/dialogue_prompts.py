"""A dialogue so far, laid out for a model that is to write the next replica."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

from models.backend import Message, Prompt
from models.catalog import Model
from models.personas import Persona, persona
from models.prompts import NEAR, Hint, in_common
from scene import emoji
from scene.atoms import Atom, Lang, Scene
from scene.errors import ModelError

_GAP = "\u0001"  # where the dialogue itself begins in a chat; no scene has a control character


@dataclass(frozen=True, slots=True)
class Line:
    """A replica: the words that it must voice, and the text."""

    words: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Talk:
    """A dialogue as a prompt shows it.

    Attributes:
        chains: The words of each scene.
        voices: What the model is told of each speaker.
        lines: Replicas in turn, the first scene's first.
    """

    chains: tuple[tuple[str, ...], tuple[str, ...]]
    voices: tuple[str, str]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Manner:
    """How dialogues are asked for in a language.

    Attributes:
        ask: What a dialogue is.
        scene: The word for a scene.
        speakers: What the two are called.
        shots: Examples.
        max_tokens: Longest replica, in tokens.
    """

    ask: str
    scene: str
    speakers: tuple[str, str]
    shots: tuple[Talk, ...]
    max_tokens: int

    def opening(self, talk: Talk) -> str:
        """The scenes and their voices, a line each."""
        both = zip(self.speakers, talk.chains, talk.voices, strict=True)
        return "".join(f"{name} {self.scene}: {' → '.join(chain)}. {voice}\n" for name, chain, voice in both)

    def label(self, place: int, words: Sequence[str]) -> str:
        """What stands before a replica."""
        return f"{self.speakers[place % 2]} ({', '.join(words)}):"


@functools.cache
def manner(lang: Lang) -> Manner:
    """How dialogues are asked for (``RU`` gives Russian, anything else English)."""
    data: dict[str, Any] = tomllib.loads(
        resources.files("models").joinpath("dialogue.toml").read_text(encoding="utf-8")
    )
    told = data["ru" if lang is Lang.RU else "en"]
    shots = tuple(
        Talk(
            (tuple(shot["chains"][0].split()), tuple(shot["chains"][1].split())),
            (persona(shot["personas"][0]).prompts[lang], persona(shot["personas"][1]).prompts[lang]),
            tuple(Line(tuple(line["words"].split()), line["text"]) for line in shot["replicas"]),
        )
        for shot in told["shots"]
    )
    first, second = told["speakers"]
    return Manner(told["ask"], told["scene"], (first, second), shots, int(data["max_tokens"]))


def spelled(atoms: Sequence[Atom], lang: Lang) -> tuple[str, ...]:
    """Atoms as words of a language: emoji by their names."""
    return tuple(emoji.spelled(each, lang) for each in atoms)


def talk(scenes: Sequence[Scene], speakers: Sequence[Persona], lang: Lang, lines: Sequence[Line]) -> Talk:
    """Two scenes and what they have said so far."""
    first, second = (spelled(scene.atoms, lang) for scene in scenes)
    return Talk((first, second), (speakers[0].prompts[lang], speakers[1].prompts[lang]), tuple(lines))


def build(
    model: Model,
    template: Callable[[Sequence[Message]], str],
    lang: Lang,
    so_far: Talk,
    words: Sequence[str],
    speaker: Persona,
    hint: Hint | None = None,
) -> Prompt:
    """Write the prompt for the next replica.

    The head holds the examples alone, the same in nearly every dialogue, so that the engine can keep it.

    Args:
        model: Tells the style: ``few-shot`` or ``chat``.
        template: Lays out chat messages as the model expects them.
        lang: ``RU`` or ``EN``.
        so_far: The dialogue.
        words: What the next replica must voice.
        speaker: Who speaks next: the adapters are theirs.
        hint: What was wrong with the last try.
    """
    how = manner(lang)
    next_label = how.label(len(so_far.lines), words)
    shown = _without_near(how.shots, so_far)
    shots = "".join(f"{_written(how, shot)}\n" for shot in shown)
    wishes = hint.wishes(lang) if hint else ""
    plain = Prompt(
        head=f"{how.ask}\n\n{shots}",
        tail=f"{_written(how, so_far)}{wishes}{next_label}",
        adapters=speaker.adapters,
    )
    if model.style == "few-shot":
        return plain
    before: list[Message] = [("system", how.ask)]
    for shot in shown:
        before += _asked_and_answered(how, shot, "")
    ours = _asked_and_answered(how, so_far, next_label)
    if hint:
        ours += hint.again(lang)
    opening = how.opening(so_far)
    gapped: list[Message] = [("user", ours[0][1].replace(opening, _GAP + opening, 1)), *ours[1:]]
    try:
        head, _, tail = template([*before, *gapped]).partition(_GAP)
    except ModelError as error:
        # As in models.prompts: a base model goes on with a text, a server has its template to itself.
        if error.key != "model-no-template":
            raise
        return replace(plain, messages=(*before, *ours))
    return Prompt(
        head,
        f"{tail}{model.assistant_prefix}",
        special=True,
        messages=(*before, *ours),
        adapters=speaker.adapters,
    )


def _without_near(shots: tuple[Talk, ...], so_far: Talk) -> tuple[Talk, ...]:
    """The examples but for those so like one of the scenes that a model would copy them."""
    far = tuple(
        shot
        for shot in shots
        if all(in_common(chain, ours) < NEAR for chain in shot.chains for ours in so_far.chains)
    )
    return far or shots


def _written(how: Manner, shown: Talk) -> str:
    lines = (f"{how.label(i, line.words)} {line.text}\n" for i, line in enumerate(shown.lines))
    return f"{how.opening(shown)}{''.join(lines)}"


def _asked_and_answered(how: Manner, shown: Talk, last: str) -> list[Message]:
    """A dialogue as a chat: labels ask, replicas answer; the last label waits for its answer."""
    labels = [how.label(i, line.words) for i, line in enumerate(shown.lines)]
    found: list[Message] = []
    for i, label in enumerate([*labels, *([last] if last else [])]):
        found.append(("user", label if i else f"{how.opening(shown)}{label}"))
        if i < len(shown.lines):
            found.append(("assistant", shown.lines[i].text))
    return found
