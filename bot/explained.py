"""``parse --explain``: how a scene was read, for people and for scripts."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.loading import load_backend
from bot.settings import Settings
from bot.texts import Texts
from models.reranker import Reranker
from scene.explain import MODEL, Explanation, Option, Weighing
from scene.labels import Source
from scene.movement import Part
from scene.parse import How

_TOPICS_SHOWN = 3
_SMALL = 0.05  # nats that decide nothing


@contextmanager
def reranking(settings: Settings) -> Iterator[Callable[[Explanation], Explanation]]:
    """Load the model, and have it choose where the lattice is unsure.

    Raises:
        ModelError: Why the model can't be loaded.
    """
    with asyncio.Runner() as runner:
        engine = load_backend(settings)
        try:
            reranker = Reranker(engine)
            yield lambda explanation: runner.run(reranker.choose(explanation))
        finally:
            engine.close()


def as_json(explanation: Explanation) -> dict[str, Any]:
    """An explanation as ``parse --explain --json`` gives it; scores in nats."""
    return {
        "probability": round(explanation.probability, 4),
        "chunks": [_weighing_json(weighing) for weighing in explanation.weighings],
        "atoms": [
            {"text": atom.text, **_part_json(part)}
            for atom, part in zip(explanation.scene.atoms, explanation.movement.parts, strict=True)
        ],
        "kind": {
            "kind": explanation.movement.kind,
            "confidence": round(explanation.movement.confidence, 4),
        },
    }


def _weighing_json(weighing: Weighing) -> dict[str, Any]:
    return {
        "text": weighing.chunk.text,
        "how": weighing.chunk.how,
        "words": weighing.chunk.words,
        "margin": None if math.isinf(weighing.margin) else round(weighing.margin, 4),
        "unsure": weighing.unsure,
        "readings": [_option_json(option) for option in weighing.options],
    }


def _option_json(option: Option) -> dict[str, Any]:
    heard = {} if option.heard is None else {"logprob": round(option.heard, 4)}
    return {
        "words": option.words,
        "score": round(option.score, 4),
        "probability": round(option.probability, 4),
        **heard,
        "decided": {topic: round(share, 4) for topic, share in option.decided},
    }


def _part_json(part: Part) -> dict[str, Any]:
    return {
        "phase": part.phase,
        "confidence": round(part.confidence, 4),
        "source": part.source,
        "neighbour": part.neighbour,
        "kind": part.kind,
        "weight": round(part.weight, 4),
        "kind_neighbour": part.kind_neighbour,
    }


def show(explanation: Explanation, say: Texts) -> None:
    """An explanation for a person.

    Args:
        explanation: How the scene was read.
        say: In which language to tell it.
    """
    console = Console()
    for weighing in explanation.weighings:
        console.print(_sentence(weighing, say), highlight=False, markup=False)
        if len(weighing.options) > 1:
            console.print(_table(weighing, say))
    if any(weighing.options for weighing in explanation.weighings):
        console.print(say("explain-sure", percent=f"{explanation.probability:.1%}"), highlight=False)
    console.print(_movement(explanation, say))
    kind, sure = explanation.movement.kind, f"{explanation.movement.confidence:.1%}"
    console.print(say("explain-scene", kind=kind, percent=sure), highlight=False)


def _sentence(weighing: Weighing, say: Texts) -> str:
    text, how = weighing.chunk.text, weighing.chunk.how
    if weighing.options and math.isinf(weighing.margin):
        return say("explain-single", text=text)
    if how in (How.LATTICE, How.MODEL):
        read = say(f"explain-{how}", text=text, margin=f"{weighing.margin:.1f}")
        return f"{read} {say('explain-unsure')}" if weighing.unsure else read
    return say(f"explain-{how}", text=text)


def _table(weighing: Weighing, say: Texts) -> Table:
    asked = weighing.chunk.how is How.MODEL
    heads = ["reading", "score", *(["heard"] if asked else []), "probability", "decided"]
    table = Table(*(say(f"explain-{head}") for head in heads), box=None, pad_edge=False)
    for column in table.columns[1:-1]:
        column.justify = "right"
    for option in weighing.options:
        heard = [] if option.heard is None else [f"{option.heard:.1f}"]
        numbers = [f"{option.score:.1f}", *heard, f"{option.probability:.1%}"]
        table.add_row(" ".join(option.words), *numbers, _decided(option, say))
    return table


def _decided(option: Option, say: Texts) -> str:
    """The greatest shares, and the model's however small it is."""
    shares = [(topic, share) for topic, share in option.decided if abs(share) >= _SMALL]
    shown = shares[:_TOPICS_SHOWN] + [each for each in shares[_TOPICS_SHOWN:] if each[0] == MODEL]
    return " · ".join(f"{say(f'topic-{topic}')} {share:+.1f}" for topic, share in shown)


def _movement(explanation: Explanation, say: Texts) -> Table:
    heads = ("atom", "phase", "confidence", "rests", "kind", "weight", "rests")
    table = Table(*(say(f"explain-{head}") for head in heads), box=None, pad_edge=False)
    for atom, part in zip(explanation.scene.atoms, explanation.movement.parts, strict=True):
        phase = say(f"explain-by-{part.source}", entry=part.neighbour or "")
        row = [atom.text, part.phase, f"{part.confidence:.0%}", phase]
        if part.kind:
            source = Source.NEIGHBOUR if part.kind_neighbour else Source.LEXICON
            kind = say(f"explain-by-{source}", entry=part.kind_neighbour or "")
            row += [part.kind, f"{part.weight:.1f}", kind]
        table.add_row(*row)
    return table
